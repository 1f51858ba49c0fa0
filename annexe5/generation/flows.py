"""One file, or a set of files that agree with one another, from the generated network; written as it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice, takewhile
from typing import Any

from annexe5.contract.names import build_name
from annexe5.contract.profile import Profile, load_profile
from annexe5.errors import UsageError
from annexe5.generation.plans import FlowPlan, load_plans
from annexe5.generation.projection import Row, projection
from annexe5.generation.spoil import Brut, Truth, spoil
from annexe5.generation.sujets import SUJETS, Scene, premier_pm
from annexe5.network import Network, generate, largest, largest_pm

_LIGNES_PAR_MORCEAU = 2_000
_SET_DOSSIERS = 100
_DOUBLES = str.maketrans({'"': '""'})


@dataclass(frozen=True, slots=True)
class Generated:
    """One file: its contractual name, its bytes as they are made, and what is wrong with it once they are."""

    flow: str
    name: str
    chunks: Iterator[bytes]
    truth: Truth


def generate_flow(
    flow: str,
    rows: int | None = None,
    seed: int = 0,
    *,
    today: date,
    invalid: bool = False,
    profile: Profile | None = None,
    oc: str = "ZZZZ",
    sequence: int = 1,
) -> Generated:
    """Make a file of a flow with exactly ``rows`` rows (the flow's usual number if None).

    ``oc`` is the interop quadrigramme the file is for, ``today`` the day it is made. The same arguments give the same
    bytes. UsageError on an unknown flow, or more rows than the flow can have.
    """
    plan = _plan(flow)
    if rows is not None and rows < 1:
        raise UsageError(f"{plan.nom} : nombre de lignes : {rows} ; 1 au moins.")
    wanted = plan.lignes if rows is None else rows
    contract = profile or load_profile()
    scene = Scene(_network(plan, wanted, seed, today, contract, oc), oc, contract)
    return _file(plan, scene, SUJETS[plan.sujets](scene, plan), wanted, invalid=invalid, sequence=sequence)


def generate_set(
    rows: int, seed: int = 0, *, today: date, profile: Profile | None = None, oc: str = "ZZZZ"
) -> Iterator[Generated]:
    """Make one file of every flow, valid and in agreement: the IPE has ``rows`` rows, the others follow from it.

    The access flows tell the whole life of the same orders.
    """
    contract = profile or load_profile()
    scene = Scene(_draw(rows, seed, today, contract, oc), oc, contract)
    for plan in load_plans().values():
        sujets: Iterator[Any] = SUJETS[plan.sujets](scene, plan)
        if plan.sujets == "dossiers":
            sujets = takewhile(lambda dossier: dossier.rang < _SET_DOSSIERS, sujets)
        elif plan.lignes == 1:
            sujets = islice(sujets, 1)
        premier = next(sujets, None)
        if premier is not None:
            yield _file(plan, scene, chain([premier], sujets), 0, invalid=False, sequence=1)


def write_flow(flow: str, sujets: Iterable[Any]) -> bytes:
    """Write one file of a flow about given subjects (``generation.sujets``): its header, then a row each."""
    plan = _plan(flow)
    project = projection(plan.colonnes, plan.table.names)
    return b"".join(_write(plan, map(project, sujets), Truth(plan.nom, "", 0), 0))


def _plan(flow: str) -> FlowPlan:
    plans = {nom.casefold(): plan for nom, plan in load_plans().items()}
    if flow.casefold() not in plans:
        raise UsageError(f"flux inconnu : {flow!r}. Flux : {', '.join(load_plans())}.")
    return plans[flow.casefold()]


# ---- the network


def _draw(size: int, seed: int, today: date, profile: Profile, oc: str, batiments_par_pm: int = 0) -> Network:
    return generate(
        seed,
        size,
        oi=profile.oi.quadrigramme.valeur,
        ocs=(oc,),
        today=today,
        bigramme=profile.oi.bigramme_arcep.valeur,
        batiments_par_pm=batiments_par_pm,
    )


def _network(plan: FlowPlan, rows: int, seed: int, today: date, profile: Profile, oc: str) -> Network:
    """Give the network a flow is drawn from: as many buildings as rows for an IPE, else one without end.

    Buildings are the same in both, so the files of one seed agree. A CR_MAD_Pm lists every address deployed behind
    its PM: for a given number of rows the PM is cut to measure.
    """
    if plan.sujets == "batiments":
        return _draw(rows, seed, today, profile, oc)
    if plan.sujets != "mises_a_disposition" or not rows:
        return _draw(largest(), seed, today, profile, oc)
    par_pm = min(largest_pm(), max(60, 2 * rows))
    deployes = 0
    for rang, un in enumerate(_draw(par_pm, seed, today, profile, oc, par_pm).iter_buildings(), start=1):
        deployes += un.etat == "DEPLOYE"
        if deployes == rows:
            return _draw(rang, seed, today, profile, oc, par_pm)
    raise UsageError(f"{plan.nom} : {rows} adresses déployées ne tiennent pas derrière un PM.")


# ---- the file


def _file(plan: FlowPlan, scene: Scene, sujets: Iterator[Any], rows: int, *, invalid: bool, sequence: int) -> Generated:
    """Make a file of exactly ``rows`` rows, of all the subjects if 0."""
    pm = premier_pm(scene)
    name = build_name(
        scene.profile,
        plan.nom,
        oi=scene.network.oi,
        oc=scene.oc,
        date=scene.jour(plan),
        seq=sequence,
        pm=pm.reference,
        insee=pm.adresse.commune.code_insee,
    )
    truth = Truth(plan.nom, name, scene.network.trame.seed)
    project = projection(plan.colonnes, plan.table.names)
    lignes: Iterable[Row] = map(project, islice(sujets, rows) if rows else sujets)
    if invalid:
        lignes = spoil(plan, lignes, rows or 50, truth)
    return Generated(plan.nom, name, _write(plan, lignes, truth, rows), truth)


def _write(plan: FlowPlan, rows: Iterable[Row], truth: Truth, wanted: int) -> Iterator[bytes]:
    """Write the header, then the rows in pieces; a flow that falls short of what was asked is an error."""
    width = len(plan.table.names)
    piece = [";".join(plan.table.names)]
    for cells in rows:
        piece.append(_line(cells, width))
        truth.rows += 1
        if len(piece) >= _LIGNES_PAR_MORCEAU:
            yield _bytes(piece)
            piece = []
    if piece:
        yield _bytes(piece)
    if wanted and truth.rows < wanted:
        raise UsageError(f"{plan.nom} : {wanted} lignes demandées, le réseau en donne {truth.rows}.")


def _bytes(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()


def _line(cells: Row, width: int) -> str:
    """Write a row; cells are quoted only where they need it, which only a spoilt one does."""
    line = ";".join(cells)
    if line.count(";") == width - 1 and '"' not in line and "\n" not in line and "\r" not in line:
        return line
    return ";".join(cell if isinstance(cell, Brut) else _quoted(cell) for cell in cells)


def _quoted(cell: str) -> str:
    if not any(sign in cell for sign in '";\n\r'):
        return cell
    return f'"{cell.translate(_DOUBLES)}"'
