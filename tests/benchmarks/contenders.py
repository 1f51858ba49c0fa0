"""Who is measured on an IPE file: one function each, run in a process of its own.

    python -m tests.benchmarks.contenders NAME FILE

The same checks as far as each allows: ``frictionless`` and ``pandera`` get the columns' constraints, the csv loop the
columns and the row rules; none of them judges quotes, bytes, or rules across rows as ours do.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable
from pathlib import Path

FACTS = {"date_fichier": "20170407"}


def fast(path: Path) -> object:
    """Give ours, the fast path."""
    return _ours(path, "fast")


def exact(path: Path) -> object:
    """Give ours, the exact path."""
    return _ours(path, "exact")


def command(path: Path) -> object:
    """Give ours, from the command line, as a user runs it."""
    from annexe5.cli import main

    sys.argv = ["annexe5", "validate", str(path), "--flow", "IPE", "--format", "json", "--output", "/dev/null"]
    return main()


def _ours(path: Path, engine: str) -> object:
    from annexe5.tables import judge_file, load_table

    report = judge_file(path, load_table("IPE"), facts=FACTS, engine=engine, max_samples=1000)  # type: ignore[arg-type]
    return report.rows, sum(one.count for one in report.findings)


def frictionless(path: Path) -> object:
    """Give frictionless, with the constraints of the columns."""
    from annexe5.tables import load_table
    from annexe5.tables.second_opinion import second_opinion

    return len(second_opinion(path.read_bytes(), load_table("IPE")))


def pandera(path: Path) -> object:
    """Give pandera on polars, with the constraints of the columns."""
    import pandera.polars as pa
    import polars as pl

    from annexe5.tables import load_table

    columns = {}
    for one in load_table("IPE").fields:
        checks = []
        if one.enum:
            checks.append(pa.Check.isin([*one.enum]))
        if one.pattern:
            checks.append(pa.Check.str_matches(f"^{one.pattern}$"))
        if one.max_length or one.min_length:
            checks.append(pa.Check.str_length(one.min_length, one.max_length))
        columns[one.name] = pa.Column(pl.String, checks=checks, nullable=not one.required)
    frame = pl.read_csv(path, separator=";", infer_schema=False)
    try:
        pa.DataFrameSchema(columns).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as told:
        return len(told.failure_cases)
    return frame.height


def csv_loop(path: Path) -> object:
    """Give what one writes by hand in an afternoon: the csv module, a check a column, the row rules as functions."""
    from annexe5.tables import load_table
    from annexe5.tables.conditions import closure
    from annexe5.tables.rules import rules_of

    table = load_table("IPE")
    index = {name: place for place, name in enumerate(table.names)}
    checks = [_by_hand(one) for one in table.fields]
    rules = [
        (closure(one.when, index, FACTS), closure(one.then, index, FACTS))
        for one in rules_of(table)
        if one.kind == "row"
    ]
    wrong = 0
    seen: set[str] = set()
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, delimiter=";")
        next(reader)
        for row in reader:
            for check, value in zip(checks, row, strict=True):
                wrong += not check(value)
            for when, then in rules:
                wrong += when(row) and not then(row)
            wrong += row[0] in seen
            seen.add(row[0])
    return wrong


def _by_hand(one: object) -> Callable[[str], bool]:
    required, longest, enum = one.required, one.max_length or 1 << 30, frozenset(one.enum)  # type: ignore[attr-defined]
    pattern = re.compile(f"^{one.pattern}$") if one.pattern else None  # type: ignore[attr-defined]

    def check(value: str) -> bool:
        if value == "":
            return not required
        if enum and value not in enum:
            return False
        if len(value) > longest:
            return False
        return pattern is None or pattern.match(value) is not None

    return check


def polars_scan(path: Path) -> object:
    """Give the floor: polars reads every column as text, and does nothing with it."""
    import polars as pl

    return sum(batch.height for batch in pl.scan_csv(path, separator=";", infer_schema=False).collect_batches())


def duckdb_count(path: Path) -> object:
    """Give duckdb counting every column as text."""
    import duckdb

    names = duckdb.sql(f"SELECT * FROM read_csv('{path}', delim=';', all_varchar=true) LIMIT 1").columns
    counts = ", ".join(f'count("{name}")' for name in names)
    return duckdb.sql(f"SELECT {counts} FROM read_csv('{path}', delim=';', all_varchar=true)").fetchall()


CONTENDERS: dict[str, Callable[[Path], object]] = {
    one.__name__: one for one in (fast, exact, command, frictionless, pandera, csv_loop, polars_scan, duckdb_count)
}

if __name__ == "__main__":
    print(CONTENDERS[sys.argv[1]](Path(sys.argv[2])))  # noqa: T201
