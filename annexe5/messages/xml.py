"""Raw bytes to an XML tree, or the reason why not: no DTD, no entity, no network, bounded size and depth.

SOAP 1.1 §3 forbids DTDs in a message; a DTD is refused before anything of it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias, TypeGuard
from xml.parsers import expat

from lxml import etree

from annexe5.errors import Annexe5Error

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its element type no public name

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
NIL: Final = f"{{{XSI}}}nil"
_ENCODINGS: Final = frozenset({"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "ASCII", "US-ASCII"})
_SNIFFED: Final = 4096
_DEEP: Final = ("Excessive depth", "maximum parser depth", "depth exceeded")


class Refusal(StrEnum):
    """Why bytes are no acceptable XML."""

    EMPTY = "vide"
    SIZE = "taille"
    DTD = "dtd"
    DEPTH = "profondeur"
    MALFORMED = "malformé"


class XmlRefused(Annexe5Error):  # noqa: N818 - a refusal is an answer, not a breakdown
    """Bytes refused: ``reason``, physical ``line`` where known, ``detail`` in the parser's words."""

    def __init__(self, reason: Refusal, detail: str, line: int | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """A tree with what its declaration said: ``encoding`` as written (UTF-8 when silent)."""

    root: Element
    encoding: str

    @property
    def usual_encoding(self) -> bool:
        """Tell whether every SOAP peer must read this encoding (UTF-8 or UTF-16)."""
        return self.encoding.upper() in _ENCODINGS


def parse(raw: bytes, limit: int) -> Document:
    """Read bytes strictly; raises XmlRefused. ``limit`` is in bytes."""
    if not raw.strip():
        raise XmlRefused(Refusal.EMPTY, "0 octet")
    if len(raw) > limit:
        raise XmlRefused(Refusal.SIZE, f"{len(raw)} octets, {limit} admis")
    _refuse_doctype(raw)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as reason:
        message = str(reason.msg)
        kind = Refusal.DEPTH if any(word in message for word in _DEEP) else Refusal.MALFORMED
        raise XmlRefused(kind, message, reason.lineno or 1) from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        # A disguise that expat and libxml2 decode differently still ends here, before any entity is used.
        raise XmlRefused(Refusal.DTD, "DOCTYPE", 1)
    return Document(root, info.encoding or "UTF-8")


class _PrologDone(Exception):  # noqa: N818
    pass


def _refuse_doctype(raw: bytes) -> None:
    """Read the prolog alone: a DOCTYPE stops the reading at its first word."""
    parser = expat.ParserCreate()

    def doctype(*_: object) -> None:
        raise XmlRefused(Refusal.DTD, "DOCTYPE", parser.CurrentLineNumber)

    def element(*_: object) -> None:
        raise _PrologDone

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        parser.Parse(raw, True)
    except (_PrologDone, expat.ExpatError, LookupError, ValueError):
        return  # well-formedness is told by lxml, with its line


def is_xml(head: bytes) -> bool:
    """Tell from its first bytes whether a file may be XML: ``validate`` asks before reading it as a table."""
    start = head[:_SNIFFED].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
    return start.startswith(b"<")


def is_element(node: object) -> TypeGuard[Element]:
    """Tell an element from the comments, processing instructions and nothings that libraries mix with it."""
    return isinstance(node, Element) and isinstance(node.tag, str)


def line_of(element: Element) -> int | None:
    """Give the physical line of an element, None when it was not read from bytes."""
    line: object = element.sourceline
    return line if isinstance(line, int) else None


def local(tag: object) -> str:
    """Give the local name of a tag; comments and processing instructions have none."""
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2]


def namespace(tag: object) -> str:
    """Give the namespace of a tag, empty for none."""
    if not isinstance(tag, str) or not tag.startswith("{"):
        return ""
    return tag[1:].partition("}")[0]


def children(element: Element) -> list[Element]:
    """Give the child elements, without comments and processing instructions."""
    return [child for child in element if isinstance(child.tag, str)]


def child(element: Element, name: str) -> Element | None:
    """Give the first child of a local name, whatever its namespace."""
    return next((one for one in element if local(one.tag) == name), None)


def text(element: Element) -> str:
    """Give the text of a leaf, blanks around it removed."""
    return "".join(str(part) for part in element.itertext()).strip()


def is_nil(element: Element) -> bool:
    """Tell whether an element says that it has no value."""
    return element.get(NIL, "").strip() in ("true", "1")


def xpath(element: Element, attribute: str = "") -> str:
    """Write where an element stands, in local names, with a place where siblings share the name."""
    steps: list[str] = [f"@{attribute}"] if attribute else []
    node: Element | None = element
    while node is not None:
        parent = node.getparent()
        name = local(node.tag)
        if parent is not None:
            same = [one for one in parent if local(one.tag) == name]
            if len(same) > 1:
                name = f"{name}[{same.index(node) + 1}]"
        steps.append(name)
        node = parent
    return "/" + "/".join(reversed(steps))
