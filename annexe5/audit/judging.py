"""Every order of an archive followed: patterns first, deadlines by pairs of days, then the true judge on some of them.

What is counted is exact; what is shown is what the judge of a live campaign says of the very rows, read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from annexe5.audit.events import EMPTY, KEY, KIND, MODE, OTHER_PM, PM, PM_COLUMN, REFERENCE, VALUES
from annexe5.audit.ledger import Ledger
from annexe5.audit.moments import noon
from annexe5.audit.patterns import FLOWS, KINDS, Pattern, Symbol, judge_pattern
from annexe5.contract.calendar import PARIS, Calendar
from annexe5.contract.profile import Profile
from annexe5.contract.rules import rule
from annexe5.findings import Finding, Severity
from annexe5.orders import Event, judge_order
from annexe5.tables.grouping import LINE
from annexe5.tables.many import FILE

OC, DAY, AT, PRECISE, SEQ = "oc", "day", "at", "precise", "seq"
FILES = pl.Schema({OC: pl.UInt16, DAY: pl.Int32, AT: pl.Int64, PRECISE: pl.Boolean, SEQ: pl.UInt32})
_GROUP, _PLACE, _CODE, _SUM, _PATTERN, _START, _EVENTS = "group", "place", "code", "sum", "pattern", "start", "events"
_REPEATED = "CROISE-CMD-DOUBLE"
_CMD = 0
# The place of each event's flow in the chart: within a flow, files keep the order of their names and rows theirs.
_CHART = {rank: list(dict.fromkeys(FLOWS.values())).index(FLOWS[kind]) for rank, kind in enumerate(KINDS)}
_ODD = pl.lit(0x9E3779B97F4A7C15, dtype=pl.UInt64)  # spreads places over 64 bits before they are hashed

# Gives the whole row of an event: its columns by name.
ReadRow = Callable[[int, int], Mapping[str, str]]


@dataclass(slots=True)
class Orders:
    """The orders of an archive in all: how many, in which state, what is awaited, those that could not be judged.

    ``awaited`` counts answers by the flows that would be one and the last day they have (None: no deadline);
    ``overdue`` those whose last day is past, with the number of working days since.
    """

    count: int = 0
    states: Counter[str] = field(default_factory=Counter)
    awaited: Counter[tuple[tuple[str, ...], int | None]] = field(default_factory=Counter)
    overdue: Counter[tuple[tuple[str, ...], int, int]] = field(default_factory=Counter)
    undated: int = 0
    opened_before: int = 0
    broken: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """How orders are judged: the last day of the archive, the first day told of, whether it begins halfway."""

    profile: Profile
    today: int
    since: int
    partial: bool


class Judge:
    """Follows the orders of one part after another; what it finds goes to the ledger."""

    def __init__(self, asked: Asked, files: pl.DataFrame, paths: Sequence[str], read: ReadRow, ledger: Ledger) -> None:
        self.asked, self.files, self.paths, self.read, self.ledger = asked, files, paths, read, ledger
        self.orders = Orders()
        self._calendar = Calendar(asked.profile.jours_ouvres)
        self._patterns: dict[tuple[Symbol, ...], int] = {}
        self._known: list[Pattern] = []
        self._lateness: dict[tuple[int, int, str], int] = {}
        self._dues: dict[tuple[int, str], int] = {}
        self._modes: dict[str, int] = {"": 0}

    def follow(self, events: pl.DataFrame) -> None:
        """Judge the orders of one part."""
        rows = self._ordered(events)
        if rows.height == 0:
            return
        orders = self._orders(rows)
        self.orders.count += orders.height
        found = [*self._slips(rows, orders), *self._deadlines(rows, orders)]
        self._tell(rows, found)
        self._repeated(rows)
        self._elsewhere(rows)

    # --- orders and their patterns ---------------------------------------------------------------------------

    def _ordered(self, events: pl.DataFrame) -> pl.DataFrame:
        """Give the events in the order they are judged in, grouped by order, what cannot be judged counted apart."""
        numbers = events.get_column(FILE)
        rows = events.hstack([self.files.get_column(name).gather(numbers) for name in FILES])
        rows = rows.with_columns(pl.struct(OC, REFERENCE).hash().alias(_GROUP))
        undated = rows.filter(pl.col(DAY).is_null()).get_column(_GROUP).unique()
        if len(undated):
            self.orders.undated += len(undated)
            rows = rows.filter(~pl.col(_GROUP).is_in(undated.implode()))
        if self.asked.partial:
            placed = rows.filter(pl.col(KIND) == _CMD).get_column(_GROUP).unique()
            before = rows.filter(~pl.col(_GROUP).is_in(placed.implode())).get_column(_GROUP).n_unique()
            self.orders.opened_before += before
            rows = rows.filter(pl.col(_GROUP).is_in(placed.implode()))
        rows = self._by_moment(rows).sort(_GROUP, AT, pl.col(KIND).replace_strict(_CHART), SEQ, FILE, LINE)
        if rows.select(
            ((pl.col(_GROUP) == pl.col(_GROUP).shift()) & (pl.col(REFERENCE) != pl.col(REFERENCE).shift())).any()
        ).item():
            raise AssertionError(
                "two references of one hash"
            )  # pragma: no cover  # one chance in 10 million for a million
        return rows.with_columns(pl.int_range(pl.len()).over(_GROUP).cast(pl.UInt32).alias(_PLACE))

    @staticmethod
    def _by_moment(rows: pl.DataFrame) -> pl.DataFrame:
        """Bring a day back to one moment wherever an event of the order is known to the day only."""
        if not rows.get_column(PRECISE).any() or rows.get_column(PRECISE).all():
            return rows
        day = [_GROUP, DAY]
        return rows.with_columns(
            pl.when(pl.col(PRECISE).all().over(day)).then(pl.col(AT)).otherwise(pl.col(AT).min().over(day)).alias(AT)
        )

    def _orders(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give one row an order: where it starts, how many events it has, its pattern."""
        coded = self._coded(rows)
        orders = coded.group_by(_GROUP, maintain_order=True).agg(
            pl.col("row").first().alias(_START),
            pl.len().alias(_EVENTS),
            (pl.col(_CODE) + pl.col(_PLACE).cast(pl.UInt64) * _ODD).hash().sum().alias(_SUM),
        )
        first = orders.unique([_SUM, _EVENTS], keep="first", maintain_order=True)
        numbers = [self._pattern(rows, start, count) for start, count in first.select(_START, _EVENTS).iter_rows()]
        known = first.select(_SUM, _EVENTS).with_columns(pl.Series(_PATTERN, numbers, dtype=pl.UInt32))
        orders = orders.join(known, on=[_SUM, _EVENTS], how="left", maintain_order="left")
        for number, count in orders.group_by(_PATTERN).len().iter_rows():
            self.orders.states[self._known[number].state] += count
        return orders

    def _coded(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Write each event as a number: kind, mode, whether it is of the moment before, which values agree."""
        for mode in rows.get_column(MODE).unique().to_list():
            self._modes.setdefault(mode, len(self._modes))
        same = (pl.col(_GROUP) == pl.col(_GROUP).shift()) & (pl.col(AT) == pl.col(AT).shift())
        rows = rows.with_row_index("row").with_columns(
            same.fill_null(value=False).alias("same"),
            pl.col(MODE).replace_strict(self._modes, return_dtype=pl.UInt64).alias("mode_number"),
            *(self._agreed(rows, name) for name in VALUES),
        )
        code = pl.col(KIND).cast(pl.UInt64) + pl.col("same").cast(pl.UInt64) * (1 << 5)
        code = code + pl.col("mode_number") % (1 << 6) * (1 << 6)
        for at, name in enumerate(VALUES):
            code = code + pl.col(name) % (1 << 11) * (1 << (12 + 11 * at))
        return rows.with_columns(code.alias(_CODE))

    @staticmethod
    def _agreed(rows: pl.DataFrame, name: str) -> pl.Series:
        """Give, for each value of a column, the place (plus 2) of the first event of the order that has it."""
        value = pl.col(name)
        filled = rows.select(_GROUP, _PLACE, name).with_row_index("row").filter(value > 1)
        first = filled.group_by(_GROUP, name).agg(pl.col(_PLACE).min().alias("first"))
        placed = filled.join(first, on=[_GROUP, name]).select("row", (pl.col("first") + 2).cast(pl.UInt64))
        whole = rows.get_column(name).clone()
        return whole.scatter(placed.get_column("row"), placed.get_column("first")) if placed.height else whole

    def _pattern(self, rows: pl.DataFrame, start: int, count: int) -> int:
        symbols = tuple(self._symbols(rows.slice(start, count)))
        if symbols not in self._patterns:
            self._patterns[symbols] = len(self._known)
            self._known.append(judge_pattern(symbols, self.asked.profile))
        return self._patterns[symbols]

    @staticmethod
    def _symbols(rows: pl.DataFrame) -> Iterator[Symbol]:
        seen: dict[tuple[int, int], int] = {}
        before = None
        for place, (kind, mode, at, *values) in enumerate(rows.select(KIND, MODE, AT, *VALUES).iter_rows()):
            said = tuple(
                value if value <= 1 else seen.setdefault((column, value), place + 2)
                for column, value in enumerate(values)
            )
            yield (kind, at == before, mode, said)
            before = at

    # --- what is wrong ---------------------------------------------------------------------------------------

    def _slips(self, rows: pl.DataFrame, orders: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Count what the patterns break, and give the orders that break it: rule, severity, order."""
        told = [
            (number, one.rule, one.severity.value, one.place)
            for number, pattern in enumerate(self._known)
            for one in pattern.slips
        ]
        if told:
            table = pl.DataFrame(
                told,
                schema={_PATTERN: pl.UInt32, "rule": pl.String, "severity": pl.String, "at_place": pl.UInt32},
                orient="row",
            )
            yield self._counted(rows, orders.join(table, on=_PATTERN))

    def _deadlines(self, rows: pl.DataFrame, orders: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Count the answers late, absent and awaited, by pairs of days."""
        told = [
            (number, one.rule, one.since, one.by, one.delay, "|".join(one.flows))
            for number, pattern in enumerate(self._known)
            for one in pattern.answers
        ]
        if not told:
            return
        schema = {
            _PATTERN: pl.UInt32,
            "rule": pl.String,
            "since": pl.UInt32,
            "by": pl.UInt32,
            "delay": pl.String,
            "flows": pl.String,
        }
        answers = orders.join(pl.DataFrame(told, schema=schema, orient="row"), on=_PATTERN)
        days = rows.get_column(DAY)
        came = answers.filter(pl.col("by").is_not_null())
        came = came.with_columns(
            days.gather(came.get_column(_START) + came.get_column("since")).alias("asked_on"),
            days.gather(came.get_column(_START) + came.get_column("by")).alias("came_on"),
        )
        late = self._late(came)
        if late.height:
            yield self._counted(rows, late.with_columns(pl.col("by").alias("at_place")))
        yield from self._still_owed(rows, answers.filter(pl.col("by").is_null()), days)

    def _late(self, came: pl.DataFrame) -> pl.DataFrame:
        """Give the answers that came too late."""
        pairs = came.select("asked_on", "came_on", "delay").unique()
        late = [one for one in pairs.iter_rows() if self._late_by(*one)]
        table = pl.DataFrame(late, schema=pairs.schema, orient="row")
        return came.join(table, on=["asked_on", "came_on", "delay"]).with_columns(_severity_of("rule"))

    def _late_by(self, asked_on: int, came_on: int, delay: str) -> int:
        key = (asked_on, came_on, delay)
        if key not in self._lateness:
            limit = self.asked.profile.delay(delay)
            self._lateness[key] = self._calendar.late_by(noon(asked_on), noon(came_on), limit)
        return self._lateness[key]

    def _still_owed(self, rows: pl.DataFrame, owed: pl.DataFrame, days: pl.Series) -> Iterator[pl.DataFrame]:
        owed = owed.with_columns(days.gather(owed.get_column(_START) + owed.get_column("since")).alias("asked_on"))
        absent = []
        for asked_on, delay, flows, count in owed.group_by("asked_on", "delay", "flows").len().iter_rows():
            due = self._due(asked_on, delay) if delay else None
            if due is not None and due < self.asked.today:
                absent.append((asked_on, delay))
                late = self._late_by(asked_on, self.asked.today, delay)
                self.orders.overdue[tuple(flows.split("|")), due, late] += count
            else:
                self.orders.awaited[tuple(flows.split("|")), due] += count
        if absent:
            table = pl.DataFrame(absent, schema={"asked_on": pl.Int32, "delay": pl.String}, orient="row").unique()
            missing = owed.join(table, on=["asked_on", "delay"])
            yield self._counted(rows, missing.with_columns(_severity_of("rule"), pl.col("since").alias("at_place")))

    def _due(self, asked_on: int, delay: str) -> int:
        """Give the last day on which an answer is in time."""
        key = (asked_on, delay)
        if key not in self._dues:
            due = self._calendar.due(noon(asked_on), self.asked.profile.delay(delay))
            self._dues[key] = (due.date() - _FIRST).days
        return self._dues[key]

    def _counted(self, rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
        """Count breaches told since the day asked; give the orders they are in."""
        told_on = rows.get_column(DAY).gather(found.get_column(_START) + found.get_column("at_place"))
        found = found.filter(told_on >= self.asked.since)
        for name, severity, count in found.group_by("rule", "severity").len().iter_rows():
            self.ledger.count(name, Severity(severity), count)
        return found.select("rule", "severity", _START, _EVENTS, _PATTERN)

    # --- what is shown ---------------------------------------------------------------------------------------

    def _tell(self, rows: pl.DataFrame, found: Iterable[pl.DataFrame]) -> None:
        """Let the true judge tell some of the orders found at fault, rule by rule, as many as there is room for."""
        frames = [one for one in found if one.height]
        if not frames:
            return
        faults = pl.concat(frames)
        self.orders.broken += faults.get_column(_START).n_unique()
        chosen: dict[int, tuple[int, int]] = {}
        for (name, severity), some in faults.sort(_START).partition_by("rule", "severity", as_dict=True).items():
            room = self.ledger.room(name, Severity(severity))
            for start, count, number in some.select(_START, _EVENTS, _PATTERN).head(max(room, 0)).iter_rows():
                chosen[start] = (count, number)
        for start, (count, number) in sorted(chosen.items()):
            for finding in self._true(rows.slice(start, count), self._known[number]):
                self.ledger.show(finding)

    def _true(self, rows: pl.DataFrame, pattern: Pattern) -> Iterator[Finding]:
        """Judge an order as a live campaign does, from its rows read again."""
        places = {place: rank for rank, place in enumerate(pattern.order)}
        events, days = [], {}
        for place, (file, line, kind, day, reference) in enumerate(
            rows.select(FILE, LINE, KIND, DAY, REFERENCE).iter_rows()
        ):
            path = self.paths[file]
            days[path, line] = day
            events.append(
                Event(
                    noon(day),
                    reference,
                    KINDS[kind],
                    FLOWS[KINDS[kind]],
                    "",
                    self.read(file, line),
                    path,
                    line,
                    places[place],
                )
            )
        judged = judge_order(events[0].reference, events, self.asked.profile, now=self._now)
        yield from (one for one in judged.findings if days[one.path, one.line or 0] >= self.asked.since)

    @property
    def _now(self) -> datetime:
        day = noon(self.asked.today)
        return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=PARIS)

    # --- what only two rows of an order show -------------------------------------------------------------------

    def _repeated(self, rows: pl.DataFrame) -> None:
        """Tell the references that serve again in another file of the same OC."""
        placed = rows.filter(pl.col(KIND) == _CMD)
        again = self._beside_first(placed.filter(pl.col(_GROUP).is_duplicated()), placed)
        for row, other in self._pairs(_REPEATED, again.filter(pl.col(FILE) != pl.col("first_file"))):
            self._show(_REPEATED, KEY, row, other, received=row[2])

    def _elsewhere(self, rows: pl.DataFrame) -> None:
        """Tell the flows that name another PM than the order."""
        named = rows.filter(pl.col(PM) != EMPTY)
        after = self._beside_first(named.filter(pl.col(KIND) != _CMD), named.filter(pl.col(KIND) == _CMD))
        for row, other in self._pairs(OTHER_PM, after.filter(pl.col(PM) != pl.col("first_pm"))):
            received, expected = (self.read(file, line).get(PM_COLUMN, "") for file, line in (row[:2], other))
            self._show(OTHER_PM, PM_COLUMN, row, other, received=received, expected=expected)

    @staticmethod
    def _beside_first(rows: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
        """Give rows with the first Cmd_Acces of their order beside them."""
        if not rows.height:
            return rows.with_columns(pl.col(FILE, LINE, PM).name.prefix("first_"))
        first = placed.unique(_GROUP, keep="first", maintain_order=True)
        return rows.join(
            first.select(_GROUP, pl.col(FILE, LINE, PM).name.prefix("first_")), on=_GROUP, maintain_order="left"
        )

    def _pairs(self, ident: str, found: pl.DataFrame) -> Iterator[tuple[tuple[int, int, str], tuple[int, int]]]:
        """Count breaches told since the day asked, and give the places of some: theirs, and the order's."""
        found = found.filter(pl.col(DAY) >= self.asked.since)
        if not found.height:
            return
        severity = rule(ident).effective_severity
        self.ledger.count(ident, severity, found.height)
        places = found.select(FILE, LINE, REFERENCE, "first_file", "first_line")
        for file, line, reference, *other in places.head(self.ledger.room(ident, severity)).iter_rows():
            yield (file, line, reference), (other[0], other[1])

    def _show(
        self,
        ident: str,
        column: str,
        row: tuple[int, int, str],
        other: tuple[int, int],
        received: str,
        expected: str = "",
    ) -> None:
        file, line, reference = row
        finding = rule(ident).finding(
            path=self.paths[file], line=line, column=column, received=received, expected=expected,
            other=self.paths[other[0]].rpartition("/")[2], other_line=other[1],
        )  # fmt: skip
        self.ledger.show(replace(finding, orders=(reference,)))


_FIRST = noon(0).date()


def _severity_of(column: str) -> pl.Expr:
    known = {name: rule(name).effective_severity.value for name in ("CYC-DELAI", "CYC-DELAI-AR", "CYC-REPONSE-ABSENTE")}
    return pl.col(column).replace_strict(known, return_dtype=pl.String).alias("severity")
