"""An audit from the paths given to its outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from annexe5.audit.archive import entries
from annexe5.audit.between import compare
from annexe5.audit.events import Store
from annexe5.audit.judging import FILES, Asked, Judge, Orders
from annexe5.audit.ledger import Group, Ledger
from annexe5.audit.moments import Clockwork, Source, day_of, number_of, read_journal, read_log
from annexe5.audit.reading import Rows, read_all
from annexe5.audit.shelf import File, Limits, Shelf
from annexe5.contract.profile import load_profile
from annexe5.contract.rules import asked_rule
from annexe5.errors import UsageError
from annexe5.findings import Severity, Verdict, exit_code
from annexe5.validation.kept import ignored

Watch = Callable[[str, int, int], None]
_LONG_AGO = -(1 << 30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; days are AAAA-MM-JJ or AAAAMMJJ, ``ignore`` holds ``RULE:reason``."""

    paths: tuple[str, ...]
    profile: str = "covage-zmd-1.0"
    log: Path | None = None
    journal: Path | None = None
    today: str = ""
    since: str = ""
    until: str = ""
    oc: str = ""
    rules: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    partial: bool = False
    samples: int = 1000
    show_personal: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that an audit tells."""

    files: int
    rows: int
    flows: Mapping[str, int]
    first: date | None
    today: date | None
    sources: Mapping[Source, int]
    documents: int
    copies: int
    others: int
    out_of_period: int
    orders: Orders
    groups: tuple[Group, ...]
    ignored: tuple[tuple[str, str, int], ...] = ()
    only: tuple[str, ...] = ()
    asked: Wanted = field(default_factory=lambda: Wanted(()))

    @property
    def verdict(self) -> Verdict:
        """Non conforme where an error is found, else réserve, else conforme."""
        severities = {one.severity for one in self.groups if one.count}
        if Severity.ERROR in severities:
            return Verdict.NON_CONFORME
        return Verdict.RESERVE if Severity.RESERVE in severities else Verdict.CONFORME

    @property
    def exit_code(self) -> int:
        """0 conforme, 1 non conforme: an answer awaited at the end of an archive is no verdict."""
        return exit_code(self.verdict)


def run(wanted: Wanted, watch: Watch = lambda _what, _done, _all: None) -> Outcome:
    """Audit everything; UsageError for what cannot be asked or read."""
    profile = load_profile(wanted.profile)
    only, reasons = tuple(asked_rule(one).id for one in wanted.rules), ignored(wanted.ignore)
    if wanted.samples < 1:
        raise UsageError(f"--max-samples {wanted.samples} : au moins 1.")
    clock = Clockwork(
        read_log(wanted.log) if wanted.log else {}, read_journal(wanted.journal) if wanted.journal else {}
    )
    limits = Limits(
        wanted.oc,
        _day("--since", wanted.since, _LONG_AGO),
        _day("--until", wanted.until, -_LONG_AGO),
        personal=wanted.show_personal,
    )
    ledger = Ledger(wanted.samples)
    with ExitStack() as stack:
        shelf = Shelf(profile, clock, ledger, limits)
        for given in wanted.paths:
            for entry in entries(given, stack):
                shelf.take(entry)
                watch("noms", len(shelf.files), 0)
        if not shelf.files and not any(True for _one in ledger.groups({})):
            raise UsageError(f"{', '.join(wanted.paths)} : aucun fichier de flux à juger.")
        store = Store(stack)
        read_all(shelf, store, lambda done, total: watch("fichiers", done, total))
        days = [one.moment.day for one in shelf.files if one.moment.source is not Source.NONE]
        today = _day("--today", wanted.today, max(days, default=0))
        asked = Asked(profile, today, limits.since, wanted.partial)
        compare(shelf, today)
        judge = Judge(asked, _files(shelf.files), [one.path for one in shelf.files], Rows(shelf.files, profile), ledger)
        for number, part in enumerate(store.parts(), start=1):
            judge.follow(part)
            watch("dossiers", number, store.count)
    return Outcome(
        files=len(shelf.files),
        rows=shelf.rows,
        flows=Counter(one.flow for one in shelf.files),
        first=day_of(min(days)) if days else None,
        today=day_of(today) if days else None,
        sources=clock.used,
        documents=shelf.documents,
        copies=shelf.copies,
        others=shelf.others,
        out_of_period=shelf.out_of_period,
        orders=judge.orders,
        groups=tuple(ledger.groups(reasons, only)),
        ignored=tuple((name, reason, ledger.ignored(name)) for name, reason in reasons.items()),
        only=only,
        asked=wanted,
    )


def _files(files: list[File]) -> pl.DataFrame:
    """Give what the judge asks of each file, by its number."""
    codes = {oc: number for number, oc in enumerate(sorted({one.oc for one in files}))}
    dated = [one.moment.source is not Source.NONE for one in files]
    return pl.DataFrame(
        {
            "oc": [codes[one.oc] for one in files],
            "day": [one.moment.day if known else None for one, known in zip(files, dated, strict=True)],
            "at": [one.moment.at for one in files],
            "precise": [one.moment.precise for one in files],
            "seq": [one.seq for one in files],
        },
        schema=FILES,
    )


# --- what is asked -------------------------------------------------------------------------------------------


def _day(option: str, given: str, otherwise: int) -> int:
    if not given:
        return otherwise
    try:
        return number_of(date.fromisoformat(given))
    except ValueError:
        raise UsageError(f"{option} {given} : une date AAAA-MM-JJ est attendue.") from None
