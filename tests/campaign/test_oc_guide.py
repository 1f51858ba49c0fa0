"""docs/certifier-un-oc.md names every action and every key that a hook receives, and its target file is one."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from annexe5.campaign.drivers import UNABLE, Request
from annexe5.campaign.oc_target import Action, OcTarget
from annexe5.parties.oc import Instruction

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "certifier-un-oc.md"


@pytest.fixture(scope="module")
def guide():
    return GUIDE.read_text(encoding="utf-8")


def first_column(text, title):
    part = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))


def test_every_action_is_told(guide):
    assert first_column(guide, "Les actions") == set(get_args(Action))


def test_every_key_of_a_request_is_told(guide):
    request = Request(Instruction("raccorder"), {}, datetime(2026, 1, 5, tzinfo=UTC))

    assert first_column(guide, "La demande") == set(request.as_json())
    told = set(re.findall(r"`(ANNEXE5_[A-Z_]+)`", guide))
    assert told == set(request.environment())


def test_its_target_file_is_one(guide):
    [written] = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)

    target = OcTarget.model_validate(tomllib.loads(written))

    assert target.pilote is not None
    assert target.pilote.commande[0] == "./oc.sh"


def test_the_code_of_an_oc_that_does_not_know_how_is_told(guide):
    assert f"code {UNABLE} | 501" in guide
