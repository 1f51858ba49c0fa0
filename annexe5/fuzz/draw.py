"""Hypothesis strategies drawn from the contract: cells from the columns of a table, cases from the life of an order.

Nothing here tells valid from invalid: the table's judge does (``player``), so that the two never disagree.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from annexe5.fuzz.case import FORMS, Again, Case, Changes, Next, Ordered, Place, Step
from annexe5.fuzz.palette import palette
from annexe5.tables import Field, Table, load_table

_LONG = 600
_STEPS = 5
_ROWS = 6
_CHANGES = 4
_TAIL = 13
KEY = "ReferenceCommandePriseInterneOC"


def cells(field: Field) -> st.SearchStrategy[str]:
    """Draw what a column may be made to hold, right or wrong."""
    known = palette()
    kinds: list[st.SearchStrategy[str]] = [st.just("")]
    if field.enum:
        words = [*field.enum, *(one.lower() for one in field.enum), *(f"{one} " for one in field.enum), "X"]
        kinds.append(st.sampled_from(words))
    elif field.kind in ("date", "datetime"):
        kinds.append(st.sampled_from(known.dates))
    elif field.kind == "integer":
        kinds.append(st.sampled_from(known.numbers))
    elif field.personal == "phone":
        kinds.append(st.sampled_from(known.phones))
    if field.pattern and not field.enum:
        kinds.append(st.from_regex(field.pattern, fullmatch=True))
    if not field.enum:
        kinds += [_text(field, known.letters + known.marks), st.sampled_from(known.words)]
        kinds.append(_text(field, known.letters + known.odd))
        kinds += [_at_length(field, known.letters)] * (2 if field.max_length else 1)
    return st.one_of(kinds)


def _text(field: Field, alphabet: str) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(alphabet), min_size=1, max_size=min(field.max_length or 40, 40))


def _at_length(field: Field, letters: str) -> st.SearchStrategy[str]:
    """Draw around the lengths where readers cut: the column's own, and those of usual databases."""
    ends = [field.max_length or _LONG, 255, 50]
    lengths = sorted({one + more for one in ends for more in (0, 1) if 0 < one + more <= _LONG})
    return st.builds(lambda size, letter: letter * size, st.sampled_from(lengths), st.sampled_from(letters))


def changes(table: Table, *, neutral: bool) -> st.SearchStrategy[Changes]:
    """Draw columns of a table to be changed, each once; ``neutral`` keeps to those that change nothing of the order."""
    wanted = [one for one in table.fields if one.name != KEY and (not neutral or one.name in palette().neutral)]
    one_change = st.sampled_from(wanted).flatmap(lambda field: st.tuples(st.just(field.name), cells(field)))
    return st.lists(one_change, max_size=_CHANGES, unique_by=lambda one: one[0]).map(tuple)


def orders() -> st.SearchStrategy[Ordered]:
    """Draw one order: most often changed where nothing should come of it."""
    table = load_table("Cmd_Acces")
    calm = changes(table, neutral=True)
    tail = st.text(st.sampled_from(palette().letters + "-/_.É "), max_size=_TAIL)
    return st.builds(
        Ordered, st.one_of(st.just(()), calm, calm, changes(table, neutral=False)), st.one_of(st.just(""), tail)
    )


def _places() -> st.SearchStrategy[Step]:
    rows = st.lists(orders(), min_size=1, max_size=_ROWS).map(tuple)
    forms = st.one_of(st.just(FORMS[0]), st.sampled_from(FORMS))
    return st.builds(Place, rows, forms)


def _follows() -> st.SearchStrategy[Step]:
    place = st.integers(0, _ROWS - 1)
    flows: Any = st.sampled_from(("CR_STOC", "CR_MES_LigneFTTH", "Annul_Acces"))
    whom = st.one_of(place, place, st.just(-1))
    right = st.one_of(st.just(False), st.just(False), st.booleans())
    plain = st.builds(Next, flows, whom, right)
    odd = flows.flatmap(
        lambda flow: st.builds(Next, st.just(flow), place, st.just(False), changes(load_table(flow), neutral=False))
    )
    return st.one_of(plain, plain, odd, st.builds(Again, place))


def _lives() -> st.SearchStrategy[tuple[Step, ...]]:
    """Draw a whole life to its end, then what is done to it once more: late mistakes stand deep."""
    grown: tuple[Step, ...] = (Place((Ordered(),)), Next("CR_STOC", 0), Next("CR_MES_LigneFTTH", 0))
    until = st.integers(1, len(grown)).map(lambda number: grown[:number])
    return st.builds(lambda first, more: (*first, *more), until, st.lists(_follows(), min_size=1, max_size=3))


def cases() -> st.SearchStrategy[Case]:
    """Draw a case: orders, then what follows them in any order."""
    rows = st.builds(lambda first: (first,), _places())
    mixed = st.builds(
        lambda first, more: (first, *more),
        _places(),
        st.lists(st.one_of(_follows(), _follows(), _places()), min_size=1, max_size=_STEPS - 1),
    )
    return st.builds(Case, st.one_of(rows, mixed, _lives()))
