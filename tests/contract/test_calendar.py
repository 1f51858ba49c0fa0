"""Working days, beside an Easter computus of our own."""

from datetime import date, datetime, timedelta

import pytest

from annexe5.contract.calendar import PARIS, Calendar
from annexe5.contract.profile import WorkingDays, load_profile


def easter(year: int) -> date:
    """Gregorian Easter by Gauss's method, corrected for the two late years."""
    a, b, c = year % 19, year % 4, year % 7
    k = year // 100
    p, q = (13 + 8 * k) // 25, k // 4
    m, n = (15 - p + k - q) % 30, (4 + k - q) % 7
    d = (19 * a + m) % 30
    e = (2 * b + 4 * c + 6 * d + n) % 7
    if (d == 29 and e == 6) or (d == 28 and e == 6 and a > 10):
        e -= 7
    return date(year, 3, 22) + timedelta(days=d + e)


def national(year: int) -> set[date]:
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    return {date(year, *day) for day in fixed} | {easter(year) + timedelta(days=days) for days in (1, 39, 50)}


CALENDAR = Calendar(load_profile().jours_ouvres)


@pytest.mark.parametrize("year", range(2005, 2036))
def test_working_days_agree_with_an_independent_calendar(year):
    day = date(year, 1, 1)
    while day.year == year:
        assert CALENDAR.is_worked(day) is (day.weekday() < 5 and day not in national(year)), day
        day += timedelta(days=1)


def test_two_working_days_after_maundy_thursday_2017():
    assert CALENDAR.add(date(2017, 4, 13), 2) == date(2017, 4, 18)


def test_alsace_moselle_saturdays_and_closings_are_settings():
    alsace = Calendar(WorkingDays(pays="FR", subdivision="57", samedi=True, fermetures=("2026-12-28",)))
    assert not alsace.is_worked(date(2026, 12, 26))
    assert alsace.is_worked(date(2026, 11, 28))
    assert not alsace.is_worked(date(2026, 12, 28))


def test_a_deadline_ends_with_its_last_day_in_paris():
    delay = load_profile().delay("CR_CMD")
    friday = datetime(2026, 11, 20, 10, tzinfo=PARIS)
    due = CALENDAR.due(friday, delay)
    assert due.date() == date(2026, 11, 23)
    assert CALENDAR.late_by(friday, due, delay) == 0
    assert CALENDAR.late_by(friday, due + timedelta(seconds=1), delay) == 1
    assert CALENDAR.late_by(friday, due + timedelta(days=2), delay) == 2


def test_three_months_end_inside_the_month():
    delay = load_profile().delay("INTEGRATION")
    assert CALENDAR.due(datetime(2026, 11, 30, 8, tzinfo=PARIS), delay).date() == date(2027, 2, 28)
