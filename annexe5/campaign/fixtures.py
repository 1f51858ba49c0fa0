"""Fixtures of the features: one bench a session, one scene a scenario."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from annexe5.campaign.bench import Bench
from annexe5.campaign.scene import Scene

BENCH: pytest.StashKey[Bench] = pytest.StashKey()


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Give the bench that ``annexe5 certify`` set up, or one on the twin when pytest runs the features by itself."""
    ready = request.config.stash.get(BENCH, None)
    if ready is not None:
        yield ready
        return
    from annexe5.campaign.certification import Wanted, open_bench  # noqa: PLC0415 -- it imports this module
    from annexe5.campaign.journal import JOURNAL_FILE, Journal  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="annexe5-banc-") as name:
        wanted = Wanted(party="oi", target=None, report=Path(name))
        with Journal(Path(name) / JOURNAL_FILE) as journal, open_bench(wanted, journal) as (made, _, _):
            yield made


@pytest.fixture
def scene(bench: Bench, scenario_record: object) -> Iterator[Scene]:
    """Give a scenario its scene; when it ends, record what was seen and what the oracle says of its orders."""
    played = Scene(bench)
    yield played
    record_scene(played, scenario_record)


def record_scene(played: Scene, record: object) -> None:
    """Hand over orders, exchanges and findings of a scene."""
