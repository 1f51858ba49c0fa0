"""An operator's WSDL that differs from ours in one place: the rule, the place, what it changes."""

from __future__ import annotations

import pytest

from annexe5.findings import Severity
from annexe5.messages.contract import load_contract
from annexe5.messages.lint import lint_wsdl
from annexe5.messages.wsdl import load_wsdl

TICKET = "createTroubleTicketByValueRequest/troubleTicketValue/FTTHMUTTroubleTicket"
LINE = '      <xsd:element name="technicalId" type="ftth:NonVide50" nillable="true" minOccurs="0"/>\n'
FIRST = '      <xsd:element name="serviceProviderID" type="ftth:Siren" nillable="true" minOccurs="0"/>\n'


def lint(folder, service="sav-3.0"):
    contract = load_contract(service)
    return lint_wsdl(load_wsdl(folder / contract.settings.wsdl), contract, client=False)


@pytest.mark.parametrize("service", ["sav-2.1", "sav-3.0", "opc-3.0", "structure-2.0"])
def test_our_own_wsdl_has_no_difference(altered, service):
    contract = load_contract(service)
    assert lint_wsdl(load_wsdl(altered(service) / contract.settings.wsdl), contract) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "effect"),
    [
        ("sav.wsdl", 'soapAction="setTroubleTicketByValue"', 'soapAction="urn:set"', "WSDL-ACTION", "refusé"),
        ("sav.wsdl", 'style="document" transport', 'style="rpc" transport', "", ""),
        ("sav.wsdl", "JVTTroubleTicketSessionWSPort", "TicketPort", "WSDL-PORT", "nom de classe"),
        ("sav.wsdl", 'name="getEventTypes"', 'name="getEvents"', "WSDL-OPERATION-ABSENTE", "ne peut pas l'appeler"),
        ("ftth.xsd", LINE, "", "WSDL-ELEMENT-ABSENT", "sera refusé"),
        ("ftth.xsd", 'name="commercialId"', 'name="comercialId"', "WSDL-ELEMENT-RENOMME", "écrit l'un"),
        ("ftth.xsd", FIRST, FIRST + LINE.replace("technicalId", "nouveau"), "WSDL-ELEMENT-AJOUTE", "sans effet"),
        (
            "ftth.xsd", FIRST, FIRST + '<xsd:element name="nouveau" type="xsd:string"/>', "WSDL-ELEMENT-EXIGE", "refusé",
        ),
        ("ftth.xsd", LINE, LINE.replace(' minOccurs="0"', ""), "WSDL-CARDINALITE", "sera refusé"),
        ("ftth.xsd", LINE, LINE.replace(' nillable="true"', ""), "WSDL-CARDINALITE", "sera refusé"),
        ("ftth.xsd", LINE, LINE.replace("ftth:NonVide50", "xsd:int"), "WSDL-TYPE", "refusées"),
        ("ftth.xsd", LINE, LINE.replace("NonVide50", "NonVide40"), "WSDL-TYPE", "refusées"),
        ("ftth.xsd", '<xsd:enumeration value="ESCALADE"/>', "", "WSDL-LISTE", "ESCALADE"),
        ("ftth.xsd", FIRST + '      <xsd:element name="serviceProviderName" type="ftth:NonVide40"', '      <xsd:element name="serviceProviderName" type="ftth:NonVide40"', "WSDL-ELEMENT-ABSENT", "refusé"),
    ],
)  # fmt: skip
def test_one_difference_is_one_rule_with_its_effect(altered, file, old, new, rule, effect):
    found = lint(altered("sav-3.0", file, old, new))
    first = found[0].rule if found else ""
    assert first == rule
    if rule:
        assert effect in found[0].message.fr


def test_a_style_of_every_operation_is_told_for_each(altered):
    folder = altered("sav-3.0", "sav.wsdl", 'style="document"/>', 'style="rpc"/>')
    assert {one.rule for one in lint(folder)} == {"WSDL-STYLE"}


def test_a_changed_namespace_is_told_once_with_both(altered):
    old, new = "http://ossj.org/xml/Common/v1-5", "http://ossj.org/xml/Common/v1-6"
    edits = [(file, old, new) for file in ("sav.wsdl", "commun.xsd", "coeur.xsd", "incident.xsd", "ticket.xsd")]
    found = lint(altered("sav-3.0", *(one for edit in edits for one in edit)))
    assert [(one.rule, one.value, one.expected) for one in found if one.rule == "WSDL-ESPACE"] == [
        ("WSDL-ESPACE", new, old)
    ]


def test_two_elements_exchanged_are_told_as_an_order(altered):
    folder = altered("sav-3.0", "ftth.xsd", LINE, "", "ftth.xsd", FIRST, LINE + FIRST)
    found = [one for one in lint(folder) if one.rule == "WSDL-ORDRE"]
    assert found[0].value == "technicalId"
    assert found[0].column == TICKET
    assert found[0].path == "ftth.xsd"


def test_a_missing_header_is_told(altered):
    header = '        <soap:header message="tns:TroubleTicketHeaderRequest" part="parameters" use="literal"/>\n'
    found = lint(altered("sav-3.0", "sav.wsdl", header, ""))
    assert {one.rule for one in found} == {"WSDL-ENTETE"}
    assert found[0].requirement == "SAV-02"


def test_a_missing_fault_is_told(altered):
    declared = '      <wsdl:fault name="getEventTypesException" message="tns:getEventTypesException"/>\n'
    found = lint(altered("sav-3.0", "sav.wsdl", declared, ""))
    assert [(one.rule, one.expected) for one in found] == [("WSDL-FAUTE", "getEventTypesException")]


def test_what_is_laxer_towards_the_caller_is_only_information(altered):
    old = '<xsd:element name="resyncRequired" type="xsd:boolean"/>'
    found = lint(altered("sav-3.0", "ticket.xsd", old, old.replace("/>", ' minOccurs="0"/>')))
    assert [(one.rule, one.severity) for one in found] == [("WSDL-CARDINALITE", Severity.INFO)]


def test_what_was_only_assumed_of_the_order_help_is_a_reserve(altered):
    found = lint(
        altered("opc-3.0", "opc.xsd", 'name="codePostal" type="opc:Chiffres5"', 'name="code" type="opc:Chiffres5"'),
        "opc-3.0",
    )
    assert "WSDL-ELEMENT-ABSENT" in {one.rule for one in found}
    assert Severity.ERROR not in {one.severity for one in found}


def test_a_missing_operation_of_the_order_help_is_an_error(altered):
    found = lint(altered("opc-3.0", "opc.wsdl", "obtentionVoiesOperation", "obtentionVoieOperation"), "opc-3.0")
    assert [(one.rule, one.severity) for one in found] == [
        ("WSDL-OPERATION-ABSENTE", Severity.ERROR),
        ("WSDL-OPERATION-AJOUTEE", Severity.INFO),
    ]


def test_a_wsdl_that_an_ordinary_client_cannot_read_is_a_reserve(altered, monkeypatch):
    def broken(*_, **__):
        raise ValueError("je ne sais pas lire")

    monkeypatch.setattr("zeep.Client", broken)
    contract = load_contract("sav-3.0")
    found = lint_wsdl(load_wsdl(altered("sav-3.0") / "sav.wsdl"), contract)
    assert [(one.rule, one.severity) for one in found] == [("WSDL-CLIENT", Severity.RESERVE)]
