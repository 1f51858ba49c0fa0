"""The OI twin as an instrument: it answers as ever, and a scenario may hold it back or make it speak out of turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from annexe5.contract.names import parse_name
from annexe5.exchange import Exchange
from annexe5.parties import answers
from annexe5.parties.answers import Row, stamp
from annexe5.parties.book import Order
from annexe5.parties.decision import Case
from annexe5.parties.incoming import ReadRow
from annexe5.parties.oi import Answer, OiTwin

AT_AR, AT_CR, AT_MAD, AT_ANNUL = STAGES = ("AR", "CR", "MAD", "ANNUL")


@dataclass
class ConductedOi(OiTwin):
    """An ``OiTwin``. ``held`` names the flows that do not leave; ``refusals`` the codes to give next, by stage."""

    held: set[str] = field(default_factory=set)
    kept: list[Exchange] = field(default_factory=list)
    refusals: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def tick(self, now: datetime, cause: Exchange | None = None) -> list[Exchange]:
        """Give the files due by ``now``, but for those of the flows held."""
        leaving: list[Exchange] = []
        for one in super().tick(now, cause):
            read = parse_name(self.profile, one.name)
            (self.kept if read is not None and read.flow in self.held else leaving).append(one)
        return leaving

    def release(self, flow: str) -> list[Exchange]:
        """Let a flow leave again, what was kept of it first."""
        self.held.discard(flow)
        gone = self.keeping(flow)
        self.kept = [one for one in self.kept if one not in gone]
        return gone

    def keeping(self, flow: str) -> list[Exchange]:
        """Give the files of a flow that are held back."""
        return [one for one in self.kept if (read := parse_name(self.profile, one.name)) and read.flow == flow]

    # --- what it says of itself ---------------------------------------------------------------------------------

    def write(self, oc: str, flow: str, rows: Iterable[Mapping[str, str]], now: datetime) -> Exchange:
        """Write a file nobody called for."""
        return self._file(flow, oc, [dict(row) for row in rows], now, None)

    def again(self, exchange: Exchange, now: datetime) -> Exchange:
        """Write the same file anew, under the next number."""
        return replace(self.renamed(exchange), at=now)

    def change_route(self, oc: str, reference: str, kind: str, now: datetime) -> Exchange:
        """Give an order another route and another outlet (Notif_Reprov), as works or a busy fibre call for."""
        order = self.book.orders[oc, reference]
        self.book.lines.pop(order.pto, None)
        order.pto = self.network.role("pto_inexistante", oc).commande["ReferencePrise"]
        self.book.lines[order.pto] = oc
        _, flow, row = self._reprovision(order, kind, _MOTIVES[kind], now)
        return self.write(oc, flow, [row], now)

    def make_available(self, oc: str, reference: str, now: datetime) -> list[Exchange]:
        """Make a line available at last, after a refusal."""
        made = self._make_available(self.book.orders[oc, reference], now)
        return [self.write(oc, flow, [row], now) for _, flow, row in made]

    # --- what it decides otherwise ------------------------------------------------------------------------------

    def _decide(self, oc: str, row: ReadRow, now: datetime) -> tuple[str, str, Case]:
        reference, code, case = super()._decide(oc, row, now)
        if not code and (wanted := self._refusal(AT_AR)):
            code = wanted
            self.book.orders[oc, reference].state = "REJETEE"
        return reference, code, case

    def _assign(self, oc: str, accepted: Sequence[tuple[str, Case]], at: datetime) -> Iterable[Answer]:
        taken = []
        for reference, case in accepted:
            order = self.book.orders[oc, reference]
            if order.state == "AR_OK" and (code := self._refusal(AT_CR)):
                order.state = "CR_KO"
                yield oc, "CR_Cmd_Acces", _refused_route(order, code, stamp(at))
            else:
                taken.append((reference, case))
        yield from super()._assign(oc, taken, at)

    def _make_available(self, order: Order, at: datetime) -> Iterable[Answer]:
        if order.state == "RACC_OK" and (code := self._refusal(AT_MAD)):
            return self._refuse(order, code, at)
        return super()._make_available(order, at)

    def _cancel(self, oc: str, row: ReadRow) -> tuple[str, str, str]:
        if code := self._refusal(AT_ANNUL):
            return row.reference, "", code
        return super()._cancel(oc, row)

    def _refusal(self, stage: str) -> str:
        return self.refusals[stage].pop(0) if self.refusals[stage] else ""


_MOTIVES = {"CHAUD": "FIBRE OCCUPEE", "TRAVAUX": "TRAVAUX PROGRAMMES"}


def _refused_route(order: Order, code: str, date: str) -> Row:
    return answers.cr_ko(order, code, date) | {"Commentaire": answers.motive_comment(code, "MOTIF DE L'INSTRUMENT")}
