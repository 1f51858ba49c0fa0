"""An IPE against the ones before it: states that may not go back, dates that stay, the abandoned kept three months.

pm-formats.md §9.1 n° 3 and 5, §9.2 n° 13 and 15. What is remembered of a row is its keys as two 64-bit hashes, its
state, its line and two file numbers: about 30 bytes a row, whatever the number of files. The keys are dealt out into
lots, one lot joined at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from annexe5.contract.rules import raw_rules
from annexe5.tables.conditions import is_date, months_later
from annexe5.tables.crossfile.batch import Batch, Teller, check
from annexe5.tables.crossfile.frames import EXPECTED, OTHER, OTHER_LINE, RECEIVED, filled
from annexe5.tables.crossfile.reading import LINE, CrossFile

_LOT = 2_000_000
_UNIT = "\x1f"
_ADDRESS_RULES = ("CROISE-IPE-ETAT", "CROISE-IPE-ABANDON", "CROISE-IPE-DISPARITION", "CROISE-IPE-ABANDON-LONG")
_PM_RULES = ("CROISE-IPE-ETAT-PM", "CROISE-PM-ABANDON")


@check(*_ADDRESS_RULES)
def addresses(batch: Batch, teller: Teller) -> None:
    """Follow each address from one IPE to the next."""
    order, final = _states("CROISE-IPE-ETAT")
    for series in _series(batch):
        story = _Story([one.date for one in series], order, final)
        for now, file in enumerate(series):
            step = story.step(now, _address_rows(file, [*order, final]))
            if now == 0:
                continue
            before = series[now - 1]
            teller.tell_all("CROISE-IPE-ETAT", file, step.back, other=before.name)
            teller.tell_all(
                "CROISE-IPE-ABANDON-LONG", file, _overdue(step.lasting, "CROISE-IPE-ABANDON-LONG", file, series)
            )
            early, unannounced = _gone(step.gone, "CROISE-IPE-ABANDON", file, series, final)
            teller.tell_all("CROISE-IPE-ABANDON", file, early, other=before.name)
            teller.tell_all("CROISE-IPE-DISPARITION", file, unannounced, other=before.name)


@check(*_PM_RULES)
def pms(batch: Batch, teller: Teller) -> None:
    """Follow each PM from one IPE to the next."""
    order, final = _states("CROISE-IPE-ETAT-PM")
    for series in _series(batch):
        story = _Story([one.date for one in series], order, final)
        for now, file in enumerate(series):
            held = pm_rows(batch, file)
            step = story.step(now, _pm_keys(held, [*order, final]))
            if now == 0:
                continue
            before = series[now - 1]
            teller.tell_all("CROISE-IPE-ETAT-PM", file, step.back, other=before.name)
            early, _unannounced = _gone(step.gone, "CROISE-PM-ABANDON", file, series, final)
            names = pm_rows(batch, before).select(pl.col(LINE).alias(OTHER_LINE), pl.col("ReferencePM").alias(RECEIVED))
            teller.tell_all("CROISE-PM-ABANDON", file, early.join(names, on=OTHER_LINE), other=before.name)


@check("CROISE-IPE-PREMIERE-MAD")
def first_making_available(batch: Batch, teller: Teller) -> None:
    """Compare the date each PM was first made available with the one it had once passed."""
    for series in _series(batch):
        past: pl.DataFrame | None = None
        for file in series:
            held = pm_rows(batch, file).select("ReferencePM", "DatePremiereMADPM", LINE)
            if past is not None:
                changed = held.join(past, on="ReferencePM").filter(pl.col("DatePremiereMADPM") != pl.col(EXPECTED))
                told = changed.select(LINE, OTHER, OTHER_LINE, EXPECTED, pl.col("DatePremiereMADPM").alias(RECEIVED))
                teller.tell_all("CROISE-IPE-PREMIERE-MAD", file, told)
            passed = held.filter(_is_day("DatePremiereMADPM") & (pl.col("DatePremiereMADPM") <= file.date)).select(
                "ReferencePM",
                pl.col("DatePremiereMADPM").alias(EXPECTED),
                pl.col(LINE).alias(OTHER_LINE),
                pl.lit(file.name).alias(OTHER),
            )
            past = passed if past is None else pl.concat([past, passed.join(past, on="ReferencePM", how="anti")])


def pm_rows(batch: Batch, file: CrossFile) -> pl.DataFrame:
    """Give each PM of an IPE once, as its first row describes it."""
    described = ("EtatPM", "DatePremiereMADPM", *raw_rules()["CROISE-CRMAD-PM"]["columns"])

    def keep(frame: pl.DataFrame) -> pl.DataFrame:
        return filled("ReferencePM")(frame).unique("ReferencePM", keep="first", maintain_order=True)

    def read() -> pl.DataFrame:
        return keep(file.read(["ReferencePM", *described], keep))

    return batch.once(("pm_rows", file.shown), read)


# --- one step from a file to the next ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """What one file changes: rows whose state went back, rows gone, rows that stay in the final state."""

    back: pl.DataFrame
    gone: pl.DataFrame
    lasting: pl.DataFrame


class _Story:
    """What the files so far have said of each key: state, line in the last file, and two file numbers.

    ``alive`` is the last file that showed the key in another state than the final one, ``ended`` the first that
    showed it in that state since.
    """

    def __init__(self, dates: Sequence[str], order: Sequence[str], final: str) -> None:
        self._final = final
        self._rank = {state: rank for rank, state in enumerate(order)}
        self._past: pl.DataFrame | None = None
        self._dates = dates

    def step(self, now: int, rows: pl.DataFrame) -> _Step:
        """Take the rows of the next file: ``key``, ``place`` (a second key), ``state``, ``@line``."""
        past = self._past if self._past is not None else _nothing(rows)
        lots = 1 + max(past.height, rows.height) // _LOT
        parts = [self._lot(now, _dealt(past, lots, lot), _dealt(rows, lots, lot)) for lot in range(lots)]
        self._past = pl.concat([kept for kept, _step in parts])
        gone = pl.concat([step.gone for _kept, step in parts])
        # A row whose identifier changed but whose address still stands has not left.
        gone = gone.join(rows.select("place"), on="place", how="anti").sort(OTHER_LINE)
        return _Step(
            pl.concat([step.back for _kept, step in parts]), gone, pl.concat([step.lasting for _kept, step in parts])
        )

    def _lot(self, now: int, past: pl.DataFrame, rows: pl.DataFrame) -> tuple[pl.DataFrame, _Step]:
        rows = rows.unique("key", keep="first", maintain_order=True)
        both = past.join(rows, on="key", how="full", coalesce=True, suffix="_new")
        here = both.filter(pl.col("@line_new").is_not_null())
        ended = pl.col("state_new") == self._final
        kept = here.select(
            "key",
            pl.col("place_new").alias("place"),
            pl.col("state_new").alias("state"),
            pl.col("@line_new").alias(LINE),
            pl.when(ended).then(pl.col("alive")).otherwise(now).cast(pl.UInt16).alias("alive"),
            pl.when(ended).then(pl.col("ended").fill_null(now)).otherwise(None).cast(pl.UInt16).alias("ended"),
        )
        back = here.filter(self._went_back()).select(
            pl.col("@line_new").alias(LINE),
            pl.col(LINE).alias(OTHER_LINE),
            pl.col("state_new").cast(pl.String).alias(RECEIVED),
            pl.col("state").cast(pl.String).alias(EXPECTED),
        )
        gone = both.filter(pl.col("@line_new").is_null()).select(
            pl.col(LINE).alias(OTHER_LINE), "place", pl.col("state").cast(pl.String), "alive", "ended"
        )
        lasting = kept.filter(pl.col("state") == self._final).select(LINE, "ended")
        return kept, _Step(back, gone, lasting)

    def _went_back(self) -> pl.Expr:
        old, new = (
            pl.col(name).cast(pl.String).replace_strict(self._rank, default=None, return_dtype=pl.Int8)
            for name in ("state", "state_new")
        )
        reopened = (pl.col("state") == self._final) & (pl.col("state_new") != self._final)
        return (new < old).fill_null(value=False) | reopened.fill_null(value=False)


def _nothing(rows: pl.DataFrame) -> pl.DataFrame:
    number = pl.lit(None, pl.UInt16)
    return rows.clear().with_columns(number.alias("alive"), number.alias("ended"))


def _dealt(frame: pl.DataFrame, lots: int, lot: int) -> pl.DataFrame:
    return frame if lots == 1 else frame.filter(pl.col("key") % lots == lot)


# --- three months --------------------------------------------------------------------------------------------


def _gone(
    gone: pl.DataFrame, ident: str, file: CrossFile, series: Sequence[CrossFile], final: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows that are gone: the abandoned that left too early, and those that left without being abandoned.

    A row was abandoned after the last file that showed it otherwise: it stays at least three months from there. What
    was abandoned in the first file already may leave: since when is not known.
    """
    limits = _limits(ident, series)
    known = gone.with_columns(_told("alive", limits).alias(EXPECTED))
    early = known.filter((pl.col("state") == final) & (pl.col(EXPECTED) >= file.date))
    unannounced = gone.filter(pl.col("state").is_not_null() & (pl.col("state") != final))
    return early.select(OTHER_LINE, EXPECTED), unannounced.select(OTHER_LINE, pl.col("state").alias(EXPECTED))


def _overdue(lasting: pl.DataFrame, ident: str, file: CrossFile, series: Sequence[CrossFile]) -> pl.DataFrame:
    """Keep the rows still there although their three months, and a little more, are over."""
    grace = int(raw_rules()[ident]["grace_days"])
    limits = {number: _plus_days(limit, grace) for number, limit in _limits(ident, series).items()}
    since = {number: one.date for number, one in enumerate(series)}
    return (
        lasting.with_columns(
            _told("ended", limits).alias(EXPECTED),
            _told("ended", since).alias("since"),
            pl.lit(raw_rules()[ident]["final"]).alias(RECEIVED),
        )
        .filter(pl.col(EXPECTED) < file.date)
        .drop("ended")
    )


def _told(column: str, texts: dict[int, str]) -> pl.Expr:
    return pl.col(column).replace_strict(texts, default=None, return_dtype=pl.String)


def _limits(ident: str, series: Sequence[CrossFile]) -> dict[int, str]:
    months = int(raw_rules()[ident]["months"])
    return {number: months_later(one.date, months) for number, one in enumerate(series)}


def _plus_days(day: str, days: int) -> str:
    return (date(int(day[:4]), int(day[4:6]), int(day[6:])) + timedelta(days=days)).strftime("%Y%m%d")


# --- the narrow rows -----------------------------------------------------------------------------------------


def _series(batch: Batch) -> list[list[CrossFile]]:
    """Give the dated IPE files of each OI, in time."""
    found: dict[str, list[CrossFile]] = {}
    for one in batch.of("IPE"):
        if is_date(one.date):
            found.setdefault(one.facts.get("oi", ""), []).append(one)
    return [series for series in found.values() if len(series) > 1]


def _address_rows(file: CrossFile, states: Sequence[str]) -> pl.DataFrame:
    names = ("IdentifiantImmeuble", "CodeAdresseImmeuble", "BatimentImmeuble")
    identifier, code, building = (pl.col(name) for name in names)
    key = pl.when(identifier != "").then(identifier).otherwise(pl.concat_str([code, building], separator=_UNIT))

    def keep(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter((identifier != "") | (code != "")).select(
            key.hash().alias("key"), code.hash().alias("place"), _state("EtatImmeuble", states), LINE
        )

    return file.read([*names, "EtatImmeuble"], keep)


def _pm_keys(rows: pl.DataFrame, states: Sequence[str]) -> pl.DataFrame:
    key = pl.col("ReferencePM").hash()
    return rows.select(key.alias("key"), key.alias("place"), _state("EtatPM", states), LINE)


def _state(column: str, states: Sequence[str]) -> pl.Expr:
    return pl.col(column).cast(pl.Enum(list(states)), strict=False).alias("state")


def _states(ident: str) -> tuple[list[str], str]:
    written: Any = raw_rules()[ident]
    return list(written["order"]), str(written["final"])


def _is_day(column: str) -> pl.Expr:
    return pl.col(column).str.contains(r"^[0-9]{8}$")
