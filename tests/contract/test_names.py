"""File names of the nineteen flows: build then parse is the identity, and each fault is told apart."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annexe5.contract.names import build_name, human_template, judge_name, parse_name
from annexe5.contract.profile import load_profile
from annexe5.contract.rules import load_rules
from annexe5.errors import UsageError

PROFILE = load_profile()
NAMES = [rule for rule in load_rules().values() if rule.id.startswith("NOM-")]
codes = st.from_regex(r"[A-Z0-9]{4}", fullmatch=True)


@given(
    flow=st.sampled_from(list(PROFILE.flows)),
    oi=codes,
    oc=codes,
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    seq=st.integers(0, 999_999),
    pm=st.from_regex(r"[A-Z0-9][A-Z0-9-]{3,18}", fullmatch=True),
    insee=st.from_regex(r"[0-9][0-9AB][0-9]{3}", fullmatch=True),
)
def test_build_then_parse_is_the_identity(flow, oi, oc, day, seq, pm, insee):
    name = build_name(PROFILE, flow, oi=oi, oc=oc, date=day, seq=seq, pm=pm, insee=insee)
    read = parse_name(PROFILE, name)
    assert read is not None
    assert (read.flow, read.issued, int(read.fields["seq"])) == (flow, day, seq)
    assert {"oi": oi, "oc": oc, "pm": pm, "insee": insee}.items() >= {
        (key, value) for key, value in read.fields.items() if key not in ("date", "seq")
    }
    assert judge_name(PROFILE, name, oi=oi, oc=oc if "oc" in read.fields else None).ok


@given(name=st.text(max_size=80))
def test_any_text_gets_a_verdict(name):
    found = judge_name(PROFILE, name)
    assert found.ok is (parse_name(PROFILE, name) is not None)


@given(flow=st.sampled_from(list(PROFILE.flows)), cut=st.data())
def test_no_changed_name_passes_for_the_original(flow, cut):
    name = build_name(PROFILE, flow, oi="COVG", oc="ZZZZ", date=date(2026, 1, 5), seq=1, pm="P7701", insee="77023")
    place = cut.draw(st.integers(0, len(name) - 1))
    other = cut.draw(st.sampled_from("aZ9_ .").filter(lambda letter: letter != name[place]))
    changed = name[:place] + other + name[place + 1 :]
    read = parse_name(PROFILE, changed)
    assert read is None or dict(read.fields) != dict(parse_name(PROFILE, name).fields)


@pytest.mark.parametrize(("rule", "name"), [(rule, name) for rule in NAMES for name in rule.good])
def test_good_names_pass(rule, name):
    assert judge_name(PROFILE, name, oi="COVG", oc="ZZZZ").ok


@pytest.mark.parametrize(("rule", "name"), [(rule, name) for rule in NAMES for name in rule.bad])
def test_bad_names_break_that_rule_only(rule, name):
    used = (name,) if rule.id == "NOM-DEJA-UTILISE" else ()
    found = judge_name(PROFILE, name, oi="COVG", oc="ZZZZ", used=used)
    assert [finding.rule for finding in found.findings] == [rule.id]


def test_findings_carry_the_clause_of_the_flow():
    found = judge_name(PROFILE, "COVG_ZZZZ_ARCMD_ACCES_V13_20170407_1.csv")
    assert [finding.requirement for finding in found.findings] == ["NAM-07"]


def test_a_place_that_would_read_as_another_flow_is_refused():
    with pytest.raises(UsageError, match="Cmd_Info_Pm"):
        build_name(PROFILE, "Cmd_Info_Pm", oi="COVG", oc="ZZZZ", date=date(2026, 1, 5), seq=1, pm="X_INTERP")


@pytest.mark.parametrize("missing", ["oi", "oc", "date", "seq"])
def test_a_missing_place_is_told(missing):
    values = {"oi": "COVG", "oc": "ZZZZ", "date": date(2026, 1, 5), "seq": 1}
    del values[missing]
    with pytest.raises(UsageError, match=missing):
        build_name(PROFILE, "Cmd_Acces", **values)


def test_the_template_reads_as_the_contract_prints_it():
    assert human_template(PROFILE.flow("Cmd_Acces")) == "CodeOI_CodeOC_CMD_ACCES_V12_aaaammjj_numsequence.csv"


@pytest.mark.parametrize(
    "printed",
    [
        "COVAGE_ZMD_QUAD_PM_IPEZMD_V22_20170407_154727.csv",
        "COVAGE_ZMD_QUAD_QUOC_PM_77011616R_V22_20170407_178912.csv",
        "COVAGE_ZMD_QUAD_QUOC_77023_PM_77011616R_CRMAD_V22_20170407_178912.csv",
        "COVAGE_ZMD_QUAD_CPN_20170407_987727.csv",
    ],
)
def test_the_printed_examples_pass_once_their_stray_blanks_are_gone(printed):
    assert judge_name(PROFILE, printed).ok


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("IPE_2017.csv", ["IPE"]),
        ("COVG_ZZZZ_CMDACES_V12_20170407_1.csv", ["Cmd_Acces"]),
        ("infosyndic.csv", ["CR_InfoSyndic"]),
        ("COVG_ZZZZ_CRMAD_V12_20170407_1.csv", ["CR_MAD_Pm", "CR_MAD_LigneFTTH"]),
    ],
)
def test_a_name_of_no_flow_is_told_the_naming_it_was_meant_for(name, meant):
    (found,) = judge_name(PROFILE, name).findings
    assert (found.rule, found.expected) == (
        "NOM-FLUX-INCONNU",
        " ; ".join(human_template(PROFILE.flow(flow)) for flow in meant),
    )


def test_a_name_like_none_is_told_the_flows_of_every_protocol():
    (found,) = judge_name(PROFILE, "notes.csv").findings
    assert all(flow in found.expected for flow in PROFILE.flows)
