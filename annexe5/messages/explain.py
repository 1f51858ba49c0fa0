"""What xmlschema says, told as breaches of our rules: which element, what was there, what the schema wanted.

One rule a kind of error, so that a report, a defect and a remedy can speak of the same thing; the confidence of the
name at fault decides how much a breach weighs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from xmlschema import (
    XMLSchemaChildrenValidationError,
    XMLSchemaDecodeError,
    XMLSchemaValidationError,
)
from xmlschema.validators import XsdAttributeGroup, XsdElement

from annexe5.messages.contract import SoapContract, Worth
from annexe5.messages.xml import NIL, Element, children, is_element, local, namespace

_SHOWN: Final = 12
_MAX_TEXT: Final = 200
_BOUNDS: Final = {"XsdLengthFacet": "{}", "XsdMinLengthFacet": "{} au moins", "XsdMaxLengthFacet": "{} au plus"}


@dataclass(frozen=True, slots=True)
class Breach:
    """One schema error in our words."""

    rule: str
    element: Element
    worth: Worth
    attribute: str = ""
    received: str | None = None
    expected: str = ""
    detail: str = ""


def explain(errors: Iterable[XMLSchemaValidationError], contract: SoapContract) -> Iterator[Breach]:
    """Turn schema errors into breaches, each told once."""
    seen: set[tuple[object, ...]] = set()
    for error in errors:
        element = error.elem if error.elem is not None else error.obj
        if not is_element(element):
            continue
        breach = _breach(error, element, contract)
        key = (breach.rule, id(breach.element), breach.attribute, breach.expected)
        if key not in seen:
            seen.add(key)
            yield breach


def _breach(error: XMLSchemaValidationError, element: Element, contract: SoapContract) -> Breach:
    if isinstance(error, XMLSchemaChildrenValidationError):
        return _children(error, element, contract)
    attribute = _attribute_of(error, element)
    known_attribute = attribute and f"@{attribute}" in contract.facts
    worth = contract.worth(f"@{attribute}" if known_attribute else local(element.tag))
    if isinstance(error.validator, XsdAttributeGroup):
        if attribute:
            return Breach("WS-INATTENDU", element, worth, attribute, received=f"@{attribute}")
        return Breach("WS-MANQUE", element, worth, expected=f"@{_missing(error)}")
    if "nil" in _reason(error) and NIL in element.attrib:
        return Breach("WS-NIL", element, worth, expected=local(element.tag))
    value = element.get(attribute, "") if attribute else _value(element)
    rule, expected = _value_rule(error)
    detail = str(len(value)) if rule == "WS-LONGUEUR" else _reason(error)
    return Breach(rule, element, worth, attribute, received=value, expected=expected, detail=detail)


def _value_rule(error: XMLSchemaValidationError) -> tuple[str, str]:
    """Tell which rule a wrong value breaks, and what the schema wanted."""
    validator: Any = error.validator
    facet = type(validator).__name__
    if facet == "XsdEnumerationFacets":
        return "WS-LISTE", _list([str(one) for one in validator.enumeration])
    if facet in _BOUNDS:
        return "WS-LONGUEUR", _BOUNDS[facet].format(validator.value)
    if isinstance(error, XMLSchemaDecodeError):
        return "WS-TYPE", _type(error)
    if facet == "XsdPatternFacets":
        return "WS-FORME", " ; ".join(str(one) for one in validator.regexps)
    return ("WS-FORME" if facet.endswith("Facet") else "WS-SCHEMA"), _reason(error)


def _children(error: XMLSchemaChildrenValidationError, element: Element, contract: SoapContract) -> Breach:
    """Tell a missing, misplaced, renamed or misnamespaced child apart."""
    intruder = error.invalid_child
    model = _model(error)
    present = {local(one.tag) for one in children(element)}
    lacking = [name for name, mandatory in model.items() if mandatory and local(name) not in present]
    if is_element(intruder):
        name = str(intruder.tag)
        twins = [one for one in model if local(one) == local(name) and one != name]
        if twins and name not in model:
            return Breach(
                "WS-ESPACE",
                intruder,
                contract.worth(namespace(twins[0])),
                received=namespace(name) or "aucun",
                expected=namespace(twins[0]),
            )
        if name not in model:
            return Breach("WS-INATTENDU", intruder, contract.worth(local(element.tag)), received=local(name))
        if not lacking:
            return Breach("WS-ORDRE", intruder, contract.worth(local(name)), received=local(name))
    expected = lacking or [str(one.name) for one in _expected(error)] or list(model)
    worth = contract.worth(local(expected[0])) if expected else contract.default_worth
    return Breach("WS-MANQUE", element, worth, expected=_list([local(one) for one in expected], joint=" ou "))


def _model(error: XMLSchemaChildrenValidationError) -> dict[str, bool]:
    """Give the names a parent admits, and whether each is mandatory; alternatives of a choice are not."""
    group: Any = error.validator
    if not hasattr(group, "iter_elements"):
        return {}
    choice = getattr(group, "model", "") == "choice"
    return {
        str(one.name): not choice and bool(one.min_occurs) and getattr(one.parent, "model", "") != "choice"
        for one in group.iter_elements()
        if isinstance(one, XsdElement)
    }


def _expected(error: XMLSchemaChildrenValidationError) -> list[XsdElement]:
    expected = error.expected
    if expected is None:
        return []
    items = expected if isinstance(expected, list | tuple) else [expected]
    return [one for one in items if isinstance(one, XsdElement)]


def _attribute_of(error: XMLSchemaValidationError, element: Element) -> str:
    """Give the attribute an error speaks of: xmlschema names it in its path or in its reason."""
    for name in element.attrib:
        text = local(name)
        if f"attribute {text}=" in _reason(error) or f"'{text}' attribute" in _reason(error):
            return text
        if (error.path or "").endswith(f"@{text}"):
            return text
    return ""


def _missing(error: XMLSchemaValidationError) -> str:
    reason = _reason(error)
    quoted = reason.split("'")
    return local(quoted[1]) if len(quoted) > 1 else reason


def _value(element: Element) -> str:
    return (element.text or "").strip() if not children(element) else ""


def _reason(error: XMLSchemaValidationError) -> str:
    return " ".join(str(error.reason or "").split())[:_MAX_TEXT]


def _type(error: XMLSchemaDecodeError) -> str:
    kind: Any = error.validator
    primitive = getattr(kind, "primitive_type", None) or kind
    return f"xsd:{local(str(getattr(kind, 'name', '') or getattr(primitive, 'name', '')))}"


def _list(values: list[str], joint: str = ", ") -> str:
    shown = joint.join(values[:_SHOWN])
    return shown if len(values) <= _SHOWN else f"{shown} …"
