"""What a message says: its body in the words of the house where the contract has a mapping, or its fault."""

from __future__ import annotations

from typing import Any

from annexe5.messages.contract import Direction, SoapContract
from annexe5.messages.envelope import Fault, split
from annexe5.messages.mapping import from_wire
from annexe5.messages.settings import load_common
from annexe5.messages.xml import XmlRefused, parse

Data = dict[str, Any]


def read_body(contract: SoapContract, raw: bytes, direction: Direction, operation: str) -> tuple[Data, Fault | None]:
    """Read bytes into data, or a fault; nothing of what cannot be read (the judge tells why)."""
    try:
        envelope = split(parse(raw, load_common().limites.reponse_octets).root)
    except XmlRefused:
        return {}, None
    if envelope is None or envelope.entry is None:
        return {}, None
    if envelope.fault is not None:
        return {}, envelope.fault
    wire = contract.binding.read(envelope.entry)
    method = contract.mapping.by_operation(operation) if contract.mapping is not None else None
    return (from_wire(method.ties(direction), wire) if method is not None else wire), None
