"""Rows reduced to what the life of their order needs: 50 bytes each beside the reference, on disk when there are many.

Values that are compared within one order only are kept as hashes of 64 bits: it would take two of one order that
collide. References are kept whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import lru_cache, reduce
from operator import and_
from pathlib import Path

import polars as pl

from annexe5.contract.rules import raw_rules
from annexe5.orders import Cycle, load_cycle
from annexe5.orders.oracle import REFERENCE_COLUMNS, ROUTE_COLUMNS
from annexe5.tables.grouping import LINE
from annexe5.tables.many import FILE
from annexe5.tables.schema import load_table

KEY = "ReferenceCommandePriseInterneOC"
REFERENCE, KIND, MODE = "reference", "kind", "mode"
VALUES = ("prestation", "sous_traitant", "prise", "route")
PM = "pm"
PM_COLUMN = "ReferencePm"
EMPTY, HOTLINE = 0, 1
OTHER_PM = "CROISE-ACCES-PM"
_MODE_COLUMN = "TypeRacco"
# Parts are cut so that one of them, sorted and followed, stays well under the memory of a small machine.
_PARTS = 32
_SPILL = 1_500_000
SCHEMA = pl.Schema(
    {
        FILE: pl.UInt32,
        LINE: pl.UInt32,
        REFERENCE: pl.String,
        KIND: pl.UInt8,
        MODE: pl.String,
        **dict.fromkeys((*VALUES, PM), pl.UInt64),
    }
)


@lru_cache(maxsize=64)
def columns_of(flow: str) -> tuple[str, ...]:
    """Give the columns of a flow that the life of an order needs; none where the flow speaks of no order."""
    kinds = [one for one in load_cycle().events.values() if one.flow == flow]
    if not kinds:
        return ()
    asked = [KEY, *(column for one in kinds for column in one.when), *REFERENCE_COLUMNS]
    if any(one.id in _ROUTED for one in kinds):
        asked += ROUTE_COLUMNS
    if any(one.id == "CMD" for one in kinds):
        asked += [_MODE_COLUMN, PM_COLUMN]
    if flow in raw_rules()[OTHER_PM]["flows"]:
        asked.append(PM_COLUMN)
    names = load_table(flow).by_name
    return tuple(one for one in dict.fromkeys(asked) if one in names)


# The judge compares routes on these events only.
_ROUTED = ("CR_OK", "CR_HOTLINE", "REPROV")


def events_of(rows: pl.DataFrame, flow: str) -> pl.DataFrame:
    """Give the events of the rows of a flow: ``SCHEMA``; a row without reference is none."""
    cycle = load_cycle()
    there = set(rows.columns)

    def text(column: str) -> pl.Expr:
        return pl.col(column).str.strip_chars() if column in there else pl.lit("")

    values = dict(zip(VALUES, REFERENCE_COLUMNS, strict=False))
    return rows.lazy().select(
        pl.col(FILE),
        pl.col(LINE),
        text(KEY).alias(REFERENCE),
        _kind(cycle, flow, text).alias(KIND),
        text(_MODE_COLUMN).str.to_uppercase().alias(MODE) if _MODE_COLUMN in there else pl.lit("").alias(MODE),
        *(_hashed(text(column), column in there).alias(name) for name, column in values.items()),
        _route(there).alias("route"),
        _pm(there).alias(PM),
    ).filter(pl.col(REFERENCE) != "").cast(SCHEMA).collect()  # fmt: skip


def _kind(cycle: Cycle, flow: str, text: object) -> pl.Expr:
    """Name the event a row stands for, as ``Cycle.kind`` does: the first whose columns say so."""
    numbered = [(rank, one) for rank, one in enumerate(cycle.events.values()) if one.flow == flow]
    found: pl.Expr = pl.lit(numbered[-1][0], dtype=pl.UInt8)
    for rank, one in reversed(numbered[:-1]):
        tests = [text(column).str.to_uppercase() == said for column, said in one.when.items()]  # type: ignore[operator]
        found = pl.when(reduce(and_, tests)).then(pl.lit(rank, dtype=pl.UInt8)).otherwise(found)
    return found


def _hashed(text: pl.Expr, present: bool) -> pl.Expr:
    if not present:
        return pl.lit(EMPTY, dtype=pl.UInt64)
    nothing, hotline = pl.lit(EMPTY, dtype=pl.UInt64), pl.lit(HOTLINE, dtype=pl.UInt64)
    return (
        pl.when(text == "")
        .then(nothing)
        .when(text.str.to_uppercase() == "HOTLINE")
        .then(hotline)
        .otherwise(text.hash())
    )


def _route(there: set[str]) -> pl.Expr:
    if ROUTE_COLUMNS[0] not in there:
        return pl.lit(EMPTY, dtype=pl.UInt64)
    known = [pl.col(one).str.strip_chars() for one in ROUTE_COLUMNS if one in there]
    whole = pl.concat_str(known, separator="\x1f")
    nothing = pl.lit(EMPTY, dtype=pl.UInt64)
    return pl.when(whole.str.strip_chars("\x1f") == "").then(nothing).otherwise(whole.hash())


def _pm(there: set[str]) -> pl.Expr:
    """Give the PM a row names, letter case aside; what says that there is none is none."""
    nothing = pl.lit(EMPTY, dtype=pl.UInt64)
    if PM_COLUMN not in there:
        return nothing
    said = pl.col(PM_COLUMN).str.to_uppercase()
    return pl.when(said.is_in(["", *raw_rules()[OTHER_PM]["neutral"]])).then(nothing).otherwise(said.hash())


class Store:
    """The events of an archive, given back by parts: all the events of an order are in one part."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._held: list[pl.DataFrame] = []
        self._rows = 0
        self._folder: Path | None = None
        self._spills = 0

    def add(self, events: pl.DataFrame) -> None:
        """Take events in; many of them go to disk."""
        if not events.height:
            return
        self._held.append(events)
        self._rows += events.height
        if self._rows >= _SPILL:
            self._spill()

    def parts(self) -> Iterator[pl.DataFrame]:
        """Give the events, part by part."""
        if self._folder is None:
            if self._held:
                yield pl.concat(self._held)
            return
        if self._held:
            self._spill()
        for part in range(_PARTS):
            files = sorted(self._folder.glob(f"{part}-*.arrow"))
            if files:
                yield pl.concat([pl.read_ipc(file) for file in files])

    @property
    def count(self) -> int:
        """How many parts there will be."""
        return 1 if self._folder is None else _PARTS

    def _spill(self) -> None:
        if self._folder is None:
            self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="annexe5-audit-")))
        whole = pl.concat(self._held)
        self._held, self._rows = [], 0
        parted = whole.with_columns((pl.col(REFERENCE).hash(seed=7) % _PARTS).alias("part"))
        for (part,), frame in parted.partition_by("part", as_dict=True, include_key=False).items():
            frame.write_ipc(self._folder / f"{part}-{self._spills}.arrow")
        self._spills += 1
