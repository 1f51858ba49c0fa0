"""The endpoint without a wire: documents, calls, faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from lxml import etree

from annexe5.contract.profile import load_profile
from annexe5.errors import ContractError
from annexe5.messages.contract import load_contract
from annexe5.messages.conversation import Call, Reply
from annexe5.messages.endpoint import Router, SoapEndpoint
from annexe5.messages.envelope import split
from annexe5.messages.judge import Http, judge_message
from annexe5.messages.pace import PaceMeter, pace_of
from annexe5.messages.wsdl import read_wsdl

from .conftest import NOW, spoil

BASE = "http://127.0.0.1:8080"
CREATE = "createTroubleTicketByValue"


@dataclass
class Request:
    body: bytes | None = b""
    method: str = "POST"
    path: str = "/interop-sav-30/services/JVTTroubleTicketSessionWSPort"
    query: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/xml; charset=utf-8"})
    base_url: str = BASE


class Echo:
    """Answers every creation with a key, and keeps what it was asked."""

    def __init__(self, reply: Reply | Exception | None = None) -> None:
        self.calls: list[Call] = []
        self.reply = reply or Reply({"troubleTicketResponse": {"troubleTicketKey": "SAV1", "returnCode": "0"}})

    def answer(self, call: Call) -> Reply:
        self.calls.append(call)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


def endpoint(conversation: Any, service: str = "sav-3.0", **options: Any) -> SoapEndpoint:
    return SoapEndpoint(
        load_contract(service), load_profile().web_service(service), conversation, clock=lambda: NOW, **options
    )


def answer(request: Request, conversation: Any = None, **options: Any) -> tuple[int, bytes]:
    status, headers, body = endpoint(conversation or Echo(), **options).handle(request)
    assert "content-type" in headers
    return status, body


def fault(body: bytes):
    found = split(etree.fromstring(body)).fault
    assert found is not None
    return found


# --- documents ---


@pytest.mark.parametrize("service", ["sav-2.1", "sav-3.0", "opc-3.0", "structure-2.0"])
def test_the_published_wsdl_can_be_read_by_a_stranger(service):
    served = endpoint(Echo(), service)

    def fetch(url: str) -> bytes:
        assert url.startswith(BASE)
        path, _, query = url.removeprefix(BASE).partition("?")
        status, headers, body = served.handle(Request(None, "GET", path, query))
        assert (status, headers["content-type"]) == (200, "text/xml; charset=utf-8")
        return body

    wsdl = read_wsdl(served.wsdl_url(BASE), fetch)
    assert wsdl.address == BASE + load_profile().web_service(service).chemin
    assert set(wsdl.operations) == set(load_contract(service).wsdl.operations)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/interop-sav-30/services/JVTTroubleTicketSessionWSPort", "wsdl", 200),
        ("/interop-sav-30/services/JVTTroubleTicketSessionWSPort", "WSDL", 200),
        ("/interop-sav-30/services/JVTTroubleTicketSessionWSPort", "xsd=ticket.xsd", 200),
        ("/interop-sav-30/services/JVTTroubleTicketSessionWSPort", "xsd=../contrat.toml", 404),
        ("/interop-sav-30/services/JVTTroubleTicketSessionWSPort", "xsd=/etc/passwd", 404),
        ("/interop-sav-30/services/JVTTroubleTicketSessionWSPort", "", 404),
    ],
)
def test_only_the_documents_of_the_contract_are_published(path, query, status):
    assert endpoint(Echo()).handle(Request(None, "GET", path, query))[0] == status


def test_the_address_is_that_of_whoever_asks():
    served = endpoint(Echo())
    for base in ("http://127.0.0.1:1", "https://oi.invalid:8443"):
        body = served.handle(Request(None, "GET", query="wsdl", base_url=base))[2]
        assert f'location="{base}/interop-sav-30/'.encode() in body


# --- calls ---


def test_a_call_reaches_the_conversation_with_caller_and_data(sav30):
    echo = Echo()
    status, body = answer(Request(sav30.creation()), echo)
    call = echo.calls[0]
    assert (status, call.oc, call.password, call.operation, call.at) == (200, "ZZZZ", "secret", CREATE, NOW)
    assert call.data["troubleTicketValue"]["FTTHMUTTroubleTicket"]["commercialId"] == "PPR-1"
    assert judge_message(body, "sav-3.0", "reponse", CREATE, http=Http(status, "text/xml")) == []


def test_an_order_help_call_is_told_in_the_words_of_the_house(opc):
    echo = Echo(Reply({"communes": [{"code_insee": "77900", "nom": "X"}]}))
    head = {"@versionWS": "3.0", "@horodatageRequete": "2026-11-23T09:00:00Z", "operateurCommercial": {"@nom": "ZZZZ"}}
    raw = opc.request("obtentionCommunesOperation", {"entete": head, "codePostal": "77801"})
    status, body = answer(Request(raw, path="/interop-opc-30"), echo, service="opc-3.0")
    assert (echo.calls[0].method, echo.calls[0].data["code_postal"]) == ("communes", "77801")
    found = judge_message(body, "opc-3.0", "reponse", oc="ZZZZ", request=raw, http=Http(status, "text/xml"))
    assert found == []


def test_business_breaches_are_left_to_the_conversation(sav30):
    echo = Echo()
    answer(Request(sav30.creation(commercialId=None)), echo)
    assert [one.rule for one in echo.calls[0].findings] == ["TICKET-ACCES"]


def test_what_is_served_is_told_raw(sav30):
    told = []
    raw = sav30.creation()
    answer(Request(raw), on_served=told.append)
    assert [(one.service, one.operation, one.oc, one.request, one.status) for one in told] == [
        ("sav-3.0", CREATE, "ZZZZ", raw, 200)
    ]
    assert told[0].reply.startswith(b"<?xml")


@pytest.mark.parametrize("action", ['"createTroubleTicketByValue"', "createTroubleTicketByValue", '""', None])
def test_the_action_may_be_quoted_or_silent(sav30, action):
    headers = {"content-type": "text/xml"} | ({"soapaction": action} if action is not None else {})
    assert answer(Request(sav30.creation(), headers=headers))[0] == 200


# --- faults ---

BODY = r"<soap:Body>.*</soap:Body>"
MUST = '<soap:Header><x:y xmlns:x="urn:x" soap:mustUnderstand="1"/>'


@pytest.mark.parametrize(
    ("spoilt", "code", "told"),
    [
        (lambda raw: b"", "Client", "WS-VIDE"),
        (lambda raw: raw[:-9], "Client", "WS-XML"),
        (lambda raw: b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "Client", "WS-DTD"),
        (
            lambda raw: raw.replace(b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope"),
            "VersionMismatch",
            "WS-VERSION",
        ),
        (lambda raw: spoil(raw, BODY, "<soap:Body/>"), "Client", "WS-CORPS"),
        (lambda raw: spoil(raw, BODY, "<soap:Body><autre/></soap:Body>"), "Client", "WS-OPERATION"),
        (lambda raw: spoil(raw, "<soap:Header>", MUST), "MustUnderstand", "urn:x"),
        (lambda raw: spoil(raw, "<soap:Header>.*</soap:Header>", ""), "Client", "WS-ENTETE"),
        (lambda raw: raw.replace(b">123456789<", b">12<"), "Client", "WS-LONGUEUR"),
        (lambda raw: spoil(raw, r"<\w+:troubleTicketKey[^>]*/>", ""), "Client", "WS-MANQUE"),
        (lambda raw: b"<a>" * 400 + b"</a>" * 400, "Client", "WS-PROFONDEUR"),
    ],
)
def test_what_cannot_be_taken_gets_its_fault(sav30, spoilt, code, told):
    echo = Echo()
    status, body = answer(Request(spoilt(sav30.creation())), echo)
    assert status == 500
    assert fault(body).code == code
    assert told in fault(body).text
    assert echo.calls == []
    assert judge_message(body, "sav-3.0", "reponse", CREATE, http=Http(status, "text/xml")) == []


def test_an_invalid_call_gets_the_typed_exception_of_its_operation(sav30):
    body = answer(Request(sav30.creation(troubleTicketType=9)))[1]
    detail = fault(body).detail
    assert detail.tag.endswith("}createTroubleTicketByValueException")
    assert detail[0].tag.endswith("}ossIllegalArgumentException")
    assert "troubleTicketType" in detail[0][0].text


def test_a_body_too_big_gets_a_fault():
    status, body = answer(Request(None))
    assert (status, fault(body).code) == (500, "Client")


def test_a_wrong_action_gets_a_fault(sav30):
    status, body = answer(Request(sav30.creation(), headers={"content-type": "text/xml", "soapaction": '"autre"'}))
    assert (status, fault(body).code) == (500, "Client")
    assert "WS-HTTP-ACTION" in fault(body).text


def test_an_invalid_order_help_call_gets_a_fault_without_a_typed_detail(opc):
    head = {"@versionWS": "3.0", "@horodatageRequete": "hier", "operateurCommercial": {"@nom": "ZZZZ"}}
    raw = opc.request("obtentionCommunesOperation", {"entete": head, "codePostal": "77801"})
    status, body = answer(Request(raw, path="/interop-opc-30"), service="opc-3.0")
    assert (status, fault(body).detail) == (500, None)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (Request(method="PUT"), 405),
        (Request(method="DELETE"), 405),
        (Request(headers={"content-type": "application/soap+xml"}), 415),
        (Request(headers={}), 415),
    ],
)
def test_what_is_no_soap_call_gets_an_http_status(request_, status):
    assert answer(request_)[0] == status


def test_a_conversation_that_breaks_gets_a_server_fault_and_no_trace_of_why(sav30):
    status, body = answer(Request(sav30.creation()), Echo(RuntimeError("mot de passe en clair")))
    assert (status, fault(body).code) == (500, "Server")
    assert b"mot de passe" not in body


@pytest.mark.parametrize(
    ("refusal", "exception"),
    [
        ("hors_parc", "createException"),
        ("cle_en_double", "duplicateKeyException"),
        ("rythme", "remoteException"),
        ("perime", "remoteException"),  # not declared by this operation
    ],
)
def test_a_refusal_is_a_typed_exception_that_the_operation_declares(sav30, refusal, exception):
    status, body = answer(Request(sav30.creation()), Echo(Reply(refusal=refusal, detail="X")))
    assert status == 500
    assert fault(body).detail[0].tag.endswith("}" + exception)
    assert judge_message(body, "sav-3.0", "reponse", CREATE, http=Http(status, "text/xml")) == []


def test_a_stale_change_is_refused_with_a_key(sav30):
    value = {"troubleTicketKey": "K", "troubleTicketState": "QUEUED"}
    raw = sav30.request("setTroubleTicketByValue", {"troubleTicketValue": value, "resyncRequired": True})
    status, body = answer(Request(raw), Echo(Reply(refusal="perime", detail="3")))
    assert judge_message(body, "sav-3.0", "reponse", "setTroubleTicketByValue", http=Http(status, "text/xml")) == []


def test_an_order_help_refusal_is_an_answer_with_a_code(opc):
    head = {"@versionWS": "3.0", "@horodatageRequete": "2026-11-23T09:00:00Z", "operateurCommercial": {"@nom": "ZZZZ"}}
    raw = opc.request("obtentionCommunesOperation", {"entete": head, "codePostal": "99999"})
    reply = Echo(Reply(refusal="code_postal_inconnu", detail="99999"))
    status, body = answer(Request(raw, path="/interop-opc-30"), reply, service="opc-3.0")
    assert status == 200
    assert b"<opc:codeErreur>C01<" in body
    assert judge_message(body, "opc-3.0", "reponse", request=raw, http=Http(status, "text/xml")) == []


# --- pace ---


def test_a_server_that_enforces_the_pace_refuses_the_third_call(sav30):
    served = endpoint(Echo(), meter=PaceMeter(pace_of(load_profile())))
    seen = [served.handle(Request(sav30.creation()))[0] for _ in range(3)]
    assert seen == [200, 200, 500]


def test_the_pace_of_one_oc_is_not_that_of_another(sav30):
    served = endpoint(Echo(), meter=PaceMeter(pace_of(load_profile())))
    mine = sav30.creation()
    other = mine.replace(b">ZZZZ<", b">YYYY<")
    assert [served.handle(Request(raw))[0] for raw in (mine, mine, mine, other, other)] == [200, 200, 500, 200, 200]


# --- several services ---


def test_a_router_sends_each_path_to_its_service(sav30):
    router = Router([endpoint(Echo(), name) for name in ("sav-2.1", "sav-3.0", "opc-3.0")])
    assert router.handle(Request(sav30.creation()))[0] == 200
    assert router.handle(Request(None, "GET", "/interop-opc-30/wsdl"))[0] == 200
    assert router.handle(Request(None, "GET", "/ailleurs"))[0] == 404


def test_two_services_at_one_path_are_refused():
    with pytest.raises(ContractError, match="deux fois"):
        Router([endpoint(Echo()), endpoint(Echo())])
