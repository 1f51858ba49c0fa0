from __future__ import annotations

import pytest

from annexe5.findings import Severity
from annexe5.messages.validate import validate_file, validate_message
from annexe5.messages.xml import is_xml


def test_a_message_is_told_by_its_body(sav21, sav30, opc):
    seen = {
        (one.service, one.direction, one.operation)
        for one in map(validate_message, (sav21.creation(), sav30.creation(), sav30.ticket("QUEUED")))
    }
    assert seen == {
        ("sav-2.1", "requete", "createTroubleTicketByValue"),
        ("sav-3.0", "requete", "createTroubleTicketByValue"),
        ("sav-3.0", "reponse", "getTroubleTicketByKey"),
    }
    raw = opc.reply("obtentionCommunesOperation", {"codeRetour": {"codeRetour": 0}})
    assert validate_message(raw).service == "opc-3.0"


def test_a_service_may_be_imposed(sav30):
    found = validate_message(sav30.creation(), service="sav-2.1").findings
    assert [one.rule for one in found] == ["WS-ESPACE-VOISIN"]


def test_a_file_s_findings_carry_its_name_line_and_xpath(sav30, tmp_path):
    path = tmp_path / "creation.xml"
    raw = sav30.creation(troubleTicketType=7).replace(b"><", b">\n<")
    path.write_bytes(raw)
    line = next(number for number, text in enumerate(raw.splitlines(), 1) if b"troubleTicketType" in text)
    found = validate_file(path).findings
    assert [one.where for one in found] == [
        (
            f"creation.xml:{line}:/Envelope/Body/createTroubleTicketByValueRequest/troubleTicketValue/FTTHMUTTroubleTicket"
            "/troubleTicketType"
        )
    ]


def test_what_is_no_message_is_told(tmp_path):
    path = tmp_path / "page.xml"
    path.write_text("<html/>")
    assert [one.rule for one in validate_file(path).findings] == ["WS-ENVELOPPE"]


@pytest.mark.parametrize(
    ("service", "main"),
    [("sav-2.1", "sav.wsdl"), ("sav-3.0", "sav.wsdl"), ("opc-3.0", "opc.wsdl"), ("structure-2.0", "structure.wsdl")],
)
def test_a_wsdl_is_compared_with_the_contract_it_belongs_to(altered, service, main):
    result = validate_file(altered(service) / main)
    assert (result.kind, result.service, result.findings) == ("wsdl", service, ())


def test_a_wsdl_that_does_not_parse_is_an_error_at_its_line(altered):
    folder = altered("sav-3.0", "ticket.xsd", "</xsd:schema>", "</xsd:schem>")
    found = validate_file(folder / "sav.wsdl").findings
    assert [(one.rule, one.severity, one.path) for one in found] == [("WSDL-ILLISIBLE", Severity.ERROR, "ticket.xsd")]
    assert found[0].line


def test_a_wsdl_of_something_else_is_told(tmp_path, altered):
    folder = altered("structure-2.0", "structure.wsdl", "obtentionStructureAdresseOperation", "autreChose")
    found = validate_file(folder / "structure.wsdl").findings
    assert "aucune opération" in found[0].message.fr


def test_a_wsdl_without_its_suffix_is_recognised(altered):
    folder = altered("structure-2.0")
    (folder / "structure.wsdl").rename(folder / "contrat.xml")
    assert validate_file(folder / "contrat.xml").kind == "wsdl"


@pytest.mark.parametrize(
    ("head", "expected"),
    [(b"<?xml", True), (b"\xef\xbb\xbf <a", True), ("<a".encode("utf-16"), True), (b"A;B;C", False), (b"", False)],
)
def test_xml_is_told_from_a_table(head, expected):
    assert is_xml(head) is expected
