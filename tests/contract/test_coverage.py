"""Every clause has a class, every tag is a clause."""

import re
import shutil

import pytest

from annexe5.contract import coverage as judged
from annexe5.contract.requirements import load_requirements
from annexe5.contract.rules import load_rules, raw_rules
from annexe5.errors import ContractError


@pytest.fixture(autouse=True)
def _fresh():
    judged.coverage.cache_clear()
    yield
    judged.coverage.cache_clear()


def test_every_clause_is_classed_and_what_is_not_tested_says_why():
    found = judged.coverage()
    assert list(found) == list(load_requirements())
    assert all(bool(one.scenarios) == (one.kind == "tested") for one in found.values())
    assert all(one.reason.fr and one.reason.en for one in found.values() if one.kind != "tested")


def test_a_clause_without_class_is_told(tmp_path, monkeypatch):
    text = (judged.schemas_dir() / "coverage.toml").read_text(encoding="utf-8")
    (tmp_path / "coverage.toml").write_text(text.replace('id = "INT-01"', 'id = "TRA-11"'), encoding="utf-8")
    monkeypatch.setattr(judged, "schemas_dir", lambda: tmp_path)
    with pytest.raises(ContractError, match="INT-01"):
        judged.coverage()


def test_a_tag_that_is_no_clause_is_told(tmp_path, monkeypatch):
    features = tmp_path / "features"
    shutil.copytree(judged.suite_root() / "features", features)
    one = features / "acces" / "nominal.feature"
    one.write_text(one.read_text(encoding="utf-8").replace("@ACC-04", "@ACC-04 @ACC-99"), encoding="utf-8")
    monkeypatch.setattr(judged, "suite_root", lambda: tmp_path)
    with pytest.raises(ContractError, match="ACC-99"):
        judged.coverage()


TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (judged.suite_root() / "tests").rglob("*.py"))


@pytest.mark.parametrize("rule", load_rules().values(), ids=lambda one: one.id)
def test_every_rule_has_a_good_example_and_a_bad_one(rule):
    """In its entry; a rule on messages, whose examples are whole documents, in the tests."""
    if raw_rules()[rule.id]["house"] == "soap" and not rule.bad:
        assert re.search(rf"\b{rule.id}\b(?!-)", TESTS)
    else:
        assert rule.good
        assert rule.bad
        assert rule.good != rule.bad
