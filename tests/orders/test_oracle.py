"""The life of an order, judged: each rule of cycle.toml on its good and bad story, then the finer points."""

import re
from datetime import datetime, timedelta

import pytest

from annexe5.contract.calendar import PARIS
from annexe5.contract.profile import load_profile
from annexe5.contract.rules import load_rules
from annexe5.orders import Event, judge_order, load_cycle

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=PARIS)
STEP = re.compile(r"(?P<kind>[A-Z_]+)(?:\((?P<values>[^)]*)\))?(?:@\+(?P<days>\d+)j)?")
ROUTE = {"NomModulePm N°1": "T1", "PositionModulePm N°1": "C01", "InformationTubePBO N°1": "1:ROU"}
VALUES = {
    "CR_OK": {"ReferencePrise": "CV-0000-0001", **ROUTE, "InformationFibrePBO N°1": "1:ROU"},
    "CR_HOTLINE": {"ReferencePrise": "HOTLINE"},
    "CMD_STOC": {"ReferenceCommandeSousTraitantOI": "ST1"},
    "CR_STOC_OK": {"ReferenceCommandeSousTraitantOI": "ST1", "ReferencePrise": "CV-0000-0001"},
    "CR_STOC_KO": {"ReferenceCommandeSousTraitantOI": "ST1"},
    "MAD_OK": {"ReferencePrise": "CV-0000-0001"},
    "REPROV": {"ReferencePrise": "CV-0000-0001", **ROUTE, "InformationFibrePBO N°1": "1:ROU"},
}


def tell(story: str) -> list[Event]:
    """``OI: CMD AR_OK(Colonne=valeur)@+4j`` → events, one a batch."""
    mode, _, rest = story.rpartition(": ")
    events, at = [], MONDAY
    for number, match in enumerate(STEP.finditer(rest)):
        kind = match["kind"]
        at += timedelta(days=int(match["days"] or 0), seconds=1)
        values = {"TypeRacco": mode or "STOC"} if kind == "CMD" else {}
        values |= {"ReferencePrestationPrise": "PRE1"} if kind not in ("CMD", "AR_OK", "AR_KO") else {}
        values |= VALUES.get(kind, {}) | dict(pair.split("=") for pair in (match["values"] or "").split(",") if pair)
        flow = load_cycle().events[kind].flow
        events.append(Event(at, "REF1", kind, flow, "COVG", values, f"{number}.csv", 2, number))
    return events


def rules_of(story: str, **options):
    events = tell(story)
    now = options.pop("now", events[-1].at + timedelta(seconds=5))
    return [one.rule for one in judge_order("REF1", events, load_profile(), now=now, **options).findings]


CYCLE = [rule for rule in load_rules().values() if rule.id.startswith("CYC-")]


@pytest.mark.parametrize("rule", CYCLE, ids=lambda rule: rule.id)
def test_good_story_passes(rule):
    assert rules_of(rule.good[0], agreed=timedelta(seconds=30)) == []


@pytest.mark.parametrize("rule", CYCLE, ids=lambda rule: rule.id)
def test_bad_story_breaks_that_rule_only(rule):
    agreed = timedelta(seconds=1) if rule.id == "CYC-REPONSE-ABSENTE" else None
    assert rules_of(rule.bad[0], agreed=agreed) == [rule.id]


NOMINAL = "CMD AR_OK CR_OK CMD_STOC CR_STOC_OK MAD_OK MES"


def test_nominal_stoc_ends_in_service():
    found = judge_order("REF1", tell(NOMINAL), load_profile(), now=MONDAY + timedelta(hours=1))
    assert (found.state, found.mode, found.findings, found.awaited) == ("EN_SERVICE", "STOC", (), ())


@pytest.mark.parametrize(
    "story",
    [
        "CMD AR_OK CR_KO CR_OK CMD_STOC CR_STOC_OK MAD_KO MAD_OK MES",
        "CMD AR_OK CR_OK CMD_STOC CR_STOC_KO REPROV(InformationFibrePBO N°1=2:BLE) CR_STOC_OK MAD_OK",
        "CMD AR_OK CR_OK CMD_STOC CR_STOC_OK MAD_OK REPROV(ReferencePrise=CV-0000-0002) MES",
        "CMD AR_OK CR_OK CMD_STOC CR_STOC_OK MAD_OK MAD_OK",
        "OI: CMD AR_OK CR_OK RACC_KO MAD_OK MES",
        "OC: CMD AR_OK CR_OK MAD_OK MES",
        "CMD AR_OK CR_OK CMD_STOC CR_STOC_OK MAD_OK MES ANNUL CR_ANNUL_RESIL",
        "CMD AR_OK ANNUL CR_ANNUL_KO CR_OK CMD_STOC",
        "CMD AR_OK CMD AR_KO CR_OK CMD_STOC",
    ],
)
def test_legal_stories(story):
    assert rules_of(story) == []


def test_a_later_reprovisioning_gives_the_outlet_in_force():
    story = "CMD AR_OK CR_OK CMD_STOC CR_STOC_OK MAD_OK REPROV(ReferencePrise=CV-0000-0002)"
    assert judge_order("REF1", tell(story), load_profile(), now=MONDAY).pto == "CV-0000-0002"


def test_one_slip_is_told_once():
    assert rules_of("CMD CR_OK AR_OK CMD_STOC CR_STOC_OK MAD_OK MES") == ["CYC-ORDRE"]


def test_events_seen_together_are_read_in_flow_chart_order():
    together = [Event(e.at, e.reference, e.kind, e.flow, e.sender, e.values, e.file, e.line, 0) for e in tell(NOMINAL)]
    assert judge_order("REF1", together[::-1], load_profile(), now=MONDAY).findings == ()


def test_an_answer_is_awaited_until_its_deadline_then_absent():
    events = tell("CMD AR_OK")
    early = judge_order("REF1", events, load_profile(), now=MONDAY + timedelta(hours=20))
    assert [one.by for one in early.awaited] == [("CR_OK", "CR_HOTLINE", "CR_KO")]
    assert early.findings == ()
    late = judge_order("REF1", events, load_profile(), now=MONDAY + timedelta(days=2))
    assert [(one.rule, one.requirement, one.orders) for one in late.findings] == [
        ("CYC-REPONSE-ABSENTE", "ACC-05", ("REF1",))
    ]


def test_a_cancellation_out_of_turn_may_be_refused():
    assert rules_of("CMD AR_OK ANNUL CR_ANNUL_ANNUL ANNUL CR_ANNUL_KO", party="OI") == []
    assert rules_of("ANNUL CR_ANNUL_KO", party="OI") == []


def test_the_breaches_of_the_other_side_can_be_left_out():
    story = "CMD AR_OK CR_OK MES"
    assert rules_of(story, party="OC") == ["CYC-ORDRE"]
    assert rules_of(story, party="OI") == []


@pytest.mark.parametrize("late", ["CR_OK", "CR_HOTLINE"])
def test_a_route_that_comes_late_is_told_once_and_calls_for_nothing_more(late):
    assert rules_of(f"CMD AR_OK CMD_STOC {late}", agreed=timedelta(seconds=1)) == ["CYC-ORDRE"]


@pytest.mark.parametrize(("story", "clause"), [("", "ACC-10"), ("REPROV(ReferencePrise=CV-0000-0002) ", "ACC-08")])
def test_another_outlet_breaks_the_clause_of_the_route_in_force(story, clause):
    events = tell(f"CMD AR_OK CR_OK CMD_STOC {story}CR_STOC_OK(ReferencePrise=) MAD_OK(ReferencePrise=CV-0000-0009)")
    [finding] = judge_order("REF1", events, load_profile(), now=MONDAY + timedelta(hours=1)).findings
    assert (finding.rule, finding.requirement) == ("CYC-PTO-MAD", clause)


def test_an_answer_that_overtook_its_call_is_owed_no_more():
    events = tell("CMD CR_OK AR_OK CMD_STOC")
    assert rules_of("CMD CR_OK AR_OK CMD_STOC", now=events[-1].at + timedelta(days=10)) == ["CYC-ORDRE"]


@pytest.mark.parametrize(
    ("flow", "values", "kind"),
    [
        ("AR_Cmd_Acces", {"EtatArCommandePrise": "OK"}, "AR_OK"),
        ("AR_Cmd_Acces", {"EtatArCommandePrise": " ok "}, "AR_OK"),
        ("AR_Cmd_Acces", {"EtatArCommandePrise": "KO"}, "AR_KO"),
        ("AR_Cmd_Acces", {}, "AR_KO"),
        ("CR_Cmd_Acces", {"EtatCrCommandePrise": "OK", "ReferencePrise": "HOTLINE"}, "CR_HOTLINE"),
        ("CR_Cmd_Acces", {"EtatCrCommandePrise": "OK", "ReferencePrise": "CV-0000-0001"}, "CR_OK"),
        ("CR_Annulation_Acces", {"EtatCrAnnResCommandePrise": "OK", "TypeOperation": "RESIL"}, "CR_ANNUL_RESIL"),
        ("Cmd_STOC", {}, "CMD_STOC"),
    ],
)
def test_a_row_stands_for_one_event(flow, values, kind):
    assert load_cycle().kind(flow, values) == kind
