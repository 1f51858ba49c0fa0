"""Every hostile file, on both engines, with blocks of any size: right findings, true lines, same counts."""

from __future__ import annotations

import pytest

from annexe5.tables import TableReport, fast, judge_bytes, load_table
from annexe5.tables.testing import FACTS, told

from .hostile import Hostile, corpus, in_order

CORPUS = list(corpus())
IDS = [one.name for one in CORPUS]
HEAVY = [one for one in CORPUS if len(one.data) > 1 << 20]


def judged(one: Hostile, engine: str, cap: int | None = None) -> TableReport:
    return judge_bytes(one.data, load_table("Cmd_Acces"), facts=FACTS, engine=engine, max_samples=cap)  # type: ignore[arg-type]


def test_the_corpus_is_large_enough() -> None:
    assert len(set(IDS)) == len(CORPUS) >= 60


@pytest.mark.parametrize("one", CORPUS, ids=IDS)
def test_the_exact_path_tells_the_anomaly_and_what_follows_it(one: Hostile) -> None:
    assert in_order(told(judged(one, "exact"))) == one.told


@pytest.mark.parametrize("one", CORPUS, ids=IDS)
def test_the_fast_path_tells_the_same(one: Hostile) -> None:
    assert judged(one, "fast") == judged(one, "exact")


@pytest.mark.parametrize("size", [700, 6_000])
@pytest.mark.parametrize("one", [one for one in CORPUS if one not in HEAVY], ids=lambda one: one.name)
def test_blocks_of_any_size_tell_the_same(one: Hostile, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "BLOCK", size)
    monkeypatch.setattr(fast, "_HEAD", 1)
    assert judged(one, "fast", 2) == judged(one, "exact", 2)
