"""The simulated OC, protocol PM 2.2 (annexe5.txt §2): a conversation without I/O, beside that of the ACCES protocol.

It orders PMs, acknowledges their reports, announces works early enough, and notifies them with a photograph and a
technical sheet. Each gives the files it deposits in IN, a document before the file it goes with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from annexe5.contract.calendar import PARIS, Calendar
from annexe5.contract.companions import CompanionName, companion_name, read_companion
from annexe5.contract.names import judge_name
from annexe5.contract.profile import Profile
from annexe5.errors import UsageError
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Severity
from annexe5.parties import pm_documents
from annexe5.parties.oc_rows import Row
from annexe5.parties.pm_oc_defects import PmHabits
from annexe5.tables import load_table, read_rows, write_rows
from annexe5.tables.api import judge_bytes

PM_ACTIONS = ("commander_pm", "planifier_travaux", "notifier_adduction", "signaler_acces")
"""What the world may ask an OC to do at PMs."""
_BROKEN = ("OCT-", "STR-")

Name = Callable[[str, datetime, str], str]  # flow, moment, PM


@dataclass(frozen=True, slots=True)
class PmAsked:
    """What is asked at one PM.

    ``type`` of order (COFI, UNIT), ``jour`` when works begin or have begun, ``texte`` why the PM cannot be reached.
    """

    action: str
    pm: str
    type: str = ""
    jour: date | None = None
    texte: str = ""


@dataclass
class PmOc:
    """The PM desk of one OC; ``name`` gives the next name of a flow."""

    profile: Profile
    oi: str
    arcep: str
    oc: str
    name: Name
    habits: PmHabits = field(default_factory=PmHabits)
    channel: Channel = Channel.SFTP
    orders: dict[str, str] = field(default_factory=dict)  # reference: OK, KO, or nothing yet
    services: dict[str, str] = field(default_factory=dict)  # ReferencePrestationPM, by PM
    _started: str = ""

    # --- what its people ask ---------------------------------------------------------------------------------------

    def act(self, asked: PmAsked, now: datetime) -> list[Exchange]:
        """Do what is asked, as the contract allows it. UsageError for what makes no sense."""
        match asked.action:
            case "commander_pm" if asked.type:
                return self._order(asked.pm, asked.type, now)
            case "planifier_travaux" if asked.jour is not None:
                return self._announce(asked.pm, asked.jour, now)
            case "notifier_adduction" if asked.jour is not None:
                return self._notify(asked.pm, asked.jour, now)
            case "signaler_acces" if asked.texte:
                return self._report_access(asked.pm, asked.texte, now)
            case _:
                raise UsageError(f"action inconnue ou incomplète : {asked} ; connues : {', '.join(PM_ACTIONS)}.")

    def _order(self, pm: str, kind: str, now: datetime) -> list[Exchange]:
        """Order a PM (PM-03)."""
        if self.habits.orders_nothing:
            return []
        self._started = self._started or now.astimezone(PARIS).strftime("%y%m%d%H%M%S")
        number = 1 if self.habits.reuses_references else len(self.orders) + 1
        reference = f"PM{self._started}{number:05d}"
        self.orders[reference] = ""
        named = self.habits.other_pm or pm
        row = {
            "ReferenceCommandePMInterneOC": reference,
            "ReferencePM": named,
            "TypeCommandePM": self.habits.other_type or kind,
            "ChoixTechniqueOC": "P",
            "DateCommandePM": f"{_day(now):%Y%m%d}",
        }
        return [self._file("Cmd_Info_Pm", named, row, now)]

    def _announce(self, pm: str, planned: date, now: datetime) -> list[Exchange]:
        """Announce works, put off to the first day that the notice allows (PM-08)."""
        if self.habits.announces_nothing:
            return []
        notice = self.profile.delay("NOTIF_INTERV").valeur
        earliest = Calendar(self.profile.jours_ouvres).add(_day(now), notice)
        works = planned if self.habits.works_at_once else max(planned, earliest)
        row = {
            "ReferencePM": pm,
            "ReferencePrestationPM": self.services.get(pm, ""),
            "DateNotifRaccordementPM": f"{_day(now):%Y%m%d}",
            "DateAdduction": f"{works:%Y%m%d}",
        }
        return [self._file("Notif_Interv_Prev", pm, row, now)]

    def _notify(self, pm: str, works: date, now: datetime) -> list[Exchange]:
        """Notify works done, with their documents (PM-11)."""
        if self.habits.notifies_nothing:
            return []
        told = self.habits.rewrites_works(_day(now)) if self.habits.rewrites_works else works
        row = {
            "ReferencePM": pm,
            "ReferencePrestationPM": self.services.get(pm, ""),
            "DateNotifAdduction": f"{_day(now):%Y%m%d}",
            "DateAdduction": f"{told:%Y%m%d}" if told else "",
        }
        file = self._file("Notif_Adduction", pm, row, now)
        photo = pm_documents.photograph(file.name)
        sheet = pm_documents.sheet(pm, works, _day(now))
        made: list[Exchange] = []
        if self.habits.photographs:
            data = photo[: len(photo) // 2] if self.habits.cuts_documents else photo
            made.append(self._beside("photo", file.name, data, now, file.name.removesuffix(".csv") + "_PHOTO.png"))
        if self.habits.writes_sheets:
            made.append(self._beside("fiche", file.name, sheet, now))
        return [*made, file]

    def _report_access(self, pm: str, why: str, now: datetime) -> list[Exchange]:
        """Write to the OI's people that a PM cannot be reached: the folder is the mailbox's name (PM-09, MAIL-03)."""
        if not self.habits.reports_access:
            return []
        text = f"L'accès au PM {pm} est impossible : {why}".encode()
        subject = f"PM {pm} : DIFFICULTE D'ACCES"
        return [Exchange(now, Channel.MAIL, self.oc, self.oi, subject, self.habits.writes_to, text)]

    # --- what the OI says ------------------------------------------------------------------------------------------

    def takes(self, exchange: Exchange) -> bool:
        """Tell whether a file of the OI is of the PM process."""
        if read_companion(self.profile, exchange.name) is not None or exchange.name.endswith(".pdf"):
            return True
        flow = judge_name(self.profile, exchange.name, oi=self.oi, oc=self.oc).flow
        return flow is not None and self.profile.flow(flow).protocole == "PM"

    def receive(self, exchange: Exchange) -> list[Exchange]:
        """Take one file of the OI, and give what answers it."""
        goes_with = read_companion(self.profile, exchange.name)
        if goes_with is not None:
            self._learn(exchange, goes_with)
            return []
        judged = judge_name(self.profile, exchange.name, oi=self.oi, oc=self.oc)
        if judged.flow != "CR_MAD_Pm" or judged.findings:
            return []
        return self._reported(exchange)

    def _learn(self, exchange: Exchange, named: CompanionName) -> None:
        """Learn from an acknowledgement whether an order is taken; a plan is for its people to look at."""
        if named.companion.id != "ar_commande":
            return
        for row in read_rows(exchange.data, load_table(named.companion.table)).rows:
            reference = row.values.get("ReferenceCommandePMInterneOC", "").strip()
            if reference in self.orders:
                self.orders[reference] = row.values.get("EtatArCommandePM", "").strip()

    def _reported(self, exchange: Exchange) -> list[Exchange]:
        """Acknowledge a report that can be read and answers an order of ours (PM-07)."""
        report = judge_bytes(exchange.data, load_table("CR_MAD_Pm"), path=exchange.name, max_samples=1)
        broken = any(one.severity is Severity.ERROR and one.rule.startswith(_BROKEN) for one in report.findings)
        rows = [] if broken else [row.values for row in read_rows(exchange.data, load_table("CR_MAD_Pm")).rows]
        mine = [row for row in rows if row.get("ReferenceCommandePMInterneOC", "").strip() in self.orders]
        if not mine and not self.habits.acknowledges_anything:
            return []
        first: Mapping[str, str] = mine[0] if mine else {}
        pm, service = first.get("ReferencePM", "").strip(), first.get("ReferencePrestationPM", "").strip()
        if pm:
            self.services[pm] = service
        if self.habits.acknowledges_nothing:
            return []
        row = {
            "ReferencePM": pm or judge_name(self.profile, exchange.name).fields.get("pm", ""),
            "ReferencePrestationPM": service,
            "EtatArCrMadPM": "OK",
            "DateArCrMadPM": f"{_day(exchange.at):%Y%m%d}",
        }
        data = write_rows(load_table(self.profile.companion("ar_crmad").table), [row])
        return [self._beside("ar_crmad", exchange.name, data, exchange.at)]

    # --- files out -------------------------------------------------------------------------------------------------

    def _file(self, flow: str, pm: str, row: Row, now: datetime) -> Exchange:
        name = self.name(flow, now, pm)
        return self._exchange(name, self.profile.flow(flow).dossier, write_rows(load_table(flow), [row]), now)

    def _beside(self, ident: str, file: str, data: bytes, now: datetime, name: str = "") -> Exchange:
        named = name or companion_name(self.profile, ident, file)
        return self._exchange(named, self.profile.companion(ident).dossier, data, now)

    def _exchange(self, name: str, folder: str, data: bytes, now: datetime) -> Exchange:
        where = self.profile.folder(folder, self.oi, self.arcep)  # type: ignore[arg-type]
        return Exchange(
            at=now, channel=self.channel, sender=self.oc, receiver=self.oi, name=name, folder=where, data=data
        )


def _day(at: datetime) -> date:
    return at.astimezone(PARIS).date()
