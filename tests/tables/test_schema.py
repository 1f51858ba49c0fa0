from __future__ import annotations

import json
from pathlib import Path

import pytest

from annexe5.errors import ContractError, UsageError
from annexe5.findings import Confidence
from annexe5.tables import load_table, load_tables
from annexe5.tables.schema import read_table, tables_dir


def broken(tmp_path: Path, **change: object) -> Path:
    written = json.loads((tables_dir() / "acces-1.2" / "cmd_stoc.json").read_text(encoding="utf-8"))
    written["fields"][0].update(change)
    path = tmp_path / "essai.json"
    path.write_text(json.dumps(written), encoding="utf-8")
    return path


def test_every_file_flow_has_its_table() -> None:
    assert len(load_tables()) == 19


@pytest.mark.parametrize(("flow", "columns"), [("Cmd_Acces", 35), ("CR_Cmd_Acces", 80), ("CR_STOC", 29), ("IPE", 65)])
def test_known_headers_are_whole(flow: str, columns: int) -> None:
    assert len(load_table(flow).names) == columns


def test_the_accesses_to_a_table_are_one(cmd: object) -> None:
    assert load_table("cmd_acces") is load_table("Cmd_Acces") is load_table("acces-1.2/cmd_acces.json") is cmd


def test_an_unknown_flow_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Cmd_Acces"):
        load_table("Cmd_Acess")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"kind": "number"}, "fields.0.kind"),
        ({"constraints": {"pattern": "A|B"}}, "grouped|groupé"),
        ({"constraints": {}}, "presence O"),
        ({"confidence": "sure"}, "fields.0.confidence"),
        ({"confidences": {"colour": "public"}}, "confidences"),
        ({"colour": "red"}, "fields.0.colour"),
        ({"kind": "enum"}, "constraints.enum"),
    ],
)
def test_a_wrong_key_is_told_with_its_file(tmp_path: Path, change: dict[str, object], key: str) -> None:
    with pytest.raises(ContractError, match=key) as told:
        read_table(broken(tmp_path, **change))
    assert "essai.json" in str(told.value)


def test_a_column_is_worth_no_more_than_its_weakest_fact() -> None:
    field = load_table("CR_MES_LigneFTTH").by_name["DateMiseEnService"]
    assert field.confidence is Confidence.PUBLIC
    assert field.trust("type") is Confidence.ASSUMED  # its name is supposed


def test_a_later_version_extends_the_one_in_force() -> None:
    later = read_table(tables_dir() / "acces-1.3" / "cmd_acces.json")
    assert later.names == (*load_table("Cmd_Acces").names, "IdentifiantImmeuble", "OffreAccesCommandee")
