import re

import pytest
import sample

from annexe5.evidence import contents
from annexe5.evidence.contents import decode, mask_csv, mask_xml, read_piece
from annexe5.evidence.redaction import Redactor

HEADER = "ReferenceCommandePriseInterneOC;NomClient;EtatArCommandePrise"


@pytest.fixture
def redactor():
    return Redactor(b"k" * 32, public=("CMD-0001",))


def _piece(data, redactor, name="f.csv", flow="Cmd_Acces", findings=(), channel="sftp"):
    wire = sample.Wire()
    wire.put(name, flow, data, *findings, channel=channel)
    return read_piece(wire.files[0], data, redactor)


def test_only_the_personal_cells_change(redactor):
    masked = mask_csv(f'{HEADER}\r\nCMD-0001;"DUREL";OK\r\nCMD-0002; DUREL;KO\r\n', redactor)

    assert re.fullmatch(rf'{HEADER}\r\nCMD-0001;"NOM~(\w{{8}})";OK\r\nCMD-0002; NOM~\1;KO\r\n', masked)


def test_a_quoted_cell_over_two_lines_keeps_the_line_numbers(redactor):
    masked = mask_csv('ReferenceCommandePriseInterneOC;Commentaire\nCMD-0001;"un\ndeux"\nCMD-0002;trois\n', redactor)

    assert masked.count("\n") == 4
    assert "deux" not in masked


@pytest.mark.parametrize("row", ["CMD-0001;OK", "CMD-0001;DUREL;OK;DE PLUS", ";;;;DUREL"])
def test_a_row_that_does_not_fit_its_header_is_masked_as_unknown(redactor, row):
    masked = mask_csv(f"{HEADER}\n{row}\n", redactor)

    assert "DUREL" not in masked
    assert "DE PLUS" not in masked
    assert masked.count(";") == HEADER.count(";") + row.count(";")


@pytest.mark.parametrize("separator", [",", "\t", "|"])
def test_a_wrong_separator_still_finds_the_columns(redactor, separator):
    masked = mask_csv(f"{HEADER}\nCMD-0001;DUREL;OK\n".replace(";", separator), redactor)

    assert masked.startswith(HEADER.replace(";", separator))
    assert "DUREL" not in masked


def test_a_file_without_header_shows_only_what_cannot_be_personal(redactor):
    masked = mask_csv("CMD-0001;DUREL;OK;20260407 09:30;FIMP07\n", redactor)

    assert re.fullmatch(r"CMD-0001;MASQUE~\w{8};OK;20260407 09:30;FIMP07\n", masked)


def test_an_unknown_column_is_masked(redactor):
    masked = mask_csv("ReferenceCommandePriseInterneOC;CouleurDesVolets\nCMD-0001;BLEU NUIT\n", redactor)

    assert "BLEU" not in masked


def test_an_unclosed_quote_leaks_nothing(redactor):
    assert "DUREL" not in mask_csv(f'{HEADER}\nCMD-0001;"DUREL;OK\nCMD-0002;DUREL;OK\n', redactor)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [("é".encode(), "utf-8"), (b"\xef\xbb\xbfa", "utf-8-sig"), ("é".encode("cp1252"), "cp1252"),
     ("é".encode("utf-16"), "utf-16"), (b"\x81\x00", "cp1252"), (b"", "utf-8")],
)  # fmt: skip
def test_bytes_are_read_as_a_person_would(data, encoding):
    assert decode(data)[1] == encoding


def test_what_no_page_can_carry_is_shown_by_its_picture(redactor):
    piece = _piece(b"ReferenceCommandePriseInterneOC\r\nCMD\x00-1\x1b\r\n", redactor)

    assert "␀" in piece.lines[1].text or "MASQUE" in piece.lines[1].text
    assert "\x00" not in piece.text


def test_a_soap_message_keeps_its_tags_and_loses_its_people(redactor):
    message = (
        '<soap:Envelope xmlns:soap="s"><soap:Body><t:ticket xmlns:t="t"><t:customerLastName>Durel</t:customerLastName>'
        "<t:urbanPropertySubAddress><t:etage>3 gauche</t:etage></t:urbanPropertySubAddress>"
        "<t:messageContent><![CDATA[Rappeler Mme Durel]]></t:messageContent><t:codeRetour>OK</t:codeRetour>"
        '<t:inventee couleur="bleu">Durel aussi</t:inventee><!-- vu par Durel au 0639981234 -->'
        "<t:Password>hunter2</t:Password></t:ticket></soap:Body></soap:Envelope>"
    )
    mask_xml(message, redactor)  # a first reading, as write_all does: values become known

    masked = mask_xml(message, redactor)

    assert not re.search("Durel|gauche|Rappeler|0639981234|hunter2", masked)
    assert "<t:codeRetour>OK</t:codeRetour>" in masked
    assert re.sub(r">[^<]*<", "><", masked.replace("<![CDATA[", "").replace("]]>", "")).count("<t:") == message.count(
        "<t:"
    )


def test_broken_xml_leaks_nothing(redactor):
    assert "Durel" not in mask_xml("<a><customerLastName>Durel</b><customerFirstName>Durel", redactor)


def test_a_mail_is_unfolded_and_its_attachment_masked(redactor):
    csv = f"{HEADER}\r\nCMD-0001;DUREL;OK\r\n"
    mail = (
        "From: Jeanne Durel <jeanne.durel@exemple.invalid>\r\nTo: acces-ftth@covage.com\r\nSubject: CMD\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nBonjour, Jeanne Durel\r\n"
        '--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename="a.csv"\r\n\r\n'
        f"{csv}\r\n--b--\r\n"
    ).encode()

    piece = _piece(mail, redactor, name="CMD", channel="mail")

    assert "Durel" not in piece.text
    assert "DUREL" not in piece.text
    assert "Subject: CMD" in piece.text
    assert re.search(r"CMD-0001;NOM~\w{8};OK", piece.text)


def test_an_archive_is_named_not_shown(redactor):
    piece = _piece(b"PK\x03\x04 DUREL", redactor)

    assert piece.lines == ()
    assert "zip" in piece.note


def test_a_file_the_journal_lost_says_so(redactor):
    wire = sample.Wire()
    wire.put("a.csv", "Cmd_Acces", b"")

    assert read_piece(wire.files[0], None, redactor).note == "absent du journal"


def test_a_heavy_file_shows_its_head_and_the_lines_of_its_findings(redactor, monkeypatch):
    monkeypatch.setattr(contents, "WHOLE_LIMIT", 1000)
    rows = "".join(f"CMD-{number:04};DUREL;OK\n" for number in range(2, 2000))
    from annexe5.contract.rules import rule

    piece = _piece(f"{HEADER}\n{rows}".encode(), redactor, findings=[rule("CYC-ORDRE").finding(line=1500)])

    assert [line.number for line in piece.lines if line.number > 40] == [1499, 1500, 1501]
    assert piece.lines[-2].text.startswith("CMD-1500;NOM~")
    assert piece.total == 1999
