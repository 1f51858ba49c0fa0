from __future__ import annotations

import pytest

from annexe5.findings import Severity
from annexe5.tables import judge_bytes, load_table, load_tables, write_rows
from annexe5.tables.rules import TableRule, example_rows, load_table_rules, rules_of
from annexe5.tables.testing import FACTS

EACH = [(one, flow) for one in load_table_rules() if one.kind != "cross_file" for flow in one.flows]


def rules_broken_by(flow: str, examples: tuple[dict[str, str], ...]) -> set[str]:
    table = load_table(flow)
    kept = [{name: value for name, value in patch.items() if name in table.by_name} for patch in examples]
    return {one.rule for one in judge_bytes(write_rows(table, example_rows(table, kept)), table, facts=FACTS).findings}


@pytest.mark.parametrize(("made", "flow"), EACH, ids=[f"{one.rule.id}-{flow}" for one, flow in EACH])
def test_the_good_example_breaks_nothing_and_the_bad_one_this_rule_alone(made: TableRule, flow: str) -> None:
    assert rules_broken_by(flow, made.rule.good) == set()
    assert rules_broken_by(flow, made.rule.bad) == {made.rule.id}


@pytest.mark.parametrize("flow", sorted(load_tables()))
def test_the_example_row_of_every_table_is_right(flow: str) -> None:
    table = load_table(flow)
    assert judge_bytes(write_rows(table, [table.example]), table, facts=FACTS).findings == ()


def test_a_rule_is_worth_no_more_than_the_columns_it_reads() -> None:
    # MotifKoMadLigne is a supposed header: nothing said of it can refuse a file.
    by_id = {one.rule.id: one.rule for one in rules_of(load_table("CR_MAD_LigneFTTH"))}
    assert by_id["CRMADL-KO-MOTIF"].effective_severity is Severity.RESERVE
    assert by_id["CRMADL-OK-PRISE"].effective_severity is Severity.ERROR


def test_a_rule_over_a_missing_column_stays_silent() -> None:
    table = load_table("Cmd_Acces")
    without = [name for name in table.names if name != "PriseExistante"]
    row = {**table.example, "ReferencePrise": "CV-0001-0001"}
    data = (";".join(without) + "\n" + ";".join(row[name] for name in without) + "\n").encode()
    assert [one.rule for one in judge_bytes(data, table, facts=FACTS).findings] == ["STR-ENTETE-MANQUANTE"]


@pytest.mark.parametrize("state", ["KO", "ko", "Ko"])
def test_a_state_calls_for_its_motive_in_any_letter_case(state: str) -> None:
    assert rules_broken_by_states(EtatArCommandePrise=state, MotifKoArCommandePrise="") == {"AR-KO-MOTIF"}


def test_a_state_in_small_letters_is_a_state() -> None:
    assert rules_broken_by_states(EtatArCommandePrise="ok") == set()


def rules_broken_by_states(**patch: str) -> set[str]:
    return rules_broken_by("AR_Cmd_Acces", (patch,))
