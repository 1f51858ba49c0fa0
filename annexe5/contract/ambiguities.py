"""Where the contract contradicts itself or is silent, and the reading taken (``schemas/ambiguities.toml``)."""

from __future__ import annotations

from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.errors import ContractError
from annexe5.findings import Text


class Ambiguity(BaseModel):
    """One open point: where it stands, what it says, the reading chosen, the rules that hang on it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    where: str
    fr: str
    en: str
    reading_fr: str
    reading_en: str
    rules: tuple[str, ...]

    @property
    def statement(self) -> Text:
        """What is ambiguous."""
        return Text(self.fr, self.en)

    @property
    def reading(self) -> Text:
        """How the suite reads it."""
        return Text(self.reading_fr, self.reading_en)


@lru_cache(maxsize=1)
def load_ambiguities() -> tuple[Ambiguity, ...]:
    """Give every recorded ambiguity, in the order of the file."""
    path = schemas_dir() / "ambiguities.toml"
    entries = read_toml(path).get("ambiguity", [])
    found = tuple(build(Ambiguity, entry, path, f"ambiguity[{index}]") for index, entry in enumerate(entries))
    idents = [one.id for one in found]
    twice = sorted({ident for ident in idents if idents.count(ident) > 1})
    if twice:
        raise ContractError(f"{path} : en double : {', '.join(twice)}.")
    return found
