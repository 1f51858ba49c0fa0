"""The words of the house tied to the names on the wire, from ``mapping.toml``: the only place that knows both.

A concept is a dotted path (``batiments[].escaliers[].nom``), a wire path is steps of local names, ``@`` for an
attribute (``structure/batiment[]/escalier[]/@nom``); both have the same number of ``[]``. When the real Annexe 5e
comes, its WSDL and this file change, no code does.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.errors import ContractError

Data = dict[str, Any]


class _Operation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    operation: str
    requete: AbcMapping[str, str]
    reponse: AbcMapping[str, str]


class _Common(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    requete: AbcMapping[str, str] = {}
    reponse: AbcMapping[str, str] = {}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    commun: _Common = _Common()
    valeurs: AbcMapping[str, AbcMapping[str, str]] = {}
    methode: AbcMapping[str, _Operation]


@dataclass(frozen=True, slots=True)
class Tie:
    """One concept and its wire path; ``values`` translates house value → wire value."""

    concept: tuple[str, ...]
    wire: tuple[str, ...]
    values: AbcMapping[str, str]

    @property
    def path(self) -> str:
        """The wire path as text, without list marks."""
        return "/".join(step.removesuffix("[]") for step in self.wire)


@dataclass(frozen=True, slots=True)
class Method:
    """One thing asked of the service: the operation that carries it and the ties of both directions."""

    name: str
    operation: str
    request: tuple[Tie, ...]
    reply: tuple[Tie, ...]

    def ties(self, direction: str) -> tuple[Tie, ...]:
        """Give the ties of a direction (``requete`` or ``reponse``)."""
        return self.request if direction == "requete" else self.reply


@dataclass(frozen=True, slots=True)
class Mapping:
    """All the methods of a service, by name and by operation."""

    methods: AbcMapping[str, Method]

    def method(self, name: str) -> Method:
        """Give a method by its word of the house (``communes``)."""
        try:
            return self.methods[name]
        except KeyError:
            raise ContractError(f"mapping.toml : méthode inconnue : {name}.") from None

    def by_operation(self, operation: str) -> Method | None:
        """Give the method that an operation carries."""
        return next((one for one in self.methods.values() if one.operation == operation), None)

    def wire_path(self, operation: str, direction: str, concept: str) -> str:
        """Give the wire path of a concept, empty where the operation does not carry it."""
        method = self.by_operation(operation)
        steps = tuple(concept.split("."))
        found = next((tie for tie in method.ties(direction) if tie.concept == steps), None) if method else None
        return "/".join(found.wire) if found else ""


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file; raises ContractError with the key at fault."""
    file = build(_File, read_toml(path), path)
    methods = {}
    for name, entry in file.methode.items():
        methods[name] = Method(
            name=name,
            operation=entry.operation,
            request=_ties({**file.commun.requete, **entry.requete}, file, path),
            reply=_ties({**file.commun.reponse, **entry.reponse}, file, path),
        )
    return Mapping(MappingProxyType(methods))


def _ties(lines: AbcMapping[str, str], file: _File, path: Path) -> tuple[Tie, ...]:
    return tuple(_tie(concept, wire, file.valeurs, path) for concept, wire in lines.items())


def _tie(concept: str, wire: str, values: AbcMapping[str, AbcMapping[str, str]], path: Path) -> Tie:
    place, _, table = wire.partition(" : ")
    if table and table not in values:
        raise ContractError(f"{path} : {concept} : table de valeurs inconnue : {table}.")
    steps = tuple(place.split("/"))
    if concept.count("[]") != place.count("[]"):
        raise ContractError(f"{path} : {concept} : autant de [] des deux côtés sont attendus ({place}).")
    return Tie(tuple(concept.split(".")), steps, values.get(table, {}))


def to_wire(ties: tuple[Tie, ...], concepts: Data) -> Data:
    """Turn house data into wire data (nested local names, ``@`` attributes); what has no tie is left out."""
    wire: Data = {}
    for tie in ties:
        for indexes, value in _walk(concepts, tie.concept, ()):
            written = tie.values.get(_key(value), value) if tie.values else value
            _place(wire, tie.wire, indexes, written)
    return wire


def from_wire(ties: tuple[Tie, ...], wire: Data) -> Data:
    """Turn wire data into house data; a list that has a tie and no item is an empty list."""
    concepts: Data = {}
    for tie in ties:
        back = {written: known for known, written in tie.values.items()}
        for indexes, value in _walk(wire, tie.wire, ()):
            _place(concepts, tie.concept, indexes, _truth(back.get(_key(value), value)) if back else value)
    for tie in ties:
        if tie.concept[0].endswith("[]"):
            concepts.setdefault(tie.concept[0][:-2], [])
    return concepts


def _truth(value: Any) -> Any:
    """Turn the words of a value table that mean yes and no into truth values."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _key(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _walk(data: Any, steps: tuple[str, ...], indexes: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Give each value at a path, with the places taken in the lists on the way."""
    if not steps:
        if data is not None:
            yield indexes, data
        return
    if not isinstance(data, dict):
        return
    step, rest = steps[0], steps[1:]
    inner = data.get(step.removesuffix("[]"))
    if step.endswith("[]"):
        items = inner if isinstance(inner, list) else [] if inner is None else [inner]
        for index, item in enumerate(items):
            yield from _walk(item, rest, (*indexes, index))
    else:
        yield from _walk(inner[0] if isinstance(inner, list) and inner else inner, rest, indexes)


def _place(data: Data, steps: tuple[str, ...], indexes: tuple[int, ...], value: Any) -> None:
    """Set a value at a path, growing dicts and lists on the way."""
    for step in steps[:-1]:
        if step.endswith("[]"):
            items = data.setdefault(step[:-2], [])
            while len(items) <= indexes[0]:
                items.append({})
            data, indexes = items[indexes[0]], indexes[1:]
        else:
            data = data.setdefault(step, {})
    last = steps[-1]
    if last.endswith("[]"):
        items = data.setdefault(last[:-2], [])
        while len(items) <= indexes[0]:
            items.append(None)
        items[indexes[0]] = value
    else:
        data[last] = value
