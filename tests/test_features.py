"""What the features must hold together: every reachable rejection, every clause they can try, French throughout."""

import re
from pathlib import Path

import pytest

from annexe5.campaign.gherkin import declared_tags
from annexe5.campaign.lint import read_feature
from annexe5.contract.rejects import load_rejects
from annexe5.contract.requirements import load_requirements
from annexe5.network.roles import load_roles

ROOT = Path(__file__).resolve().parent.parent
FEATURES = sorted((ROOT / "features").rglob("*.feature"))
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in FEATURES)


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.stem)
def test_each_feature_is_accepted(path):
    assert read_feature(path, declared_tags(), load_requirements()).runs


@pytest.mark.parametrize("reject", load_rejects().values(), ids=lambda one: one.code)
def test_every_code_reachable_at_ar_or_cr_is_in_a_scenario_the_others_say_why(reject):
    if reject.produced_by in ("AR", "CR"):
        assert re.search(rf"\b{reject.code}\b", TEXT)
    else:
        assert "ni AR ni CR" in reject.reason


def test_every_role_named_is_one():
    named = set(re.findall(r'rôle "([a-zA-Z0-9_]+)"', TEXT))
    named |= {row.strip() for row in re.findall(r"^\s+\| ([a-z]+_[a-z_]+)\s+\|", TEXT, re.MULTILINE)}
    assert named <= set(load_roles())


def test_the_acces_clauses_that_bind_the_oi_have_a_scenario():
    """What is left is listed here, with its reason; a clause that joins the list needs one."""
    without = {
        "TRA-02": "a preference, nothing to observe",
        "NAM-16": "INFO: the contract prints no name",
    }
    bound = {one.id for one in load_requirements().values() if "OI" in one.parties and "ACCES" in one.protocols}
    text = "\n".join(path.read_text(encoding="utf-8") for path in FEATURES if path.parent.name != "oc")
    tagged = set(re.findall(r"@([A-Z]{2,4}-\d\d)\b", text))
    assert bound - tagged == set(without)
