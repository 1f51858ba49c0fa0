"""Who owes what by when in a campaign that waits: read from its journal, without reaching anybody.

Deadlines are the profile's, in working days (ACC-04, ACC-05); the words are those of the report: *en attente jusqu'au*,
*hors délai de N jours*. ``watch`` resumes the campaign until all has ended.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from annexe5.campaign.journal import Journal, Stage
from annexe5.campaign.observe import observe
from annexe5.campaign.results import ScenarioResult
from annexe5.campaign.resuming import OVER, Begun, begun_in, journal_of, results_in
from annexe5.campaign.verdicts import waiting_words
from annexe5.contract.calendar import PARIS
from annexe5.contract.profile import Profile, load_profile
from annexe5.exchange import Channel
from annexe5.findings import Verdict, exit_code, roll_up
from annexe5.orders import Awaited, Event, judge_orders, load_cycle

WAITING = 3
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Debt:
    """One thing owed: by whom, which flow, for which order of which scenario, since and until when (None: no deadline).

    ``late`` counts the working days by which the deadline is over; ``words`` say it.
    """

    who: str
    what: str
    order: str
    scenario: str
    since: datetime | None
    until: datetime | None
    late: int
    words: str


@dataclass(frozen=True, slots=True)
class Status:
    """Where a campaign stands; ``over`` once it has played to the end with nothing awaited."""

    folder: str
    began: datetime
    begun: Begun
    verdicts: dict[Verdict, int]
    debts: tuple[Debt, ...]
    over: bool

    @property
    def code(self) -> int:
        """The exit code: 3 while something is awaited, else that of the verdict."""
        return exit_code(roll_up(self.verdicts)) if self.over else WAITING

    @property
    def next_deadline(self) -> datetime | None:
        """When the first deadline ends."""
        return min((one.until for one in self.debts if one.until), default=None)


def status_of(folder: Path, now: datetime) -> Status:
    """Read where the campaign of a folder stands. Raises ConfigurationError when it holds none."""
    with journal_of(folder) as journal:
        began, begun = begun_in(journal, folder)
        results = results_in(journal)
        debts = sorted(_debts(journal, begun, results, now), key=lambda one: (one.until or _LATEST, one.order))
        over = bool(journal.notes(OVER))
    verdicts = Counter(one.verdict for one in results.values())
    over = over and not verdicts[Verdict.EN_ATTENTE]
    return Status(str(folder), began, begun, dict(verdicts), tuple(debts), over)


def _debts(journal: Journal, begun: Begun, results: dict[str, ScenarioResult], now: datetime) -> Iterator[Debt]:
    profile = load_profile(begun.profile)
    scenario_of = {order: one for one in results.values() for order in one.orders}
    told: set[str] = set()
    for judged in judge_orders(_events(journal, begun, profile), profile, now=now, grace=begun.absence_jours).values():
        scenario = scenario_of.get(judged.reference)
        for one in judged.awaited if scenario is None or scenario.verdict is Verdict.EN_ATTENTE else ():
            told.add(scenario.id if scenario else "")
            yield _debt(one, scenario.id if scenario else "", profile)
    for result in results.values():
        if result.verdict is Verdict.EN_ATTENTE and result.id not in told:
            who, _, what = (result.awaits or "OI : ").partition(" : ")
            order = result.orders[-1] if result.orders else ""
            words = waiting_words(result.until) if result.until or result.awaits else result.message
            yield Debt(who, what or "silence", order, result.id, result.started, result.until, 0, words)


def _debt(awaited: Awaited, scenario: str, profile: Profile) -> Debt:
    flow = load_cycle().events[awaited.by[0]].flow
    who, words = profile.flow(flow).sender, waiting_words(awaited.until, awaited.late)
    return Debt(who, flow, awaited.reference, scenario, awaited.since, awaited.until, awaited.late, words)


def _events(journal: Journal, begun: Begun, profile: Profile) -> list[Event]:
    stages, keys, names = journal.stages(), journal.sendings(), defaultdict[str, set[str]](set)
    found: list[Event] = []
    for exchange, batch in journal.exchanges():
        ours = exchange.sender == begun.oc
        gone = Stage.GONE in stages.get(exchange.number, ())
        owed = exchange.number not in keys or keys[exchange.number].owed
        if exchange.channel is Channel.SOAP or (ours and not (gone and owed)):
            continue
        used = names[exchange.sender]
        seen = observe(exchange, profile, batch=batch, oi=begun.oi, arcep=begun.arcep, oc=begun.oc, used=used)
        used.add(exchange.name)
        found += seen.events
    return found


def as_json(status: Status) -> str:
    """Give the status for a machine: moments in ISO 8601, verdicts counted, debts in the order of their deadlines."""
    told = {
        "campagne": status.folder,
        "depuis": status.began.isoformat(),
        "oi": status.begun.oi,
        "oc": status.begun.oc,
        "scenarios": {verdict.value: count for verdict, count in status.verdicts.items()},
        "terminee": status.over,
        "prochaine_echeance": status.next_deadline.isoformat() if status.next_deadline else None,
        "attendus": [
            {
                "qui": one["who"], "quoi": one["what"], "commande": one["order"], "scenario": one["scenario"],
                "depuis": _iso(one["since"]), "echeance": _iso(one["until"]), "retard_jours": one["late"],
                "etat": one["words"],
            }
            for one in map(asdict, status.debts)
        ],
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=1)


def as_text(status: Status) -> str:
    """Give the status as a table: who, what, which order, since when, and in words until when."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in status.verdicts.items())
    head = [
        f"Campagne {status.folder} – {status.begun.oi} et {status.begun.oc}, commencée le {_day(status.began)}",
        f"Scénarios : {counts or 'aucun'}{'' if status.over else ' ; à reprendre'}",
    ]
    if not status.debts:
        return "\n".join([*head, "Rien n'est attendu de personne."])
    rows = [("Qui", "Quoi", "Commande", "Depuis", "Échéance")]
    rows += [(one.who, one.what, one.order, _day(one.since), one.words) for one in status.debts]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*head, "", lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def watch(resume: Callable[[], int], pause: Callable[[], bool], tell: Callable[[], None]) -> int:
    """Resume until nothing is awaited, or ``pause`` says to stop; gives the last exit code."""
    while True:
        code = resume()
        if code != WAITING:
            return code
        tell()
        if pause():
            return code


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(PARIS):%d/%m/%Y %H:%M}" if moment else ""
