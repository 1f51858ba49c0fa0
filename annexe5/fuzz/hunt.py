"""The hunt: cases drawn and played until the budget is spent; what fails is shrunk, set aside, and the hunt goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from annexe5.findings import Finding

_BATCH = 150  # cases of one draw of Hypothesis: small, so that the clock is looked at and findings shrink early


class Sized(Protocol):
    """A case: ``size`` tells which of two is smaller."""

    @property
    def size(self) -> tuple[int, int, int]:
        """Compare with ``<``: the smaller is the easier to read."""


C = TypeVar("C", bound=Sized)


@dataclass(frozen=True, slots=True)
class Catch(Generic[C]):
    """A breach and the smallest case that showed it; ``shrunk`` is false when the budget ended first."""

    finding: Finding
    case: C
    findings: tuple[Finding, ...]
    shrunk: bool
    after: int


@dataclass
class Budget:
    """How long, and how many orders; ``steady`` gives seconds that never go back."""

    seconds: float
    orders: int | None = None
    steady: Callable[[], float] = time.monotonic
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.steady()

    @property
    def elapsed(self) -> float:
        """Seconds spent."""
        return self.steady() - self.started

    def over(self, placed: int) -> bool:
        """Tell whether the hunt must stop."""
        return self.elapsed >= self.seconds or (self.orders is not None and placed >= self.orders)


class _Spent(BaseException):
    """The budget is spent: not an Exception, so that nothing takes it for a failure of the case."""


class _Broken(Exception):  # noqa: N818 -- a case that shows a breach
    pass


@dataclass
class Hunt(Generic[C]):
    """``play`` judges a case; ``placed`` counts the orders so far; ``tell`` is called after each case."""

    play: Callable[[C], tuple[Finding, ...]]
    cases: SearchStrategy[C]
    budget: Budget
    first_seed: int = 0
    placed: Callable[[], int] = int
    tell: Callable[[Hunt[C]], None] = lambda _: None
    stop_at: int | None = None
    played: int = 0
    catches: list[Catch[C]] = field(default_factory=list)

    def run(self) -> tuple[Catch[C], ...]:
        """Hunt until the budget is spent, or ``stop_at`` breaches are caught."""
        number = 0
        while not self._over():
            self._draw(self.first_seed + number)
            number += 1
        return tuple(self.catches)

    def _over(self) -> bool:
        enough = self.stop_at is not None and len(self.catches) >= self.stop_at
        return enough or self.budget.over(self.placed())

    def _draw(self, number: int) -> None:
        known = {signature(one.finding) for one in self.catches}
        best: dict[str, tuple[C, Finding, tuple[Finding, ...], int]] = {}

        def look(case: C) -> None:
            if self.budget.over(self.placed()):
                raise _Spent
            found = self.play(case)
            self.played += 1
            self.tell(self)
            fresh = [one for one in found if signature(one) not in known]
            aim = next(iter(best), None)
            hit = next((one for one in fresh if aim is None or signature(one) == aim), None)
            if hit is None:
                return
            kept = best.get(signature(hit))
            if kept is None or case.size <= kept[0].size:
                best[signature(hit)] = (case, hit, found, self.played)
            raise _Broken

        drawn = settings(
            max_examples=_BATCH,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            print_blob=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )(seed(number)(given(self.cases)(look)))
        shrunk = True
        try:
            drawn()
        except _Broken:
            pass
        except _Spent:
            shrunk = False
        except Flaky:
            shrunk = False  # the party did not do the same thing twice: the smallest case seen is kept
        for case, finding, found, after in best.values():
            self.catches.append(Catch(finding, case, found, shrunk, after))


def signature(finding: Finding) -> str:
    """Name a breach so that it is told once: its rule, its clause, its column."""
    return f"{finding.rule}/{finding.requirement}/{finding.column}"
