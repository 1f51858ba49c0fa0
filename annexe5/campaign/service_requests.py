"""Requests of every operation of the web services, sound or spoilt on purpose by the name that features give.

A sound request is written by the service's own contract; a spoilt one breaks it at one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from annexe5.campaign.verdicts import NonApplicable
from annexe5.messages.calls import Caller
from annexe5.messages.contract import REQUEST
from annexe5.messages.envelope import split, wrap
from annexe5.messages.judge import read_message
from annexe5.messages.xml import Element, children, namespace
from annexe5.parties.ticket_cycle import load_ticket_cycle

CREATE, SET, GET = "createTroubleTicketByValue", "setTroubleTicketByValue", "getTroubleTicketByKey"
SIREN = {"serviceProviderID": "000000000", "supplierID": "000000000"}
NOBODY = "AUCUN ACCES DE CE NOM"
NOWHERE: Mapping[str, dict[str, Any]] = {
    "Hexaclé": {"hexacle": "0000000000"},
    "Rivoli": {"rivoli": {"code_insee": "00000", "code_rivoli": "0000", "numero": "0"}},
    "Hexaclé voie": {"hexacle_voie": {"code": "0000000000", "numero": "0"}},
    "identifiant d'immeuble": {"identifiant_immeuble": "IMB/00000/X/0000"},
    "prise": {"reference_prise": "XX-0000-0000"},
}
"""An address that is none, in each referential."""
UNKNOWN: Mapping[str, dict[str, Any]] = {
    "structure": {"adresse": NOWHERE["Hexaclé"]},
    "communes": {"code_postal": "00000"},
    "voies": {"code_insee": "00000"},
    "numeros": {"voie": {"code_insee": "00000", "code_rivoli": "0000"}},
    "batiments": {"adresse": NOWHERE["Hexaclé"]},
    "zone_arriere": {"reference_pm": "PM-INCONNU"},
}
"""What each question of the order help is asked of nothing that exists."""
_SOAP11, _SOAP12 = b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
Spoil = Callable[[bytes], bytes]


def ticket(access: Mapping[str, str], process: str, key: str) -> dict[str, Any]:
    """Write the creation of a ticket of a process on an access, under the OC's own key."""
    fields = {
        **SIREN,
        "troubleTicketType": load_ticket_cycle().processus[process].type,
        **access,
        "serviceProviderTroubleTicketKey": key,
        "defectDescription": "PAS DE SIGNAL",
    }
    value = {"troubleTicketKey": None, "troubleTicketState": "QUEUED", "FTTHMUTTroubleTicket": fields}
    return {"troubleTicketValue": value}


def sound(caller: Caller, operation: str) -> bytes:
    """Write a request of any operation, on nothing that exists."""
    contract = caller.contract
    if operation not in contract.wsdl.operations:
        raise NonApplicable(f"le WSDL du service ne lie pas {operation}.")
    if contract.mapping is not None:
        method = contract.mapping.by_operation(operation)
        if method is None:
            raise NonApplicable(f"la suite ne connaît pas l'opération {operation}.")
        return caller.build_method(method.name, UNKNOWN[method.name])[1]
    said: dict[str, dict[str, Any]] = {
        CREATE: ticket({"commercialId": NOBODY}, "reparation", "A5-ESSAI"),
        SET: {
            "troubleTicketValue": {
                "troubleTicketKey": "X",
                "troubleTicketState": "QUEUED",
                "FTTHMUTTroubleTicket": {"troubleTicketType": 1},
            },
            "resyncRequired": False,
        },
        GET: {"troubleTicketKey": "X", "attrNames": {}},
        "getEventDescriptor": {"eventType": "X"},
    }
    return caller.build(operation, said.get(operation, {}))


def off_contract(caller: Caller, operation: str, defect: str) -> bytes:
    """Write a request that the schema of the service refuses; NonApplicable when its WSDL lets it pass."""
    envelope = split(etree.fromstring(sound(caller, operation)))
    entry = envelope.entry if envelope is not None else None
    if envelope is None or entry is None:
        raise NonApplicable(f"{operation} n'a pas de corps.")
    _OFF_CONTRACT[defect](entry)
    raw = wrap(entry, envelope.blocks)
    if not any(one.rule.startswith("WS-") for one in read_message(raw, caller.contract, REQUEST, operation).findings):
        raise NonApplicable(f"le WSDL du service admet une requête {operation} {defect}.")
    return raw


def _incomplete(entry: Element) -> None:
    parts = children(entry)
    if parts:
        entry.remove(parts[-1] if len(parts) > 1 and len(parts[-1]) else parts[0])


def _foreign(entry: Element) -> None:
    etree.SubElement(entry, f"{{{namespace(entry.tag)}}}elementEtranger").text = "X"


def _unlisted(entry: Element) -> None:
    for node in entry.iter("{*}troubleTicketType"):
        node.text = "9"


_OFF_CONTRACT: Mapping[str, Callable[[Element], None]] = {
    "incomplète": _incomplete,
    "avec un élément étranger": _foreign,
    "avec une valeur hors liste": _unlisted,
}


def _body(raw: bytes, by: bytes) -> bytes:
    start, end = raw.index(b"<soap:Body>") + len(b"<soap:Body>"), raw.index(b"</soap:Body>")
    return raw[:start] + by + raw[end:]


def _header(raw: bytes) -> bytes:
    start, end = raw.find(b"<soap:Header>"), raw.find(b"</soap:Header>")
    if start < 0:
        raise NonApplicable("ce service n'a pas d'en-tête interop.")
    return raw[:start] + raw[end + len(b"</soap:Header>") :]


SPOILS: Mapping[str, Spoil] = {
    "mal formée": lambda raw: raw[:-12],
    "avec une DTD": lambda raw: raw.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY e "e">]>', 1),
    "en SOAP 1.2": lambda raw: raw.replace(_SOAP11, _SOAP12),
    "sans corps": lambda raw: _body(raw, b""),
    "d'une opération inconnue": lambda raw: _body(raw, b'<inconnue xmlns="urn:annexe5:inconnue"/>'),
    "d'une action inconnue": lambda raw: raw,
    "sans en-tête interop": _header,
}
"""Ways of spoiling any request, by the name that features give them."""
