"""One scenario of the PM process, played by the instrument opposite an OC: the steps of ``features/oc/pm*``, in verbs.

PMs are those of the generated network. A rule between files judges what the OC sends against what our OI diffused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from annexe5.campaign.conducted import ConductedOi
from annexe5.campaign.instrument import Instrument
from annexe5.campaign.observe import Observation
from annexe5.campaign.scene import ODD_FILES
from annexe5.campaign.verdicts import EnAttente, NonApplicable, NonConforme
from annexe5.contract.calendar import PARIS, Calendar
from annexe5.contract.companions import companion_name
from annexe5.contract.rules import rule
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Finding, Severity
from annexe5.messages.mail import dissect
from annexe5.network.model import Pm
from annexe5.parties.oc import Instruction
from annexe5.parties.pm_oc import PM_ACTIONS
from annexe5.parties.pm_oi import PmOi
from annexe5.tables import load_table, read_rows
from annexe5.tables.crossfile import cross_check, open_batch
from annexe5.tables.octets import from_bytes

_OWED = {"Cmd_Info_Pm": "PM-03", "Notif_Interv_Prev": "PM-08", "Notif_Adduction": "PM-11"}
_DOCUMENTS = {"photographie": "photo", "fiche technique": "fiche"}
_OTHERS = ("NOM", "DOS")


@dataclass
class PmOcScene:
    """What one scenario asks of the OC at one PM; ``start`` is the moment it began."""

    instrument: Instrument
    pm: str = ""
    kind: str = ""
    findings: list[Finding] = field(default_factory=list)
    heard: Observation | None = None
    report: Exchange | None = None
    trouble: str = ""
    start: int = 0
    _names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.start = self.instrument.moment

    # --- what our OI does ------------------------------------------------------------------------------------------

    def diffuse(self) -> None:
        """Have our OI send its IPE and its CPN, and the OC collect them; not of an OC that plays no PM."""
        if self.instrument.driver.able.isdisjoint(PM_ACTIONS):
            raise NonApplicable("le fichier cible ne déclare aucune action du protocole PM ([pilote] actions).")
        files = self.instrument.speak(lambda oi, now: [*_desk(oi).ipe(now), *_desk(oi).cpn(now)])
        self._collected(files)

    def collected(self) -> None:
        """See that the OC has retrieved and deleted what was delivered since the scenario began (TRA-10)."""
        delivered = [
            one.seen.exchange
            for one in self.instrument.deliveries.values()
            if one.seen is not None and one.seen.batch > self.start
        ]
        self._collected(delivered)

    def _collected(self, files: Iterable[Exchange]) -> None:
        paths = [f"{one.folder}/{one.name}" for one in files]

        def gone() -> bool | None:
            known = [self.instrument.deliveries.get(path) for path in paths]
            return True if all(one is not None and one.removed for one in known) else None

        if self.instrument.wait_for(gone, "que l'OC récupère et supprime les fichiers PM de OUT"):
            return
        if not self.instrument.absence_counts:
            raise EnAttente(f"{paths[0]} : attend que l'OC le récupère et le supprime")
        left = [path for path in paths if (one := self.instrument.deliveries.get(path)) is None or not one.removed]
        folder, _, name = left[0].rpartition("/")
        raise NonConforme(rule("TRA-RESTE").finding(path=left[0], received=name, expected=folder))

    def send_odd_report(self, kind: str) -> None:
        """Have our OI send a report that nobody can take, for the PM at hand."""
        if self.report is None:
            self.hear_report()
        assert self.report is not None  # noqa: S101 -- just heard
        original, oc = self.report, self.instrument.target.codes.oc

        def speak(oi: ConductedOi, now: datetime) -> list[Exchange]:
            again = oi.again(original, now)
            name, data = ODD_FILES[kind](again.name, again.data, oc)
            self._names.add(name)
            return [Exchange(now, again.channel, again.sender, again.receiver, name, again.folder, data)]

        self._collected(self.instrument.speak(speak, odd=True))

    # --- what is asked of the OC -----------------------------------------------------------------------------------

    def choose(self, role: str) -> None:
        """Take a PM of the network: open, closed, or in a managed building."""
        fits: Callable[[Pm], bool] = {
            "ouvert": lambda pm: pm.etat == "DEPLOYE" and "LOCA" in _regimes(pm),
            "fermé": lambda pm: pm.etat in ("PLANIFIE", "EN COURS DE DEPLOIEMENT"),
            "en immeuble": lambda pm: pm.etat == "DEPLOYE" and pm.gestionnaire is not None,
        }[role]
        self.pm = next(pm.reference for pm in self.instrument.oi.network.iter_pms() if fits(pm))

    def order(self, kind: str) -> None:
        """Have the OC order the PM, and wait for its order (PM-03)."""
        self.kind = kind
        since = self.instrument.moment
        self.instrument.ask(Instruction("commander_pm", (), self.pm, kind))
        self._says("Cmd_Info_Pm", since)

    def plan_works(self, days: int) -> None:
        """Tell the OC that its works could begin in some working days, and wait for its announcement (PM-08)."""
        calendar, since = Calendar(self.instrument.profile.jours_ouvres), self.instrument.moment
        self.instrument.ask(Instruction("planifier_travaux", (), self.pm, jour=calendar.add(self._today(), days)))
        self._says("Notif_Interv_Prev", since)

    def works_done(self, days: int) -> None:
        """Tell the OC that its works began some working days ago, and wait for its notification (PM-11)."""
        calendar, since = Calendar(self.instrument.profile.jours_ouvres), self.instrument.moment
        self.instrument.ask(Instruction("notifier_adduction", (), self.pm, jour=calendar.add(self._today(), -days)))
        self._says("Notif_Adduction", since)

    def report_access(self, why: str) -> None:
        """Tell the OC that the PM cannot be reached, and wait for its mail to our people (PM-09)."""
        boxes = self.instrument.boxes
        if boxes is None:
            raise NonApplicable("le fichier cible ne déclare pas de courriel ([courriel]).")
        since = self.instrument.moment
        self.instrument.ask(Instruction("signaler_acces", (), self.pm, commentaire=why))

        def find() -> Exchange | None:
            letters = (one.exchange for one in self.instrument.observed(since))
            return next((one for one in letters if one.channel is Channel.MAIL), None)

        letter = self.instrument.wait_for(find, f"le courriel sur l'accès au PM {self.pm}")
        if letter is None:
            raise self._absent("un courriel", f"la difficulté d'accès au PM {self.pm}", "PM-09")
        mail = dissect(letter.data)
        said = " ".join([mail.subject, *(part.data.decode("utf-8", "replace") for part in mail.bodies)])
        if letter.folder.lower() != boxes.echange.lower() or self.pm not in said:
            raise NonConforme(
                rule("PM-DIFFICULTE-COURRIEL").finding(
                    path=letter.name, received=f"courriel à {letter.folder}, PM {'cité' if self.pm in said else 'tu'}",
                    expected=f"un courriel à {boxes.echange} qui cite le PM", order=self.pm,
                )
            )  # fmt: skip

    def _says(self, flow: str, since: int) -> None:
        def find() -> Observation | None:
            return next((one for one in self.instrument.observed(since) if one.flow == flow), None)

        self.heard = self.instrument.wait_for(find, f"le fichier {flow} du PM {self.pm}")
        if self.heard is None:
            raise self._absent(flow, f"la consigne sur le PM {self.pm}", _OWED[flow])

    # --- what the OC says ------------------------------------------------------------------------------------------

    def no_finding(self, family: str = "") -> None:
        """See that the last file breaks no rule of names, of folders, or of its format."""
        seen = self._heard()
        wrong = [one for one in seen.findings if one.severity is Severity.ERROR]
        wrong = [one for one in wrong if (one.rule.startswith(family) if family else not one.rule.startswith(_OTHERS))]
        if wrong:
            raise NonConforme(wrong)

    def names_what_was_asked(self) -> None:
        """See that the order is of the PM and of the type asked for (PM-03)."""
        row = self._row()
        for column, asked in (("ReferencePM", self.pm), ("TypeCommandePM", self.kind)):
            if row.get(column, "").strip() != asked:
                finding = rule("OC-CHAMP-SERVI").finding(
                    path=self._heard().exchange.name, column=column, received=row.get(column, ""), expected=asked,
                    order=row.get("ReferenceCommandePMInterneOC", ""), requirement="PM-03",
                )  # fmt: skip
                raise NonConforme(finding)

    def agrees(self, *rules: str) -> None:
        """See that the last file breaks none of some rules between files."""
        seen = self._heard()
        compared = [*[one for one in self.instrument.observations if one.flow == "IPE"][-1:], seen]
        sources = [from_bytes(one.exchange.data, one.exchange.name) for one in compared]
        batch = open_batch(sources, self.instrument.profile)
        found = cross_check(batch, self.instrument.profile, rules=rules)
        if any(one.severity is Severity.ERROR for one in found):
            raise NonConforme(found)
        self.findings += found

    def reference_is_new(self) -> None:
        """See that no earlier order bore the reference of the last one (PM-03)."""
        mine, column = self._heard(), "ReferenceCommandePMInterneOC"
        reference = self._row().get(column, "")
        for one in self.instrument.observed():
            if one.flow == "Cmd_Info_Pm" and one.batch < mine.batch and reference in _column(one, column):
                finding = rule("CROISE-CMD-DOUBLE").finding(
                    path=mine.exchange.name, column=column, received=reference, other=one.exchange.name,
                    order=reference, requirement="PM-03",
                )  # fmt: skip
                raise NonConforme(finding)

    def _taken(self) -> None:
        """See that our OI could take the order: what is wrong with one that it could not is told in its place."""
        seen = self._heard()
        wrong = [one for one in seen.findings if one.severity is Severity.ERROR]
        if wrong:
            raise NonConforme(wrong)
        reference, oc = self._row().get("ReferenceCommandePMInterneOC", ""), self.instrument.target.codes.oc
        self.instrument.settle()
        order = _desk(self.instrument.oi).orders.get((oc, reference))
        if order is None or order.file != seen.exchange.name:
            finding = rule("OC-COMMANDE-REJETEE").finding(
                path=seen.exchange.name, received="AR KO", order=reference, requirement="PM-03"
            )
            raise NonConforme(finding)

    def hear_report(self) -> None:
        """Wait until our report of the order has left, and the OC has read it."""
        self._taken()

        def find() -> Exchange | None:
            for one in self.instrument.deliveries.values():
                if one.seen is None or one.seen.flow != "CR_MAD_Pm" or one.seen.batch <= self.start or not one.read:
                    continue
                if one.seen.exchange.name not in self._names:
                    return one.seen.exchange
            return None

        self.report = self.instrument.wait_for(find, f"que l'OC relève le CR_MAD_Pm du PM {self.pm}")
        if self.report is None:
            raise self._absent("la relève du CR_MAD_Pm", "son dépôt", "TRA-10")

    def acknowledges(self) -> None:
        """Wait for the acknowledgement of the report (PM-07)."""
        self._needs_acknowledgements()
        if self.report is None:
            self.hear_report()
        assert self.report is not None  # noqa: S101 -- or hear_report() raised
        name = self.report.name
        self.heard = self.instrument.wait_for(lambda: self._beside("ar_crmad", name), f"l'AR de {name}")
        if self.heard is None:
            raise self._absent("l'AR du CR_MAD_Pm", name, "PM-07")

    def acknowledges_nothing(self) -> None:
        """See that the OC acknowledges none of the reports that could not be read (PM-07)."""
        self._needs_acknowledgements()
        self.instrument.settle()
        for one in self.instrument.observed(self.start):
            if one.companion == "ar_crmad" and one.beside in self._names:
                raise NonConforme(f"{one.exchange.name} : accuse réception d'un CR_MAD_Pm que rien ne permet de lire")

    def _needs_acknowledgements(self) -> None:
        if not self.instrument.target.capacites.ar_pm_par_fichier:
            raise NonApplicable("l'OC accuse réception par e-mail (capacites.ar_pm_par_fichier).")

    def insists_not(self) -> None:
        """See that a rejected order is not sent again under its reference."""
        self.instrument.settle()
        reference = self._row().get("ReferenceCommandePMInterneOC", "")
        sent = [
            one
            for one in self.instrument.observed(self.start)
            if one.flow == "Cmd_Info_Pm" and reference in _column(one, "ReferenceCommandePMInterneOC")
        ]
        if len(sent) > 1:
            finding = rule("OC-INSISTE").finding(
                path=sent[-1].exchange.name, order=reference, other=sent[0].exchange.name, requirement="PM-03"
            )
            raise NonConforme(finding)

    def accompanied(self, said: str) -> None:
        """See that the notification comes with a document, whole (PM-11)."""
        ident, notified = _DOCUMENTS[said], self._notified()
        found = self.instrument.wait_for(lambda: self._beside(ident, notified), f"la {said} de {notified}")
        companion = self.instrument.profile.companion(ident)
        if found is None:
            if not self.instrument.absence_counts:
                raise EnAttente(f"la {said} de {notified} attend")
            raise NonConforme(
                rule("PM-ADDU-PIECE").finding(
                    path=notified, received=notified, piece=companion.fr,
                    expected=companion_name(self.instrument.profile, ident, notified),
                )
            )  # fmt: skip
        wrong = [one for one in found.findings if one.severity is Severity.ERROR]
        if wrong:
            raise NonConforme(wrong)

    def _notified(self) -> str:
        return self._heard().exchange.name

    def _beside(self, ident: str, file: str) -> Observation | None:
        mine = self.instrument.observed()
        return next((one for one in mine if one.companion == ident and one.beside == file), None)

    # --- telling -----------------------------------------------------------------------------------------------

    def files(self) -> list[Observation]:
        """Give the PM files of the OC since the scenario began."""
        return [one for one in self.instrument.observed(self.start) if one.speaks_pm(self.instrument.profile)]

    def _heard(self) -> Observation:
        assert self.heard is not None  # noqa: S101 -- the steps wait first
        return self.heard

    def _row(self) -> dict[str, str]:
        seen = self._heard()
        rows = read_rows(seen.exchange.data, load_table(seen.flow)).rows
        return dict(rows[0].values) if rows else {}

    def _today(self) -> date:
        return self.instrument.clock().astimezone(PARIS).date()

    def _absent(self, what: str, after: str, requirement: str) -> Exception:
        recent = self.instrument.observed(self.start)
        unreadable = [one for seen in recent for one in seen.findings if one.severity is Severity.ERROR]
        if unreadable and not any(seen.flow == what for seen in recent):
            return NonConforme(unreadable)
        if not self.instrument.absence_counts:
            return EnAttente(f"{what} attendu de l'OC")
        finding = rule("CYC-REPONSE-ABSENTE").finding(
            received=after, expected=what, until=f"{self.instrument.clock().astimezone(PARIS):%d/%m/%Y %H:%M:%S}",
            order=f"du PM {self.pm}", requirement=requirement,
        )  # fmt: skip
        return NonConforme([finding])


def _desk(oi: ConductedOi) -> PmOi:
    assert oi.pm is not None  # noqa: S101 -- the instrument opens it
    return oi.pm


def _regimes(pm: Pm) -> tuple[str, ...]:
    return pm.prestations[0].regimes if pm.prestations else ()


def _column(seen: Observation, column: str) -> set[str]:
    return {row.values.get(column, "") for row in read_rows(seen.exchange.data, load_table(seen.flow)).rows}
