"""The exchanges of one order as a sequence diagram: two lifelines, an arrow per event, deadlines kept or broken (SVG).

Deadlines are those of the profile, on the answers that ``life_cycle.toml`` says are owed.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from markupsafe import Markup, escape

from annexe5.campaign.results import OrderEvent, OrderResult
from annexe5.contract.calendar import Calendar
from annexe5.contract.profile import Profile
from annexe5.evidence.wording import when
from annexe5.findings import Text
from annexe5.orders.cycle import Cycle, Owed, load_cycle

WIDTH = 396
_OC, _OI, _RIGHT = 104, 336, 346
_TOP, _ROW, _DAY = 44, 52, 24
State = Literal["kept", "broken", "waiting"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """An answer owed: by which flow, until when, what became of it; ``answer`` is the row of the event that paid."""

    flow: str
    until: datetime
    state: State
    from_oi: bool
    requirement: str
    answer: int | None
    late: int = 0


def deadlines(order: OrderResult, profile: Profile, *, now: datetime) -> tuple[Deadline, ...]:
    """Give the deadlines that ran over an order, in the order of the events that started them."""
    cycle = load_cycle()
    calendar = Calendar(profile.jours_ouvres)
    kinds = [_kind(cycle, event) for event in order.events]
    found = []
    for index, (event, kind) in enumerate(zip(order.events, kinds, strict=True)):
        for owed in cycle.owed_after(kind, order.mode):
            if owed.delay:
                delay = profile.delay(owed.delay)
                until = calendar.due(event.at, delay)
                flow = cycle.events[owed.by[0]].flow
                answer = _answer(kinds, index, owed)
                came = None if answer is None else order.events[answer].came or order.events[answer].at
                late = calendar.late_by(event.at, came or now, delay)
                state: State = "broken" if late else "waiting" if came is None else "kept"
                if answer is not None or not _closed(kinds[index:]):
                    from_oi = profile.flow(flow).sender == "OI"
                    found.append(Deadline(flow, until, state, from_oi, owed.requirement, answer, late))
    return tuple(found)


def _kind(cycle: Cycle, event: OrderEvent) -> str:
    same = [one.id for one in cycle.events.values() if one.flow == event.flow]
    return next((one for one in same if one.rpartition("_")[2] == event.outcome), same[-1] if same else "")


def _answer(kinds: list[str], index: int, owed: Owed) -> int | None:
    return next((place for place in range(index + 1, len(kinds)) if kinds[place] in owed.by), None)


def _closed(kinds: list[str]) -> bool:
    """A cancellation that was accepted ends what was owed."""
    return any(kind in ("CR_ANNUL_ANNUL", "CR_ANNUL_RESIL") for kind in kinds)


def draw(
    order: OrderResult,
    *,
    oc: str,
    oi: str,
    due: tuple[Deadline, ...] = (),
    channels: Mapping[int, str] | None = None,
    clauses: Container[str] = frozenset(),
    ident: str = "",
) -> Markup:
    """Draw one order.

    ``channels`` gives the channel of each exchange, ``clauses`` those that the page can link to, ``ident`` makes the
    marker's id unique.
    """
    answered = {one.answer: one for one in due if one.answer is not None}
    parts: list[Markup] = []
    y = _TOP
    day = ""
    for index, event in enumerate(order.events):
        today = when(event.at, "%d/%m/%Y")
        if today != day:
            parts.append(_day(y + 12, today))
            y, day = y + _DAY, today
        from_oi = event.sender == oi or (event.sender != oc and event.receiver == oc)
        channel = (channels or {}).get(event.exchange, "")
        parts.append(_arrow(event, y + 24, from_oi, answered.get(index), channel, ident))
        parts.append(_clause(event.requirement, y + 28, clauses))
        y += _ROW
    for one in due:
        if one.answer is None:
            parts.append(_ghost(one, y + 24, ident))
            parts.append(_clause(one.requirement, y + 28, clauses))
            y += _ROW
    height = y + 14
    return Markup(
        '<svg class="seq" viewBox="0 0 {w} {h}" role="group" aria-label="{label}">'
        '<defs><marker id="fl{ident}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto-start-reverse"><path d="M0 0.6 8 4 0 7.4z" class="tip"/></marker></defs>{life}{body}</svg>'
    ).format(
        w=WIDTH,
        h=height,
        ident=ident,
        label=f"{order.reference} : OC {oc} ⇄ OI {oi}",
        life=_lifelines(height, oc, oi),
        body=Markup("").join(parts),
    )


def _lifelines(height: int, oc: str, oi: str) -> Markup:
    return Markup("").join(
        Markup(
            '<line x1="{x}" x2="{x}" y1="30" y2="{end}" class="life"/>'
            '<rect x="{left}" y="6" width="88" height="24" rx="5" class="head"/>'
            '<text x="{x}" y="22" class="mid strong">{name}</text>'
        ).format(x=x, left=x - 44, end=height - 4, name=name)
        for x, name in ((_OC, f"OC {oc}"), (_OI, f"OI {oi}"))
    )


def _day(y: int, day: str) -> Markup:
    return Markup(
        '<line x1="0" x2="{w}" y1="{line}" y2="{line}" class="day"/>'
        '<text x="2" y="{y}" class="small strong">{day}</text>'
    ).format(w=WIDTH, line=y + 6, y=y, day=day)


def _arrow(event: OrderEvent, y: int, from_oi: bool, due: Deadline | None, channel: str, ident: str) -> Markup:
    start, end = (_OI, _OC) if from_oi else (_OC, _OI)
    outcome = Markup(' <tspan class="out {css}">{word}</tspan>').format(css=_tone(event.outcome), word=event.outcome)
    via = f" ({channel})" if channel not in ("", "sftp") else ""
    parts = [
        Markup('<text x="2" y="{y}" class="small">{at}</text>').format(y=y + 4, at=when(event.at, "%H:%M:%S")),
        Markup('<line x1="{a}" x2="{b}" y1="{y}" y2="{y}" class="arrow" marker-end="url(#fl{ident})"/>').format(
            a=start, b=end, y=y, ident=ident
        ),
        Markup('<text x="{x}" y="{y}" class="mid">{flow}{out}{via}</text>').format(
            x=(_OC + _OI) // 2, y=y - 7, flow=event.flow, out=outcome if event.outcome else "", via=via
        ),
    ]
    if due is not None:
        parts.append(_due(due, y + 15))
    return Markup("").join(parts)


def _ghost(due: Deadline, y: int, ident: str) -> Markup:
    start, end = (_OI, _OC) if due.from_oi else (_OC, _OI)
    return Markup(
        '<line x1="{a}" x2="{b}" y1="{y}" y2="{y}" class="arrow ghost" marker-end="url(#fl{ident})"/>'
        '<text x="{x}" y="{label}" class="mid">{flow}</text>'
        "{due}"
    ).format(
        a=start,
        b=end,
        y=y,
        ident=ident,
        x=(_OC + _OI) // 2,
        label=y - 7,
        flow=due.flow,
        due=_due(due, y + 15),
    )


def _clause(ident: str, y: int, clauses: Container[str]) -> Markup:
    if not ident:
        return Markup("")
    css = "small link" if ident in clauses else "small"
    text = Markup('<text x="{x}" y="{y}" class="{css}">{ident}</text>').format(x=_RIGHT, y=y, css=css, ident=ident)
    return Markup('<a href="#{ident}">{text}</a>').format(ident=ident, text=text) if ident in clauses else text


_DUE = {
    "kept": Text("délai du {at} : tenu", "due {at}: kept"),
    "broken": Text("délai du {at} : hors délai de {late} j. ouvré(s)", "due {at}: late by {late} working day(s)"),
    "waiting": Text("en attente jusqu'au {at}", "awaited until {at}"),
}


def _due(due: Deadline, y: int) -> Markup:
    said = _DUE[due.state].format(at=when(due.until, "%d/%m %H:%M"), late=due.late)
    return Markup("").join(
        Markup('<text x="{x}" y="{y}" class="mid small due {state} {lang}" lang="{lang}">{said}</text>').format(
            x=(_OC + _OI) // 2, y=y, state=due.state, lang=lang, said=escape(said[lang])
        )
        for lang in ("fr", "en")
    )


def _tone(outcome: str) -> str:
    return {"OK": "ok", "KO": "ko"}.get(outcome, "other")
