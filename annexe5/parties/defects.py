"""Named wrong behaviours that a twin can be given (``schemas/defects.toml`` tells each with its clause).

How those of the OI act: ``oi_defects``; those of the OC: ``oc_defects``. A good twin has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.requirements import load_requirements
from annexe5.errors import ContractError, UsageError
from annexe5.exchange import Exchange
from annexe5.findings import Text
from annexe5.parties.pm_defects import PmDefect

Row = dict[str, str]
Rows = Callable[[str, list[Row]], list[Row]]
Files = Callable[[list[Exchange]], list[Exchange]]
More = Callable[[str, Row], Iterable[tuple[str, Row]]]
Decision = Callable[[str, str], str]
Read = Callable[[str, Row], Mapping[str, str]]
Octets = Callable[[bytes], bytes]


class DefectEntry(BaseModel):
    """What a defect is: whose, against which clauses, in words.

    ``also`` are the clauses that fall with it, by what it keeps from coming; ``survives`` tells why a certification
    does not end 1 on it, where it does not; ``ends`` is 2 where nothing can be judged any more.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    party: Literal["oi", "oc"]
    requirements: tuple[str, ...]
    also: tuple[str, ...] = ()
    survives: str = ""
    ends: Literal[1, 2] = 1
    fr: str
    en: str

    @property
    def text(self) -> Text:
        """In both languages."""
        return Text(self.fr, self.en)


@dataclass(frozen=True, slots=True)
class Defect:
    """How a defect acts.

    ``rows`` on those of a flow, ``files`` on those sent at one moment, ``more`` adds answers to one, ``decision``
    (stage AR, CR or MAD, code) gives another code, ``octets`` is what is kept of a file received, ``read`` what is
    understood of a row of it, ``react`` answers to that row that nobody asked for; ``edge`` names habits of the file
    server (``campaign.standing``); ``reply`` and ``http`` act on the web services (``service_defects``), ``pm`` on the
    PM process (``pm_defects``).
    """

    rows: Rows | None = None
    files: Files | None = None
    more: More | None = None
    decision: Decision | None = None
    read: Read | None = None
    octets: Octets | None = None
    react: More | None = None
    edge: frozenset[str] = frozenset()
    reply: Callable[[Any, Any], Any] | None = None
    http: Callable[[Any, Any], Any] | None = None
    pm: PmDefect | None = None


def load_defects() -> Mapping[str, DefectEntry]:
    """Give every defect that a certification kills, by id."""
    return _load("defects.toml")


def load_planted() -> Mapping[str, DefectEntry]:
    """Give every mistake that only the fuzzer draws, by id."""
    return _load("planted.toml")


@lru_cache(maxsize=2)
def _load(name: str) -> Mapping[str, DefectEntry]:
    path = schemas_dir() / name
    found = {}
    for index, data in enumerate(read_toml(path).get("defect", [])):
        entry = build(DefectEntry, data, path, f"defect[{index}]")
        unknown = {*entry.requirements, *entry.also} - set(load_requirements())
        if unknown or entry.id in found:
            raise ContractError(f"{path} : defect[{index}] : {entry.id} en double, ou clauses inconnues {unknown}.")
        found[entry.id] = entry
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def without_defect() -> Mapping[tuple[str, str], str]:
    """Give, by party and clause, why no defect can be seen to fall under a clause that scenarios try."""
    path = schemas_dir() / "defects.toml"
    found = [build(_Without, data, path, "without") for data in read_toml(path).get("without", [])]
    return MappingProxyType({(one.party, one.clause): one.why for one in found})


class _Without(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    party: Literal["oi", "oc"]
    clause: str
    why: str


def unusual(party: Literal["oi", "oc"]) -> tuple[str, ...]:
    """Name the good but unusual ways a twin can be given: what the contract leaves free."""
    from annexe5.parties import oc_defects, oi_defects  # noqa: PLC0415 -- they are made of what stands here

    return tuple((oi_defects if party == "oi" else oc_defects).UNUSUAL)


def make(idents: Iterable[str], party: Literal["oi", "oc"]) -> tuple[Defect, ...]:
    """Give fresh defects by id; an unknown one is told with those that exist."""
    from annexe5.parties.oi_defects import MAKERS, UNUSUAL  # noqa: PLC0415 -- they are made of what stands here
    from annexe5.parties.oi_planted import PLANTED  # noqa: PLC0415 -- likewise

    made = []
    for ident in idents:
        if party == "oi" and ident in {**UNUSUAL, **PLANTED}:
            made.append({**UNUSUAL, **PLANTED}[ident]())
            continue
        entry = load_defects().get(ident)
        if entry is None or entry.party != party:
            known = ", ".join(sorted(one.id for one in load_defects().values() if one.party == party))
            raise UsageError(f"défaut inconnu : {ident!r}. Défauts du jumeau {party.upper()} : {known}.")
        made.append(MAKERS[ident]())
    return tuple(made)


def apply_rows(defects: Sequence[Defect], flow: str, rows: list[Row]) -> list[Row]:
    """Let each defect change the rows of an answer."""
    for defect in defects:
        if defect.rows is not None:
            rows = defect.rows(flow, rows)
    return rows


def apply_files(defects: Sequence[Defect], files: list[Exchange]) -> list[Exchange]:
    """Let each defect change the files on their way out."""
    for defect in defects:
        if defect.files is not None:
            files = defect.files(files)
    return files


def apply_more(defects: Sequence[Defect], answers: Iterable[tuple[str, str, Row]]) -> list[tuple[str, str, Row]]:
    """Let each defect add answers (OC, flow, row) to those due."""
    told = list(answers)
    for defect in defects:
        if defect.more is not None:
            told += [(oc, *extra) for oc, flow, row in list(told) for extra in defect.more(flow, row)]
    return told


def apply_decision(defects: Sequence[Defect], stage: str, code: str) -> str:
    """Let each defect decide otherwise."""
    for defect in defects:
        if defect.decision is not None:
            code = defect.decision(stage, code)
    return code


def apply_read(defects: Sequence[Defect], flow: str, values: Mapping[str, str]) -> Mapping[str, str]:
    """Let each defect misread a row."""
    for defect in defects:
        if defect.read is not None:
            values = {**values, **defect.read(flow, dict(values))}
    return values


def apply_octets(defects: Sequence[Defect], data: bytes) -> bytes:
    """Let each defect lose some of a file received."""
    for defect in defects:
        if defect.octets is not None:
            data = defect.octets(data)
    return data


def apply_react(defects: Sequence[Defect], flow: str, values: Mapping[str, str]) -> list[tuple[str, Row]]:
    """Let each defect answer a row received with what nobody asked for."""
    return [extra for defect in defects if defect.react is not None for extra in defect.react(flow, dict(values))]
