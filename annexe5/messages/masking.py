"""A message as it may be shown: secrets gone, personal data by stable pseudonyms, everything else as received.

Which fields these are is data (schemas/soap/communs.toml, masque). Bytes that cannot be read as XML are not shown.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from lxml import etree

from annexe5.messages.settings import load_common
from annexe5.messages.wsdl import DOCUMENT_LIMIT
from annexe5.messages.xml import Element, XmlRefused, children, local, parse

HIDDEN: Final = "•••"
_DIGITS: Final = 8


def mask(raw: bytes) -> bytes:
    """Give a message with its secrets and personal data hidden; unreadable bytes by their digest alone."""
    try:
        root = parse(raw, max(DOCUMENT_LIMIT, load_common().limites.reponse_octets)).root
    except XmlRefused as refused:
        digest = sha256(raw).hexdigest()
        return f"[{len(raw)} octets non montrés : {refused.reason} ; sha256 {digest}]".encode()
    masks = load_common().masque
    for element in root.iter():
        name = local(element.tag)
        if name in masks.secrets:
            _hide(element, HIDDEN)
        elif name in masks.personnels:
            _hide(element, None)
        for key, value in element.attrib.items():
            if local(key) in masks.secrets:
                element.set(key, HIDDEN)
            elif local(key) in masks.personnels and value:
                element.set(key, pseudonym(str(value)))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def pseudonym(value: str) -> str:
    """Give the same short token for the same value."""
    return f"[{sha256(value.encode()).hexdigest()[:_DIGITS]}]"


def _hide(element: Element, by: str | None) -> None:
    for child in children(element):
        _hide(child, by)
    if element.text and element.text.strip():
        element.text = by if by is not None else pseudonym(element.text.strip())
