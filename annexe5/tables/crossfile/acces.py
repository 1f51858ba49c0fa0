"""ACCES orders against the IPE they were taken from, and answers against the orders they answer.

annexe5.txt §3 (ACC-02, ACC-03, ACC-16). The sequence of the flows and their deadlines are judged by ``orders``; here a
batch of files is enough: is the reference known, are the address and the PM those of the order.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from annexe5.contract.rules import raw_rules
from annexe5.tables.crossfile.batch import Batch, Teller, check, columns
from annexe5.tables.crossfile.frames import EXPECTED, OTHER, OTHER_LINE, RECEIVED, differing, filled
from annexe5.tables.crossfile.reading import LINE, CrossFile

_KEY = "ReferenceCommandePriseInterneOC"
_CODE = "CodeAdresseImmeuble"


@check("CROISE-CMD-DOUBLE")
def used_once(batch: Batch, teller: Teller) -> None:
    """Look for references that two files of one OC share."""
    for orders in batch.between("Cmd_Acces").values():
        known: pl.DataFrame | None = None
        for file in orders:
            rows = _references(file)
            first = rows.unique(_KEY, keep="first", maintain_order=True).select(
                _KEY, pl.col(LINE).alias(OTHER_LINE), pl.lit(file.name).alias(OTHER)
            )
            if known is None:
                known = first
                continue
            again = rows.join(known, on=_KEY).select(LINE, OTHER_LINE, OTHER, pl.col(_KEY).alias(RECEIVED))
            teller.tell_all("CROISE-CMD-DOUBLE", file, again)
            known = pl.concat([known, first.join(known, on=_KEY, how="anti")])


@check("CROISE-CMD-CODE", "CROISE-CMD-ADRESSE", "CROISE-CMD-PM")
def as_the_ipe_says(batch: Batch, teller: Teller) -> None:
    """Compare each order's address and PM with the IPE's."""
    for file in batch.of("Cmd_Acces"):
        ipe = batch.ipe_for(file)
        if ipe is None or not file.has(_CODE):
            continue
        addresses = _addresses(batch, ipe)
        rows = file.read([_CODE, "ReferencePm", *columns("CROISE-CMD-ADRESSE")]).filter(pl.col(_CODE) != "")
        unknown = rows.join(addresses, on=_CODE, how="anti").select(LINE, pl.col(_CODE).alias(RECEIVED))
        teller.tell_all("CROISE-CMD-CODE", file, unknown, other=ipe.name)
        for column in columns("CROISE-CMD-ADRESSE"):
            found = differing(rows, addresses, on=[_CODE], column=column)
            teller.tell_all("CROISE-CMD-ADRESSE", file, found, column=column, other=ipe.name)
        teller.tell_all("CROISE-CMD-PM", file, _elsewhere(rows, addresses), other=ipe.name)


def _elsewhere(rows: pl.DataFrame, addresses: pl.DataFrame) -> pl.DataFrame:
    """Give the orders whose PM is none of those the IPE attaches the address to."""
    attached = addresses.filter(pl.col("ReferencePm") != "")
    reference = attached.unique(_CODE, keep="first", maintain_order=True).select(
        _CODE, pl.col("ReferencePm").alias(EXPECTED), pl.col(LINE).alias(OTHER_LINE)
    )
    ordered = rows.filter(pl.col("ReferencePm") != "").join(attached, on=[_CODE, "ReferencePm"], how="anti")
    return ordered.join(reference, on=_CODE).select(LINE, OTHER_LINE, EXPECTED, pl.col("ReferencePm").alias(RECEIVED))


# --- answers -------------------------------------------------------------------------------------------------


@check("CROISE-ACCES-INCONNUE", "CROISE-ACCES-ADRESSE", "CROISE-ACCES-PM")
def answers(batch: Batch, teller: Teller) -> None:
    """Compare each flow that follows an order with the orders of the batch, by pair of operators."""
    orders = batch.between("Cmd_Acces")
    for pair, files in batch.between(*raw_rules()["CROISE-ACCES-INCONNUE"]["flows"]).items():
        if pair not in orders:
            continue
        known = _orders(orders[pair])
        for file in files:
            if not file.has(_KEY):
                continue
            unknown = _references(file).join(known, on=_KEY, how="anti").rename({_KEY: RECEIVED})
            teller.tell_all("CROISE-ACCES-INCONNUE", file, unknown)
            for ident in ("CROISE-ACCES-ADRESSE", "CROISE-ACCES-PM"):
                _compare(ident, file, known, teller)


def _compare(ident: str, file: CrossFile, known: pl.DataFrame, teller: Teller) -> None:
    written = raw_rules()[ident]
    if file.flow not in written["flows"]:
        return
    for column in columns(ident):
        if file.has(column):
            rows = file.read([_KEY, column]).filter(~pl.col(column).is_in(list(written["neutral"])))
            teller.tell_all(ident, file, differing(rows, known, on=[_KEY], column=column), column=column)


def _orders(files: Sequence[CrossFile]) -> pl.DataFrame:
    wanted = [_KEY, *columns("CROISE-ACCES-ADRESSE"), *columns("CROISE-ACCES-PM")]
    frames = [one.read(wanted).with_columns(pl.lit(one.name).alias(OTHER)) for one in files if one.has(_KEY)]
    if not frames:
        return pl.DataFrame(schema=dict.fromkeys([*wanted, OTHER], pl.String) | {LINE: pl.UInt32})
    return pl.concat(frames).filter(pl.col(_KEY) != "").unique(_KEY, keep="first", maintain_order=True)


# --- helpers -------------------------------------------------------------------------------------------------


def _references(file: CrossFile) -> pl.DataFrame:
    return file.read([_KEY], filled(_KEY))


def _addresses(batch: Batch, ipe: CrossFile) -> pl.DataFrame:
    """Give the IPE's rows of every address that an order of the batch names, under the names ACCES gives columns."""

    def read() -> pl.DataFrame:
        renamed = dict(raw_rules()["CROISE-CMD-ADRESSE"]["ipe"])
        cited = pl.concat([one.read([_CODE]).select(_CODE) for one in batch.of("Cmd_Acces")]).unique()
        wanted = [renamed.get(column, column) for column in columns("CROISE-CMD-ADRESSE")]
        rows = ipe.read(
            [_CODE, *wanted, "ReferencePM"],
            lambda frame: frame.join(cited, on=_CODE, how="semi", maintain_order="left"),
        )
        return rows.rename({theirs: ours for ours, theirs in renamed.items()} | {"ReferencePM": "ReferencePm"})

    return batch.once(("addresses", ipe.shown), read)
