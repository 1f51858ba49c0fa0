"""What binds the PM files of an archive to one another: rules between tables, and the IPE of each Monday (PM-02)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from annexe5.audit.moments import Source, number_of
from annexe5.audit.shelf import File, Shelf
from annexe5.contract.rules import rule
from annexe5.findings import Finding
from annexe5.tables.crossfile.batch import cross_check
from annexe5.tables.crossfile.reading import open_batch
from annexe5.tables.octets import Source as Bytes
from annexe5.validation.masking import masked

_WEEK = 7


def compare(shelf: Shelf, today: int) -> None:
    """Judge the PM files together; what binds the ACCES files is told order by order."""
    _tables(shelf)
    ipe = [one for one in shelf.files if one.flow == "IPE" and one.moment.source is not Source.NONE]
    for finding in _mondays(ipe, shelf.limits.since, today):
        shelf.ledger.add(finding)


def _tables(shelf: Shelf) -> None:
    profile, limits = shelf.profile, shelf.limits
    files = {one.path: one for one in shelf.files if profile.flow(one.flow).protocole == "PM"}
    if len(files) < 2:  # noqa: PLR2004
        return
    sources = [Bytes(one.path, one.entry.open, one.entry.size) for one in files.values()]
    for finding in cross_check(open_batch(sources, profile), profile, samples=shelf.ledger.cap):
        file = files.get(finding.path)
        if file is None or file.moment.day >= limits.since:
            shelf.ledger.add(finding if limits.personal or file is None else masked(finding, file.flow))


def _mondays(files: list[File], since: int, today: int) -> Iterator[Finding]:
    """Tell the Mondays without an IPE of their date, account by account, from the first IPE of each on.

    The last day of the archive is left out when it is a Monday: its IPE may not have been collected yet.
    """
    accounts: dict[str, dict[date, File]] = defaultdict(dict)
    for one in files:
        issued = _issued(one.facts)
        if issued is not None:
            accounts[one.entry.account].setdefault(issued, one)
    for known in accounts.values():
        days = sorted(known)
        monday = days[0] + timedelta(days=-days[0].weekday() % _WEEK)
        while number_of(monday) < today:
            if monday not in known and number_of(monday) >= since:
                last = max(day for day in days if day < monday)
                told = rule("PM-IPE-LUNDI").finding(expected=f"{monday:%d/%m/%Y}", received=f"{last:%d/%m/%Y}")
                yield told.at(known[last].path)
            monday += timedelta(days=_WEEK)


def _issued(facts: Mapping[str, str]) -> date | None:
    try:
        return date.fromisoformat(facts.get("date_fichier", ""))
    except ValueError:
        return None
