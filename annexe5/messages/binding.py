"""XML and plain data, both ways, led by the schema: order, namespaces, lists, nil and substitution come from the XSD.

Data is nested dicts of local names, ``@name`` for attributes, lists where the schema repeats, None for ``xsi:nil``;
booleans and integers are typed, everything else is text. The writer is lax on purpose: a value that breaks a facet is
written as given (that is how invalid messages are made), but a name the schema does not know is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from lxml import etree
from xmlschema.validators import XsdAnyElement, XsdElement

from annexe5.errors import ContractError
from annexe5.messages.schemas import SchemaSet
from annexe5.messages.xml import NIL, Element, children, is_nil, local

Data = dict[str, Any]
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}
_MAX_PLANS_DEPTH: Final = 64


@dataclass(slots=True)
class Plan:
    """How one element is written: its parts in order; ``kind`` is ``bool``, ``int`` or ``text`` for a leaf."""

    tag: str
    name: str
    nillable: bool
    repeats: bool
    kind: str
    attributes: Mapping[str, tuple[str, str]]
    parts: list[Plan] = field(default_factory=list)
    open: bool = False

    def part(self, name: str) -> Plan | None:
        """Give the part of a local name."""
        return next((one for one in self.parts if one.name == name), None)


class Binding:
    """Reader and writer of the global elements of one schema set; plans are made once."""

    def __init__(self, schemas: SchemaSet) -> None:
        self._schemas = schemas
        self._plans: dict[str, Plan] = {}
        self._types: dict[int, list[Plan]] = {}

    def plan(self, element: str) -> Plan:
        """Give the plan of a global element, ``{namespace}local``; raises ContractError for an unknown one."""
        if element not in self._plans:
            declared = self._schemas.element(element)
            if declared is None:
                raise ContractError(f"élément absent des schémas : {element}.")
            self._plans[element] = self._make(declared, 0)
        return self._plans[element]

    def write(self, element: str, data: Data) -> Element:
        """Build a global element from data, its namespaces declared once under the contract's own prefixes."""
        plan = self.plan(element)
        root = etree.Element(plan.tag, nsmap=dict(self._schemas.prefixes))
        _fill(root, plan, data, plan.name)
        etree.cleanup_namespaces(root)
        return root

    def read(self, element: Element) -> Data:
        """Read an element into data; names unknown to the schema are read as text or nested data."""
        declared = self._schemas.element(str(element.tag))
        value = _read(element, self.plan(str(element.tag)) if declared is not None else None)
        return value if isinstance(value, dict) else {}

    def _make(self, declared: XsdElement, depth: int) -> Plan:
        if depth > _MAX_PLANS_DEPTH:
            raise ContractError(f"schéma récursif : {declared.name}.")
        kind = declared.type
        simple = kind.is_simple() or kind.has_simple_content()
        plan = Plan(
            tag=str(declared.name),
            name=local(declared.name),
            nillable=bool(declared.nillable),
            repeats=declared.max_occurs is None or declared.max_occurs > 1,
            kind=_kind(kind) if simple else "",
            attributes=_attributes(kind),
        )
        if not simple:
            plan.parts = self._parts(kind, depth)
            plan.open = any(isinstance(one, XsdAnyElement) for one in _particles(kind))
        return plan

    def _parts(self, kind: Any, depth: int) -> list[Plan]:
        if id(kind) not in self._types:
            parts: list[Plan] = []
            for particle in _particles(kind):
                if isinstance(particle, XsdElement):
                    parts += [self._make(one, depth + 1) for one in self._choices(particle)]
            self._types[id(kind)] = parts
        return self._types[id(kind)]

    def _choices(self, particle: XsdElement) -> Iterator[XsdElement]:
        """Give the element itself, or what may stand for it when it is abstract."""
        if not particle.abstract:
            yield particle
        yield from self._schemas.model.maps.substitution_groups.get(str(particle.name), ())


def _particles(kind: Any) -> list[Any]:
    content = kind.content
    return list(content.iter_elements()) if hasattr(content, "iter_elements") else []


def _attributes(kind: Any) -> dict[str, tuple[str, str]]:
    if not kind.is_complex():
        return {}
    return {
        local(name): (str(name), _kind(one.type))
        for name, one in kind.attributes.items()
        if name is not None and hasattr(one, "type")
    }


def _kind(xsd_type: Any) -> str:
    primitive = getattr(xsd_type, "primitive_type", None)
    name = local(getattr(primitive, "name", "") or "")
    if name == "boolean":
        return "bool"
    if name == "decimal" and xsd_type.is_derived(xsd_type.maps.types["{http://www.w3.org/2001/XMLSchema}integer"]):
        return "int"
    return "text"


def _fill(node: Element, plan: Plan, data: Any, path: str) -> None:
    if data is None and plan.nillable:
        node.set(NIL, "true")
        return
    if not isinstance(data, Mapping):
        node.text = lexical(data)
        return
    unknown = _attribute_values(node, plan, data)
    parts = {part.name: part for part in plan.parts}
    unknown += [name for name in data if not name.startswith("@") and name != "#" and name not in parts]
    if unknown:
        raise ContractError(f"{path} : inconnu du schéma : {', '.join(unknown)}.")
    for name, part in parts.items():
        if name in data:
            value = data[name]
            for item in value if isinstance(value, list) else [value]:
                _fill(etree.SubElement(node, part.tag), part, item, f"{path}/{name}")


def _attribute_values(node: Element, plan: Plan, data: Mapping[str, Any]) -> list[str]:
    """Write the attributes and the text; give back the names that the schema does not know."""
    unknown = []
    for name, value in data.items():
        if name == "#":
            node.text = lexical(value)
        elif name.startswith("@") and value is not None:
            if name[1:] in plan.attributes:
                node.set(plan.attributes[name[1:]][0], lexical(value))
            else:
                unknown.append(name)
    return unknown


def lexical(value: Any) -> str:
    """Write a Python value as XML Schema writes it; moments keep their offset."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds" if not value.microsecond else "milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _read(node: Element, plan: Plan | None) -> Any:
    if is_nil(node):
        return None
    attributes = {
        f"@{local(name)}": _typed(str(value), plan.attributes.get(local(name), ("", "text"))[1] if plan else "text")
        for name, value in node.attrib.items()
        if name != NIL
    }
    parts = children(node)
    leaf = not parts and (plan is None or not plan.parts)
    if leaf and not (plan and plan.open):
        value = _typed(node.text or "", plan.kind if plan else "text")
        if plan is not None and not plan.kind:
            return attributes  # an empty complex element
        return {**attributes, "#": value} if attributes else value
    data: Data = dict(attributes)
    for part in parts:
        name = local(part.tag)
        below = plan.part(name) if plan else None
        value = _read(part, below if below is not None and below.tag == part.tag else None)
        if (below and below.repeats) or (name in data and not isinstance(data[name], list)):
            held = data.get(name, [])
            data[name] = [*(held if isinstance(held, list) else [held]), value]
        elif name in data:
            data[name].append(value)
        else:
            data[name] = value
    return data


def _typed(text: str, kind: str) -> Any:
    """Type a leaf; a text that is no boolean or integer stays a text, for whoever judges it."""
    stripped = text.strip()
    if kind == "bool":
        return _TRUTH.get(stripped, text)
    if kind == "int":
        try:
            return int(stripped)
        except ValueError:
            return text
    return text
