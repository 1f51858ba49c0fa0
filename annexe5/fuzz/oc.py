"""Fuzzing an OC from our OI's chair: answers that no table allows must move it no further, odd but valid ones must.

A case is one order whose answers are said otherwise, flow by flow. What is wrong with an answer, the table's judge
says; the sound answer follows, and the order must then take its course.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from hypothesis import strategies as st

from annexe5.campaign.conducted import ConductedOi
from annexe5.campaign.instrument import Instrument
from annexe5.campaign.oc_scene import OcScene
from annexe5.campaign.verdicts import Bloque, EnAttente, NonConforme
from annexe5.exchange import Exchange
from annexe5.findings import Finding, Severity, Text
from annexe5.fuzz.case import Changes
from annexe5.fuzz.draw import cells
from annexe5.fuzz.palette import worst
from annexe5.fuzz.player import ExhaustedError
from annexe5.tables import load_table, read_rows, write_rows

Answer = Literal["AR_Cmd_Acces", "CR_Cmd_Acces", "Cmd_STOC", "CR_MAD_LigneFTTH"]
_COURSE: tuple[Answer, ...] = ("AR_Cmd_Acces", "CR_Cmd_Acces", "Cmd_STOC", "CR_MAD_LigneFTTH")
_HEARD = {
    "AR_Cmd_Acces": ("AR_OK",),
    "CR_Cmd_Acces": ("CR_OK",),
    "Cmd_STOC": ("CMD_STOC",),
    "CR_MAD_LigneFTTH": ("MAD_OK",),
}
_CHANGES = 2


@dataclass(frozen=True, slots=True)
class Said:
    """One answer said otherwise: ``changes`` in some of its columns."""

    flow: Answer
    changes: Changes


@dataclass(frozen=True, slots=True)
class OcCase:
    """One order, and its answers that are said otherwise, in the order of its life."""

    said: tuple[Said, ...]

    @property
    def size(self) -> tuple[int, int, int]:
        """What makes a case small."""
        changed = [value for one in self.said for _, value in one.changes]
        return len(self.said), len(changed), sum(map(len, changed))


def oc_cases() -> st.SearchStrategy[OcCase]:
    """Draw a case: one or two answers, a column or two of each."""
    one = st.sampled_from(_COURSE).flatmap(lambda flow: st.builds(Said, st.just(flow), _changes(flow)))
    said = st.lists(one, min_size=1, max_size=2, unique_by=lambda said: said.flow)
    return st.builds(OcCase, said.map(lambda found: tuple(sorted(found, key=lambda said: _COURSE.index(said.flow)))))


def _changes(flow: str) -> st.SearchStrategy[Changes]:
    fields = load_table(flow).fields
    one = st.sampled_from(fields).flatmap(lambda field: st.tuples(st.just(field.name), cells(field)))
    return st.lists(one, min_size=1, max_size=_CHANGES, unique_by=lambda change: change[0]).map(tuple)


def told_oc(case: OcCase) -> list[str]:
    """Say a case in French."""
    lines = ["l'OC commande une adresse éligible ; dans les réponses de l'OI :"]
    for one in case.said:
        lines += [f"- {one.flow} : {column} = « {value} »" for column, value in one.changes]
    return lines


@dataclass
class OcPlayer:
    """Plays cases on the OC that the instrument faces; ``placed`` counts the orders it was asked for."""

    instrument: Instrument
    placed: int = 0

    def play(self, case: OcCase) -> tuple[Finding, ...]:
        """Play a case, and tell what the OC did that it should not, or did not do that it should."""
        scene = OcScene(self.instrument)
        self.placed += 1
        try:
            self._play(scene, {one.flow: one.changes for one in case.said})
        except NonConforme as wrong:
            return wrong.findings or (_missing(scene, wrong.message),)
        except EnAttente as late:
            return (_missing(scene, late.message),)
        except Bloque as blocked:
            if "adresse" in blocked.message:
                raise ExhaustedError from blocked
            return ()
        finally:
            self.instrument.reset()
            self._clean(scene)
        return ()

    def _clean(self, scene: OcScene) -> None:
        """Have what lives cancelled, so that its address serves again."""
        if not scene.orders:
            return
        with suppress(NonConforme, EnAttente, Bloque):
            scene.cancel()
            scene.heard("CR_ANNUL_ANNUL", "CR_ANNUL_RESIL", "CR_ANNUL_KO")
            self.instrument.give_back("eligible")

    def _play(self, scene: OcScene, said: dict[Answer, Changes]) -> None:
        held = _COURSE[min(map(_COURSE.index, said)) :]  # what follows an answer must not overtake it
        for flow in held:
            scene.hold(flow)
        scene.ask_for("eligible")
        for flow in _COURSE:
            if flow == "CR_MAD_LigneFTTH":
                scene.connect()
            if flow in said:
                self._say_otherwise(scene, flow, said[flow])
            if flow in held:
                scene.held_back(flow)
                scene.release(flow)
            scene.heard(*_HEARD[flow])
        scene.plug()
        scene.says("MES")

    def _say_otherwise(self, scene: OcScene, flow: Answer, changes: Changes) -> None:
        """Say an answer that no table allows before the sound one, and see that the OC leaves it aside."""
        sound = scene.held_back(flow)
        data = _changed(sound.data, flow, changes)
        if not _refused(data, flow):
            return  # valid as far as the table goes, and about who knows what: nothing can be required
        columns = ", ".join(column for column, _ in changes)
        reason = Text(f"{flow} n'était pas recevable ({columns})", f"{flow} could not be accepted ({columns})")
        scene.tell_odd(_odd(sound, data), reason)
        if flow == "Cmd_STOC":
            scene.visit()
        elif flow == "CR_MAD_LigneFTTH":
            scene.plug()
        scene.quiet("CR_STOC", "CR_MES_LigneFTTH", reason=reason.fr, reason_en=reason.en)


def _odd(sound: Exchange, data: bytes) -> Callable[[ConductedOi, datetime], list[Exchange]]:
    return lambda oi, now: [replace(oi.again(sound, now), data=data)]


def _changed(data: bytes, flow: str, changes: Changes) -> bytes:
    table = load_table(flow)
    return write_rows(table, [{**row.values, **dict(changes)} for row in read_rows(data, table).rows])


def _refused(data: bytes, flow: str) -> bool:
    return worst(read_rows(data, load_table(flow)).findings) is Severity.ERROR


def _missing(scene: OcScene, message: str) -> Finding:
    reference = scene.orders[-1].reference if scene.orders else ""
    text = Text(message, message)
    orders = (reference,) if reference else ()
    return Finding(
        "OC-SUITE-ABSENTE", "ACC-16", Severity.ERROR, text, expected="la suite de la commande", orders=orders
    )
