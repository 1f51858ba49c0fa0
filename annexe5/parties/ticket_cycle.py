"""The life of a SAV ticket as a pure automaton, read from ``schemas/soap/cycle_ticket.toml``.

Who moves a ticket where, in which version; an oracle judges the states seen on a ticket against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.rules import rule
from annexe5.findings import Confidence, Finding

Party = Literal["OI", "OC"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class State(_Model):
    """One state; empty ``versions``: all."""

    fr: str
    en: str
    final: bool = False
    versions: tuple[str, ...] = ()


class Move(_Model):
    """One move, who asks for it, the closure code that goes with it."""

    de: str
    vers: str
    par: Party
    code: str = ""
    versions: tuple[str, ...] = ()
    confidence: Confidence
    source: str


class Process(_Model):
    """One of the three processes: its troubleTicketType, who begins it, the clause, how it closes."""

    fr: str
    en: str
    type: int
    initiateur: Party
    cloture: str = ""
    requirement: str
    confidence: Confidence
    source: str


class Outcome(_Model):
    """What the simulated OI finds on site."""

    code: str
    code_prelocalisation_erronee: str
    localisation: str
    localisation_rompue: str
    responsabilite: str
    confidence: Confidence
    source: str


class TicketCycle(_Model):
    """The whole file; ``acces`` gives the column of the order flows behind each reference to an access."""

    source: str
    etats: Mapping[str, State]
    passage: tuple[Move, ...]
    processus: Mapping[str, Process]
    acces: Mapping[str, str]
    issue: Outcome
    introspection: Mapping[str, tuple[str, ...]]

    def states(self, version: str) -> tuple[str, ...]:
        """Give the states of a version (``2.1``, ``3.0``)."""
        return tuple(name for name, one in self.etats.items() if not one.versions or version in one.versions)

    def move(self, version: str, source: str, target: str, party: Party | None = None) -> Move | None:
        """Give the move between two states, for a party where one is named."""
        for one in self.passage:
            ours = (one.de, one.vers) == (source, target) and (not one.versions or version in one.versions)
            if ours and (party is None or one.par == party):
                return one
        return None

    def targets(self, version: str, source: str, party: Party | None = None) -> tuple[str, ...]:
        """Give where a ticket may go."""
        return tuple(one for one in self.etats if self.move(version, source, one, party))

    def process_of(self, ticket_type: int) -> str:
        """Give the process of a troubleTicketType, empty for none."""
        return next((name for name, one in self.processus.items() if one.type == ticket_type), "")

    def is_final(self, state: str) -> bool:
        """Tell whether a ticket stays there."""
        return state in self.etats and self.etats[state].final


@lru_cache(maxsize=1)
def load_ticket_cycle() -> TicketCycle:
    """Read the cycle once."""
    path = schemas_dir() / "soap" / "cycle_ticket.toml"
    return build(TicketCycle, read_toml(path), path)


def judge_states(seen: Sequence[tuple[datetime, str]], version: str, key: str = "") -> list[Finding]:
    """Judge the states seen on one ticket, in time: each must be reachable from the last, by any number of moves.

    Polling misses states: what is judged is that a way exists, and that a final state is final.
    """
    cycle = load_ticket_cycle()
    found = []
    for (_, before), (_, after) in pairwise(seen):
        if after != before and after not in _reachable(cycle, version, before):
            found.append(rule("TICKET-TRANSITION").finding(received=after, expected=before, column=key))
    return found


def judge_in_service(accesses: Iterable[tuple[str, bool]]) -> list[Finding]:
    """Judge an OC's creations: ``accesses`` are (reference, in service at that moment) pairs (SAV-11)."""
    return [
        rule("TICKET-EN-SERVICE").finding(received=reference, column=reference)
        for reference, in_service in accesses
        if not in_service
    ]


def _reachable(cycle: TicketCycle, version: str, start: str) -> set[str]:
    known: set[str] = set()
    waiting = [start]
    while waiting:
        for target in cycle.targets(version, waiting.pop()):
            if target not in known:
                known.add(target)
                waiting.append(target)
    return known
