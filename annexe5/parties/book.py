"""The OI's order book: what it remembers of each order of each OC."""

from __future__ import annotations

from dataclasses import dataclass, field

from annexe5.network.model import Batiment, Groupe, Ligne, Rdv


@dataclass(slots=True)
class Order:
    """One order as its OI sees it.

    ``service`` is the ReferencePrestationPm it names; ``state`` a state of ``life_cycle.toml``; ``groupe`` the group
    of fibres its route takes; ``pto`` the outlet in force; ``prestation`` the reference of the service on the line;
    ``work_order`` that of the Cmd_STOC.
    """

    reference: str
    oc: str
    mode: str
    service: str = ""
    state: str = "COMMANDEE"
    batiment: Batiment | None = None
    ligne: Ligne | None = None
    rdv: Rdv | None = None
    groupe: Groupe | None = None
    regime: str = ""
    pto: str = ""
    prestation: str = ""
    work_order: str = ""
    hotline: bool = False
    reprovisioned: bool = False
    overwritten: bool = False


@dataclass
class Book:
    """All orders, by OC then by reference, and what has been given out since the network was built."""

    orders: dict[tuple[str, str], Order] = field(default_factory=dict)
    groupes: set[Groupe] = field(default_factory=set)
    lines: dict[str, str] = field(default_factory=dict)
    names: set[tuple[str, str]] = field(default_factory=set)
    counters: dict[str, int] = field(default_factory=dict)

    def find(self, oc: str, reference: str) -> Order | None:
        """Give an order of an OC; another OC's reference is unknown to it."""
        return self.orders.get((oc, reference))

    def add(self, order: Order) -> None:
        """Take an order in."""
        self.orders[order.oc, order.reference] = order

    def next(self, counter: str) -> int:
        """Count from 1."""
        self.counters[counter] = number = self.counters.get(counter, 0) + 1
        return number

    def holder(self, pto: str) -> str:
        """Which OC was given an outlet since the network was built."""
        return self.lines.get(pto, "")

    def release(self, order: Order) -> None:
        """Give back what an order held."""
        if order.groupe is not None:
            self.groupes.discard(order.groupe)
        if order.pto and self.lines.get(order.pto) == order.oc:
            del self.lines[order.pto]
