"""What the other PM flows say of a PM, against the IPE in force when they were written, and against one another.

CR_MAD_Pm, CPN, Cmd_Info_Pm and the notifications: pm-formats.md §9.3 n° 20, §9.4 n° 22, annexe5.txt §2. The IPE may
hold millions of rows: only those of the PMs and addresses that the batch cites are kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from annexe5.contract.rules import raw_rules
from annexe5.tables.crossfile.batch import Batch, Teller, check, columns
from annexe5.tables.crossfile.frames import EXPECTED, OTHER, OTHER_LINE, RECEIVED, among, differing, filled
from annexe5.tables.crossfile.history import pm_rows
from annexe5.tables.crossfile.reading import LINE, CrossFile

_BY_IDENTIFIER = ("ReferencePM", "IdentifiantImmeuble")
_BY_BUILDING = ("ReferencePM", "CodeAdresseImmeuble", "BatimentImmeuble")
_ZONE = ("ReferencePM", "IdentifiantImmeuble", "CodeAdresseImmeuble", "BatimentImmeuble", "EtatImmeuble",
         "NombreLogementsAdresseIPE")  # fmt: skip


@check("CROISE-PM-INCONNU")
def known_pms(batch: Batch, teller: Teller) -> None:
    """Look each PM cited up in the IPE."""
    for file in batch.of(*raw_rules()["CROISE-PM-INCONNU"]["flows"]):
        ipe = batch.ipe_for(file)
        column = next((name for name in columns("CROISE-PM-INCONNU") if file.has(name)), None)
        if ipe is None or column is None:
            continue
        known = pm_rows(batch, ipe).select(pl.col("ReferencePM").alias(column))
        cited = file.read([column], filled(column))
        unknown = cited.join(known, on=column, how="anti").rename({column: RECEIVED})
        teller.tell_all("CROISE-PM-INCONNU", file, unknown, column=column, other=ipe.name)


# --- CR_MAD_Pm against the IPE -------------------------------------------------------------------------------


@check("CROISE-CRMAD-PM", "CROISE-CRMAD-IPE-MAD")
def described_alike(batch: Batch, teller: Teller) -> None:
    """Compare the PM a report describes with the IPE's."""
    for report, ipe in _reports(batch):
        told = columns("CROISE-CRMAD-PM") + columns("CROISE-CRMAD-IPE-MAD")
        known = pm_rows(batch, ipe)
        for column in told:
            ident = "CROISE-CRMAD-PM" if column in columns("CROISE-CRMAD-PM") else "CROISE-CRMAD-IPE-MAD"
            rows = report.read(["ReferencePM", column])
            found = differing(rows, known, on=["ReferencePM"], column=column)
            teller.tell_all(ident, report, found, column=column, other=ipe.name)


@check("CROISE-CRMAD-ADRESSE")
def addresses_of_the_pm(batch: Batch, teller: Teller) -> None:
    """Look each address made available up behind the same PM."""
    for report, ipe in _reports(batch):
        zone = _zone(batch, ipe)
        rows = _rows(report).filter((pl.col("CodeAdresseImmeuble") != "") & (pl.col("ReferencePM") != ""))
        rows = rows.join(zone, on="ReferencePM", how="semi")
        absent = rows.join(zone, on=["ReferencePM", "CodeAdresseImmeuble"], how="anti")
        found = absent.select(LINE, pl.col("CodeAdresseImmeuble").alias(RECEIVED))
        teller.tell_all("CROISE-CRMAD-ADRESSE", report, found, other=ipe.name)


@check("CROISE-CRMAD-LOGEMENTS")
def dwellings_alike(batch: Batch, teller: Teller) -> None:
    """Compare the dwellings of each address with the IPE's."""
    for report, ipe in _reports(batch):
        zone, rows = _zone(batch, ipe), _rows(report)
        named = pl.col("IdentifiantImmeuble") != ""
        listed = rows.join(zone.filter(named), on=_BY_IDENTIFIER, how="semi").filter(named)
        others = rows.join(listed, on=LINE, how="anti")
        for part, key in ((listed, _BY_IDENTIFIER), (others, _BY_BUILDING)):
            found = differing(part, zone, on=key, column="NombreLogementsAdresseIPE")
            teller.tell_all("CROISE-CRMAD-LOGEMENTS", report, found, other=ipe.name)


@check("CROISE-CRMAD-COMPLET")
def nothing_left_out(batch: Batch, teller: Teller) -> None:
    """Look each deployed address of the PM up in the report; an IPE later than the report proves nothing."""
    for report, ipe in _reports(batch):
        if ipe.date > report.date:
            continue
        rows = _rows(report).filter(pl.col("EtatCrCommandePM") == "OK")
        due = _zone(batch, ipe).filter(pl.col("EtatImmeuble") == "DEPLOYE").join(rows, on="ReferencePM", how="semi")
        missing = due.join(rows.filter(pl.col("IdentifiantImmeuble") != ""), on=_BY_IDENTIFIER, how="anti")
        missing = missing.join(rows, on=_BY_BUILDING, how="anti").sort(LINE)
        found = missing.select(pl.col(LINE).alias(OTHER_LINE), pl.col("CodeAdresseImmeuble").alias(EXPECTED))
        teller.tell_all("CROISE-CRMAD-COMPLET", report, found, other=ipe.name)


@check("CROISE-CRMAD-KO-PM")
def refused_pm_is_abandoned(batch: Batch, teller: Teller) -> None:
    """After a KO, the next IPE shows the PM in its final state."""
    final = raw_rules()["CROISE-CRMAD-KO-PM"]["final"]
    for report in batch.of("CR_MAD_Pm"):
        ipe = next((one for one in batch.ipe_series(report.facts.get("oi", "")) if one.date >= report.date), None)
        if ipe is None:
            continue
        refused = _rows(report).filter(pl.col("EtatCrCommandePM") == "KO").unique("ReferencePM", keep="first")
        known = pm_rows(batch, ipe).select("ReferencePM", "EtatPM", pl.col(LINE).alias(OTHER_LINE))
        still = refused.join(known, on="ReferencePM").filter(pl.col("EtatPM") != final)
        found = still.select(LINE, OTHER_LINE, pl.col("EtatPM").alias(RECEIVED), pl.lit(final).alias(EXPECTED))
        teller.tell_all("CROISE-CRMAD-KO-PM", report, found, other=ipe.name)


# --- CR_MAD_Pm against the previous ones and the order -------------------------------------------------------


@check("CROISE-CRMAD-PREMIERE-MAD", "CROISE-CRMAD-PRESTATION")
def frozen_dates(batch: Batch, teller: Teller) -> None:
    """Compare the dates of each report with those of the first report to the same OC."""
    for ident in ("CROISE-CRMAD-PREMIERE-MAD", "CROISE-CRMAD-PRESTATION"):
        column, key = columns(ident)[0], str(raw_rules()[ident]["key"][0])
        for reports in batch.between("CR_MAD_Pm").values():
            first: pl.DataFrame | None = None
            for report in reports:
                rows = report.read([key, column], filled(key, column))
                seen = rows.unique(key, keep="first", maintain_order=True).with_columns(
                    pl.lit(report.name).alias(OTHER)
                )
                if first is None:
                    first = seen
                    continue
                teller.tell_all(ident, report, differing(rows, first, on=[key], column=column))
                first = pl.concat([first, seen.join(first, on=key, how="anti")])


@check("CROISE-CRMAD-KO")
def refused_once_accepted(batch: Batch, teller: Teller) -> None:
    """A KO follows an OK of the same PM to the same OC."""
    for reports in batch.between("CR_MAD_Pm").values():
        accepted: set[str] = set()
        for report in reports:
            rows = _rows(report)
            state = pl.col("EtatCrCommandePM")
            refused = rows.filter((state == "KO") & ~pl.col("ReferencePM").is_in(sorted(accepted)))
            found = refused.unique("ReferencePM", keep="first", maintain_order=True)
            teller.tell_all("CROISE-CRMAD-KO", report, found.select(LINE, pl.col("ReferencePM").alias(RECEIVED)))
            accepted.update(rows.filter(state == "OK").get_column("ReferencePM").to_list())


@check("CROISE-CRMAD-COMMANDE")
def answers_its_order(batch: Batch, teller: Teller) -> None:
    """Compare each report with the Cmd_Info_Pm it cites, where the batch holds it."""
    key = str(raw_rules()["CROISE-CRMAD-COMMANDE"]["key"][0])
    told = columns("CROISE-CRMAD-COMMANDE")
    orders = batch.between("Cmd_Info_Pm")
    for pair, reports in batch.between("CR_MAD_Pm").items():
        for order in orders.get(pair, []):
            known = order.read([key, *told]).filter(pl.col(key) != "").unique(key, keep="first", maintain_order=True)
            for report in reports:
                rows = report.read([key, *told])
                for column in told:
                    found = differing(rows, known, on=[key], column=column)
                    teller.tell_all("CROISE-CRMAD-COMMANDE", report, found, column=column, other=order.name)


# --- helpers -------------------------------------------------------------------------------------------------


def _reports(batch: Batch) -> Iterator[tuple[CrossFile, CrossFile]]:
    for report in batch.of("CR_MAD_Pm"):
        ipe = batch.ipe_for(report)
        if ipe is not None:
            yield report, ipe


def _rows(report: CrossFile) -> pl.DataFrame:
    return report.read([*_ZONE, "EtatCrCommandePM"])


def _zone(batch: Batch, ipe: CrossFile) -> pl.DataFrame:
    """Give the IPE's rows of every PM that a report of the batch speaks of."""

    def read() -> pl.DataFrame:
        cited = pl.concat([one.read(["ReferencePM"]).select("ReferencePM") for one in batch.of("CR_MAD_Pm")]).unique()
        return ipe.read(_ZONE, among(cited))

    return batch.once(("zone", ipe.shown), read)
