"""Months of traffic between an OI and its OCs, with the breaches planted in it told (``annexe5 generate archive``).

Orders lead the lives of ``schemas/archive.toml``, a day after another: what a day brings is written, then forgotten, so
that an archive of any size is made in the memory of a few weeks of it. Rows are those of the generated network; the
same buildings come back, each order having its own reference, outlet, service and work order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from annexe5.contract.calendar import Calendar
from annexe5.contract.names import build_name
from annexe5.contract.profile import Profile
from annexe5.errors import UsageError
from annexe5.generation.lives import Etape, Fichier, Step, Vie, load_lives, steps
from annexe5.generation.plans import load_plans
from annexe5.generation.projection import projection
from annexe5.generation.sujets import SUJETS, Scene
from annexe5.network import generate
from annexe5.orders import load_cycle

_POOL = 400
_ROWS_A_FILE = 90
_SETTLED = 45
_LEAST_DAYS = 60
_MOST_DAYS = 125
_ORDERS_A_DAY = 40


@dataclass(frozen=True, slots=True)
class Planted:
    """One finding that an audit owes: its breach, the rule, the file, the line (None: the file itself)."""

    breach: str
    rule: str
    file: str
    line: int | None
    order: str


@dataclass(slots=True)
class ArchiveTruth:
    """What an archive holds, filled while it is written."""

    orders: int
    seed: int
    today: date
    files: int = 0
    rows: int = 0
    breaches: int = 0
    planted: list[Planted] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Give the JSON shape of ``--truth``."""
        found = sorted(self.planted, key=lambda one: (one.file, one.line or 0, one.rule, one.order))
        return {
            "orders": self.orders,
            "seed": self.seed,
            "today": self.today.isoformat(),
            "files": self.files,
            "rows": self.rows,
            "breaches": self.breaches,
            "errors": [
                {"breach": one.breach, "rule": one.rule, "file": one.file, "line": one.line, "order": one.order}
                for one in found
            ],
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: ``orders`` of two OCs, ending on ``today``, ``breaches`` of them broken."""

    orders: int
    today: date
    profile: Profile
    seed: int = 0
    breaches: int = 0
    ocs: tuple[str, str] = ("ZZZZ", "YYYY")


def generate_archive(
    wanted: Wanted, folder: Path, watch: Callable[[int, int], None] = lambda _done, _all: None
) -> ArchiveTruth:
    """Write an archive under an empty ``folder`` (``<OC>/IN/…``, ``<OC>/OUT/…``) and give the truth about it.

    The same arguments give the same bytes. ``watch`` is told how many orders of how many are placed.
    """
    if wanted.breaches > wanted.orders:
        raise UsageError(f"--breaches {wanted.breaches} : au plus un manquement par commande ({wanted.orders}).")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise UsageError(f"{folder} : le dossier doit être vide.")
    return _Archive(wanted, folder).write(watch)


# --- rows ----------------------------------------------------------------------------------------------------

# Columns whose value belongs to the order; what they hold in the pool gives way to a place of the template.
_OWN = {
    "ReferenceCommandePriseInterneOC": "r",
    "ReferencePrise": "prise",
    "ReferencePrestationPrise": "prestation",
    "ReferenceCommandeSousTraitantOI": "stoc",
}
_PLACES = {"{autre}": "%(autre)s", "{prise2}": "%(prise2)s"}


class _Rows:
    """Templates of rows, made when first asked for: an event of a mode, on a place of the pool."""

    def __init__(self, wanted: Wanted) -> None:
        network = generate(
            wanted.seed,
            4 * _POOL,
            oi=wanted.profile.oi.quadrigramme.valeur,
            ocs=(wanted.ocs[0],),
            today=wanted.today,
            bigramme=wanted.profile.oi.bigramme_arcep.valeur,
        )
        scene = Scene(network, wanted.ocs[0], wanted.profile)
        plans = load_plans()
        drawn = list(islice(SUJETS["dossiers"](scene, plans["Cmd_Acces"]), _POOL))
        stoc = [one for one in drawn if one.mode == "STOC"]
        self._pool: Mapping[str, list[Any]] = {
            "STOC": stoc, "OC": stoc, "OI": [one for one in drawn if one.mode == "OI"],
        }  # fmt: skip
        self._flow = {kind: event.flow for kind, event in load_cycle().events.items()}
        self._etapes = {one.evenement: one for one in load_lives().etape}
        self._project = {
            one.nom: projection(one.colonnes, one.table.names)
            for one in plans.values()
            if one.nom in self._flow.values()
        }
        self._made: dict[tuple[str, str, int, tuple[tuple[str, str], ...]], str] = {}

    def template(self, step: Step, mode: str, rank: int) -> str:
        """Give the row of a step as a template of what belongs to the order and to the day."""
        pool = self._pool[mode]
        key = (step.kind, mode, rank % len(pool), step.put)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(step, mode, pool[key[2]])
        return made

    def _make(self, step: Step, mode: str, dossier: Any) -> str:
        plan = load_plans()[self._flow[step.kind]]
        names = plan.table.names
        cells = [cell.replace("%", "%%") for cell in self._project[plan.nom](dossier)]
        row = dict(zip(names, cells, strict=True))
        for column, path in plan.colonnes.items():
            if column in _OWN and row[column]:
                row[column] = f"%({_OWN[column]})s"
            elif path == "installation":
                row[column] = "%(rdv)s 09:00" if row[column] else ""
            elif path.startswith("le."):
                row[column] = "%(racc)s 08:00" if column == "DateRaccordementPrise" else f"%(d)s {plan.heure}"
        _shape(row, self._etapes.get(step.kind))
        if plan.nom == "Cmd_Acces":
            row["TypeRacco"] = mode
        for column, value in step.put:
            if column == "route":
                _same_route(row, self._project["CR_Cmd_Acces"](dossier))
            else:
                row[column] = _PLACES.get(value, value)
        return ";".join(row.values())


def _shape(row: dict[str, str], etape: Etape | None) -> None:
    if etape is None:
        return
    if etape.garder:
        row.update({name: "" for name in row if name not in etape.garder})
    row.update(etape.mettre)


def _same_route(row: dict[str, str], cells: list[str]) -> None:
    """Give a Notif_Reprov the very route of the CR."""
    report = dict(zip(load_plans()["CR_Cmd_Acces"].table.names, cells, strict=True))
    row.update({name: report[name].replace("%", "%%") for name in row if " N°" in name and name in report})


# --- the archive ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Day:
    """What one flow brings to one OC on one day: rows, and the findings owed on some of them."""

    rows: list[str] = field(default_factory=list)
    owed: list[tuple[int, str, str, str]] = field(default_factory=list)


class _Archive:
    def __init__(self, wanted: Wanted, folder: Path) -> None:
        self.wanted, self.folder = wanted, folder
        self.random = Random(f"archive {wanted.seed}")  # noqa: S311  # generated data, the same for the same seed
        self.calendar = Calendar(wanted.profile.jours_ouvres)
        self.lives, self.rows = load_lives(), _Rows(wanted)
        self.flow = {kind: event.flow for kind, event in load_cycle().events.items()}
        self.truth = ArchiveTruth(wanted.orders, wanted.seed, wanted.today)
        self.days = self._worked_days()
        self.due: list[dict[tuple[str, str], _Day]] = [defaultdict(_Day) for _ in self.days]
        self.broken = self._broken()
        self.spoilt = self._spoilt()

    def write(self, watch: Callable[[int, int], None]) -> ArchiveTruth:
        total, placed = self.wanted.orders, 0
        eves = _eves(self.days)
        for rank in range(len(self.days)):
            upto = total * (rank + 1) // self._placing()
            while placed < min(upto, total):
                self._order(placed, rank, eves)
                placed += 1
            self._close(rank)
            watch(placed, total)
        return self.truth

    # --- when

    def _worked_days(self) -> list[date]:
        count = min(_MOST_DAYS, max(_LEAST_DAYS, self.wanted.orders // _ORDERS_A_DAY))
        last = self.wanted.today
        while not self.calendar.is_worked(last):
            last -= timedelta(days=1)
        found = [last]
        while len(found) < count:
            found.append(self.calendar.add(found[-1], -1))
        return found[::-1]

    def _placing(self) -> int:
        """Orders are placed up to the last day: the youngest ones are still open when the archive ends."""
        return len(self.days)

    def _broken(self) -> dict[int, Vie]:
        """Choose the orders that break a rule, each kind in turn, among those that have the time to show it."""
        early = max(1, (len(self.days) - _SETTLED) * self.wanted.orders // len(self.days))
        count = min(self.wanted.breaches, early)
        chosen = sorted(self.random.sample(range(early), count))
        kinds = self.lives.manquement
        self.random.shuffle(chosen)
        self.truth.breaches = count
        return {rank: kinds[at % len(kinds)] for at, rank in enumerate(chosen)}

    def _spoilt(self) -> dict[int, Fichier]:
        """Choose the days on which a file is spoilt: one for each ten breaches."""
        kinds = self.lives.fichier
        count = min(self.wanted.breaches // 10, len(self.days) - _SETTLED)
        chosen = self.random.sample(range(len(self.days) - _SETTLED), count) if count > 0 else []
        self.truth.breaches += len(chosen)
        return {rank: kinds[at % len(kinds)] for at, rank in enumerate(sorted(chosen))}

    # --- what

    def _order(self, number: int, day: int, eves: list[int]) -> None:
        broken = self.broken.get(number)
        life = broken or self.random.choices(self.lives.vie, self._weights)[0]
        if life.depart == "veille":
            day = eves[day]
        oc = number % 2
        reference = f"{self.wanted.ocs[oc]}-{self.wanted.seed % 10_000:04d}-{number + 1:08d}"
        values = {
            "r": reference,
            "prise": f"CV-{number >> 16:04X}-{number & 0xFFFF:04X}",
            "prise2": f"CW-{number >> 16:04X}-{number & 0xFFFF:04X}",
            "prestation": f"PPR-{number + 1:08d}",
            "stoc": f"STOC-{number + 1:08d}",
            "autre": f"AUTRE-{number + 1:08d}",
            "racc": "",
        }
        owed = defaultdict(list)
        for one in life.constats:
            owed[one.etape].append(one.regle)
        for rank, step in enumerate(steps(life.suite), start=1):
            day += step.least if step.least == step.most else self.random.randint(step.least, step.most)
            if day >= len(self.days):
                return
            self._put(step, day, oc, life, number, values)
            bucket = self.due[day][self.flow[step.kind], self.wanted.ocs[oc ^ step.other]]
            for regle in owed.get(rank, ()):
                bucket.owed.append((len(bucket.rows) - 1, life.nom, regle, reference))

    @property
    def _weights(self) -> list[int]:
        return [one.poids for one in self.lives.vie]

    def _put(self, step: Step, day: int, oc: int, life: Vie, number: int, values: dict[str, str]) -> None:
        written = f"{self.days[day]:%Y%m%d}"
        values["d"] = written
        if step.kind == "CR_STOC_OK" or not values["racc"]:
            values["racc"] = written
        values["rdv"] = f"{self.days[day] + timedelta(days=10):%Y%m%d}"
        bucket = self.due[day][self.flow[step.kind], self.wanted.ocs[oc ^ step.other]]
        bucket.rows.append(self.rows.template(step, life.mode, number) % values)

    # --- files

    def _close(self, rank: int) -> None:
        """Write what a day brings, and forget it."""
        spoil = self.spoilt.get(rank)
        for (flow, oc), brought in sorted(self.due[rank].items()):
            spoil = self._flow_of_a_day(flow, oc, self.days[rank], brought, spoil)
        self.due[rank] = {}

    def _flow_of_a_day(self, flow: str, oc: str, day: date, brought: _Day, spoil: Fichier | None) -> Fichier | None:
        header = ";".join(load_plans()[flow].table.names)
        owed = iter(sorted(brought.owed))
        following = next(owed, None)
        for seq, first in enumerate(range(0, len(brought.rows), _ROWS_A_FILE), start=1):
            rows = brought.rows[first : first + _ROWS_A_FILE]
            place, spoilt = self._place(flow, oc, day, seq, spoil)
            path = self.folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes("\r\n".join([header, *rows, ""]).encode())
            self.truth.files += 1
            self.truth.rows += len(rows)
            if spoilt and spoil:
                self.truth.planted += [Planted(spoil.nom, regle, place, None, "") for regle in spoil.constats]
                spoil = None
            while following is not None and following[0] < first + len(rows):
                at, breach, regle, order = following
                self.truth.planted.append(Planted(breach, regle, place, at - first + 2, order))
                following = next(owed, None)
        return spoil

    def _place(self, flow: str, oc: str, day: date, seq: int, spoil: Fichier | None) -> tuple[str, bool]:
        profile = self.wanted.profile
        name = build_name(profile, flow, oi=profile.oi.quadrigramme.valeur, oc=oc, date=day, seq=seq)
        folder, account = profile.flow(flow).dossier, oc
        if spoil is None or (spoil.sort == "dossier" and not folder.startswith("retrait")):
            return f"{account}/{profile.folder(folder)}/{name}", False
        if spoil.sort == "casse":
            name = name.removesuffix(".csv") + ".CSV"
        elif spoil.sort == "compte":
            account = next(one for one in self.wanted.ocs if one != oc)
        else:
            folder = "depose_acces"
        return f"{account}/{profile.folder(folder)}/{name}", True


def _eves(days: list[date]) -> list[int]:
    """Give, for each day, the nearest one from it on whose morrow is off; the day itself when none is left."""
    found = list(range(len(days)))
    for at in range(len(days) - 2, -1, -1):
        off = days[at + 1] - days[at] > timedelta(days=1)
        found[at] = at if off else found[at + 1]
    return found
