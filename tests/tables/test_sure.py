from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annexe5.tables import load_tables
from annexe5.tables.cells import cell_check
from annexe5.tables.sure import ordinary, sure_pattern

FIELDS = [(table, field) for table in load_tables().values() for field in table.fields]


@pytest.mark.parametrize(("table", "field"), FIELDS, ids=[f"{table.flow}-{field.name}" for table, field in FIELDS])
@given(data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_a_sure_pattern_matches_breaks_nothing(data: st.DataObject, table: object, field: object) -> None:
    pattern = sure_pattern(field, 1 << 30)  # type: ignore[arg-type]
    assert pattern is not None
    value = data.draw(st.from_regex(pattern, fullmatch=True))
    assert cell_check(field, table, 0)(value) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(("table", "field"), FIELDS, ids=[f"{table.flow}-{field.name}" for table, field in FIELDS])
def test_a_sure_pattern_matches_the_example(table: object, field: object) -> None:
    assert re.fullmatch(sure_pattern(field), field.example) or not field.example  # type: ignore[arg-type, attr-defined]


@given(st.from_regex(ordinary(upper=True), fullmatch=True))
def test_an_ordinary_upper_case_text_has_no_lower_case(value: str) -> None:
    assert value == value.upper() == value.strip()
