"""How the named wrong behaviours of the OI twin act on the PM process (``schemas/defects.toml`` tells each)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import MappingProxyType

from annexe5.exchange import Exchange

Cells = dict[str, str]
Change = Callable[[Cells], Mapping[str, str] | None]
_NONE: Mapping[str, timedelta] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PmDefect:
    """How a defect acts.

    ``rows`` on those of a file (flow, how many files of that flow went before, rows), ``files`` on what leaves at one
    moment, ``decision`` on the code an order is given, ``late`` keeps a flow back.
    """

    rows: Callable[[str, int, list[Cells]], list[Cells]] | None = None
    files: Callable[[list[Exchange]], list[Exchange]] | None = None
    decision: Callable[[str], str] | None = None
    late: Mapping[str, timedelta] = field(default_factory=lambda: _NONE)


Maker = Callable[[], PmDefect]


def spoil_table(defects: Sequence[PmDefect], flow: str, rank: int, data: bytes) -> bytes:
    """Let each defect change the rows of a file (generated: no cell of it is quoted)."""
    acting = [one.rows for one in defects if one.rows is not None]
    if not acting:
        return data
    header, *lines = data.decode("utf-8").splitlines()
    names = header.split(";")
    rows = [dict(zip(names, line.split(";"), strict=True)) for line in lines]
    for act in acting:
        rows = act(flow, rank, rows)
    return "\r\n".join([header, *(";".join(row.values()) for row in rows), ""]).encode()


def spoil_files(defects: Sequence[PmDefect], files: list[Exchange]) -> list[Exchange]:
    """Let each defect change what leaves."""
    for defect in defects:
        if defect.files is not None:
            files = defect.files(files)
    return files


def spoil_decision(defects: Sequence[PmDefect], code: str) -> str:
    """Let each defect decide otherwise."""
    for defect in defects:
        if defect.decision is not None:
            code = defect.decision(code)
    return code


def kept_back(defects: Sequence[PmDefect], flow: str) -> timedelta:
    """Tell how long defects keep a flow back."""
    return sum((one.late.get(flow, timedelta(0)) for one in defects), timedelta(0))


# --- makers ----------------------------------------------------------------------------------------------------


def _rows(flow: str, change: Callable[[list[Cells]], list[Cells]], since: int = 0) -> Maker:
    """Change the rows of a flow, from its ``since``-th file on."""
    return lambda: PmDefect(rows=lambda name, rank, rows: change(rows) if name == flow and rank >= since else rows)


def _each(flow: str, change: Change, since: int = 0) -> Maker:
    """Write something else in each row of a flow; a change that gives None drops the row."""

    def act(rows: list[Cells]) -> list[Cells]:
        told = [(row, change(row)) for row in rows]
        return [{**row, **changed} for row, changed in told if changed is not None]

    return _rows(flow, act, since)


def _first(flow: str, which: Callable[[Cells], bool], changed: Mapping[str, str], since: int = 0) -> Maker:
    """Write something else in the first row that fits."""

    def act(rows: list[Cells]) -> list[Cells]:
        place = next((rank for rank, row in enumerate(rows) if which(row)), None)
        return [{**row, **changed} if rank == place else row for rank, row in enumerate(rows)]

    return _rows(flow, act, since)


def _files(change: Callable[[Exchange], Exchange | None]) -> Maker:
    return lambda: PmDefect(files=lambda files: [made for one in files if (made := change(one)) is not None])


def _without(pattern: str) -> Maker:
    """Forget the files whose name holds a pattern."""
    wanted = re.compile(pattern)
    return _files(lambda one: None if wanted.search(one.name) else one)


def _renamed(pattern: str, new: str) -> Maker:
    return _files(lambda one: replace(one, name=re.sub(pattern, new, one.name)))


def _one_monday_forgotten() -> PmDefect:
    """Send the IPE handed over at first, then forget that of the Monday that follows."""
    days: list[str] = []

    def files(found: list[Exchange]) -> list[Exchange]:
        told = []
        for one in found:
            day = re.search(r"_IPEZMD_V22_(\d{8})_", one.name)
            if day is not None and day[1] not in days:
                days.append(day[1])
            if day is None or days.index(day[1]) != 1:
                told.append(one)
        return told

    return PmDefect(files=files)


def _first_day_only(word: str) -> Maker:
    """Send the files of a flow on the first day, then forget them."""

    def make() -> PmDefect:
        days: set[str] = set()

        def files(found: list[Exchange]) -> list[Exchange]:
            told = []
            for one in found:
                day = re.search(word + r"(\d{8})_", one.name)
                if day is not None and days and day[1] not in days:
                    continue
                days.update([day[1]] if day else [])
                told.append(one)
            return told

        return PmDefect(files=files)

    return make


def _first_mad_rewritten(row: Cells) -> Mapping[str, str]:
    """Move both dates of opening a month on, so that only their history tells."""
    return {
        name: _month_on(row[name]) for name in ("DatePremiereMADPM", "DateMiseEnServiceCommercialePM") if row.get(name)
    }


def _month_on(text: str) -> str:
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    return date(year + month // 12, month % 12 + 1, min(day, 28)).strftime("%Y%m%d")


def _day_before(text: str) -> str:
    return (date(int(text[:4]), int(text[4:6]), int(text[6:])) - timedelta(days=1)).strftime("%Y%m%d")


def _one_dwelling_more(row: Cells) -> Mapping[str, str]:
    return {"NombreLogementsAdresseIPE": str(int(row["NombreLogementsAdresseIPE"]) + 1)}


_PM_FOLDER = "/PM"

PM_MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "pm-ipe-oublie": _one_monday_forgotten,
        "pm-ipe-recul": _first(
            "IPE", lambda row: row["EtatImmeuble"] == "DEPLOYE", {"EtatImmeuble": "EN COURS DE DEPLOIEMENT"}, since=1
        ),
        "pm-ipe-premiere-mad": _each("IPE", _first_mad_rewritten, since=1),
        "pm-ipe-abandon-court": _each("IPE", lambda row: None if row["EtatImmeuble"] == "ABANDONNE" else {}, since=2),
        "pm-ipe-etat-inconnu": _first("IPE", lambda row: row["EtatImmeuble"] == "CIBLE", {"EtatImmeuble": "PREVU"}),
        "pm-ipe-sans-projection": _each("IPE", lambda _: {"TypeProjectionGeographique": ""}),
        "pm-ipe-version": _renamed("_IPEZMD_V22_", "_IPEZMD_V21_"),
        "pm-refinterne": _renamed("^COVAGE_ZMD_(.*_(?:INFOSY|CrADDU)_)", r"COVAGE_ZTD_\1"),
        "pm-dossier": _files(lambda one: replace(one, folder=one.folder.removesuffix(_PM_FOLDER))),
        "pm-cpn-inconnu": _first("CPN", lambda _: True, {"ReferencePM": "99999999R"}),
        "pm-cpn-oublie": _first_day_only("_CPN_"),
        "pm-cpn-version": _renamed("_CPN_", "_CPN_V22_"),
        "pm-ar-oublie": _without("_ARCMD"),
        "pm-accepte-inconnu": lambda: PmDefect(decision=lambda code: "" if code == "FIMP07" else code),
        "pm-accepte-ferme": lambda: PmDefect(decision=lambda code: "" if code == "FIMP09" else code),
        "pm-rejette-ouvert": lambda: PmDefect(decision=lambda code: code or "FIMP09"),
        "pm-crmad-oublie": _without("_CRMAD_"),
        "pm-crmad-nom": _renamed("_CRMAD_V22_", "_CRMAD_V21_"),
        "pm-crmad-logements": _each("CR_MAD_Pm", _one_dwelling_more),
        "pm-crmad-incomplet": _rows("CR_MAD_Pm", lambda rows: rows[1:]),
        "pm-crmad-premiere-mad": _each(
            "CR_MAD_Pm", lambda row: {"DatePremiereMADPM": _day_before(row["DatePremiereMADPM"])}, since=1
        ),
        "pm-plan-oublie": _without(r"_CRMAD_.*\.pdf$"),
        "pm-plan-nom": _renamed(r"^.*_PM_(\w+?)_CRMAD_.*\.pdf$", r"PLAN_\1.pdf"),
        "pm-plan-coupe": _files(
            lambda one: replace(one, data=one.data[: len(one.data) // 2]) if one.name.endswith(".pdf") else one
        ),
        "pm-syndic-oublie": _without("_INFOSY_"),
        "pm-syndic-tard": lambda: PmDefect(late={"CR_InfoSyndic": timedelta(days=30)}),
        "pm-craddu-oublie": _without("_CrADDU_"),
    }
)
"""Maker of each defect of the OI on the PM process, by id."""
