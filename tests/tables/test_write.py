from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annexe5.errors import UsageError
from annexe5.tables import Table, load_table, read_rows, write_rows

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r"), max_size=20)


def test_the_header_is_exact_and_a_missing_column_empty(cmd: Table) -> None:
    header, row, end = write_rows(cmd, [{"Etage": "2"}]).decode().split("\r\n")
    assert header == ";".join(cmd.names)
    assert row.split(";").index("2") == cmd.names.index("Etage")
    assert end == ""


def test_an_unknown_column_is_refused(cmd: Table) -> None:
    with pytest.raises(UsageError, match="ligne 2 : colonnes inconnues : Couleur"):
        write_rows(cmd, [{}, {"Couleur": "bleu"}])


def test_a_value_beyond_the_encoding_is_refused(cmd: Table) -> None:
    with pytest.raises(UsageError, match="cp1252"):
        write_rows(cmd, [{"NomClient": "Ł"}], encoding="cp1252")


@given(st.lists(st.fixed_dictionaries({"Commentaire": TEXTS, "MotifKoArCommandePrise": TEXTS}), max_size=4))
def test_what_is_written_reads_back(rows: list[dict[str, str]]) -> None:
    table = load_table("AR_Cmd_Acces")
    kept = [{**table.example, **row} for row in rows]
    data = write_rows(table, kept, newline="\n")
    assert [dict(row.values) for row in read_rows(data, table).rows] == kept
    assert list(csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter=";")) == kept
