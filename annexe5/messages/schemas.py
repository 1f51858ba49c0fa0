"""The schemas of a WSDL, built twice: xmlschema explains, lxml gives a second opinion and the bulk speed.

Both are built from the same documents, laid in a private folder with their locations rewritten: neither library ever
opens anything else. Measured on one ticket: xmlschema 0.2–0.5 ms, lxml 0.03 ms.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import xmlschema
from lxml import etree
from xmlschema import XMLSchemaException, XMLSchemaValidationError
from xmlschema.validators import XsdElement

from annexe5.messages.wsdl import XSD, Wsdl, WsdlError, resolve
from annexe5.messages.xml import XSI, Element, line_of

_DRIVER: Final = "urn:annexe5:ensemble"


class SchemaSet:
    """All the schemas of one WSDL; immutable once built, safe to share between threads."""

    def __init__(self, wsdl: Wsdl) -> None:
        self.prefixes = _prefixes(wsdl)
        self._lock = threading.Lock()  # lxml keeps the error log of the last validation in the validator
        with tempfile.TemporaryDirectory(prefix="annexe5-xsd-") as folder:
            driver = _lay(wsdl, Path(folder))
            try:
                self.model = xmlschema.XMLSchema10(str(driver), allow="local", defuse="always", use_fallback=False)
            except XMLSchemaException as reason:
                raise WsdlError(f"schéma incohérent : {_short(reason)}", wsdl.main) from None
            try:
                self.fast: etree.XMLSchema | None = etree.XMLSchema(etree.parse(str(driver)))
            except etree.XMLSchemaParseError as reason:
                # libxml2 refuses a few legal schemas; xmlschema, which accepted them, then decides alone.
                self.fast = None
                self.fast_refusal = _short(reason)

    def element(self, name: str) -> XsdElement | None:
        """Give the declaration of a global element, ``{namespace}local``."""
        found = self.model.maps.elements.get(name)
        return found if isinstance(found, XsdElement) else None

    def errors(self, element: Element) -> Iterator[XMLSchemaValidationError]:
        """Say all that xmlschema finds wrong below a global element."""
        return self.model.iter_errors(element, use_location_hints=False)

    def accepts(self, element: Element) -> bool | None:
        """Ask lxml alone; None where it could not build the schemas."""
        if self.fast is None:
            return None
        with self._lock:
            return self.fast.validate(element)

    def second_opinion(self, element: Element) -> list[tuple[int, str]]:
        """Give lxml's own errors, as (line, message)."""
        if self.fast is None:
            return []
        with self._lock:
            self.fast.validate(element)
            log: Any = self.fast.error_log
            return [(entry.line, entry.message) for entry in log]


def _lay(wsdl: Wsdl, folder: Path) -> Path:
    """Write each schema in its own file, each namespace behind one entry, and a driver that imports them all."""
    own = {document: f"s{index}.xsd" for index, (document, node) in enumerate(wsdl.schemas) if _is_alone(node)}
    entries = _entries(wsdl, folder)
    for index, (document, node) in enumerate(wsdl.schemas):
        copy = _standalone(node)
        for one in copy.iterfind(f"{{{XSD}}}import"):
            place = entries.get(one.get("namespace", ""))
            if place:
                one.set("schemaLocation", place)
            elif "schemaLocation" in one.attrib:
                del one.attrib["schemaLocation"]
        for one in (*copy.iterfind(f"{{{XSD}}}include"), *copy.iterfind(f"{{{XSD}}}redefine")):
            place = own.get(resolve(document, one.get("schemaLocation", "")))
            if place is None:
                raise WsdlError(f"xsd:include introuvable : {one.get('schemaLocation')}", document, line_of(node))
            one.set("schemaLocation", place)
        (folder / f"s{index}.xsd").write_bytes(etree.tostring(copy))
    driver = etree.Element(f"{{{XSD}}}schema", nsmap={"xsd": XSD}, targetNamespace=_DRIVER)
    for target, name in entries.items():
        etree.SubElement(driver, f"{{{XSD}}}import", namespace=target, schemaLocation=name)
    path = folder / "ensemble.xsd"
    path.write_bytes(etree.tostring(driver))
    return path


def _prefixes(wsdl: Wsdl) -> dict[str, str]:
    """Give each namespace the prefix that its contract's documents use, so that messages look like their schemas."""
    found = {XSI: "xsi"}
    for _, node in sorted(wsdl.schemas, key=lambda one: not _is_alone(one[1])):
        for prefix, uri in node.nsmap.items():
            if prefix and uri not in found and prefix not in found.values():
                found[uri] = prefix
    return {prefix: uri for uri, prefix in found.items()}


def _is_alone(node: Element) -> bool:
    """Tell a schema in its own document from one written inside a WSDL."""
    return node.getparent() is None


def _entries(wsdl: Wsdl, folder: Path) -> dict[str, str]:
    """Give the one file that stands for each namespace; several schemas of it are put behind a common one."""
    included = {
        resolve(document, place)
        for document, node in wsdl.schemas
        for include in node.iterfind(f"{{{XSD}}}include")
        if (place := include.get("schemaLocation"))
    }
    found: dict[str, list[str]] = {}
    for index, (document, node) in enumerate(wsdl.schemas):
        target = node.get("targetNamespace", "")
        if target and not (_is_alone(node) and document in included):
            found.setdefault(target, []).append(f"s{index}.xsd")
    return {target: names[0] if len(names) == 1 else _common(target, names, folder) for target, names in found.items()}


def _standalone(node: Element) -> Element:
    """Copy a schema with every prefix of its surroundings: QNames in attributes need them."""
    nsmap: Any = node.nsmap
    copy = etree.Element(node.tag, nsmap=nsmap)
    for name, value in node.attrib.items():
        copy.set(name, value)
    copy.extend(deepcopy(child) for child in node)
    return copy


def _common(target: str, names: list[str], folder: Path) -> str:
    common = etree.Element(f"{{{XSD}}}schema", nsmap={"xsd": XSD}, targetNamespace=target)
    for name in names:
        etree.SubElement(common, f"{{{XSD}}}include", schemaLocation=name)
    path = folder / f"commun-{names[0]}"
    path.write_bytes(etree.tostring(common))
    return path.name


def _short(reason: Exception) -> str:
    return " ".join(str(reason).split())[:300]
