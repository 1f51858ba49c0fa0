"""The simulated OI, protocol PM 2.2 (annexe5.txt §2): a conversation without I/O, beside that of the ACCES protocol.

It diffuses the IPE each Monday and the CPN as PMs open, answers Cmd_Info_Pm by its acknowledgement, then CR_MAD_Pm with
the plan of the PM, announces the manager of a building where works are announced, and answers Notif_Adduction.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property, partial

from annexe5.contract.calendar import PARIS
from annexe5.contract.companions import CompanionName, companion_name
from annexe5.contract.names import build_name, parse_name
from annexe5.contract.profile import Profile
from annexe5.contract.rules import rule
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Finding
from annexe5.generation import write_flow
from annexe5.generation.sujets import CommandePm, mises_a_disposition
from annexe5.messages.documents import is_whole
from annexe5.network import Network
from annexe5.network.model import Pm
from annexe5.network.semaines import Semaines
from annexe5.parties import pm_documents
from annexe5.parties.book import Book
from annexe5.parties.incoming import ReadFile, ReadRow
from annexe5.parties.pm_defects import PmDefect, kept_back, spoil_decision, spoil_files, spoil_table
from annexe5.tables import load_table, write_rows

Action = Callable[[datetime], Iterable[Exchange]]
Tell = Callable[[Exchange, Sequence[Finding]], None]
_NOW = timedelta(0)
_MONDAY, _WEEK = 0, timedelta(days=7)
_REGIME = {"UNIT": "LOCA", "COFI": "COFI"}


@dataclass(frozen=True, slots=True)
class PmPace:
    """How long the OI takes for each thing, and at what hour of Paris it diffuses.

    ``pieces``: how long photograph and sheet may follow the notification they go with.
    """

    ar: timedelta = _NOW
    cr: timedelta = _NOW
    syndic: timedelta = _NOW
    adduction: timedelta = _NOW
    pieces: timedelta = _NOW
    ipe: time = time(6)
    cpn: time = time(8)


@dataclass(slots=True)
class PmOrder:
    """One Cmd_Info_Pm accepted: what its CR_MAD_Pm repeats, and the file that it came in."""

    oc: str
    reference: str
    pm: str
    type: str
    choix: str
    contrat: str
    file: str


@dataclass
class PmOi:
    """The PM desk of one OI; ``tell`` hears of what has no answer. It diffuses nothing of itself before ``open``."""

    network: Network
    profile: Profile
    oi: str
    arcep: str
    book: Book
    tell: Tell
    pace: PmPace = field(default_factory=PmPace)
    defects: Sequence[PmDefect] = ()
    orders: dict[tuple[str, str], PmOrder] = field(default_factory=dict)
    announced: dict[tuple[str, str], date] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    _pieces: set[tuple[str, str, str]] = field(default_factory=set)  # OC, file, what it is
    _reports: dict[str, str] = field(default_factory=dict)  # CR_MAD_Pm sent, by name: to whom
    _made: dict[str, int] = field(default_factory=dict)
    _agenda: list[tuple[datetime, int, Action]] = field(default_factory=list)
    _rank: itertools.count[int] = field(default_factory=itertools.count)

    @cached_property
    def handlers(self) -> Mapping[str, Callable[[Exchange, ReadFile], None]]:
        """What is done with each flow of an OC."""
        return {
            "Cmd_Info_Pm": self._ordered,
            "Notif_Interv_Prev": self._works_announced,
            "Notif_Adduction": self._works_done,
        }

    @cached_property
    def weeks(self) -> Semaines:
        """The network, day after day."""
        return Semaines(self.network)

    # --- the conversation ------------------------------------------------------------------------------------

    def tick(self, now: datetime) -> list[Exchange]:
        """Give the files due by ``now``, each dated from its hour."""
        files: list[Exchange] = []
        while self._agenda and self._agenda[0][0] <= now:
            when, _, action = heapq.heappop(self._agenda)
            files += action(when)
        return spoil_files(self.defects, files)

    @property
    def next_due(self) -> datetime | None:
        """When the next files are due, if any are."""
        return self._agenda[0][0] if self._agenda else None

    def _later(self, when: datetime, action: Action) -> None:
        heapq.heappush(self._agenda, (when, next(self._rank), action))

    # --- IPE and CPN -------------------------------------------------------------------------------------------

    def open(self, now: datetime) -> None:
        """Begin: IPE and CPN are handed over as accounts open (§3), then sent at their hour."""
        self._later(now, self._hand_over)
        monday = _next_monday(now.astimezone(PARIS).date())
        self._later(_at(monday, self.pace.ipe), partial(self._weekly, monday))
        openings = {day for pm in self.network.iter_pms() if (day := self.weeks.ouverture(pm)) is not None}
        for day in sorted(openings):
            if day > now.astimezone(PARIS).date():
                self._later(_at(day, self.pace.cpn), self.cpn)

    def _hand_over(self, at: datetime) -> list[Exchange]:
        return [*self.ipe(at), *self.cpn(at)]

    def _weekly(self, monday: date, at: datetime) -> list[Exchange]:
        """Send Monday's IPE, and think of the next one."""
        following = monday + _WEEK
        self._later(_at(following, self.pace.ipe), partial(self._weekly, following))
        return self.ipe(at)

    def ipe(self, at: datetime) -> list[Exchange]:
        """Write the IPE of the day for every OC."""
        return self._broadcast("IPE", self.weeks.batiments(_day(at)), at)

    def cpn(self, at: datetime) -> list[Exchange]:
        """Write the catalogue of the links that stand that day for every OC."""
        return self._broadcast("CPN", (pm for pm in self.weeks.pms(_day(at)) if pm.etat == "DEPLOYE"), at)

    def _broadcast(self, flow: str, subjects: Iterable[object], at: datetime) -> list[Exchange]:
        data = self._spoilt(flow, flow, write_flow(flow, subjects))
        name = self._name(flow, "", at)
        return [self._exchange(flow, oc, name, data, at) for oc in self.network.ocs]

    # --- Cmd_Info_Pm → AR → CR_MAD_Pm and its plan -----------------------------------------------------------

    def _ordered(self, exchange: Exchange, read: ReadFile) -> None:
        named = parse_name(self.profile, exchange.name)
        pm = named.fields.get("pm", "") if named else ""
        decided = [
            (row, self._decide(exchange, row, pm)) for row in read.rows if row.get("ReferenceCommandePMInterneOC")
        ]
        if decided:
            self._later(exchange.at + self.pace.ar, partial(self._acknowledge, exchange, decided))

    def _decide(self, exchange: Exchange, row: ReadRow, named: str) -> str:
        """Give the code an order is rejected under, empty when it is taken (AMB-REJET-PM)."""
        code = spoil_decision(self.defects, self._fault(exchange, row, named))
        reference = row.get("ReferenceCommandePMInterneOC")
        if not code:
            self.orders[exchange.sender, reference] = PmOrder(
                exchange.sender, reference, row.get("ReferencePM"), row.get("TypeCommandePM"),
                row.get("ChoixTechniqueOC"), row.get("ReferenceContrat"), exchange.name,
            )  # fmt: skip
        return code

    def _fault(self, exchange: Exchange, row: ReadRow, named: str) -> str:
        oc, regime = exchange.sender, _REGIME.get(row.get("TypeCommandePM"), "")
        pm = self._pm(row.get("ReferencePM"), _day(exchange.at))
        service = pm.prestation(oc) if pm is not None and pm.etat == "DEPLOYE" else None
        faults = {
            "FIMP15": bool(row.missing),
            "FIMP12": not regime,
            "FIMP16": bool(row.incoherent) or row.get("ReferencePM") != named,
            "FIMP13": (oc, row.get("ReferenceCommandePMInterneOC")) in self.orders,
            "FIMP07": pm is None,
            "FIMP09": service is None,
            "FIMP06": service is not None and regime not in service.regimes,
        }
        return next((code for code, found in faults.items() if found), "")

    def _acknowledge(
        self, exchange: Exchange, decided: Sequence[tuple[ReadRow, str]], at: datetime
    ) -> Iterable[Exchange]:
        rows = [
            {
                "ReferenceCommandePMInterneOC": row.get("ReferenceCommandePMInterneOC"),
                "ReferencePM": row.get("ReferencePM"),
                "EtatArCommandePM": "KO" if code else "OK",
                "DateArCommandePM": f"{_day(at):%Y%m%d}",
                "MotifKoArCommandePM": code,
            }
            for row, code in decided
        ]
        taken = [row.get("ReferenceCommandePMInterneOC") for row, code in decided if not code]
        if taken:
            self._later(at + self.pace.cr, partial(self._report, exchange.sender, taken))
        name = companion_name(self.profile, "ar_commande", exchange.name)
        data = write_rows(load_table(self.profile.companion("ar_commande").table), rows)
        return [self._exchange("ar_commande", exchange.sender, name, data, at, exchange.channel)]

    def _report(self, oc: str, references: Sequence[str], at: datetime) -> Iterable[Exchange]:
        for reference in references:
            order = self.orders[oc, reference]
            pm = self._pm(order.pm, _day(at))
            if pm is not None and pm.etat == "DEPLOYE":
                yield from self.report(order, pm, at)

    def report(self, order: PmOrder, pm: Pm, at: datetime) -> list[Exchange]:
        """Write CR_MAD_Pm, every address deployed that day, and the plan beside it: the plan first (PM-05)."""
        day, service, key = _day(at), pm.prestation(order.oc), f"CR_MAD_Pm/{order.oc}/{pm.reference}"
        zone = self.weeks.zone(pm, day)
        told = CommandePm(
            pm, order.reference, service.reference if service else "", order.type, order.choix or "P", order.contrat,
            day, "MISE A JOUR" if key in self._made else "INITIAL",
        )  # fmt: skip
        name = self._name("CR_MAD_Pm", order.oc, at, pm=pm.reference, insee=pm.adresse.commune.code_insee)
        self._reports[name] = order.oc
        data = self._spoilt("CR_MAD_Pm", key, write_flow("CR_MAD_Pm", mises_a_disposition(told, zone, day)))
        drawn = pm_documents.plan(pm, zone, day)
        return [
            self._exchange("plan", order.oc, companion_name(self.profile, "plan", name), drawn, at),
            self._exchange("CR_MAD_Pm", order.oc, name, data, at),
        ]

    # --- works -------------------------------------------------------------------------------------------------

    def _works_announced(self, exchange: Exchange, read: ReadFile) -> None:
        """Remember announced works; where the PM stands in a managed building, tell its manager (AMB-SYNDIC)."""
        for row in read.rows:
            pm = self._pm(row.get("ReferencePM"), _day(exchange.at))
            if pm is None or row.missing or row.incoherent:
                self._unknown(exchange, row)
                continue
            works = _read_day(row.get("DateAdduction"))
            self.announced[exchange.sender, pm.reference] = works
            if pm.gestionnaire is not None:
                wait = self.pace.syndic + kept_back(self.defects, "CR_InfoSyndic")
                self._later(exchange.at + wait, partial(self._manager, exchange, pm))

    def _manager(self, exchange: Exchange, pm: Pm, at: datetime) -> Iterable[Exchange]:
        manager, service = pm.gestionnaire, pm.prestation(exchange.sender)
        assert manager is not None  # noqa: S101 -- a PM in a managed building
        row = {
            "ReferencePM": pm.reference,
            "ReferencePrestationPM": service.reference if service else "",
            "GestionnaireImmeuble": manager.nom,
            "CodePostalGestionnaire": manager.adresse.commune.code_postal,
            "CommuneGestionnaire": manager.adresse.commune.nom,
            "TypeVoieGestionnaire": manager.adresse.voie.type,
            "NomVoieGestionnaire": manager.adresse.voie.libelle,
            "NumeroVoieGestionnaire": str(manager.adresse.numero or ""),
            "DateInfoSyndic": f"{_day(at):%Y%m%d}",
            "EtatInfoSyndic": "OK",
        }
        return [self._row("CR_InfoSyndic", exchange, pm.reference, row, at)]

    def _works_done(self, exchange: Exchange, read: ReadFile) -> None:
        rows = [row for row in read.rows if row.get("ReferencePM")]
        if not rows:
            return
        wait = self.pace.adduction if not self._lacking(exchange) else max(self.pace.adduction, self.pace.pieces)
        self._later(exchange.at + wait, partial(self._answer_works, exchange, rows))

    def _answer_works(self, exchange: Exchange, rows: Sequence[ReadRow], at: datetime) -> Iterable[Exchange]:
        for row in rows:
            pm = self._pm(row.get("ReferencePM"), _day(at))
            service = pm.prestation(exchange.sender) if pm else None
            motive = self._wrong_with(exchange, row, pm)
            answer = {
                "ReferencePM": row.get("ReferencePM"),
                "ReferencePrestationPM": service.reference if service else row.get("ReferencePrestationPM"),
                "EtatAdduction": "KO" if motive else "OK",
                "MotifKoAdduction": motive,
            }
            yield self._row("CR_NotifAdduction", exchange, row.get("ReferencePM"), answer, at)

    def _wrong_with(self, exchange: Exchange, row: ReadRow, pm: Pm | None) -> str:
        if row.missing:
            return "FIMP15"
        if row.incoherent:
            return "FIMP16"
        if pm is None:
            return "FIMP07"
        lacking = self._lacking(exchange)
        return f"PIECE MANQUANTE : {' ET '.join(lacking)}" if lacking else ""

    def _lacking(self, exchange: Exchange) -> list[str]:
        """Name the documents that a notification came without."""
        wanted = {"photo": "PHOTOGRAPHIE", "fiche": "FICHE TECHNIQUE"}
        return [said for ident, said in wanted.items() if (exchange.sender, exchange.name, ident) not in self._pieces]

    # --- what goes with a file -------------------------------------------------------------------------------------

    def companion(self, exchange: Exchange, named: CompanionName) -> None:
        """Take the acknowledgement of a report, or a document; one that does not open is none."""
        ident = named.companion.id
        if ident == "ar_crmad":
            if self._reports.get(named.file) == exchange.sender:
                self.acknowledged.add(named.file)
            return
        if not is_whole(exchange.name, exchange.data):
            kind = exchange.name.rpartition(".")[2].upper()
            finding = rule("PM-PIECE-ILLISIBLE").finding(
                path=exchange.name, received=exchange.name, expected=kind, piece=named.companion.fr,
                requirement=named.companion.requirement,
            )  # fmt: skip
            self.tell(exchange, [finding])
            return
        self._pieces.add((exchange.sender, named.file, ident))

    def _unknown(self, exchange: Exchange, row: ReadRow) -> None:
        finding = rule("CROISE-PM-INCONNU").finding(
            path=exchange.name, line=row.line, column="ReferencePM", received=row.get("ReferencePM"), other="en vigueur"
        )
        self.tell(exchange, [finding])

    # --- files out -----------------------------------------------------------------------------------------------

    def _pm(self, reference: str, day: date) -> Pm | None:
        known = self.network.pm(reference)
        return None if known is None else self.weeks.pm(known, day)

    def _spoilt(self, flow: str, key: str, data: bytes) -> bytes:
        rank = self._made.get(key, 0)
        self._made[key] = rank + 1
        return spoil_table(self.defects, flow, rank, data)

    def _row(self, flow: str, cause: Exchange, pm: str, row: Mapping[str, str], at: datetime) -> Exchange:
        name = self._name(flow, cause.sender, at, pm=pm)
        return self._exchange(flow, cause.sender, name, write_rows(load_table(flow), [row]), at, cause.channel)

    def _name(self, flow: str, oc: str, at: datetime, **places: str) -> str:
        """Give the next name of a flow: one count a day and an OC, a diffusion's being that of all."""
        number = self.book.next(f"{oc}/{flow}/{_day(at):%Y%m%d}")
        return build_name(self.profile, flow, oi=self.oi, oc=oc or self.oi, date=_day(at), seq=number, **places)

    def _exchange(
        self, what: str, oc: str, name: str, data: bytes, at: datetime, channel: Channel = Channel.SFTP
    ) -> Exchange:
        place = self.profile.flow(what).dossier if what in self.profile.flows else self.profile.companion(what).dossier
        folder = self.profile.folder(place, self.oi, self.arcep)
        return Exchange(at=at, channel=channel, sender=self.oi, receiver=oc, name=name, folder=folder, data=data)


def _day(at: datetime) -> date:
    return at.astimezone(PARIS).date()


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, PARIS)


def _next_monday(day: date) -> date:
    return day + timedelta(days=7 - (day.weekday() - _MONDAY) % 7)


def _read_day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
