"""Which columns, elements and texts are personal: the ``personal`` key of the tables and ``schemas/redaction.toml``."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.requirements import load_requirements
from annexe5.contract.rules import load_rules
from annexe5.findings import Confidence

Kind = Literal["name", "phone", "mail", "door", "comment", "address", "unknown", "secret"]
WORD = re.compile(r"[^\W_]+")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Name(_Entry):
    pattern: str
    kind: Kind


class _Pattern(_Entry):
    regex: str
    kind: Kind


class _FlowColumn(_Entry):
    flows: tuple[str, ...]
    pattern: str
    kind: Kind


class _Keep(_Entry):
    values: tuple[str, ...]
    patterns: tuple[str, ...]


class _FreeText(_Entry):
    shortest: Annotated[int, Field(ge=1)]


class _File(_Entry):
    source: str
    confidence: Confidence
    labels: Mapping[Kind, str]
    column: tuple[_Name, ...]
    flow_column: tuple[_FlowColumn, ...]
    element: tuple[_Name, ...]
    pattern: tuple[_Pattern, ...]
    keep: _Keep
    free_text: _FreeText


@dataclass(frozen=True)
class Policy:
    """The compiled policy.

    ``columns`` gives the kind of every column that a table describes ("" where it is not personal), ``by_flow`` those
    that are personal in some flows only; ``public`` are words of the contract, never masked in a sentence;
    ``vocabulary`` the words its texts are written with.
    """

    labels: Mapping[Kind, str]
    columns: Mapping[str, Kind | None]
    by_flow: tuple[tuple[re.Pattern[str], frozenset[str], Kind], ...]
    elements_known: frozenset[str]
    column_patterns: tuple[tuple[re.Pattern[str], Kind], ...]
    element_patterns: tuple[tuple[re.Pattern[str], Kind], ...]
    text_patterns: tuple[tuple[re.Pattern[str], Kind], ...]
    keep_values: frozenset[str]
    keep_patterns: tuple[re.Pattern[str], ...]
    shortest: int
    public: frozenset[str]
    vocabulary: frozenset[str]

    def column(self, name: str, flow: str = "") -> Kind | None:
        """Give the kind of a column of a flow ("": any); None when described and not personal, else ``unknown``."""
        folded = fold(name).strip()
        for pattern, flows, kind in self.by_flow:
            if (not flow or flow in flows or "*" in flows) and pattern.fullmatch(folded):
                return kind
        if folded in self.columns:
            return self.columns[folded]
        return next((kind for pattern, kind in self.column_patterns if pattern.fullmatch(folded)), "unknown")

    def element(self, name: str) -> Kind | None:
        """Give the kind of an XML element or attribute, by its local name; as ``column``."""
        folded = fold(name)
        for pattern, kind in self.element_patterns:
            if pattern.fullmatch(folded):
                return kind
        return None if folded in self.elements_known else "unknown"

    def keeps(self, value: str) -> bool:
        """Tell whether a cell of an unknown column may be shown as it stands."""
        return value in self.keep_values or any(pattern.fullmatch(value) for pattern in self.keep_patterns)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Give a text without letter case nor accents, so that ``Étage`` and ``ETAGE`` are one."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


def words(text: str) -> tuple[str, ...]:
    """Give the folded words of a text: what two writings of one value share."""
    return tuple(fold(found) for found in WORD.findall(text))


@lru_cache(maxsize=1)
def load_policy() -> Policy:
    """Read ``schemas/redaction.toml`` and the ``personal`` keys of every table; ContractError names what is wrong."""
    path = schemas_dir() / "redaction.toml"
    written = build(_File, read_toml(path), path)
    columns: dict[str, Kind | None] = {}
    public: set[str] = set()
    for field in _table_fields():
        for name in (field["name"], *field.get("aliases", ())):
            folded = fold(name)
            columns[folded] = columns.get(folded) or field.get("personal") or None
            public.update(words(name))
        public.update(word for value in field.get("constraints", {}).get("enum", ()) for word in words(value))
    public.update(word for value in written.keep.values for word in words(value))
    return Policy(
        labels=written.labels,
        columns=columns,
        by_flow=tuple((re.compile(one.pattern), frozenset(one.flows), one.kind) for one in written.flow_column),
        elements_known=frozenset(_xml_names()),
        column_patterns=tuple((re.compile(one.pattern), one.kind) for one in written.column),
        element_patterns=tuple((re.compile(one.pattern), one.kind) for one in written.element),
        text_patterns=tuple((re.compile(one.regex), one.kind) for one in written.pattern),
        keep_values=frozenset(written.keep.values),
        keep_patterns=tuple(re.compile(one) for one in written.keep.patterns),
        shortest=written.free_text.shortest,
        public=frozenset(public),
        vocabulary=frozenset(_vocabulary()),
    )


def _table_fields() -> Iterator[Mapping[str, Any]]:
    for path in sorted((schemas_dir() / "tables").glob("*/*.json")):
        yield from json.loads(path.read_text(encoding="utf-8")).get("fields", ())


def _xml_names() -> Iterator[str]:
    yield from ("envelope", "header", "body", "fault", "faultcode", "faultstring", "detail")
    for path in sorted((schemas_dir() / "soap").glob("*/*.xsd")):
        for name in re.findall(r'\bname="([^"]+)"', path.read_text(encoding="utf-8")):
            yield fold(name)


def _vocabulary() -> Iterator[str]:
    for rule in load_rules().values():
        for text in (rule.statement, rule.message, rule.remedy):
            yield from words(text.fr)
            yield from words(text.en)
    for clause in load_requirements().values():
        yield from words(clause.text.fr)
        yield from words(clause.text.en)
