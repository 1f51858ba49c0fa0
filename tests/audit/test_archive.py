"""Where the files of an archive are found, and what their names and places are worth."""

from __future__ import annotations

import errno
import io
import os
import shutil
import zipfile
from contextlib import ExitStack
from datetime import datetime

import pytest

from annexe5.audit.archive import entries, where
from annexe5.contract.calendar import PARIS
from annexe5.errors import UsageError
from annexe5.messages.letters import Letter, write_letter
from annexe5.tables import load_table, write_rows
from tests.audit.conftest import PROFILE, audited, told

PLACES = {
    "ZZZZ/IN/COVG/CV/x.csv": ("IN/COVG/CV", "ZZZZ"),
    "2026/03/ZZZZ/OUT/COVG/CV/2026-03-02/x.csv": ("OUT/COVG/CV/2026-03-02", "ZZZZ"),
    "mars.zip!ZZZZ/IN/x.csv": ("IN", "ZZZZ"),
    "ZZZZ.zip!IN/COVG/CV/PM/x.csv": ("IN/COVG/CV/PM", ""),
    "vrac/x.csv": ("", ""),
    "x.csv": ("", ""),
}


@pytest.mark.parametrize(("path", "found"), PLACES.items(), ids=PLACES)
def test_the_contract_s_folder_and_the_account_are_read_in_the_path(path, found):
    assert where(path) == found


def zipped(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def test_zips_in_zips_are_read_as_folders(room):
    order = room.put("Cmd_Acces", 2, "A", "B")
    answer = room.put("AR_Cmd_Acces", 3, "A")
    inner = zipped(**{f"ZZZZ/OUT/COVG/CV/{answer.name}": answer.read_bytes()})
    outer = zipped(**{f"ZZZZ/IN/COVG/CV/{order.name}": order.read_bytes(), "plus/ar.zip": inner})
    place = room.folder.parent / "mars.zip"
    place.write_bytes(outer)
    outcome = audited(place, today="2026-03-20")
    assert (outcome.files, outcome.rows, outcome.orders.count) == (2, 3, 2)
    (one,) = [
        sample
        for group in outcome.groups
        if group.rule == "CYC-REPONSE-ABSENTE"
        for sample in group.samples
        if sample.line == 3
    ]
    assert one.path == f"mars.zip!ZZZZ/IN/COVG/CV/{order.name}"


def test_an_archive_that_unfolds_beyond_measure_is_not_opened(tmp_path):
    bomb = tmp_path / "b.zip"
    bomb.write_bytes(zipped(**{"a.csv": b"\0" * (100 << 20)}))
    with ExitStack() as stack, pytest.raises(UsageError, match="se déplie"):
        list(entries(str(bomb), stack))


@pytest.mark.parametrize("content", [b"PK\3\4 not a zip", b""])
def test_a_broken_zip_is_told_in_words(tmp_path, content):
    (tmp_path / "b.zip").write_bytes(content)
    with ExitStack() as stack, pytest.raises(UsageError, match="illisible"):
        list(entries(str(tmp_path / "b.zip"), stack))


def test_a_path_that_does_not_exist_or_holds_no_flow_is_told(tmp_path):
    with pytest.raises(UsageError, match="ni dossier, ni archive"):
        audited(tmp_path / "rien")
    (tmp_path / "notes.txt").write_text("rien")
    with pytest.raises(UsageError, match="aucun fichier de flux"):
        audited(tmp_path)


# --- names and places


def test_a_flow_on_the_wrong_side_is_told_a_flat_or_deeper_copy_is_not(room):
    room.put("AR_Cmd_Acces", 2, "A", place="ZZZZ/IN/COVG/CV")
    room.put("Cmd_Acces", 2, "A", place="ZZZZ/IN/COVG/CV/2026/03")
    room.put("Cmd_Acces", 2, "B", place="ZZZZ/IN")
    room.put("Cmd_Acces", 2, "C", place="vrac")
    room.put("Cmd_Acces", 2, "D", place="ZZZZ/IN/COVG/CV/PM")
    found = told(audited(room.folder, rules=("DOS-FLUX",)))
    assert [name.split("_")[-1] for _rule, name, _line in found] == ["1.csv", "5.csv"]


def test_a_file_in_another_oc_s_account_is_told(room):
    room.put("Cmd_Acces", 2, "A", oc="YYYY", place="ZZZZ/IN/COVG/CV")
    ((rule, _name, line),) = told(audited(room.folder))
    assert (rule, line) == ("NOM-CODE-OPERATEUR", None)


def test_the_same_file_twice_is_a_copy_the_same_name_twice_is_not(room):
    first = room.put("Cmd_Acces", 2, "A")
    copy = room.folder / "ZZZZ/IN/COVG/CV/sauvegarde" / first.name
    copy.parent.mkdir()
    shutil.copy(first, copy)
    outcome = audited(room.folder)
    assert (told(outcome), outcome.copies, outcome.files) == ([], 1, 1)
    room.put("Cmd_Acces", 2, "B", name=first.name, place="ZZZZ/IN/COVG/CV/sauvegarde")
    assert told(audited(room.folder)) == [("NOM-DEJA-UTILISE", first.name, None)]


def test_what_is_no_flow_file_is_counted_or_told_by_where_it_stands(room):
    room.put("Cmd_Acces", 2, "A")
    (room.folder / "notes.txt").write_text("rien")
    (room.folder / "ZZZZ/IN/COVG/CV/lisezmoi.txt").write_text("rien")
    outcome = audited(room.folder)
    assert (outcome.others, told(outcome)) == (1, [("NOM-FLUX-INCONNU", "lisezmoi.txt", None)])


def test_a_strange_file_is_read_by_itself_and_its_rows_still_count(room):
    path = room.put("Cmd_Acces", 2, "A", "B")
    path.write_bytes(path.read_bytes().replace(b"\r\nA;", b'\r\n"A";').rstrip(b"\r\n"))
    room.put("AR_Cmd_Acces", 2, "A", "B")
    room.put("CR_Cmd_Acces", 3, "A", "B")
    outcome = audited(room.folder)
    assert [one[0] for one in told(outcome)] == ["OCT-SANS-FIN"]
    assert outcome.orders.count == 2


def test_a_folder_nobody_may_read_is_told(room, monkeypatch):
    room.put("Cmd_Acces", 2, "A")
    closed = room.folder / "ferme"
    closed.mkdir()
    opened = os.scandir

    def scandir(path):  # whoever runs the tests: root would read everything
        if os.fspath(path) == str(closed):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
        return opened(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(UsageError, match="dossier illisible"):
        audited(room.folder)


# --- mail, documents


def post(room, flow: str, day: int, reference: str, *, mailbox: str, subject: str = "") -> str:
    file = room.put(flow, day, reference, place="ailleurs")
    at = datetime(2026, 3, day, 9, tzinfo=PARIS)
    letter = Letter("robot@oc.exemple", mailbox, file.name, file.read_bytes(), at, f"<{file.name}@oc.exemple>")
    (room.folder / "courriels").mkdir(exist_ok=True)
    (room.folder / "courriels" / f"{file.stem}.eml").write_bytes(write_letter(letter, subject=subject))
    file.unlink()
    return file.name


def test_the_file_that_a_message_carries_is_judged_as_any_other(room):
    post(room, "Cmd_Acces", 2, "A", mailbox=PROFILE.boites.acces)
    post(room, "AR_Cmd_Acces", 2, "A", mailbox="reception@oc.exemple")
    late = post(room, "CR_Cmd_Acces", 4, "A", mailbox="reception@oc.exemple")
    outcome = audited(room.folder)
    ((rule, name, line),) = told(outcome)
    assert (rule, name.partition("!")[2], line) == ("CYC-DELAI", late, 2)
    assert (outcome.files, outcome.orders.count) == (3, 1)


def test_how_a_message_is_written_is_judged_too(room):
    post(room, "Cmd_Acces", 2, "A", mailbox=PROFILE.boites.acces, subject="nos commandes")
    assert [one[0] for one in told(audited(room.folder))] == ["MAIL-OBJET"]


def test_a_document_goes_with_its_file_or_is_astray(room):
    name = "COVAGE_ZMD_COVG_ZZZZ_77023_PM_77011616R_CRMAD_V22_20260302_000001.csv"
    report = room.put("CR_MAD_Pm", 2, "", name=name)
    plan = report.with_suffix(".pdf")
    plan.write_bytes(b"%PDF-1.7 ... pas la fin")
    rules = ("NOM-FLUX-INCONNU", "PM-PIECE-NOM", "PM-PIECE-ILLISIBLE", "DOS-FLUX")
    outcome = audited(room.folder, rules=rules)
    assert (told(outcome), outcome.documents, outcome.files) == ([("PM-PIECE-ILLISIBLE", plan.name, None)], 1, 1)
    plan.rename(report.parent / "plan.pdf")
    assert told(audited(room.folder, rules=rules)) == [("PM-PIECE-NOM", "plan.pdf", None)]


def test_an_acknowledgement_is_no_file_of_the_flow_it_acknowledges(room):
    name = "COVAGE_ZMD_COVG_ZZZZ_PM_77011616R_V22_20260302_000001.csv"
    room.put("Cmd_Info_Pm", 2, "", name=name)
    table = load_table("accuses-2.2/ar_cmd_info_pm.json")
    for place in ("OUT", "IN"):
        path = room.folder / f"ZZZZ/{place}/COVG/CV/PM" / name.replace(".csv", "_ARCMD.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(write_rows(table, [table.example]))
    outcome = audited(room.folder)
    assert (told(outcome), outcome.documents) == ([("DOS-FLUX", path.name, None)], 2)


# --- PM files


def put_ipe(room, day: int, account: str = "ZZZZ"):
    name = f"COVAGE_ZMD_COVG_PM_IPEZMD_V22_202603{day:02d}_000001.csv"
    return room.put("IPE", day, "", name=name, place=f"{account}/OUT/COVG/CV/PM")


def test_a_monday_without_ipe_is_told_from_the_first_ipe_on(room):
    put_ipe(room, 2)
    before = put_ipe(room, 9)
    put_ipe(room, 18)
    put_ipe(room, 23)
    outcome = audited(room.folder, rules=("PM-IPE-LUNDI",))
    assert told(outcome) == [("PM-IPE-LUNDI", before.name, None)]
    assert "16/03/2026" in outcome.groups[0].samples[0].message.fr
    assert told(audited(room.folder, rules=("PM-IPE-LUNDI",), today="2026-04-06")) == [
        ("PM-IPE-LUNDI", before.name, None),
        ("PM-IPE-LUNDI", "COVAGE_ZMD_COVG_PM_IPEZMD_V22_20260323_000001.csv", None),
    ]


def test_each_oc_gets_its_ipe(room):
    for day in (2, 9, 16):
        put_ipe(room, day)
    for day in (2, 16, 17):
        put_ipe(room, day, "YYYY")
    ((rule, _name, _line),) = told(audited(room.folder, rules=("PM-IPE-LUNDI",)))
    assert rule == "PM-IPE-LUNDI"
