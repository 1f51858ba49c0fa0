"""Each way a message can be wrong, on raw bytes: its rule, its clause, its weight, its place."""

from __future__ import annotations

import pytest

from annexe5.findings import Confidence, Severity
from annexe5.messages.judge import Http, judge_message
from annexe5.messages.settings import load_common
from annexe5.messages.wsdl import load_wsdl

from .conftest import rules, spoil

CREATE = "createTroubleTicketByValue"
SET = "setTroubleTicketByValue"
GET = "getTroubleTicketByKey"
NS = r"<(\w+):{name}[^>]*>.*?</\1:{name}>"
TICKET = "/Envelope/Body/createTroubleTicketByValueRequest/troubleTicketValue"


def only(findings):
    assert len(findings) == 1, [(one.rule, one.message.fr) for one in findings]
    return findings[0]


def judge(raw, **options):
    return judge_message(raw, "sav-3.0", "requete", CREATE, **options)


def test_a_good_creation_has_nothing_said_of_it(sav30, sav21):
    assert judge(sav30.creation()) == []
    assert judge_message(sav21.creation(), "sav-2.1", "requete", CREATE) == []


def test_a_good_ticket_has_nothing_said_of_it(sav30):
    assert judge_message(sav30.ticket("OPENACTIVE"), "sav-3.0", "reponse", GET) == []


@pytest.mark.parametrize(
    ("field", "value", "rule", "expected"),
    [
        ("serviceProviderID", "1234", "WS-LONGUEUR", "9"),
        ("troubleTicketType", 7, "WS-LISTE", "1, 2, 3"),
        ("troubleTicketType", "un", "WS-TYPE", "xsd:integer"),
        ("defectPrelocalization", "ICI", "WS-LISTE", "PTO, RACCO PALIER, PBO, PM-PBO, PM, PRDM, PM-PRDM, BRAM"),
        ("supplierName", "", "WS-LONGUEUR", "1 au moins"),
        ("supplierName", "X" * 41, "WS-LONGUEUR", "40 au plus"),
        ("closureDuration", "4H", "WS-TYPE", "xsd:duration"),
        ("appointmentSuggestion1", "23/11/2026", "WS-TYPE", "xsd:dateTime"),
        ("alreadyOperated", "oui", "WS-TYPE", "xsd:boolean"),
        ("troubleTicketClosureLabel", "RET01", "WS-FORME", "[A-Z]{3}[0-9]{2}#.+"),
    ],
)
def test_a_wrong_value_is_told_at_its_place(sav30, field, value, rule, expected):
    found = next(one for one in judge(sav30.creation(**{field: value})) if one.rule.startswith("WS-"))
    assert (found.rule, found.severity, found.requirement) == (rule, Severity.ERROR, "SAV-04")
    assert found.column == f"{TICKET}/FTTHMUTTroubleTicket/{field}"
    assert found.expected == expected
    assert found.line == 2


def test_a_missing_mandatory_element_is_named(sav30):
    found = only(judge(spoil(sav30.creation(), r"<\w+:troubleTicketKey[^>]*/>", "")))
    assert (found.rule, found.expected, found.column) == ("WS-MANQUE", "troubleTicketKey", TICKET)


def test_the_easily_forgotten_resync_required_is_named(sav30):
    raw = sav30.request(SET, {"troubleTicketValue": {"troubleTicketKey": "K", "troubleTicketState": "QUEUED"}})
    found = only(judge_message(raw, "sav-3.0", "requete", SET))
    assert (found.rule, found.expected) == ("WS-MANQUE", "resyncRequired")


def test_an_element_out_of_order_is_not_taken_for_an_unknown_one(sav30):
    raw = sav30.creation()
    moved = spoil(
        raw, r"(<(\w+):serviceProviderID.*?</\2:serviceProviderID>)(<(\w+):supplierID.*?</\4:supplierID>)", r"\3\1"
    )
    found = only(judge(moved))
    assert (found.rule, found.value) == ("WS-ORDRE", "serviceProviderID")


def test_a_repeated_element_is_out_of_order(sav30):
    raw = spoil(sav30.creation(), r"(<(\w+):supplierID.*?</\2:supplierID>)", r"\1\1")
    assert only(judge(raw)).rule == "WS-ORDRE"


def test_a_renamed_element_is_unknown(sav30):
    found = judge(sav30.creation().replace(b"commercialId", b"comercialId"))
    assert ("WS-INATTENDU", "comercialId") in [(one.rule, one.value) for one in found]


def test_an_element_in_a_wrong_namespace_is_told_with_both(sav30):
    raw = sav30.creation().replace(b"TroubleTicketValue/v3-0", b"TroubleTicketValue/v2-0")
    found = only(judge(raw))
    assert (found.rule, found.severity) == ("WS-ESPACE", Severity.ERROR)
    assert found.value.endswith("v2-0")
    assert found.count == 6
    assert found.expected.endswith("v3-0")


def test_the_guessed_namespace_of_2_1_is_a_reserve_and_the_rest_is_still_judged(sav21):
    raw = sav21.creation(serviceProviderID="12").replace(b"TroubleTicketValue/v2-1", b"TroubleTicketValue/v2-0")
    found = {one.rule: one for one in judge_message(raw, "sav-2.1", "requete", CREATE)}
    assert found["WS-ESPACE-VOISIN"].severity is Severity.RESERVE
    assert found["WS-ESPACE-VOISIN"].confidence is Confidence.ASSUMED
    assert found["WS-LONGUEUR"].severity is Severity.ERROR


def test_a_wrong_namespace_of_the_body_is_an_error(sav21):
    raw = sav21.creation().replace(b"ossj.org/xml/TroubleTicket/v1-2", b"ossj.org/xml/TroubleTicket/v1-0")
    found = only(judge_message(raw, "sav-2.1", "requete", CREATE))
    assert (found.rule, found.severity) == ("WS-ESPACE", Severity.ERROR)


def test_nil_where_a_value_is_due_is_told(sav30):
    raw = sav30.request(GET, {"troubleTicketKey": "K", "attrNames": {}})
    spoilt = spoil(
        raw,
        r"<(\w+):troubleTicketKey>K<",
        r'<\1:troubleTicketKey xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"><',
    )
    assert "WS-NIL" in rules(judge_message(spoilt, "sav-3.0", "requete", GET))


def test_an_assumed_name_never_refuses(opc):
    head = {"@versionWS": "3.0", "@horodatageRequete": "hier", "operateurCommercial": {"@nom": "ZZZZ"}}
    raw = opc.request("obtentionCommunesOperation", {"entete": head, "codePostal": "7759"})
    found = judge_message(raw, "opc-3.0", "requete", "obtentionCommunesOperation", oc="ZZZZ")
    assert {one.rule for one in found} == {"WS-TYPE", "WS-FORME"}
    assert {one.severity for one in found} == {Severity.RESERVE}


def test_the_same_breach_refuses_when_the_operator_handed_over_the_wsdl(opc, altered):
    theirs = opc.contract.for_wsdl(load_wsdl(altered("opc-3.0") / "opc.wsdl"))
    head = {"@versionWS": "3.0", "@horodatageRequete": "2026-11-23T09:00:00Z", "operateurCommercial": {"@nom": "ZZZZ"}}
    raw = opc.request("obtentionCommunesOperation", {"entete": head, "codePostal": "7759"})
    found = only(judge_message(raw, theirs, "requete", "obtentionCommunesOperation", oc="ZZZZ"))
    assert (found.rule, found.severity) == ("WS-FORME", Severity.ERROR)


def test_attributes_missing_and_unknown_are_named(opc):
    head = {"@versionWS": "3.0", "@horodatageRequete": "2026-11-23T09:00:00Z", "operateurCommercial": {"@nom": "ZZZZ"}}
    raw = opc.request("obtentionCommunesOperation", {"entete": head, "codePostal": "77590"})
    raw = raw.replace(b'versionWS="3.0"', b'version="3.0"')
    found = judge_message(raw, "opc-3.0", "requete", "obtentionCommunesOperation")
    assert {(one.rule, one.expected or one.value) for one in found} == {
        ("WS-MANQUE", "@versionWS"),
        ("WS-INATTENDU", "@version"),
    }


# --- envelope, header, operation -----------------------------------------------------------------------------


def test_the_interop_header_is_due_on_every_request(sav30):
    found = only(judge(sav30.creation(header=False)))
    assert (found.rule, found.requirement) == ("WS-ENTETE", "SAV-02")


def test_a_header_given_twice_is_one_too_many(sav30):
    raw = spoil(sav30.creation(), r"(<(\w+):TroubleTicketHeaderRequest.*?</\2:TroubleTicketHeaderRequest>)", r"\1\1")
    assert only(judge(raw)).value == "2"


def test_a_password_is_never_shown(sav30):
    raw = sav30.creation().replace(b">secret<", b"><x>secret</x><")
    found = judge(raw)
    assert found
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("spoilt", "rule"),
    [
        (
            lambda raw: raw.replace(b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope"),
            "WS-VERSION",
        ),
        (lambda raw: b"<a/>", "WS-ENVELOPPE"),
        (lambda raw: spoil(raw, r"<soap:Body>.*</soap:Body>", "<soap:Body/>"), "WS-CORPS"),
        (lambda raw: spoil(raw, r"<soap:Body>(.*)</soap:Body>", r"<soap:Body>\1\1</soap:Body>"), "WS-CORPS"),
        (lambda raw: spoil(raw, r"<soap:Body>.*</soap:Body>", ""), "WS-CORPS"),
        (lambda raw: spoil(raw, r"</soap:Body>", "</soap:Body><suite/>"), "WS-ENVELOPPE"),
        (lambda raw: b"", "WS-VIDE"),
        (lambda raw: raw[:-10], "WS-XML"),
        (lambda raw: raw + b" " * load_common().limites.requete_octets, "WS-TAILLE"),
        (lambda raw: raw.split(b"?>", 1)[0] + b"?><!DOCTYPE x>" + raw.split(b"?>", 1)[1], "WS-DTD"),
    ],
)
def test_what_is_no_soap_message_is_told(sav30, spoilt, rule):
    assert only(judge(spoilt(sav30.creation()))).rule == rule


def test_a_body_of_another_operation_is_told(sav30):
    raw = sav30.request(GET, {"troubleTicketKey": "K", "attrNames": {}})
    found = only(judge(raw))
    assert (found.rule, found.expected) == ("WS-OPERATION", "createTroubleTicketByValueRequest")


def test_an_encoding_that_not_everybody_reads_is_a_reserve(sav30):
    raw = sav30.creation().replace(b"UTF-8", b"ISO-8859-1")
    found = only(judge(raw))
    assert (found.rule, found.severity) == ("WS-ENCODAGE", Severity.RESERVE)


# --- HTTP -----------------------------------------------------------------------------------------------------


def test_a_page_with_status_200_is_no_answer():
    found = only(
        judge_message(
            b"<html><body>Erreur</body></html>", "sav-3.0", "reponse", GET, http=Http(200, "text/html; charset=utf-8")
        )
    )
    assert (found.rule, found.severity, found.requirement) == ("WS-HTTP-PAGE", Severity.ERROR, "SAV-04")


def test_a_fault_with_status_200_is_told(sav30):
    fault = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>'
        b"<faultstring>non</faultstring></s:Fault></s:Body></s:Envelope>"
    )
    found = only(judge_message(fault, "sav-3.0", "reponse", GET, http=Http(200, "text/xml")))
    assert (found.rule, found.expected) == ("WS-HTTP-STATUT", "500")
    assert judge_message(fault, "sav-3.0", "reponse", GET, http=Http(500, "text/xml")) == []


def test_an_answer_with_status_500_is_told(sav30):
    found = only(judge_message(sav30.ticket("QUEUED"), "sav-3.0", "reponse", GET, http=Http(500, "text/xml")))
    assert (found.rule, found.expected) == ("WS-HTTP-STATUT", "200")


def test_a_wrong_content_type_is_told(sav30):
    found = only(
        judge_message(sav30.ticket("QUEUED"), "sav-3.0", "reponse", GET, http=Http(200, "application/soap+xml"))
    )
    assert found.rule == "WS-HTTP-TYPE"


def test_a_slow_answer_is_told_with_its_seconds(sav30):
    answered = Http(200, "text/xml", seconds=5.02)
    found = only(judge_message(sav30.ticket("QUEUED"), "sav-3.0", "reponse", GET, http=answered))
    assert (found.rule, found.requirement, found.value, found.severity) == ("WS-DELAI", "SAV-05", "5.0", Severity.ERROR)


@pytest.mark.parametrize(("action", "found"), [('"createTroubleTicketByValue"', []), ("autre", ["WS-HTTP-ACTION"])])
def test_the_action_is_the_wsdl_s(sav30, action, found):
    assert rules(judge(sav30.creation(), http=Http(content_type="text/xml", action=action))) == found


# --- faults ---------------------------------------------------------------------------------------------------

FAULT = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:tt="http://ossj.org/xml/TroubleTicket/v1-2" xmlns:co="http://ossj.org/xml/Common/v1-5"><s:Body><s:Fault>
<faultcode>{code}</faultcode><faultstring>{text}</faultstring><detail>{detail}</detail></s:Fault></s:Body></s:Envelope>"""
TYPED = (
    "<tt:createTroubleTicketByValueException><tt:createException><co:message>ERR01#…</co:message></tt:createException>"
    "</tt:createTroubleTicketByValueException>"
)


@pytest.mark.parametrize(
    ("code", "text", "detail", "rule"),
    [
        ("s:Client", "non", TYPED, ""),
        ("s:Server.Base", "non", "", ""),
        ("s:Autre", "non", TYPED, "WS-FAUTE-CODE"),
        ("s:Client", "", TYPED, "WS-FAUTE-CODE"),
        ("s:Client", "non", "<autre/>", "WS-FAUTE-DETAIL"),
        ("s:Client", "non", TYPED.replace("createException", "objectNotFoundException"), "WS-INATTENDU"),
        ("s:Client", "non", TYPED.replace("co:message", "co:texte"), "WS-INATTENDU"),
        ("s:Client", "non", TYPED.replace("tt:createT", "co:createT"), "WS-ESPACE"),
    ],
)
def test_faults_are_typed_and_coded(code, text, detail, rule):
    raw = FAULT.format(code=code, text=text, detail=detail).encode()
    found = judge_message(raw, "sav-3.0", "reponse", CREATE, http=Http(500, "text/xml"))
    assert rules(found) == ([rule] if rule else [])


# --- two engines ----------------------------------------------------------------------------------------------


def test_bulk_finds_the_same(sav30):
    for raw in (sav30.creation(), sav30.creation(troubleTicketType=7), sav30.creation(supplierName="X" * 60)):
        assert judge(raw, bulk=True) == judge(raw)


def test_what_only_the_second_opinion_refuses_is_still_told(sav30, monkeypatch):
    monkeypatch.setattr(sav30.contract.schemas.model, "iter_errors", lambda *_, **__: iter(()))
    found = judge_message(sav30.creation(troubleTicketType=7), sav30.contract, "requete", CREATE)
    assert rules(found) == ["WS-SCHEMA"]
    assert found[0].line == 2
