"""What a campaign remembers of itself: its journal read back, so that nothing is asked or sent twice (issue 6).

A scenario that is played again counts its orders, its sendings, its calls and its observations from the first, as it
did before; what the journal holds under the same rank is given back instead of being done again. Written before it is
done, read before it is redone: docs/decisions/0005.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from pydantic import TypeAdapter

from annexe5.campaign.journal import Journal, Key, Stage
from annexe5.findings import Finding

P = ParamSpec("P")
T = TypeVar("T")
ORDER, REFERENCE, CALL, REPLY, SEEN, MARK = "commande", "référence", "appel", "réponse", "vu", "repère"
"""The kinds of notes that are keyed by a scenario and a rank."""
IGNORED, MESSAGE, LOOKED, HARVESTED = "laissés", "message", "regard", "récolte"
_FINDINGS = TypeAdapter(tuple[Finding, ...])


@dataclass
class Memory:
    """The memory of one campaign; ``clock`` dates what it writes.

    Outside a scenario (``scenario`` empty) nothing is keyed and nothing is given back.
    """

    journal: Journal
    clock: Callable[[], datetime]
    scenario: str = ""
    _ranks: Counter[str] = field(default_factory=Counter)
    _notes: dict[tuple[str, str, int], Any] = field(default_factory=dict)
    _sent: dict[tuple[str, int], int] = field(default_factory=dict)
    _stages: dict[int, set[Stage]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for kind in (ORDER, REFERENCE, CALL, REPLY, SEEN, MARK):
            for _, note in self.journal.notes(kind):
                if isinstance(note, dict):
                    self._notes[kind, note["scenario"], note["rank"]] = note["said"]
        for number, key in self.journal.sendings().items():
            self._sent[key.scenario, key.rank] = number
        self._stages |= self.journal.stages()

    def turn_to(self, scenario: str) -> None:
        """Play a scenario, for the first time or again: its ranks start over."""
        self.scenario = scenario
        self._ranks.clear()

    # --- what was said ---------------------------------------------------------------------------------------

    def recall(self, kind: str, make: Callable[[], T]) -> T:
        """Give what was written under the next rank of a kind; else make it, and write it down before giving it."""
        rank = self._next(kind)
        key = kind, self.scenario, rank
        if key not in self._notes:
            said = make()
            self.write(kind, rank, said)
            return said
        found: T = self._notes[key]
        return found

    def recalled(self, kind: str, rank: int) -> Any:
        """Give what was written under a rank of the scenario at hand; None: nothing."""
        return self._notes.get((kind, self.scenario, rank))

    def write(self, kind: str, rank: int, said: object) -> None:
        """Write something down under a rank."""
        self.journal.note(self.clock(), kind, {"scenario": self.scenario, "rank": rank, "said": said})
        if self.scenario:
            self._notes[kind, self.scenario, rank] = said

    def rank(self, kind: str) -> int:
        """Count one more of a kind in the scenario at hand."""
        return self._next(kind)

    def said(self, kind: str) -> Iterator[Any]:
        """Give all that was written of a kind, in every scenario."""
        return (note["said"] for _, note in self.journal.notes(kind) if isinstance(note, dict))

    # --- what was sent -----------------------------------------------------------------------------------------

    def sending(self, *, owed: bool = True) -> tuple[Key | None, int]:
        """Give the key of the next sending, and the number it has in the journal if it was written there (else 0)."""
        if not self.scenario:
            return None, 0
        key = Key(self.scenario, self._next("envoi"), owed)
        return key, self._sent.get((key.scenario, key.rank), 0)

    def stages(self, number: int) -> set[Stage]:
        """Give the stages an exchange has reached."""
        return set(self._stages[number])

    def reach(self, number: int, stage: Stage) -> None:
        """Write down that an exchange has reached a stage."""
        self.journal.reach(number, stage, self.clock())
        self._stages[number].add(stage)

    def tell_message(self, number: int, flow: str, findings: tuple[Finding, ...]) -> None:
        """Write down what the judge said of a message of a web service."""
        said = {"exchange": number, "flow": flow, "findings": _FINDINGS.dump_python(findings, mode="json")}
        self.journal.note(self.clock(), MESSAGE, said)

    def looked(self, batch: int, at: datetime) -> None:
        """Write down when OUT was looked into before a batch of files came (0: before the campaign rested)."""
        self.journal.note(self.clock(), LOOKED, {"said": {"batch": batch, "at": at.isoformat()}})

    def harvested(self, batch: int) -> None:
        """Write down that all that stood in OUT at the moment of a batch has been taken."""
        self.journal.note(self.clock(), HARVESTED, {"said": {"batch": batch}})

    def _next(self, kind: str) -> int:
        self._ranks[kind] += 1
        return self._ranks[kind]


def messages_of(journal: Journal) -> Iterator[tuple[int, tuple[str, tuple[Finding, ...]]]]:
    """Give what was said of each message of a web service (its flow, its findings), by its number in the journal."""
    for _, said in journal.notes(MESSAGE):
        if isinstance(said, dict):
            yield said["exchange"], (said["flow"], _FINDINGS.validate_python(said["findings"]))


class _Remembering(Protocol):
    @property
    def memory(self) -> Memory: ...


R = TypeVar("R", bound=_Remembering)


def once(verb: Callable[Concatenate[R, P], None]) -> Callable[Concatenate[R, P], None]:
    """Make of a verb that observes the present one that is done once: seen, it stays seen when the scenario is resumed.

    What it looked at may be gone by then (a file collected, a state left behind).
    """

    @wraps(verb)
    def played(self: R, /, *args: P.args, **kwargs: P.kwargs) -> None:
        rank = self.memory.rank(SEEN)
        if self.memory.recalled(SEEN, rank) is None:
            verb(self, *args, **kwargs)
            self.memory.write(SEEN, rank, verb.__name__)

    return played
