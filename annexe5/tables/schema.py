"""The tables of the contract: ``schemas/tables/<protocol>-<version>/<flow>.json``, typed and checked at load.

Each file is a frictionless Table Schema whose wire fields are strings; what the annex adds (kind, presence,
provenance, confidence of each fact) stands in keys of our own, checked here with errors that name file and key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Key

from annexe5.contract.data import build
from annexe5.contract.paths import schemas_dir
from annexe5.contract.requirements import load_requirements
from annexe5.errors import ContractError, UsageError
from annexe5.findings import Confidence, Rule
from annexe5.tables.patterns import portable_problem

Kind = Literal["text", "enum", "boolean", "date", "datetime", "integer", "decimal", "code"]
Presence = Literal["O", "F", "C"]
Fact = Literal["name", "type", "length", "presence", "values", "order"]

_STRENGTH = (Confidence.CONTRACT, Confidence.PUBLIC, Confidence.INFERRED, Confidence.ASSUMED)


def weakest(*confidences: Confidence) -> Confidence:
    """Give the least trusted of several provenances: what a conclusion drawn from all of them is worth."""
    return max(confidences, key=_STRENGTH.index)


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its name on the wire, what a cell may hold, and how far each of these facts is known.

    ``presence`` is the annex's O (always), F (never required) or C (a row rule says when). ``case`` is ``upper``
    where the contract wants upper case, ``insensitive`` where an enumeration is compared without letter case.
    ``personal`` names the kind of personal data held (name, phone, mail, door, comment, address), empty if none.
    """

    name: str
    kind: Kind
    title: str
    description: str
    presence: Presence
    required: bool
    min_length: int | None
    max_length: int | None
    pattern: str | None
    enum: tuple[str, ...]
    minimum: int | None
    maximum: int | None
    source: str
    confidence: Confidence
    confidences: Mapping[str, Confidence]
    aliases: tuple[str, ...] = ()
    personal: str = ""
    case: str = ""
    requirement: str = ""
    example: str = ""

    def trust(self, fact: Fact) -> Confidence:
        """Give what a breach of this fact is worth: the weaker of the column's and the fact's provenance."""
        return weakest(
            self.confidence, self.confidences.get("name", self.confidence), self.confidences.get(fact, self.confidence)
        )


@dataclass(frozen=True, slots=True)
class Recognition:
    """How a neighbour version shows: version tokens of file names, columns it has (any) or cannot have (none)."""

    file_versions: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One flow's table, in one version.

    ``flow`` is the flow's exact name, ``names`` the header in order, ``key`` the columns that identify a row;
    ``closed`` is false where only part of the columns is known. ``minimum_rows`` is what the flow must carry.
    """

    name: str
    title: str
    flow: str
    protocol: str
    version: str
    description: str
    requirement: str
    source: str
    confidence: Confidence
    order_confidence: Confidence
    order_source: str
    closed: bool
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    path: Path
    minimum_rows: int = 0
    recognition: Recognition | None = None
    compatible: bool = False
    descriptor: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"Table({self.flow} {self.version})"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Give the column names in the order of the contract."""
        return tuple(one.name for one in self.fields)

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Give the columns by name."""
        return MappingProxyType({one.name: one for one in self.fields})

    def clause(self, broken: Rule) -> str:
        """Give the clause that a rule on the form of the file names for this protocol; else the flow's own."""
        known = load_requirements()
        named = (one for one in broken.requirements if self.protocol in known[one].protocols)
        return next(named, self.requirement)

    @cached_property
    def example(self) -> Mapping[str, str]:
        """Give one valid row, from the examples of the fields."""
        return MappingProxyType({one.name: one.example for one in self.fields})


# --- the file as written -------------------------------------------------------------------------------------


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Constraints(_Written):
    required: bool = False
    min_length: int | None = Key(default=None, alias="minLength", ge=0)
    max_length: int | None = Key(default=None, alias="maxLength", ge=1)
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None

    @model_validator(mode="after")
    def _grouped(self) -> Self:
        if self.pattern is not None:
            problem = portable_problem(self.pattern)
            if problem:
                raise ValueError(f"pattern {self.pattern!r} : {problem}")
        if self.min_length is not None and self.max_length is not None and self.min_length > self.max_length:
            raise ValueError("minLength dépasse maxLength")
        return self


class _Field(_Written):
    name: Annotated[str, Key(min_length=1)]
    type: Literal["string"]
    title: str
    description: str = ""
    kind: Kind
    presence: Presence
    constraints: _Constraints = Key(default_factory=lambda: _Constraints.model_validate({}))
    source: Annotated[str, Key(min_length=1)]
    confidence: Confidence
    confidences: Mapping[Fact, Confidence] = {}
    aliases: tuple[str, ...] = ()
    personal: Literal["", "name", "phone", "mail", "door", "comment", "address"] = ""
    case: Literal["", "upper", "insensitive"] = ""
    requirement: str = ""
    example: str = ""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.presence == "O" and not self.constraints.required:
            raise ValueError("presence O : constraints.required doit être true")
        if self.presence != "O" and self.constraints.required:
            raise ValueError("constraints.required : true n'est permis qu'avec presence O")
        if self.kind in ("enum", "boolean") and not self.constraints.enum:
            raise ValueError(f"kind {self.kind} : constraints.enum est attendu")
        if self.kind not in ("enum", "boolean") and self.constraints.enum:
            raise ValueError("constraints.enum n'est permis qu'avec kind enum ou boolean")
        if self.kind not in ("integer", "decimal") and (self.constraints.minimum, self.constraints.maximum) != (
            None,
            None,
        ):
            raise ValueError("minimum et maximum ne valent que pour integer et decimal")
        return self


class _Order(_Written):
    confidence: Confidence
    source: str


class _Recognition(_Written):
    file_versions: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


class _Table(_Written):
    name: str
    title: str
    flow: Annotated[str, Key(min_length=1)]
    protocol: Literal["PM", "ACCES", "SAV"]
    version: str
    description: str = ""
    requirement: str
    source: Annotated[str, Key(min_length=1)]
    confidence: Confidence
    order: _Order
    closed: bool
    primary_key: tuple[str, ...] = Key(alias="primaryKey")
    minimum_rows: int = Key(default=0, alias="minimumRows", ge=0)
    recognition: _Recognition | None = None
    compatible: bool = False
    fields: Annotated[tuple[_Field, ...], Key(min_length=1)]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        names = [one.name for one in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"fields : en double : {', '.join(twice)}")
        unknown = [name for name in self.primary_key if name not in names]
        if unknown:
            raise ValueError(f"primaryKey : colonnes inconnues : {', '.join(unknown)}")
        return self


def tables_dir() -> Path:
    """Give the folder of the table schemas."""
    return schemas_dir() / "tables"


@lru_cache(maxsize=64)
def read_table(path: Path) -> Table:
    """Load one Table Schema file; ContractError names the file and the key of whatever is wrong."""
    content = _read_json(path)
    written = build(_Table, content, path)
    return Table(
        name=written.name,
        title=written.title,
        flow=written.flow,
        protocol=written.protocol,
        version=written.version,
        description=written.description,
        requirement=written.requirement,
        source=written.source,
        confidence=written.confidence,
        order_confidence=written.order.confidence,
        order_source=written.order.source,
        closed=written.closed,
        key=written.primary_key,
        fields=tuple(_field(one) for one in written.fields),
        path=path,
        minimum_rows=written.minimum_rows,
        recognition=Recognition(**written.recognition.model_dump()) if written.recognition else None,
        compatible=written.compatible,
        descriptor=MappingProxyType(content),
    )


def _read_json(path: Path) -> dict[str, Any]:
    """Give a schema file's content; one that ``extends`` another has its keys and its fields before its own."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContractError(f"{path} : fichier introuvable.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as reason:
        raise ContractError(f"{path} : JSON illisible : {reason}.") from None
    if not isinstance(content, dict):
        raise ContractError(f"{path} : un objet JSON est attendu.")
    base = content.pop("extends", None)
    if base is None:
        return content
    below = _read_json(tables_dir() / base)
    return {**below, **content, "fields": [*below["fields"], *content.get("fields", [])]}


def _field(written: _Field) -> Field:
    limits = written.constraints
    return Field(
        name=written.name,
        kind=written.kind,
        title=written.title,
        description=written.description,
        presence=written.presence,
        required=limits.required,
        min_length=limits.min_length,
        max_length=limits.max_length,
        pattern=limits.pattern,
        enum=limits.enum,
        minimum=limits.minimum,
        maximum=limits.maximum,
        source=written.source,
        confidence=written.confidence,
        confidences=MappingProxyType({str(fact): trust for fact, trust in written.confidences.items()}),
        aliases=written.aliases,
        personal=written.personal,
        case=written.case,
        requirement=written.requirement,
        example=written.example,
    )


# --- finding a table -----------------------------------------------------------------------------------------

_FOLDER = re.compile(r"(?P<protocol>[a-z]+)-(?P<version>.+)")
CURRENT = ("acces-1.2", "pm-2.2")
UNNAMED = ("sav-1.0.b",)


def load_table(name: str | Path) -> Table:
    """Load the table of a flow by its name (letter case is forgiven), or any Table Schema file by path.

    ``Cmd_Acces``, ``acces-1.2/cmd_acces.json`` and a ``Path`` all do. Raises UsageError for an unknown flow,
    ContractError for a malformed file.
    """
    if isinstance(name, Path):
        return read_table(name)
    if name.endswith(".json"):
        return read_table(tables_dir() / name)
    for folder in CURRENT:
        path = tables_dir() / folder / f"{name.lower()}.json"
        if path.is_file():
            return read_table(path)
    for flow, table in unnamed_tables().items():
        if flow.lower() == name.lower():
            return table
    raise UsageError(f"aucune table pour le flux {name!r}. Flux connus : {', '.join(sorted(_flows()))}.")


def unnamed_tables() -> Mapping[str, Table]:
    """Load, by flow, the tables of flows that the contract lists without a file name, a tab or a column (SAV-12)."""
    tables = (read_table(path) for folder in UNNAMED for path in sorted((tables_dir() / folder).glob("*.json")))
    return MappingProxyType({one.flow: one for one in tables})


def load_tables() -> Mapping[str, Table]:
    """Load every table in force, by flow name."""
    tables = (read_table(path) for path in _current_files())
    return MappingProxyType({one.flow: one for one in tables})


def neighbours(table: Table) -> tuple[Table, ...]:
    """Give the other versions of a table's flow that are known, the folder's order being that of the versions."""
    found = []
    for folder in sorted(tables_dir().iterdir()):
        match = _FOLDER.fullmatch(folder.name)
        path = folder / table.path.name
        if match and folder != table.path.parent and match["protocol"] == table.protocol.lower() and path.is_file():
            found.append(read_table(path))
    return tuple(found)


def _current_files() -> Iterable[Path]:
    for folder in CURRENT:
        yield from sorted((tables_dir() / folder).glob("*.json"))


def _flows() -> Iterable[str]:
    return (json.loads(path.read_text(encoding="utf-8"))["flow"] for path in _current_files())
