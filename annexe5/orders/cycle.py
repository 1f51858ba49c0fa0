"""The life of an order as a pure automaton, read from ``schemas/life_cycle.toml`` (ACC-16 and its neighbours)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.errors import ContractError
from annexe5.findings import Text


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class State(_Entry):
    """One state of an order; nothing may follow a final one."""

    id: str
    fr: str
    en: str
    final: bool = False

    @property
    def label(self) -> Text:
        """The state in words."""
        return Text(self.fr, self.en)


class EventKind(_Entry):
    """One outcome of a flow: ``when`` are the columns that tell it from its siblings."""

    id: str
    flow: str
    when: Mapping[str, str] = Field(default_factory=dict)


class Transition(_Entry):
    """From which states an event may come, and where it leads (``to`` empty: the state stays)."""

    event: str
    origins: tuple[str, ...] = Field(alias="from")
    to: str
    mode: tuple[str, ...] = ()
    requirement: str


class Owed(_Entry):
    """An answer owed once an event was seen; ``delay`` names a deadline of the profile, if the contract gives one."""

    after: str
    by: tuple[str, ...]
    requirement: str
    delay: str = ""
    mode: tuple[str, ...] = ()


class _File(_Entry):
    source: str
    state: tuple[State, ...]
    event: tuple[EventKind, ...]
    transition: tuple[Transition, ...]
    owed: tuple[Owed, ...]


@dataclass(frozen=True)
class Cycle:
    """The automaton: states, event kinds in flow-chart order, transitions, answers owed."""

    states: Mapping[str, State]
    events: Mapping[str, EventKind]
    transitions: tuple[Transition, ...]
    owed: tuple[Owed, ...]

    def kind(self, flow: str, values: Mapping[str, str]) -> str:
        """Name the event that a row of a flow stands for; letter case of the outcome is forgiven (B.2)."""
        for event in self.events.values():
            if event.flow == flow and all(
                values.get(column, "").strip().upper() == expected for column, expected in event.when.items()
            ):
                return event.id
        raise ContractError(f"schemas/life_cycle.toml : aucun événement pour le flux {flow}.")

    def rank(self, event: str) -> int:
        """Place of an event in the flow chart: orders what was seen at the same moment."""
        return list(self.events).index(event)

    def step(self, state: str, event: str, mode: str) -> Transition | None:
        """Give the transition that an event takes from a state in a mode; None when it may not come."""
        for transition in self.transitions:
            if (
                transition.event == event
                and state in transition.origins
                and (not transition.mode or mode in transition.mode)
            ):
                return transition
        return None

    def possible(self, state: str, mode: str) -> tuple[str, ...]:
        """List the events that may come in a state."""
        return tuple(event for event in self.events if self.step(state, event, mode))

    def owed_after(self, event: str, mode: str) -> tuple[Owed, ...]:
        """List the answers owed once an event was seen."""
        return tuple(one for one in self.owed if one.after == event and (not one.mode or mode in one.mode))


@lru_cache(maxsize=1)
def load_cycle() -> Cycle:
    """Read the automaton, and check that it names only what it defines."""
    path = schemas_dir() / "life_cycle.toml"
    data = build(_File, read_toml(path), path)
    states = {state.id: state for state in data.state}
    events = {event.id: event for event in data.event}
    for transition in data.transition:
        unknown = ({transition.event} - set(events)) | ({*transition.origins, transition.to} - {*states, ""})
        if unknown:
            raise ContractError(f"{path} : transition {transition.event} : inconnu : {', '.join(sorted(unknown))}.")
    for owed in data.owed:
        unknown = {owed.after, *owed.by} - set(events)
        if unknown:
            raise ContractError(f"{path} : owed {owed.after} : inconnu : {', '.join(sorted(unknown))}.")
    return Cycle(MappingProxyType(states), MappingProxyType(events), data.transition, data.owed)
