"""What an audit says of the orders of an archive: deadlines, what is awaited, what is left aside, which period."""

from __future__ import annotations

from datetime import timedelta

import pytest

from annexe5.audit.moments import Source
from annexe5.campaign.journal import Journal
from annexe5.errors import UsageError
from annexe5.exchange import Channel, Exchange
from tests.audit.conftest import ROUTE, audited, told
from tests.parties.conftest import START

# March 2026: the 2nd is a Monday, the 6th a Friday; 6 April is Easter Monday.


def test_an_answer_is_in_time_across_a_week_end_and_late_the_day_after(room):
    room.put("Cmd_Acces", 6, "TENU", "TARD")
    room.put("AR_Cmd_Acces", 9, "TENU")
    late = room.put("AR_Cmd_Acces", 10, "TARD")
    outcome = audited(room.folder)
    assert told(outcome) == [("CYC-DELAI-AR", late.name, 2)]
    (one,) = outcome.groups[0].samples
    assert "hors délai de 1 jour(s) ouvré(s) ; attendu le 09/03/2026" in one.message.fr
    assert (outcome.verdict.value, outcome.exit_code) == ("réserve", 0)


def test_what_is_owed_is_awaited_until_its_day_then_absent(room):
    order = room.put("Cmd_Acces", 6, "A")
    outcome = audited(room.folder)
    assert (told(outcome), len(outcome.orders.awaited), outcome.exit_code) == ([], 1, 0)
    assert told(audited(room.folder, today="2026-03-09")) == []
    outcome = audited(room.folder, today="2026-03-11")
    assert told(outcome) == [("CYC-REPONSE-ABSENTE", order.name, 2)]
    assert [late for _flows, _due, late in outcome.orders.overdue] == [2]
    assert outcome.exit_code == 1


def test_a_reference_used_again_is_told_once_per_reuse(room):
    room.put("Cmd_Acces", 2, "A")
    room.put("AR_Cmd_Acces", 2, "A")
    room.put("CR_Cmd_Acces", 2, "A")
    again = room.put("Cmd_Acces", 3, "A")
    outcome = audited(room.folder)
    assert told(outcome) == [("CROISE-CMD-DOUBLE", again.name, 2)]


def test_a_route_at_another_pm_than_the_order_s_is_told(room):
    room.put("Cmd_Acces", 2, "A", "B")
    room.put("AR_Cmd_Acces", 2, "A", "B")
    room.put("CR_Cmd_Acces", 3, "A", ReferencePm="77011616r", **ROUTE)
    other = room.put("CR_Cmd_Acces", 3, "B", ReferencePm="77011999R", **ROUTE)
    outcome = audited(room.folder, rules=("CROISE-ACCES-PM",))
    assert told(outcome) == [("CROISE-ACCES-PM", other.name, 2)]
    (one,) = outcome.groups[0].samples
    assert (one.value, one.expected, one.orders) == ("77011999R", "77011616R", ("B",))


def test_two_ocs_may_use_one_reference(room):
    for oc in ("ZZZZ", "YYYY"):
        room.put("Cmd_Acces", 2, "A", oc=oc)
        room.put("AR_Cmd_Acces", 2, "A", oc=oc)
    outcome = audited(room.folder, today="2026-03-02")
    assert (told(outcome), outcome.orders.count) == ([], 2)
    assert audited(room.folder, oc="YYYY").files == 2


def test_an_archive_that_begins_halfway_leaves_aside_what_it_did_not_see_born(room):
    room.put("CR_MES_LigneFTTH", 2, "VIEUX")
    room.put("Cmd_Acces", 2, "A")
    assert [one[0] for one in told(audited(room.folder))] == ["CYC-REFERENCE-INCONNUE"]
    outcome = audited(room.folder, partial=True)
    assert (told(outcome), outcome.orders.count, outcome.orders.opened_before) == ([], 1, 1)


def test_since_tells_what_happened_since_and_until_reads_no_further(room):
    room.put("Cmd_Acces", 2, "A", "B")
    room.put("AR_Cmd_Acces", 4, "A", "B")
    room.put("CR_Cmd_Acces", 10, "A", "B", **ROUTE)
    rules = [one.rule for one in audited(room.folder).groups]
    assert rules == ["CYC-DELAI", "CYC-DELAI-AR"]
    outcome = audited(room.folder, since="2026-03-05")
    assert [(one.rule, one.count) for one in outcome.groups] == [("CYC-DELAI", 2)]
    outcome = audited(room.folder, until="2026-03-04")
    assert ([one.rule for one in outcome.groups], outcome.out_of_period) == (["CYC-DELAI-AR"], 1)


def test_rules_kept_and_rules_set_aside_with_their_reason(room):
    room.put("Cmd_Acces", 2, "A")
    room.put("AR_Cmd_Acces", 4, "A")
    room.put("AR_Cmd_Acces", 4, "INCONNU")
    assert [one.rule for one in audited(room.folder, rules=("cyc-delai-ar",)).groups] == ["CYC-DELAI-AR"]
    outcome = audited(room.folder, ignore=("CYC-REFERENCE-INCONNUE:reprise",))
    assert ([one.rule for one in outcome.groups], outcome.ignored) == (
        ["CYC-DELAI-AR"],
        (("CYC-REFERENCE-INCONNUE", "reprise", 1),),
    )
    for wrong in ({"rules": ("CYC-RIEN",)}, {"ignore": ("CYC-DELAI",)}, {"since": "mars"}, {"samples": 0}):
        with pytest.raises(UsageError):
            audited(room.folder, **wrong)


def test_counts_are_exact_whatever_is_shown(room):
    room.put("AR_Cmd_Acces", 2, *(f"R{number:03d}" for number in range(300)))
    (group,) = audited(room.folder, samples=7).groups
    assert (group.count, len(group.samples)) == (300, 7)


def test_an_archive_too_large_for_memory_is_followed_part_by_part(room, monkeypatch):
    monkeypatch.setattr("annexe5.audit.events._SPILL", 40)
    for day in (2, 3):
        room.put("Cmd_Acces", day, *(f"R{day}{number:03d}" for number in range(100)))
        room.put("AR_Cmd_Acces", day + 2, *(f"R{day}{number:03d}" for number in range(100)))
    outcome = audited(room.folder, today="2026-03-05")
    assert [(one.rule, one.count) for one in outcome.groups] == [("CYC-DELAI-AR", 200)]
    assert outcome.orders.count == 200


# --- when files crossed


def test_a_name_without_date_leaves_its_orders_unjudged_until_a_log_tells(room):
    room.put("Cmd_Acces", 2, "A", "B")
    answer = room.put("AR_Cmd_Acces", 2, "A", name="COVG_ZZZZ_ARCMD_ACCES_V12_mars_1.csv")
    outcome = audited(room.folder, today="2026-03-20")
    assert [one[0] for one in told(outcome)] == ["CYC-REPONSE-ABSENTE", "NOM-DATE"]
    assert (outcome.orders.undated, outcome.sources[Source.NONE]) == (1, 1)
    log = room.folder.parent / "log.csv"
    log.write_text(f"path,time,direction\nZZZZ/OUT/COVG/CV/{answer.name},2026-03-04T09:00:00,OUT\n")
    outcome = audited(room.folder, today="2026-03-20", log=log)
    assert "CYC-DELAI-AR" in [one[0] for one in told(outcome)]
    assert (outcome.orders.undated, outcome.sources[Source.LOG]) == (0, 1)


def test_hours_tell_what_days_cannot(room):
    """On one day, an AR after its CR is not to be seen; a log shows it."""
    order, report, receipt = (
        room.put("Cmd_Acces", 2, "A"),
        room.put("CR_Cmd_Acces", 2, "A"),
        room.put("AR_Cmd_Acces", 2, "A"),
    )
    assert told(audited(room.folder)) == []
    log = room.folder.parent / "log.csv"
    lines = [f"{one.name},2026-03-02T{9 + hour:02d}:00:00+01:00," for hour, one in enumerate((order, report, receipt))]
    log.write_text("\n".join(["path,time,direction", *lines, ""]))
    assert told(audited(room.folder, log=log)) == [("CYC-ORDRE", report.name, 2)]


def test_hours_known_of_some_files_only_accuse_nobody(room):
    order, report, receipt = (
        room.put("Cmd_Acces", 2, "A"),
        room.put("CR_Cmd_Acces", 2, "A"),
        room.put("AR_Cmd_Acces", 2, "A"),
    )
    log = room.folder.parent / "log.csv"
    log.write_text(f"path,time,direction\n{order.name},2026-03-02T09:00:00,\n{report.name},2026-03-02T10:00:00,\n")
    outcome = audited(room.folder, log=log)
    assert (told(outcome), dict(outcome.sources)) == ([], {Source.LOG: 2, Source.NAME: 1})
    assert receipt.is_file()


@pytest.mark.parametrize("exported", [True, False])
def test_a_journal_gives_the_moment_of_the_files_it_knows(room, exported):
    order, answer = room.put("Cmd_Acces", 2, "A"), room.put("AR_Cmd_Acces", 2, "A")
    path = room.folder.parent / "journal.sqlite"
    with Journal(path) as journal:
        for batch, one in enumerate((order, answer)):
            at = START + timedelta(days=3 * batch)
            journal.record(Exchange(at, Channel.SFTP, "ZZZZ", "COVG", one.name, "IN", b""), batch=batch)
        if exported:
            path = path.with_suffix(".jsonl")
            path.write_text("\n".join(journal.json_lines()))
    outcome = audited(room.folder, journal=path)
    assert set(outcome.sources) == {Source.JOURNAL}
    assert [one[0] for one in told(outcome)] == ["CYC-DELAI-AR"]


def test_a_log_says_who_sent_a_file_that_stands_in_no_folder(room):
    answer = room.put("AR_Cmd_Acces", 2, "A", place="vrac")
    log = room.folder.parent / "log.csv"
    log.write_text(f"path,time,direction\nvrac/{answer.name},2026-03-02T09:00:00,OC→OI\n")
    assert "DOS-FLUX" in [one[0] for one in told(audited(room.folder, log=log))]


@pytest.mark.parametrize("line", ["x.csv,hier,IN", "x.csv,2026-03-02,DEHORS", "oups"])
def test_a_log_that_cannot_be_read_is_told_with_its_line(room, line):
    room.put("Cmd_Acces", 2, "A")
    log = room.folder.parent / "log.csv"
    log.write_text(f"path,time,direction\n{line}\n" if line != "oups" else line)
    with pytest.raises(UsageError, match="ligne"):
        audited(room.folder, log=log)
