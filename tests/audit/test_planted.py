"""A generated archive with planted breaches: all of them are found, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annexe5.audit.run import Wanted, run
from annexe5.contract.profile import load_profile
from annexe5.generation.archive import Wanted as Archive
from annexe5.generation.archive import generate_archive
from annexe5.generation.lives import load_lives

TODAY = date(2026, 6, 30)


def found_in(folder: Path) -> Counter:
    outcome = run(Wanted((str(folder),), samples=1_000_000))
    for group in outcome.groups:
        assert group.count == sum(one.count for one in group.samples), group.rule
    return Counter((one.rule, one.path, one.line) for group in outcome.groups for one in group.samples)


def owed(truth) -> Counter:
    return Counter((one["rule"], one["file"], one["line"]) for one in truth.as_dict()["errors"])


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 9999), day=st.dates(date(2018, 1, 1), date(2034, 12, 31)))
def test_all_that_is_planted_is_found_and_only_that(seed, day):
    with TemporaryDirectory() as folder:
        archive = Archive(2000, day, load_profile(), seed, breaches=100)
        truth = generate_archive(archive, Path(folder))
        assert found_in(Path(folder)) == owed(truth)
        assert {one.breach for one in truth.planted} >= {one.nom for one in load_lives().manquement}


def test_an_archive_without_breach_is_conforme(tmp_path):
    generate_archive(Archive(300, TODAY, load_profile(), seed=4), tmp_path)
    outcome = run(Wanted((str(tmp_path),)))
    assert (outcome.verdict.value, outcome.exit_code, outcome.groups) == ("conforme", 0, ())
    assert sum(outcome.orders.awaited.values())  # the youngest are still open


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    made = []
    for name in ("a", "b"):
        truth = generate_archive(Archive(200, TODAY, load_profile(), seed=7, breaches=10), tmp_path / name)
        files = {str(one.relative_to(tmp_path / name)): one.read_bytes() for one in (tmp_path / name).rglob("*.*")}
        made.append((files, json.dumps(truth.as_dict())))
    assert made[0] == made[1]
