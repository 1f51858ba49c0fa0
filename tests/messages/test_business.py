"""The layer above the lenient schema: each rule of metier.toml, held and broken."""

from __future__ import annotations

import pytest

from annexe5.findings import Severity
from annexe5.messages.judge import judge_message

from .conftest import rules

GET = "getTroubleTicketByKey"
CREATE = "createTroubleTicketByValue"
CLOSED = {
    "troubleTicketClosureCode": "RET01",
    "troubleTicketClosureLabel": "RET01#DEFAUT CONFIRME ET CORRIGE PAR OI",
    "defectLocalization": "PBO",
    "defectResponsibility": "OI",
    "closureDuration": "PT4H",
    "serviceRestoredTime": "2026-11-23T13:00:00Z",
}


def ticket(pen, state, **fields):
    return judge_message(pen.ticket(state, **fields), pen.contract, "reponse", GET)


def creation(pen, **fields):
    return judge_message(pen.creation(**fields), pen.contract, "requete", CREATE)


def test_a_ticket_closed_with_all_it_needs_is_good(sav21):
    assert ticket(sav21, "CLOSED", **CLOSED) == []


@pytest.mark.parametrize("state", ["ANYTHING", "queued", "OPEN/ACTIVE"])
def test_a_state_outside_the_list_is_refused_though_the_schema_takes_it(sav30, state):
    found = ticket(sav30, state)
    assert rules(found) == ["TICKET-ETAT"]
    assert found[0].severity is Severity.ERROR


def test_the_state_that_3_0_added_is_not_one_of_2_1(sav21, sav30):
    assert ticket(sav30, "OPENACTIVE.TO.BE.CANCELED") == []
    assert rules(ticket(sav21, "OPENACTIVE.TO.BE.CANCELED")) == ["TICKET-ETAT"]


@pytest.mark.parametrize(
    ("without", "rule", "severity"),
    [
        ("troubleTicketClosureCode", "TICKET-CLOTURE", Severity.ERROR),
        ("troubleTicketClosureLabel", "TICKET-CLOTURE", Severity.ERROR),
        ("defectLocalization", "TICKET-CLOTURE-DEFAUT", Severity.RESERVE),
        ("closureDuration", "TICKET-CLOTURE-DEFAUT", Severity.RESERVE),
        ("serviceRestoredTime", "TICKET-CLOTURE-DEFAUT", Severity.RESERVE),
    ],
)
def test_a_closed_ticket_without_a_closure_field_is_told(sav30, without, rule, severity):
    found = ticket(sav30, "CLOSED", **{name: value for name, value in CLOSED.items() if name != without})
    assert [(one.rule, one.severity, one.expected) for one in found] == [(rule, severity, without)]


def test_a_closure_that_is_not_a_repair_needs_no_fault(sav30):
    fields = {
        "troubleTicketClosureCode": "ABS02",
        "troubleTicketClosureLabel": "ABS02#CLIENT ABSENT LORS DU RDV",
    }
    assert ticket(sav30, "CLOSED", **fields) == []


def test_a_label_of_another_code_is_an_error(sav30):
    found = ticket(
        sav30, "CLOSED", **CLOSED | {"troubleTicketClosureLabel": "RET02#PRELOC ERRONEE, DEFAUT CORRIGE PAR OI"}
    )
    assert [(one.rule, one.severity, one.expected) for one in found] == [
        ("TICKET-CODE-LIBELLE", Severity.ERROR, "RET01")
    ]


def test_a_label_that_drifted_is_a_reserve(sav30):
    found = ticket(sav30, "CLOSED", **CLOSED | {"troubleTicketClosureLabel": "RET01#DEFAUT REPARE"})
    assert [(one.rule, one.severity) for one in found] == [("TICKET-LIBELLE", Severity.RESERVE)]


def test_a_closure_code_on_a_ticket_under_way_is_too_early(sav30):
    found = ticket(sav30, "OPENACTIVE", troubleTicketClosureCode="RET01")
    assert rules(found) == ["TICKET-CLOTURE-TROP-TOT"]


def test_a_cancelled_ticket_is_closed_with_a_code_of_cancellation(sav30):
    found = ticket(sav30, "CLOSE.CANCELLED", **CLOSED)
    assert rules(found) == ["TICKET-ANNULATION"]


def test_a_siren_is_nine_digits(sav30):
    found = creation(sav30, serviceProviderID="12345678A")
    assert [(one.rule, one.severity) for one in found] == [("TICKET-SIREN", Severity.ERROR)]


def test_a_creation_names_its_access(sav30):
    found = creation(sav30, commercialId=None)
    assert [(one.rule, one.severity) for one in found] == [("TICKET-ACCES", Severity.ERROR)]
    assert creation(sav30, commercialId=None, technicalId="CO-0000-0001") == []


@pytest.mark.parametrize("field", ["serviceProviderID", "supplierID", "troubleTicketType", "defectDescription"])
def test_what_annexe_5c_may_demand_is_only_a_reserve(sav30, field):
    found = creation(sav30, **{field: None})
    assert [(one.rule, one.severity, one.expected) for one in found] == [("TICKET-CREATION", Severity.RESERVE, field)]


def test_a_ticket_is_born_queued(sav30):
    assert rules(creation(sav30, state="OPENACTIVE")) == ["TICKET-CREATION-ETAT"]


def test_a_message_has_a_type_and_a_content(sav30):
    assert rules(creation(sav30, messageType="DEMANDE")) == ["TICKET-MESSAGE"]
    assert rules(creation(sav30, messageContent="bonjour")) == ["TICKET-MESSAGE"]
    assert creation(sav30, messageType="DEMANDE", messageContent="bonjour") == []


def test_an_appointment_offer_has_a_date(sav30):
    assert rules(creation(sav30, messageType="PROPOSITION DE RDV")) == ["TICKET-RDV"]


def test_both_spellings_of_the_state_agree(sav30):
    value = {
        "troubleTicketKey": "K", "troubleTicketState_TroubleTicket": "CLOSED", "troubleTicketState": "OPENACTIVE",
    }  # fmt: skip
    raw = sav30.request("setTroubleTicketByValue", {"troubleTicketValue": value, "resyncRequired": False})
    found = judge_message(raw, "sav-3.0", "requete", "setTroubleTicketByValue")
    assert [(one.rule, one.severity) for one in found] == [("TICKET-ETATS-CONCORDENT", Severity.RESERVE)]


def test_a_change_names_its_ticket(sav30):
    value = {"troubleTicketKey": None, "troubleTicketState": "QUEUED"}
    raw = sav30.request("setTroubleTicketByValue", {"troubleTicketValue": value, "resyncRequired": False})
    assert rules(judge_message(raw, "sav-3.0", "requete", "setTroubleTicketByValue")) == ["TICKET-CLE"]


# --- order help ---------------------------------------------------------------------------------------------------


def communes(opc, nom="ZZZZ", version="3.0"):
    head = {"@versionWS": version, "@horodatageRequete": "2026-11-23T09:00:00Z", "operateurCommercial": {"@nom": nom}}
    return opc.request("obtentionCommunesOperation", {"entete": head, "codePostal": "77801"})


@pytest.mark.parametrize(
    ("nom", "found"),
    [
        ("ZZZZ", []),
        ("ZZZZ - OPERATEUR Z", []),
        ("OPERATEUR Z", ["AIDE-OC"]),
        ("zzzz", ["AIDE-OC"]),
        ("XZZZZ", ["AIDE-OC"]),
    ],
)
def test_operateur_commercial_nom_holds_the_quadrigramme(opc, nom, found):
    judged = judge_message(communes(opc, nom), "opc-3.0", "requete", oc="ZZZZ")
    assert rules(judged) == found
    assert all((one.severity, one.requirement) == (Severity.ERROR, "OPC-02") for one in judged)


def test_a_reply_repeats_the_timestamp_and_operator_of_its_request(opc):
    head = {
        "@versionWS": "3.0", "@horodatageRequete": "2026-11-23T09:00:01Z", "@horodatageReponse": "2026-11-23T09:00:02Z",
        "@identifiantReponse": "1", "operateurCommercial": {"@nom": "YYYY"},
    }  # fmt: skip
    raw = opc.reply("obtentionCommunesOperation", {"entete": head, "codeRetour": {"codeRetour": 0}})
    found = judge_message(raw, "opc-3.0", "reponse", "obtentionCommunesOperation", request=communes(opc))
    assert [(one.rule, one.severity) for one in found] == [("AIDE-ECHO", Severity.RESERVE)] * 2


def test_a_refusal_says_why(opc):
    head = {
        "@versionWS": "3.0", "@horodatageRequete": "2026-11-23T09:00:00Z", "@horodatageReponse": "2026-11-23T09:00:00Z",
        "@identifiantReponse": "1", "operateurCommercial": {"@nom": "ZZZZ"},
    }  # fmt: skip
    raw = opc.reply("obtentionCommunesOperation", {"entete": head, "codeRetour": {"codeRetour": 1}})
    found = judge_message(raw, "opc-3.0", "reponse", "obtentionCommunesOperation")
    assert [(one.rule, one.expected) for one in found] == [
        ("AIDE-ERREUR", "codeErreur"),
        ("AIDE-ERREUR", "libelleErreur"),
    ]


def test_another_version_in_the_header_is_a_reserve(opc):
    found = judge_message(communes(opc, version="2.0"), "opc-3.0", "requete")
    assert [(one.rule, one.severity) for one in found] == [("AIDE-VERSION", Severity.RESERVE)]
