"""The exact path on what goes wrong in a file; ordinary errors after the anomaly stay on their true lines."""

from __future__ import annotations

import pytest

from annexe5.findings import Verdict
from annexe5.tables import Table, judge_bytes, read_rows
from annexe5.tables.testing import FACTS, file_of, judged, orders

KEY = "ReferenceCommandePriseInterneOC"
BAD = {KEY: "CMD-9999", "PriseExistante": "OUI"}
SEEN = ("CEL-VALEUR", "PriseExistante")


def lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def with_line(cmd: Table, at: int, change: object) -> bytes:
    """Nine orders and one bad one on line 11; line ``at`` changed."""
    rows = lines(file_of(cmd, *orders(9), BAD))
    rows[at - 1] = change(rows[at - 1])  # type: ignore[operator]
    return b"\n".join(rows)


def test_nothing_is_told_of_a_right_file(cmd: Table) -> None:
    report = judge_bytes(file_of(cmd, *orders(3)), cmd, facts=FACTS)
    assert (report.findings, report.rows, report.verdict) == ((), 3, Verdict.CONFORME)


def test_both_line_ends_are_right(cmd: Table) -> None:
    assert judged(file_of(cmd, *orders(3), newline="\r\n"), cmd) == []


@pytest.mark.parametrize(
    ("at", "change", "rule", "column"),
    [
        (4, lambda row: row.rsplit(b";", 3)[0], "STR-CHAMPS-MANQUANTS", ""),
        (4, lambda row: row + b";", "STR-SEPARATEUR-FINAL", ""),
        (4, lambda row: row + b";X", "STR-CHAMPS-EN-TROP", ""),
        (4, lambda _row: b"", "STR-LIGNE-VIDE", ""),
        (4, lambda _row: b"   ", "STR-LIGNE-VIDE", ""),
        (4, lambda row: b";" * row.count(b";"), "STR-LIGNE-CREUSE", ""),
        (4, lambda row: row.replace(b"BAT A", b'BAT "A'), "STR-GUILLEMET-PARASITE", "Batiment"),
        (4, lambda row: row.replace(b"BAT A", b'"BAT" A'), "STR-GUILLEMET-SUITE", "Batiment"),
        (4, lambda row: row.replace(b"BAT A", b'"BAT A'), "STR-GUILLEMET-OUVERT", "Batiment"),
        (4, lambda row: row.replace(b"BAT A", b"BAT\x00A"), "OCT-NUL", "Batiment"),
        (4, lambda row: row.replace(b"BAT A", b"BAT\tA"), "OCT-CONTROLE", "Batiment"),
        (4, lambda row: row.replace(b"BAT A", b"BAT\rA"), "OCT-CR-SEUL", "Batiment"),
        (4, lambda row: row.replace(b"BAT A", b"BAT\xc9A"), "OCT-OCTET", "Batiment"),
        (4, lambda row: row.replace(b"BAT A", "BAT\ufffdA".encode()), "OCT-REMPLACEMENT", "Batiment"),
        (4, lambda row: row.replace(b"BAT A", b" BAT A"), "CEL-ESPACES", "Batiment"),
        (4, lambda row: row.replace(b"BAT A", b"Bat A"), "CEL-MAJUSCULES", "Batiment"),
        (4, lambda row: row.replace(b"STOC", b"stoc"), "CEL-MAJUSCULES", "TypeRacco"),
        (4, lambda row: row + b"\r", "OCT-FIN-LIGNE-MIXTE", ""),
    ],
)  # fmt: skip
def test_one_anomaly_is_one_finding_and_hides_nothing(
    cmd: Table, at: int, change: object, rule: str, column: str
) -> None:
    assert judged(with_line(cmd, at, change), cmd) == [(rule, at, column), (SEEN[0], 11, SEEN[1])]


def test_a_line_break_inside_quotes_keeps_line_numbers_true(cmd: Table) -> None:
    data = with_line(cmd, 4, lambda row: row.replace(b"BAT A", b'"BAT\nA ""B"""'))
    assert judged(data, cmd) == [("STR-SAUT-DE-LIGNE", 4, "Batiment"), (SEEN[0], 12, SEEN[1])]


def test_everything_quoted_is_right(cmd: Table) -> None:
    rows = lines(file_of(cmd, *orders(3)))[:-1]
    data = b"\n".join(b'"' + row.replace(b";", b'";"') + b'"' for row in rows) + b"\n"
    assert judged(data, cmd) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: b"\xef\xbb\xbf" + data, [("OCT-BOM", 1, "")]),
        (lambda data: data[:-1], [("OCT-SANS-FIN", None, "")]),
        (lambda data: data.decode().encode("cp1252"), [("OCT-ENCODAGE", 1, "")]),
        (lambda data: data.decode().encode("utf-16"), [("OCT-UTF16", 1, "")]),
        (lambda data: data.decode().encode("utf-16-be"), [("OCT-UTF16", 1, "")]),
        (lambda data: data.replace(b"\n", b"\r"), [("OCT-CR-FIN", 1, ""), ("OCT-SANS-FIN", None, "")]),
        (lambda data: data.replace(b";", b","), [("STR-SEPARATEUR", 1, "")]),
        (lambda data: data.replace(b";", b"\t"), [("STR-SEPARATEUR", 1, "")]),
        (lambda _data: b"", [("OCT-VIDE", None, "")]),
        (lambda _data: b"\xef\xbb\xbf", [("OCT-VIDE", None, "")]),
        (lambda data: data.split(b"\n")[0] + b"\n", [("STR-SANS-COMMANDE", None, "")]),
        (lambda data: data.split(b"\n", 1)[1], [("STR-ENTETE-ABSENT", 1, "")]),
    ],
)
def test_what_concerns_the_whole_file_is_one_finding(cmd: Table, change: object, told: object) -> None:
    data = change(file_of(cmd, *orders(9)))  # type: ignore[operator]
    assert sorted(judged(data, cmd), key=str) == sorted(told, key=str)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda names: [names[1], names[0], *names[2:]], [("STR-ENTETE-ORDRE", 1, KEY)]),
        (lambda names: [names[0].upper(), *names[1:]], [("STR-ENTETE-ECRITURE", 1, KEY)]),
        (lambda names: ["Reference", *names[1:]], [("STR-ENTETE-RENOMMEE", 1, KEY)]),
        (lambda names: [name.replace("Info Cmd Accès ", "InfoCmdAcces") for name in names], []),
        (lambda names: [*names, "Divers"], [("STR-ENTETE-INCONNUE", 1, "Divers")]),
        (lambda names: [*names, "IdentifiantImmeuble", "OffreAccesCommandee"], [("STR-VERSION-COMPATIBLE", 1, "")]),
    ],
)
def test_a_wrong_header_is_told_once(cmd: Table, change: object, told: object) -> None:
    names = change(list(cmd.names))  # type: ignore[operator]
    values = {**cmd.example}
    cells = [values.get(name, "") for name in cmd.names] + [""] * (len(names) - len(cmd.names))
    if names[0] == cmd.names[1]:
        cells[:2] = cells[1::-1]
    data = (";".join(names) + "\n" + ";".join(cells) + "\n").encode()
    assert judged(data, cmd) == told


def test_a_missing_column_is_told_once_and_the_others_are_judged(cmd: Table) -> None:
    names = [name for name in cmd.names if name != "Etage"]
    row = {**cmd.example, "PriseExistante": "?"}
    data = (";".join(names) + "\n" + ";".join(row[name] for name in names) + "\n").encode()
    assert judged(data, cmd) == [("STR-ENTETE-MANQUANTE", 1, "Etage"), ("CEL-VALEUR", 2, "PriseExistante")]


def test_a_repeated_column_is_told_and_the_first_stands(cmd: Table) -> None:
    data = b"\n".join(line + b";Etage" if line else line for line in lines(file_of(cmd, *orders(2))))
    assert judged(data, cmd) == [("STR-ENTETE-DOUBLON", 1, "Etage")]


def test_an_ipe_of_an_earlier_version_is_one_finding(ipe: Table) -> None:
    names = ipe.names[:60]
    data = (";".join(names) + "\n" + ";".join(ipe.example[name] for name in names) + "\n").encode()
    report = judge_bytes(data, ipe, facts=FACTS)
    assert [(one.rule, one.value, one.expected) for one in report.findings] == [("STR-VERSION", "2.0 ou 2.1", "2.2")]


def test_a_capped_report_counts_every_place(cmd: Table) -> None:
    data = file_of(cmd, *({**one, "PriseExistante": "?"} for one in orders(50)))
    report = judge_bytes(data, cmd, facts=FACTS, max_samples=3)
    assert [(one.line, one.count) for one in report.findings] == [(2, 1), (3, 1), (4, 48)]


def test_a_duplicate_names_the_line_it_repeats(cmd: Table) -> None:
    report = judge_bytes(file_of(cmd, *orders(3), orders(1)[0]), cmd, facts=FACTS)
    assert [(one.rule, one.line, one.expected) for one in report.findings] == [("CMD-REFERENCE-UNIQUE", 5, "2")]


def test_a_ten_megabyte_cell_is_told_and_cut_short(cmd: Table) -> None:
    data = with_line(cmd, 4, lambda row: row.replace(b"BAT A", b"B" * 10_000_000))
    report = judge_bytes(data, cmd, facts=FACTS)
    assert [(one.rule, one.line) for one in report.findings] == [
        ("OCT-LIGNE-LONGUE", 4), ("CEL-LONGUEUR", 4), ("CEL-VALEUR", 11),
    ]  # fmt: skip
    assert max(len(one.value or "") for one in report.findings) < 200


def test_a_line_beyond_measure_is_given_up_and_the_rest_is_read(cmd: Table) -> None:
    data = with_line(cmd, 4, lambda row: row.replace(b"BAT A", b"B" * 20_000_000))
    assert judged(data, cmd) == [("OCT-LIGNE-DEMESUREE", 4, ""), (SEEN[0], 11, SEEN[1])]


def test_read_rows_gives_every_readable_record_with_its_line(cmd: Table) -> None:
    data = with_line(cmd, 4, lambda row: row.rsplit(b";", 3)[0])
    read = read_rows(data, cmd)
    assert [(row.line, row.whole) for row in read.rows] == [(n, n != 4) for n in range(2, 12)]
    assert read.rows[2].values[KEY] == "CMD-0003"
    assert {one.line for one in read.findings} == {4, 11}


# --- checks compiled once ------------------------------------------------------------------------------------


def test_each_file_is_judged_by_the_facts_of_its_own_name(cmd: Table) -> None:
    data = file_of(cmd, {"DateCommandePrise": "20170407 09:00"})
    found = {
        day: {one.rule for one in judge_bytes(data, cmd, facts=FACTS | {"date_fichier": day}).findings}
        for day in ("20170407", "20170406", "20170408")
    }
    late = {day: "CMD-DATE-FICHIER" in rules for day, rules in found.items()}
    assert late == {"20170407": False, "20170406": True, "20170408": False}


def test_a_file_remembers_nothing_of_the_one_before(cmd: Table) -> None:
    wrong, right = file_of(cmd, BAD), file_of(cmd, orders(1)[0])
    assert [judged(one, cmd) for one in (wrong, right, wrong)] == [judged(wrong, cmd), [], judged(wrong, cmd)]
