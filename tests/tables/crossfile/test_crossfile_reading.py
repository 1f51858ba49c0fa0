import random
from datetime import date

import pytest

from annexe5.contract.names import build_name
from annexe5.contract.profile import load_profile
from annexe5.tables.crossfile import cross_file, open_batch, reading
from annexe5.tables.octets import from_bytes
from annexe5.tables.schema import load_table

PROFILE = load_profile()
NAME = build_name(PROFILE, "CPN", oi="COVG", date=date(2017, 4, 7), seq=1)
HEADER = ";".join(load_table("CPN").names)
WANTED = ["ReferenceNRO", "ReferencePM"]


def read(data: bytes) -> list[tuple[int, str, str]]:
    file = cross_file(from_bytes(data, f"lot/{NAME}"), PROFILE)
    return file.read(WANTED).rows()


def body(text: str, header: str = HEADER) -> bytes:
    return f"{header}\n{text}".encode()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("N1;P1;;;;\nN2;P2;;;;\n", [(2, "N1", "P1"), (3, "N2", "P2")]),
        ("N1;P1;;;;\nN2;P2;;;;", [(2, "N1", "P1"), (3, "N2", "P2")]),
        ("N1;P1;;;;\r\nN2;P2;;;;\r\n", [(2, "N1", "P1"), (3, "N2", "P2")]),
        ("N1\nN2;P2;;;;;extra\n", [(2, "N1", ""), (3, "N2", "P2")]),
        ("N1;P1;;;;\n\nN2;P2;;;;\n", [(2, "N1", "P1"), (3, "", ""), (4, "N2", "P2")]),
        ('"N1";"P1";;;;\nN2;P2;;;;\n', [(2, "N1", "P1"), (3, "N2", "P2")]),
        ('N1;P1;"a;b\nc";;;\nN2;P2;;;;\n', [(2, "N1", "P1"), (4, "N2", "P2")]),
        ('N1;P1;5" de diam;;;\nN2;P2;;;;\n', [(2, "N1", "P1"), (3, "N2", "P2")]),
        ('N1;P1;"ouvert;;;\nN2;P2;;;;\n', [(2, "N1", "P1"), (3, "N2", "P2")]),
        ("é;P1;;;;\n", [(2, "é", "P1")]),
        ("", []),
    ],
    ids=["lf", "no-end", "crlf", "ragged", "blank", "quoted", "embedded", "stray", "open", "accent", "header-only"],
)
def test_every_row_comes_with_its_physical_line(text, rows):
    assert read(body(text)) == rows


def test_columns_are_found_by_name_whatever_their_order_case_or_alias():
    data = body("P1;x;N1\n", header="referencepm;Inconnue;REFERENCENRO")

    assert read(data) == [(2, "N1", "P1")]


def test_a_column_the_table_does_not_know_keeps_its_own_name():
    file = cross_file(from_bytes(body("P1;x;y;z\n", header="ReferencePM;Longueur;ReferencePM;Longueur"), NAME), PROFILE)

    assert file.header == ("ReferencePM", "Longueur", "@2", "@3")
    assert file.read(["Longueur"]).rows() == [(2, "x")]


def test_a_column_the_file_lacks_is_empty():
    assert read(body("P1;NRO-PON\n", header="ReferencePM;TypeNRO")) == [(2, "", "P1")]


def test_mark_and_other_encodings_are_read_through():
    assert read(b"\xef\xbb\xbf" + body("N1;P1;;;;\n")) == [(2, "N1", "P1")]
    assert read(f"{HEADER}\nN1;dép;;;;\n".encode("cp1252")) == [(2, "N1", "dép")]
    assert read(f"{HEADER}\nN1;dép;;;;\n".encode("utf-16")) == [(2, "N1", "dép")]


def test_small_blocks_give_the_same_rows(monkeypatch):
    pick = random.Random(4)
    kinds = ["N{0};P{0};;;;", 'N{0};"P{0}";;;;', 'N{0};P{0};"a\nb";;;', "N{0}", "N{0};P{0};;;;;;"]
    data = body("".join(pick.choice(kinds).format(number) + "\n" for number in range(300)))
    whole = read(data)

    for size in (64, 113, 997):
        monkeypatch.setattr(reading, "_BLOCK", size)
        assert read(data) == whole


def test_files_of_no_flow_and_files_without_header_are_left_to_other_rules(tmp_path):
    (tmp_path / "notes.txt").write_text("bonjour")
    (tmp_path / NAME).write_bytes(b"")
    other = tmp_path / NAME.replace("000001", "000002")
    other.write_bytes(body("N1;P1;;;;\n"))

    assert [one.shown for one in open_batch(sorted(tmp_path.iterdir()), PROFILE)] == [str(other)]
