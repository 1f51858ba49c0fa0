"""WSDL 1.1 as a frozen value: operations with their SOAP bindings, and the schema documents behind them.

Read from our contracts, from an operator's file (``--wsdl``) or from what a service publishes. The caller gives the
way to fetch a document; nothing is fetched from anywhere else.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

from annexe5.errors import ConfigurationError
from annexe5.messages.xml import Element, XmlRefused, child, children, line_of, local, namespace, parse

WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
SOAP: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
SOAP12: Final = "http://schemas.xmlsoap.org/wsdl/soap12/"
XSD: Final = "http://www.w3.org/2001/XMLSchema"
HTTP: Final = "http://schemas.xmlsoap.org/soap/http"

DOCUMENT_LIMIT: Final = 8 * 1024 * 1024
_MAX_DOCUMENTS: Final = 100

Fetch = Callable[[str], bytes]


class WsdlError(ConfigurationError):
    """A WSDL that nobody can call: ``document`` and ``line`` say where, the message why."""

    def __init__(self, message: str, document: str = "", line: int | None = None) -> None:
        where = f"{document}:{line}" if line else document
        super().__init__(f"{where} : {message}" if where else message)
        self.reason = message
        self.document = document
        self.line = line


@dataclass(frozen=True, slots=True)
class Header:
    """One SOAP header block of an input or output: its element, as ``{namespace}local``."""

    element: str
    direction: str  # requete | reponse


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the port: elements as ``{namespace}local``, ``faults`` name to element."""

    name: str
    action: str
    input: str
    output: str
    headers: tuple[Header, ...]
    faults: Mapping[str, str]
    style: str
    use: str
    document: str
    line: int | None

    def element(self, direction: str) -> str:
        """Give the body element of a direction (``requete`` or ``reponse``)."""
        return self.input if direction == "requete" else self.output

    def header(self, direction: str) -> str:
        """Give the header element of a direction, empty for none."""
        return next((one.element for one in self.headers if one.direction == direction), "")


@dataclass(frozen=True)
class Wsdl:
    """A readable WSDL: port, address, operations by name, documents by their name (the first is the main one)."""

    main: str
    target: str
    service: str
    port: str
    port_type: str
    address: str
    transport: str
    operations: Mapping[str, Operation]
    documents: Mapping[str, bytes]
    schemas: tuple[tuple[str, Element], ...] = field(repr=False, default=())

    def by_element(self, element: str, direction: str) -> Operation | None:
        """Find the operation whose body of this direction is ``element``."""
        return next((one for one in self.operations.values() if one.element(direction) == element), None)


def load_wsdl(path: Path) -> Wsdl:
    """Read a WSDL file and what it imports beside it; nothing outside its folder is opened."""
    folder = path.resolve().parent

    def fetch(name: str) -> bytes:
        target = (folder / name).resolve()
        if "://" in name or not target.is_relative_to(folder):
            raise WsdlError(f"import hors du dossier : {name}", path.name)
        try:
            return target.read_bytes()
        except OSError as reason:
            raise WsdlError(f"import introuvable : {name} ({reason.strerror})", path.name) from None

    return read_wsdl(path.name, fetch)


def read_wsdl(main: str, fetch: Fetch) -> Wsdl:
    """Read a WSDL and its imports through ``fetch(name or URL)``; raises WsdlError."""
    documents, trees = _collect(main, fetch)
    definitions = [(name, root) for name, root in trees.items() if local(root.tag) == "definitions"]
    tables = _Tables(definitions)
    port = _soap_port(tables, main)
    operations = {}
    for name, node in port.operations:
        if name in operations:
            raise WsdlError(f"opération {name} liée deux fois", port.document, line_of(node))
        operations[name] = _operation(name, node, port, tables)
    if not operations:
        raise WsdlError("le port SOAP ne lie aucune opération", port.document)
    return Wsdl(
        main=main,
        target=trees[main].get("targetNamespace", ""),
        service=port.service,
        port=port.name,
        port_type=port.port_type,
        address=port.address,
        transport=port.transport,
        operations=MappingProxyType(operations),
        documents=MappingProxyType(documents),
        schemas=tuple(_schemas(trees)),
    )


def _collect(main: str, fetch: Fetch) -> tuple[dict[str, bytes], dict[str, Element]]:
    """Fetch the main document and follow wsdl:import, xsd:import and xsd:include."""
    documents: dict[str, bytes] = {}
    trees: dict[str, Element] = {}
    waiting = [main]
    while waiting:
        name = waiting.pop(0)
        if name in documents:
            continue
        if len(documents) >= _MAX_DOCUMENTS:
            raise WsdlError(f"plus de {_MAX_DOCUMENTS} documents importés", main)
        documents[name] = fetch(name)
        try:
            root = parse(documents[name], DOCUMENT_LIMIT).root
        except XmlRefused as refused:
            raise WsdlError(f"XML refusé ({refused.reason}) : {refused.detail}", name, refused.line) from None
        if name == main and root.tag != f"{{{WSDL}}}definitions":
            raise WsdlError(f"racine {local(root.tag)} : un WSDL 1.1 est attendu", name, line_of(root))
        trees[name] = root
        waiting += [resolve(name, place) for place in imports(root)]
    return documents, trees


def imports(root: Element) -> list[str]:
    """List the locations a document leads to, as written."""
    places = []
    for node in root.iter(f"{{{WSDL}}}import", f"{{{XSD}}}import", f"{{{XSD}}}include", f"{{{XSD}}}redefine"):
        place = node.get("location") if namespace(node.tag) == WSDL else node.get("schemaLocation")
        if place:
            places.append(place)
    return places


def resolve(base: str, place: str) -> str:
    """Give the name of an imported document seen from ``base``: a URL, or a relative POSIX path."""
    place = urldefrag(place).url
    if urlsplit(place).scheme:
        return place
    if urlsplit(base).scheme:
        return urljoin(base, place)
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), place))


def _schemas(trees: Mapping[str, Element]) -> list[tuple[str, Element]]:
    """List every schema: those of their own document, and those written inside a WSDL."""
    found = []
    for name, root in trees.items():
        if root.tag == f"{{{XSD}}}schema":
            found.append((name, root))
        elif root.tag == f"{{{WSDL}}}definitions":
            found += [
                (name, node) for types in root.iter(f"{{{WSDL}}}types") for node in types.iter(f"{{{XSD}}}schema")
            ]
    return found


class _Tables:
    """The named things of all definitions, by ``{targetNamespace}name``."""

    def __init__(self, definitions: list[tuple[str, Element]]) -> None:
        self.found: dict[str, dict[str, tuple[str, Element]]] = {
            kind: {} for kind in ("message", "portType", "binding", "service")
        }
        for document, root in definitions:
            target = root.get("targetNamespace", "")
            for node in children(root):
                kind = local(node.tag)
                if namespace(node.tag) == WSDL and kind in self.found:
                    self.found[kind][f"{{{target}}}{node.get('name', '')}"] = (document, node)

    def get(self, kind: str, reference: str, node: Element, document: str) -> tuple[str, Element]:
        name = qname(reference, node)
        if name not in self.found[kind]:
            raise WsdlError(f"{kind} {reference!r} introuvable", document, line_of(node))
        return self.found[kind][name]


def qname(reference: str, node: Element) -> str:
    """Resolve ``prefix:local`` in the scope of a node, as ``{namespace}local``."""
    prefix, _, name = reference.rpartition(":")
    uri = node.nsmap.get(prefix or None)
    return f"{{{uri}}}{name}" if uri else name


@dataclass(frozen=True, slots=True)
class _Port:
    document: str
    service: str
    name: str
    address: str
    transport: str
    style: str
    port_type: str
    port_type_at: tuple[str, Element]
    operations: list[tuple[str, Element]]


def _soap_port(tables: _Tables, main: str) -> _Port:
    """Find the first SOAP 1.1 port of the first service."""
    for document, service in tables.found["service"].values():
        for node in service.iterfind(f"{{{WSDL}}}port"):
            address = node.find(f"{{{SOAP}}}address")
            if address is None:
                continue
            at, binding = tables.get("binding", node.get("binding", ""), node, document)
            soap = binding.find(f"{{{SOAP}}}binding")
            if soap is None:
                raise WsdlError("le port a une adresse SOAP 1.1 et son binding n'en est pas un", at, line_of(binding))
            port_type = tables.get("portType", binding.get("type", ""), binding, at)
            return _Port(
                document=at,
                service=service.get("name", ""),
                name=node.get("name", ""),
                address=address.get("location", ""),
                transport=soap.get("transport", ""),
                style=soap.get("style", "document"),
                port_type=port_type[1].get("name", ""),
                port_type_at=port_type,
                operations=[(one.get("name", ""), one) for one in binding.iterfind(f"{{{WSDL}}}operation")],
            )
    raise WsdlError("aucun port SOAP 1.1", main)


def _operation(name: str, node: Element, port: _Port, tables: _Tables) -> Operation:
    document, port_type = port.port_type_at
    abstract = next((one for one in port_type.iterfind(f"{{{WSDL}}}operation") if one.get("name") == name), None)
    if abstract is None:
        raise WsdlError(f"opération {name} liée, absente du portType {port.port_type}", port.document, line_of(node))
    soap = node.find(f"{{{SOAP}}}operation")
    headers = []
    uses = set()
    for direction, kind in (("requete", "input"), ("reponse", "output")):
        part = node.find(f"{{{WSDL}}}{kind}")
        if part is None:
            continue
        body = part.find(f"{{{SOAP}}}body")
        uses.add(body.get("use", "literal") if body is not None else "literal")
        for block in part.iterfind(f"{{{SOAP}}}header"):
            message = tables.get("message", block.get("message", ""), block, port.document)
            headers.append(Header(_part(message, block.get("part", "")), direction))
    faults = {}
    for fault in abstract.iterfind(f"{{{WSDL}}}fault"):
        message = tables.get("message", fault.get("message", ""), fault, document)
        faults[fault.get("name", "")] = _part(message)
    return Operation(
        name=name,
        action=soap.get("soapAction", "") if soap is not None else "",
        input=_body(abstract, "input", tables, document),
        output=_body(abstract, "output", tables, document),
        headers=tuple(headers),
        faults=MappingProxyType(faults),
        style=(soap.get("style") if soap is not None else None) or port.style,
        use="encoded" if "encoded" in uses else "literal",
        document=port.document,
        line=line_of(node),
    )


def _body(abstract: Element, kind: str, tables: _Tables, document: str) -> str:
    node = child(abstract, kind)
    if node is None:
        return ""
    return _part(tables.get("message", node.get("message", ""), node, document))


def _part(message: tuple[str, Element], wanted: str = "") -> str:
    """Give the element of a message's part: the named one, else the only one that has an element."""
    document, node = message
    parts = [one for one in node.iterfind(f"{{{WSDL}}}part") if not wanted or one.get("name") == wanted]
    for part in parts:
        reference = part.get("element")
        if reference:
            return qname(reference, part)
    if parts:
        raise WsdlError(
            f"message {node.get('name')} : une partie à type= (style rpc) ; document/literal est attendu",
            document,
            line_of(parts[0]),
        )
    return ""
