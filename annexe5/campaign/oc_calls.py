"""The OC twin's way to the web services: its dialogues driven over HTTP, spoilt as its defects want."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from annexe5.campaign.clock import Clock
from annexe5.campaign.service_bench import ServiceBench
from annexe5.campaign.service_requests import SPOILS
from annexe5.campaign.target import Codes, Services
from annexe5.contract.profile import Profile
from annexe5.messages.calls import Outcome
from annexe5.parties.oc_defects import Habits
from annexe5.parties.oc_services import Asked, Dialogue, OcServices

T = TypeVar("T")


class OcCalls:
    """One OC twin before the services of one OI; ``close`` it when done."""

    def __init__(
        self,
        codes: Codes,
        services: Services,
        profile: Profile,
        habits: Habits,
        *,
        password: str = "",
        clock: Clock | None = None,
        record: Callable[..., int] = lambda *_: 0,
    ) -> None:
        self.conversation = OcServices(tuple(services.urls), habits)
        self._habits = habits
        self._bench = ServiceBench(
            codes, services, profile, record, password=password, clock=clock or Clock(), paced=habits.keeps_pace
        )

    def close(self) -> None:
        """Let the connection go."""
        self._bench.close()

    def drive(self, dialogue: Dialogue[T]) -> T:
        """Carry a dialogue to its end and give what came of it."""
        try:
            asked = next(dialogue)
            while True:
                asked = dialogue.send(self._outcome(asked))
        except StopIteration as end:
            result: T = end.value
            return result

    def _outcome(self, asked: Asked) -> Outcome:
        caller = self._bench.caller(asked.service)
        data: dict[str, Any] = dict(asked.data)
        if asked.mapped:
            operation, raw = caller.build_method(asked.method, data, oc=asked.oc)
        else:
            operation, raw = asked.method, caller.build(asked.method, data, oc=asked.oc)
            if not self._habits.heads_requests:
                raw = SPOILS["sans en-tête interop"](raw)
        return self._bench.send(asked.service, operation, raw).outcome
