"""Comparing two frames of rows: what both name is looked at on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from annexe5.tables.crossfile.reading import LINE, Keep

RECEIVED, EXPECTED = "@received", "@expected"
OTHER, OTHER_LINE = "other", "other_line"


def differing(rows: pl.DataFrame, known: pl.DataFrame, *, on: Sequence[str], column: str) -> pl.DataFrame:
    """Give the rows whose column, letter case aside, is not the known one; an empty side is no difference.

    ``known`` may say in ``other`` which file each of its rows comes from.
    """
    origin = [OTHER] if OTHER in known.columns else []
    reference = known.select(*on, *origin, pl.col(column).alias(EXPECTED), pl.col(LINE).alias(OTHER_LINE))
    both = rows.join(reference.unique(list(on), keep="first", maintain_order=True), on=list(on))
    here, there = pl.col(column), pl.col(EXPECTED)
    apart = (here != "") & (there != "") & (here.str.to_uppercase() != there.str.to_uppercase())
    return both.filter(apart).select(LINE, OTHER_LINE, *origin, EXPECTED, here.alias(RECEIVED))


def filled(*names: str) -> Keep:
    """Keep the rows that have something in every one of these columns."""
    return lambda frame: frame.filter(pl.all_horizontal(pl.col(name) != "" for name in names))


def among(cited: pl.DataFrame) -> Keep:
    """Keep the rows whose values in the columns of ``cited`` are among its rows."""
    return lambda frame: frame.join(cited, on=cited.columns, how="semi", maintain_order="left")
