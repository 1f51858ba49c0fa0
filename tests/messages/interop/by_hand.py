"""Requests of every operation as somebody would write them by hand from the published WSDLs, for curl."""

from __future__ import annotations

from collections.abc import Mapping

TT, CO = "http://ossj.org/xml/TroubleTicket/v1-2", "http://ossj.org/xml/Common/v1-5"
CBE = "http://ossj.org/xml/TroubleTicket-CBETrouble/v1-2"
VALUE = {
    "sav-2.1": "http://interop-fibre.fr/xml/TroubleTicketValue/v2-1",
    "sav-3.0": "http://interop-fibre.fr/xml/TroubleTicketValue/v3-0",
}
OPC, STRUCTURE = "urn:annexe5:suppose:opc:3.0", "urn:annexe5:suppose:structure:2.0"
_COMMON = ("SupportedOptionalOperations", "ManagedEntityTypes", "EventTypes", "UpdateProcedureTypes", "NamedQueryTypes")
_TICKET = ("PrivateData", "PublicData", "ItemTypes", "Types")
CREATE, SET, GET = "createTroubleTicketByValue", "setTroubleTicketByValue", "getTroubleTicketByKey"
_HEADER = (
    '<s:Header><TroubleTicketHeaderRequest xmlns="http://interop-fibre.fr/xml/TroubleTicketHeader/v1-0"><LoginName>{oc}'
    "</LoginName><Password>{password}</Password></TroubleTicketHeaderRequest></s:Header>"
)
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">{header}'
    "<s:Body>{body}</s:Body></s:Envelope>"
)


def sav(service: str, facts: Mapping[str, str], key: str) -> dict[str, str]:
    """Write a request for each operation of a SAV, in the order in which they may be called."""
    new = (
        f'<troubleTicketValue xmlns:t="{CBE}" xmlns:f="{VALUE[service]}">'
        '<t:troubleTicketKey xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'
        "<t:troubleTicketState>QUEUED</t:troubleTicketState><t:FTTHMUTTroubleTicket>"
        "<f:serviceProviderID>123456789</f:serviceProviderID><f:supplierID>987654321</f:supplierID>"
        f"<f:troubleTicketType>1</f:troubleTicketType><f:commercialId>{facts[service]}</f:commercialId>"
        f"<f:serviceProviderTroubleTicketKey>CURL-{service}</f:serviceProviderTroubleTicketKey>"
        "<f:defectDescription>PAS DE SIGNAL</f:defectDescription></t:FTTHMUTTroubleTicket></troubleTicketValue>"
    )
    change = (
        f'<troubleTicketValue><t:troubleTicketKey xmlns:t="{CBE}">{key}</t:troubleTicketKey>'
        f'<t:troubleTicketState xmlns:t="{CBE}">QUEUED</t:troubleTicketState></troubleTicketValue>'
        "<resyncRequired>false</resyncRequired>"
    )
    asked = {
        CREATE: f'<{CREATE}Request xmlns="{TT}">{new}</{CREATE}Request>',
        SET: f'<{SET}Request xmlns="{TT}">{change}</{SET}Request>',
        GET: f'<{GET}Request xmlns="{TT}"><troubleTicketKey>{key}</troubleTicketKey><attrNames/></{GET}Request>',
        "getEventDescriptor": f'<getEventDescriptorRequest xmlns="{CO}"><eventType>X</eventType></getEventDescriptorRequest>',
    }
    asked |= {f"get{one}": f'<get{one}Request xmlns="{CO}"/>' for one in _COMMON}
    asked |= {f"getTroubleTicket{one}": f'<getTroubleTicket{one}Request xmlns="{TT}"/>' for one in _TICKET}
    header = _HEADER.format(oc=facts["oc"], password=facts["password"])
    return {name: _ENVELOPE.format(header=header, body=body) for name, body in asked.items()}


def opc(facts: Mapping[str, str]) -> dict[str, str]:
    """Write a request for each operation of the order help 3.0."""
    head = (
        '<entete versionWS="3.0" horodatageRequete="2026-11-23T09:00:00Z">'
        f'<operateurCommercial nom="{facts["oc"]}"/></entete>'
    )
    street = f'<voieRivoli codeInsee="{facts["code_insee"]}" codeRivoli="{facts["code_rivoli"]}"/>'
    asked = {
        "obtentionStructureAdresse": f"<referenceAdresse><identifiantImmeuble>{facts['immeuble']}</identifiantImmeuble>"
        "</referenceAdresse>",
        "obtentionCommunes": f"<codePostal>{facts['code_postal']}</codePostal>",
        "obtentionVoies": f"<codeInsee>{facts['code_insee']}</codeInsee>",
        "obtentionNumeros": f"<referenceVoie>{street}</referenceVoie>",
        "obtentionBatiments": f"<referenceAdresse><referenceHexacle>{facts['hexacle']}</referenceHexacle></referenceAdresse>",
        "obtentionZoneArrierePm": f"<referencePm>{facts['reference_pm']}</referencePm>",
    }
    return {
        f"{name}Operation": _ENVELOPE.format(
            header="", body=f'<{name}Demande xmlns="{OPC}">{head}{body}</{name}Demande>'
        )
        for name, body in asked.items()
    }


def structure(facts: Mapping[str, str]) -> dict[str, str]:
    """Write the one request of the structure service 2.0."""
    body = (
        f'<obtentionStructureAdresseDemandeSoap xmlns="{STRUCTURE}"><entete><versionWS>2.0</versionWS>'
        f"<horodatageRequete>2026-11-23T09:00:00Z</horodatageRequete><operateurCommercial><nom>{facts['oc']}</nom>"
        f"</operateurCommercial></entete><referenceAdresse><referenceHexacle>{facts['hexacle']}</referenceHexacle>"
        "</referenceAdresse></obtentionStructureAdresseDemandeSoap>"
    )
    return {"obtentionStructureAdresseOperation": _ENVELOPE.format(header="", body=body)}
