"""``annexe5 validate`` on XML: a SOAP message or a WSDL told by its content, judged by the contract it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from annexe5.contract.rules import rule
from annexe5.findings import Finding
from annexe5.messages.contract import REPLY, REQUEST, Direction, SoapContract, load_contract, service_names
from annexe5.messages.envelope import Envelope, split
from annexe5.messages.judge import judge_message
from annexe5.messages.lint import lint_wsdl, unreadable
from annexe5.messages.settings import load_common
from annexe5.messages.wsdl import WSDL, Wsdl, WsdlError, load_wsdl
from annexe5.messages.xml import XmlRefused, local, namespace, parse

DEFAULT_SERVICE: Final = "sav-2.1"
_SNIFFED: Final = 4096


@dataclass(frozen=True, slots=True)
class Validated:
    """What a file was taken for: ``kind`` is ``message`` or ``wsdl``, ``operation`` empty where none was found."""

    kind: str
    service: str
    direction: str
    operation: str
    findings: tuple[Finding, ...]

    @property
    def flow(self) -> str:
        """Name it as a report names a flow."""
        return f"{self.service} {self.operation or self.kind}".strip()


def validate_file(
    path: Path, *, service: str = "", oc: str = "", contract: SoapContract | None = None, bulk: bool = False
) -> Validated:
    """Judge a file; ``service`` or ``contract`` (an operator's own) takes the place of what its content suggests."""
    name = path.name
    if path.suffix.lower() == ".wsdl" or _is_wsdl(path):
        return _wsdl(path, contract or (load_contract(service) if service else None))
    result = validate_message(path.read_bytes(), service=service, oc=oc, contract=contract, bulk=bulk)
    found = tuple(one.at(name) for one in result.findings)
    return Validated(result.kind, result.service, result.direction, result.operation, found)


def validate_message(
    raw: bytes, *, service: str = "", oc: str = "", contract: SoapContract | None = None, bulk: bool = False
) -> Validated:
    """Judge a message whose operation and direction are told by its body."""
    envelope = _envelope(raw)
    chosen = contract or load_contract(service or _service_of(envelope))
    direction, operation = _place(chosen, envelope)
    found = judge_message(raw, chosen, direction, operation, oc=oc, bulk=bulk)
    return Validated("message", chosen.name, direction, operation, tuple(found))


def _envelope(raw: bytes) -> Envelope | None:
    try:
        return split(parse(raw, load_common().limites.reponse_octets).root)
    except XmlRefused:
        return None


def _is_wsdl(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(_SNIFFED)
    return b"definitions" in head and WSDL.encode() in head and b"Envelope" not in head


def _service_of(envelope: Envelope | None) -> str:
    """Find the contract that knows the body element; of two versions, the one that knows every namespace in it."""
    entry = envelope.entry if envelope is not None else None
    if envelope is not None and envelope.fault is not None and envelope.fault.detail is not None:
        entry = envelope.fault.detail
    if entry is None:
        return DEFAULT_SERVICE
    used = {namespace(one.tag) for one in entry.iter() if isinstance(one.tag, str)}
    known = [
        (len(used & _namespaces(contract.wsdl)), contract.name != DEFAULT_SERVICE, contract.name)
        for contract in map(load_contract, service_names())
        if local(entry.tag) in _elements(contract)
    ]
    known.sort(key=lambda one: (-one[0], one[1]))
    return known[0][2] if known else DEFAULT_SERVICE


def _namespaces(wsdl: Wsdl) -> set[str]:
    return {node.get("targetNamespace", "") for _, node in wsdl.schemas}


def _elements(contract: SoapContract) -> set[str]:
    return {
        local(element)
        for operation in contract.wsdl.operations.values()
        for element in (operation.input, operation.output, *operation.faults.values())
    }


def _place(contract: SoapContract, envelope: Envelope | None) -> tuple[Direction, str]:
    """Tell direction and operation by the local name of the body element, or of the fault's detail."""
    if envelope is None or envelope.entry is None:
        return REQUEST, ""
    fault = envelope.fault
    name = local(envelope.entry.tag)
    if fault is not None:
        name = local(fault.detail.tag) if fault.detail is not None else ""
    for operation in contract.wsdl.operations.values():
        if name == local(operation.input):
            return REQUEST, operation.name
        if name == local(operation.output) or name in map(local, operation.faults.values()):
            return REPLY, operation.name
    return (REPLY if fault is not None else REQUEST), ""


def _wsdl(path: Path, contract: SoapContract | None) -> Validated:
    try:
        theirs = load_wsdl(path)
    except WsdlError as reason:
        found = unreadable(reason, contract)
        return Validated("wsdl", contract.name if contract else "", "", "", (found,))
    chosen = contract or _contract_of(theirs)
    if chosen is None:
        known = ", ".join(service_names())
        told = rule("WSDL-ILLISIBLE").finding(detail=f"aucune opération de {known}", path=path.name)
        return Validated("wsdl", "", "", "", (told,))
    return Validated("wsdl", chosen.name, "", "", tuple(lint_wsdl(theirs, chosen)))


def _contract_of(theirs: Wsdl) -> SoapContract | None:
    """Find the contract that shares most operations with a WSDL, then most namespaces, then the names of the house."""
    best = max(
        map(load_contract, service_names()),
        key=lambda one: (
            len(set(one.wsdl.operations) & set(theirs.operations))
            - abs(len(one.wsdl.operations) - len(theirs.operations)) / 100,
            len(_namespaces(one.wsdl) & _namespaces(theirs)),
            one.name == DEFAULT_SERVICE,
        ),
    )
    return best if set(best.wsdl.operations) & set(theirs.operations) else None
