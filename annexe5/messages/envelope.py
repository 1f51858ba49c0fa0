"""SOAP 1.1 envelopes: taken apart, put together, and faults (SOAP 1.1 §4, WS-I Basic Profile 1.1 §3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from annexe5.messages.xml import Element, child, children, local, namespace, text

SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"
CONTENT_TYPE: Final = "text/xml; charset=utf-8"
CODES: Final = ("VersionMismatch", "MustUnderstand", "Client", "Server")


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP 1.1 fault: ``code`` a local name (Client.…, Server.…), ``detail`` its first element where it has one."""

    code: str
    text: str
    detail: Element | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope taken apart; ``version`` is its namespace, lists keep every child whatever their number."""

    root: Element
    version: str
    header: Element | None
    blocks: tuple[Element, ...]
    body: Element | None
    entries: tuple[Element, ...]
    stray: tuple[Element, ...]

    @property
    def entry(self) -> Element | None:
        """The single child of the body, None when there is none or several."""
        return self.entries[0] if len(self.entries) == 1 else None

    @property
    def fault(self) -> Fault | None:
        """The fault it carries, if any."""
        entry = self.entry
        if entry is None or entry.tag != f"{{{SOAP11}}}Fault":
            return None
        code, string, detail = (child(entry, name) for name in ("faultcode", "faultstring", "detail"))
        inside = children(detail) if detail is not None else []
        return Fault(
            code=text(code).rpartition(":")[2] if code is not None else "",
            text=text(string) if string is not None else "",
            detail=inside[0] if inside else None,
        )

    def block(self, element: str) -> Element | None:
        """Give the header block of this name, ``{namespace}local``."""
        return next((one for one in self.blocks if one.tag == element), None)


def split(root: Element) -> Envelope | None:
    """Take an envelope apart; None when the root is no Envelope of any SOAP version."""
    if local(root.tag) != "Envelope":
        return None
    version = namespace(root.tag)
    header = root.find(f"{{{version}}}Header")
    body = root.find(f"{{{version}}}Body")
    return Envelope(
        root=root,
        version=version,
        header=header,
        blocks=tuple(children(header)) if header is not None else (),
        body=body,
        entries=tuple(children(body)) if body is not None else (),
        stray=tuple(one for one in children(root) if one is not header and one is not body),
    )


def wrap(body: Element, blocks: tuple[Element, ...] = ()) -> bytes:
    """Put a body element, and header blocks, in an envelope; UTF-8 bytes with their declaration."""
    envelope = etree.Element(f"{{{SOAP11}}}Envelope", nsmap={"soap": SOAP11})
    if blocks:
        etree.SubElement(envelope, f"{{{SOAP11}}}Header").extend(blocks)
    etree.SubElement(envelope, f"{{{SOAP11}}}Body").append(body)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def fault(code: str, message: str, detail: Element | None = None) -> bytes:
    """Write a fault; ``code`` is one of CODES, possibly refined (``Client.Schema``)."""
    element = etree.Element(f"{{{SOAP11}}}Fault", nsmap={"soap": SOAP11})
    etree.SubElement(element, "faultcode").text = f"soap:{code}"
    etree.SubElement(element, "faultstring").text = message
    if detail is not None:
        etree.SubElement(element, "detail").append(detail)
    return wrap(element)
