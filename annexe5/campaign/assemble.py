"""From what was seen to what is reported: a pure function of the scenarios, the observations and the oracle."""

from __future__ import annotations

import platform
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from typing import Protocol

from annexe5 import __version__
from annexe5.campaign.bench import Placed
from annexe5.campaign.message_orders import message_events, with_messages
from annexe5.campaign.observe import Observation
from annexe5.campaign.oc_target import OcTarget
from annexe5.campaign.results import (
    CampaignResult,
    FileResult,
    OrderEvent,
    OrderResult,
    RequirementResult,
    ScenarioResult,
)
from annexe5.campaign.target import Target
from annexe5.contract.coverage import coverage
from annexe5.contract.profile import Profile
from annexe5.contract.requirements import Requirement, load_requirements
from annexe5.findings import Finding, Level, Severity, Verdict, roll_up, verdict_of
from annexe5.orders import OrderJudgement, load_cycle

_JUDGES = ("frictionless", "xmlschema", "zeep", "paramiko", "pytest", "pytest-bdd", "hypothesis", "polars")
_OUTCOMES = {"OK": "OK", "KO": "KO", "HOTLINE": "HOTLINE", "ANNUL": "ANNUL", "RESIL": "RESIL"}


@dataclass(frozen=True, slots=True)
class Frame:
    """What a result says beside what was seen."""

    party: str
    simulated: bool
    started: datetime
    ended: datetime
    command: str
    seed: int
    notes: tuple[str, ...]


class Chair(Protocol):
    """Whoever saw the campaign: the bench opposite an OI, the instrument opposite an OC."""

    profile: Profile
    observations: list[Observation]

    @property
    def target(self) -> Target | OcTarget:
        """Who was under test."""

    @property
    def tested(self) -> str:
        """Its quadrigramme."""

    @property
    def references(self) -> tuple[str, ...]:
        """Every order seen."""

    @property
    def loose(self) -> tuple[Finding, ...]:
        """What counts against the party besides its files and its orders."""

    def judge(self, references: Iterable[str], *, final: bool = False) -> dict[str, OrderJudgement]:
        """Judge orders, of the side under test."""

    def placed(self, reference: str) -> Placed | None:
        """Give what an order was placed for."""


def assemble(bench: Chair, scenarios: Sequence[ScenarioResult], frame: Frame) -> CampaignResult:
    """Give the whole result of a campaign."""
    judged = bench.judge(bench.references, final=True)
    files = tuple(as_file(one, bench) for one in bench.observations)
    told = _with_orders(scenarios, judged)
    messages = message_events(bench.observations)
    orders = tuple(_order(bench, one, told, messages.get(one.reference, ())) for one in judged.values())
    loose = _loose(files, orders, told, bench)
    requirements = tuple(_requirement(one, told, loose, frame.party) for one in _bound(frame.party))
    verdict = roll_up([*(one.verdict for one in told), *([verdict_of(loose)] if loose else [])])
    return CampaignResult(
        suite_version=__version__,
        profile=bench.profile.id,
        profile_title=bench.profile.titre,
        party=frame.party,
        target=bench.target.described,
        simulated=frame.simulated,
        oi=bench.target.codes.oi,
        oc=bench.target.codes.oc,
        started=frame.started,
        ended=frame.ended,
        verdict=verdict,
        scenarios=told,
        orders=orders,
        files=files,
        requirements=requirements,
        command=frame.command,
        seed=frame.seed,
        versions=(("python", platform.python_version()), *((name, version(name)) for name in _JUDGES)),
        notes=frame.notes,
        subject=(bench.target.partie.nom, bench.target.partie.produit, bench.target.partie.version),
        capabilities=capabilities(bench.target),
        secrets=() if frame.simulated else bench.target.secret_references,
    )


def capabilities(target: Target | OcTarget) -> tuple[str, ...]:
    """Name what a party declares it can do, as its certificate tells it: ``modes STOC``, ``hotline``, ``service …``."""
    told: list[str] = []
    for name, value in target.capacites:
        if isinstance(value, bool):
            told += [name] if value else []
        elif isinstance(value, int) or value is None:
            told += [f"{name} {value}"] if value else []
        else:
            told += [f"{name} {one}" for one in value]
    services = target.services.urls if isinstance(target, Target) else {}
    return (*told, *(f"service {name}" for name in services))


def _bound(party: str) -> Iterable[Requirement]:
    return (one for one in load_requirements().values() if party.upper() in one.parties)


def _with_orders(
    scenarios: Sequence[ScenarioResult], judged: Mapping[str, OrderJudgement]
) -> tuple[ScenarioResult, ...]:
    """Add to each scenario what the oracle says of its orders once the campaign is over (an answer never came …)."""
    told = []
    for scenario in scenarios:
        known = set(scenario.findings)
        late = [
            finding
            for reference in scenario.orders
            if reference in judged
            for finding in judged[reference].findings
            if finding not in known and not _same_place(finding, known)
        ]
        if late and scenario.verdict in (Verdict.CONFORME, Verdict.RESERVE):
            findings = (*scenario.findings, *late)
            told.append(replace(scenario, findings=findings, verdict=verdict_of(findings), message=late[0].message.fr))
        else:
            told.append(scenario)
    return tuple(told)


def _same_place(finding: Finding, known: Iterable[Finding]) -> bool:
    return any(one.rule == finding.rule and one.orders == finding.orders for one in known)


def as_file(seen: Observation, bench: Chair) -> FileResult:
    """Give one exchange as a report shows it."""
    exchange = seen.exchange
    return FileResult(
        exchange=exchange.number,
        at=exchange.at,
        name=exchange.name,
        folder=exchange.folder,
        flow=seen.flow,
        sender=exchange.sender,
        receiver=exchange.receiver,
        channel=exchange.channel.value,
        size=len(exchange.data),
        digest=exchange.digest,
        findings=seen.findings if exchange.sender == bench.tested else (),
    )


def _order(
    bench: Chair, judged: OrderJudgement, scenarios: Sequence[ScenarioResult], messages: Sequence[OrderEvent]
) -> OrderResult:
    placed = bench.placed(judged.reference)
    oi, oc = bench.target.codes.oi, bench.target.codes.oc
    numbers = {seen.exchange.name: seen.exchange.number for seen in bench.observations}
    cycle = load_cycle()
    events = tuple(
        OrderEvent(
            at=event.at,
            came=event.proved,
            sender=event.sender,
            receiver=oc if event.sender == oi else oi,
            flow=event.flow,
            outcome=_OUTCOMES.get(event.kind.rpartition("_")[2], ""),
            file=event.file,
            line=event.line,
            exchange=numbers.get(event.file, 0),
            requirement=next((one.requirement for one in cycle.transitions if one.event == event.kind), ""),
        )
        for event in judged.events
    )
    scenario = next((one.id for one in scenarios if judged.reference in one.orders), "")
    return OrderResult(
        reference=judged.reference,
        mode=judged.mode,
        role=placed.role if placed else "",
        state=cycle.states[judged.state].fr,
        events=with_messages(events, messages),
        findings=judged.findings,
        scenario=scenario,
    )


def _loose(
    files: Iterable[FileResult], orders: Iterable[OrderResult], scenarios: Iterable[ScenarioResult], bench: Chair
) -> list[Finding]:
    """Give the findings that no scenario has told: they count all the same."""
    heard = [finding for scenario in scenarios for finding in scenario.findings]
    places = {(one.rule, one.path, one.line, one.column) for one in heard}
    of_orders = {(one.rule, order) for one in heard for order in one.orders}
    found = [finding for one in files if one.sender == bench.tested for finding in one.findings]
    found += [finding for one in orders for finding in one.findings]
    found += bench.loose
    return [
        one
        for one in found
        if (one.rule, one.path, one.line, one.column) not in places
        and not any((one.rule, order) in of_orders for order in one.orders)
    ]


def _requirement(
    clause: Requirement, scenarios: Sequence[ScenarioResult], loose: Sequence[Finding], party: str
) -> RequirementResult:
    mine = [one for one in scenarios if clause.id in one.requirements]
    against = defaultdict(list)
    for finding in (*loose, *(one for scenario in scenarios for one in scenario.findings)):
        against[finding.requirement].append(finding)
    findings = tuple(dict.fromkeys(against.get(clause.id, ())))
    # A scenario that failed under another clause's finding says nothing against this one.
    verdicts = [_own_verdict(one, clause.id) for one in mine]
    if findings:
        verdicts.append(verdict_of(findings))
    reason = ""
    if not mine:
        reason = _why_not(clause, party)
    verdict = roll_up(verdicts)
    if clause.level is not Level.MUST and verdict is Verdict.NON_CONFORME:
        verdict = Verdict.RESERVE
    return RequirementResult(clause.id, verdict, tuple(one.id for one in mine), findings, reason)


def _own_verdict(scenario: ScenarioResult, clause: str) -> Verdict:
    if scenario.verdict is not Verdict.NON_CONFORME:
        return scenario.verdict
    errors = [one for one in scenario.findings if one.severity is Severity.ERROR]
    if errors and all(one.requirement and one.requirement != clause for one in errors):
        return Verdict.BLOQUE
    return Verdict.NON_CONFORME


def _why_not(clause: Requirement, party: str) -> str:
    known = coverage()[clause.id]
    if known.kind == "tested":
        return f"aucun scénario joué contre l'{party.upper()}"
    return known.reason.fr if known.kind == "not testable" else f"{known.reason.fr} Constat : --answers, --attended."
