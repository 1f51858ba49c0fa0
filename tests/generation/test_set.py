"""A set of generated files is judged as a batch, and its orders as lives: nothing may be found."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import pytest

from annexe5.contract.calendar import PARIS
from annexe5.contract.names import parse_name
from annexe5.contract.profile import load_profile
from annexe5.generation import generate_set, load_plans
from annexe5.orders.cycle import load_cycle
from annexe5.orders.events import Event
from annexe5.orders.oracle import judge_orders
from annexe5.tables.crossfile import cross_check, open_batch
from annexe5.tables.octets import from_bytes

TODAY = date(2026, 3, 2)


def _files(rows, seed):
    return {made.name: b"".join(made.chunks) for made in generate_set(rows, seed, today=TODAY)}


def _cross(files):
    profile = load_profile()
    return cross_check(open_batch([from_bytes(data, name) for name, data in files.items()], profile), profile)


def _rows(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter=";"))


def _events(files):
    profile, cycle = load_profile(), load_cycle()
    ranks = {plan.nom: (plan.jour, plan.heure) for plan in load_plans().values()}
    batches = {rank: number for number, rank in enumerate(sorted(set(ranks.values())))}
    for name, data in files.items():
        read = parse_name(profile, name)
        plan = load_plans()[read.flow]
        if not plan.heure:
            continue
        at = datetime.combine(read.issued, datetime.strptime(plan.heure, "%H:%M").time(), PARIS)  # noqa: DTZ007
        sender = read.fields[profile.flow(read.flow).sender.lower()]
        for line, row in enumerate(_rows(data), start=2):
            yield Event(
                at, row["ReferenceCommandePriseInterneOC"], cycle.kind(read.flow, row), read.flow, sender, row, name,
                line, batches[ranks[read.flow]],
            )  # fmt: skip


def _lives(files):
    return judge_orders(_events(files), load_profile(), now=datetime(2026, 3, 2, 18, tzinfo=PARIS))


@pytest.mark.parametrize(("rows", "seed"), [(60, 2), (900, 4), (2_000, 11)])
def test_no_file_of_a_set_contradicts_another(rows, seed):
    assert _cross(_files(rows, seed)) == []


def test_a_row_taken_out_of_a_pm_report_is_missed():
    files = _files(900, 4)
    name = next(nom for nom in files if "_CRMAD_" in nom)
    lines = files[name].splitlines(keepends=True)
    files[name] = b"".join(lines[:-1])
    assert "CROISE-CRMAD-COMPLET" in {found.rule for found in _cross(files)}


def test_the_orders_of_a_set_live_as_the_contract_says():
    lives = _lives(_files(900, 4))
    assert len(lives) == 100
    assert [found for life in lives.values() for found in life.findings] == []
    assert {(life.mode, life.state) for life in lives.values()} == {("STOC", "RESILIEE"), ("OI", "RESILIEE")}


def test_an_answer_taken_out_of_a_set_is_missed():
    files = {name: data for name, data in _files(900, 4).items() if "_ARCMD_" not in name}
    assert any(life.findings for life in _lives(files).values())


def test_a_line_is_made_available_on_the_route_last_told():
    files = {parse_name(load_profile(), name).flow: _rows(data) for name, data in _files(900, 4).items()}
    told = {}
    for flow in ("CR_Cmd_Acces", "Notif_Reprov"):
        for row in files[flow]:
            told[row["ReferenceCommandePriseInterneOC"]] = row
    assert len(files["Notif_Reprov"]) == 25
    for row in files["CR_MAD_LigneFTTH"]:
        route = [name for name in row if "N°" in name]
        assert len(route) == 40
        assert [row[name] for name in route] == [told[row["ReferenceCommandePriseInterneOC"]][name] for name in route]


def test_the_same_seed_on_later_days_is_the_same_network_some_days_on():
    # Across a quarter: PMs that were not yet open have opened, others are new.
    files = {
        made.name: b"".join(made.chunks)
        for day in (date(2026, 3, 2), date(2026, 3, 30), date(2026, 4, 6))
        for made in generate_set(1500, 7, today=day)
    }
    assert len(files) == 57
    assert _cross(files) == []
