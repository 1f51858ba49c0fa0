"""One scenario of the PM process, played by the bench in the OC's chair: the steps of ``features/pm``, in verbs.

PMs are those that the target declares, else those that the last IPE shows. Weeks are leapt over where both parties are
ours; before a real OI they are waited for, and the scenario stays « en attente » until then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from annexe5.campaign.bench import Bench, Row
from annexe5.campaign.observe import Observation
from annexe5.campaign.scene import ODD_FILES
from annexe5.campaign.target import PmTarget
from annexe5.campaign.verdicts import Bloque, EnAttente, NonApplicable, NonConforme
from annexe5.contract.calendar import PARIS, Calendar
from annexe5.contract.companions import companion_name
from annexe5.contract.names import judge_name
from annexe5.contract.rejects import load_rejects, read_motive
from annexe5.contract.rules import raw_rules, rule
from annexe5.findings import Finding, Severity
from annexe5.messages.mail import Attachment
from annexe5.parties import pm_documents
from annexe5.tables import load_table, read_rows, write_rows
from annexe5.tables.octets import from_bytes

_NOON = time(12)
_WEEK = timedelta(days=7)
_UNKNOWN = "99999999R"
_FAMILIES = {"nom": ("NOM",), "dossier": ("DOS",)}
_ROLES = {"ouvert": "ouverts", "fermé": "fermes", "en immeuble": "en_immeuble"}


@dataclass
class PmScene:
    """What one scenario has sent and heard of one PM; ``start`` is its first observation."""

    bench: Bench
    pm: str = ""
    row: Row = field(default_factory=dict)
    sent: list[Observation] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    report: Observation | None = None
    answer: Row = field(default_factory=dict)
    works: date | None = None
    start: int = 0

    def __post_init__(self) -> None:
        self.start = len(self.bench.observations)
        self.declared  # noqa: B018 -- not declared, nothing of it is played

    @property
    def declared(self) -> PmTarget:
        """What the target declares of the PM protocol."""
        if self.bench.target.pm is None:
            raise NonApplicable("le fichier cible ne déclare pas le protocole PM ([pm]).")
        return self.bench.target.pm

    # --- what the OI diffuses ----------------------------------------------------------------------------------

    def received(self, flow: str) -> list[Observation]:
        """Give the files of a flow received since the campaign began, the first ones waited for."""
        found = self.bench.await_found(lambda: self._of(flow) or None)
        if found is None:
            raise self._absent(flow, "l'ouverture du compte", {"IPE": "PM-02", "CPN": "PM-13"}[flow])
        return self._of(flow)

    def _of(self, flow: str) -> list[Observation]:
        return [one for one in self._theirs() if one.flow == flow]

    def _theirs(self) -> Iterator[Observation]:
        oi = self.bench.target.codes.oi
        return (one for one in self.bench.observations if one.exchange.sender == oi)

    def weeks(self, count: int) -> None:
        """Come to noon of the ``count``-th Monday since the campaign began."""
        monday = self._mondays(count)[-1]
        noon = datetime.combine(monday, _NOON, PARIS)
        if self.bench.clock() < noon:
            if self.bench.leap is None:
                raise EnAttente("l'IPE du lundi n'est pas encore dû", noon)
            for day in self._mondays(count):
                moment = datetime.combine(day, _NOON, PARIS)
                if self.bench.clock() < moment:
                    self.bench.leap(moment)
                    self.bench.settle()
        self.bench.settle()

    def _mondays(self, count: int) -> list[date]:
        day = self.bench.opened.astimezone(PARIS).date()
        first = day + timedelta(days=7 - day.weekday())
        return [first + _WEEK * rank for rank in range(count)]

    def each_monday(self, count: int) -> None:
        """See that an IPE is dated from each Monday that has gone by (PM-02)."""
        dates = sorted(self._said(one, "date") for one in self._of("IPE"))
        missing = [day for day in self._mondays(count) if f"{day:%Y%m%d}" not in dates]
        if missing:
            raise NonConforme(
                [
                    rule("PM-IPE-LUNDI").finding(received=dates[-1] if dates else "aucun", expected=f"{day:%d/%m/%Y}")
                    for day in missing
                ]
            )

    def opened_pms_are_told(self) -> None:
        """See that each PM that the last IPE shows open stands in a CPN (PM-13)."""
        [*_, ipe] = self.received("IPE")
        told = {
            row.values.get("ReferencePM", "")
            for one in self.received("CPN")
            for row in read_rows(one.exchange.data, load_table("CPN")).rows
        }
        day = self._said(ipe, "date")
        absent = [
            reference
            for reference, values in _pms(ipe.exchange.name, ipe.exchange.data, self.bench.profile.id).items()
            if values["EtatPM"] == "DEPLOYE" and values["DatePremiereMADPM"] <= day and reference not in told
        ]
        if absent:
            raise NonConforme(
                [rule("PM-CPN-OUVERTURE").finding(received=one, other=ipe.exchange.name) for one in absent[:20]]
            )

    # --- rules between files -----------------------------------------------------------------------------------

    def agree(self, *flows: str, rules: Collection[str]) -> None:
        """See that the files of some flows, received so far, break none of some rules between files."""
        files = [one.exchange for one in self._theirs() if one.flow in flows]
        files += [one.exchange for one in self.sent if one.flow in flows]
        from annexe5.tables.crossfile import cross_check, open_batch  # noqa: PLC0415 -- polars is slow to load

        batch = open_batch([from_bytes(one.data, one.name) for one in files], self.bench.profile)
        found = cross_check(batch, self.bench.profile, samples=20, rules=rules)
        self.findings += found
        errors = [one for one in found if one.severity is Severity.ERROR]
        if errors:
            raise NonConforme(errors)

    def history_holds(self, kept: str) -> None:
        """See that no IPE undoes what the one before said, in one of the ways of ``HISTORY``."""
        if len(self.received("IPE")) < 2:  # noqa: PLR2004 -- a history
            raise Bloque("un seul IPE a été reçu : rien à comparer.")
        self.agree("IPE", rules=HISTORY[kept])

    def cpn_agrees(self) -> None:
        """See that each PM of the CPN stands in the IPE (PM-13)."""
        self.received("IPE")
        self.agree("IPE", "CPN", rules=("CROISE-PM-INCONNU",))

    # --- a PM and its order --------------------------------------------------------------------------------------

    def choose(self, role: str) -> None:
        """Take a PM that plays a role: declared by the target, else shown by the last IPE; or one that no IPE knows."""
        if role == "inconnu":
            self.pm = _UNKNOWN
            return
        declared: Sequence[str] = getattr(self.declared, _ROLES[role])
        self.pm = declared[0] if declared else self._shown(role)

    def _shown(self, role: str) -> str:
        ipe = self.received("IPE")[-1]
        pms = _pms(ipe.exchange.name, ipe.exchange.data, self.bench.profile.id)
        fits: Callable[[Row], bool] = {
            "ouvert": lambda values: values["EtatPM"] == "DEPLOYE" and values["TypeEmplacementPM"].upper() != "PMI",
            "fermé": lambda values: values["EtatPM"] in ("PLANIFIE", "EN COURS DE DEPLOIEMENT"),
            "en immeuble": lambda values: (
                values["EtatPM"] == "DEPLOYE" and values["TypeEmplacementPM"].upper() == "PMI"
            ),
        }[role]
        found = next((reference for reference, values in pms.items() if fits(values)), None)
        if found is None:
            raise Bloque(f"aucun PM {role} dans {ipe.exchange.name} : déclarez-en un, [pm] {_ROLES[role]}.")
        return found

    def prepare(self, kind: str) -> None:
        """Fill a Cmd_Info_Pm for the PM at hand."""
        today = self._today()
        self.row = dict.fromkeys(load_table("Cmd_Info_Pm").names, "") | {
            "ReferenceCommandePMInterneOC": self.bench.fresh_reference(),
            "ReferencePM": self.pm,
            "TypeCommandePM": kind,
            "ChoixTechniqueOC": "P",
            "DateCommandePM": f"{today:%Y%m%d}",
        }

    def change(self, column: str, value: str) -> None:
        """Say something else in a column of the order."""
        self.row[column] = value

    def order(self) -> None:
        """Deposit the order."""
        self._send("Cmd_Info_Pm", self.row)

    def mail_order(self) -> None:
        """Send the order by mail, as the contract has it (PM-04)."""
        name = self.bench.name("Cmd_Info_Pm", pm=self.pm)
        self.sent.append(self.bench.send("Cmd_Info_Pm", [self.row], name=name, letter=""))

    def deposit_odd(self, kind: str) -> None:
        """Deposit a file that no OI can take."""
        name = self.bench.name("Cmd_Info_Pm", pm=self.pm)
        name, data = ODD_FILES[kind](
            name, write_rows(load_table("Cmd_Info_Pm"), [self.row]), self.bench.target.codes.oc
        )
        self.sent.append(self.bench.send("Cmd_Info_Pm", [], name=name, data=data, owed=False))

    def acknowledged(self, code: str = "") -> None:
        """Wait for the acknowledgement of the order: OK, or KO under a code (PM-04)."""
        if not self.declared.ar_par_fichier:
            raise NonApplicable("l'OI accuse réception par e-mail ; le fichier cible ne dit pas [pm] ar_par_fichier.")
        file = self._last("Cmd_Info_Pm").exchange.name
        found = self.bench.await_found(lambda: self._beside("ar_commande", file))
        if found is None:
            raise self._absent("l'AR de Cmd_Info_Pm", file, "PM-04")
        table = load_table(self.bench.profile.companion("ar_commande").table)
        rows = [row.values for row in read_rows(found.exchange.data, table).rows]
        reference = self.row["ReferenceCommandePMInterneOC"]
        row = next((one for one in rows if one["ReferenceCommandePMInterneOC"].strip() == reference), None)
        if row is None:
            raise NonConforme(self._wrong(found, "aucune ligne pour cette commande", "OK ou KO"))
        state, expected = row["EtatArCommandePM"].strip().upper(), "KO" if code else "OK"
        if state != expected:
            raise NonConforme(self._wrong(found, f"{state} {row['MotifKoArCommandePM']}".strip(), expected))
        given, _ = read_motive(row["MotifKoArCommandePM"])
        if given != code:
            self.findings.append(
                rule("PM-AR-CODE").finding(
                    path=found.exchange.name, column="MotifKoArCommandePM", received=given or "aucun code",
                    expected=f"{code} ({load_rejects()[code].label})" if code else "aucun code", order=reference,
                )
            )  # fmt: skip

    def _wrong(self, seen: Observation, received: str, expected: str) -> Finding:
        return rule("PM-AR-ISSUE").finding(
            path=seen.exchange.name, column="EtatArCommandePM", received=received, expected=expected,
            order=self.row["ReferenceCommandePMInterneOC"],
        )  # fmt: skip

    def reported(self) -> None:
        """Wait for the CR_MAD_Pm of the order (PM-05)."""
        reference = self.row["ReferenceCommandePMInterneOC"]
        self.report = self.bench.await_found(lambda: self._report_of(reference))
        if self.report is None:
            raise self._absent("CR_MAD_Pm", self._last("Cmd_Info_Pm").exchange.name, "PM-05")

    def _report_of(self, reference: str) -> Observation | None:
        mine = f";{reference};".encode(), f"{reference};".encode()
        for one in self._of("CR_MAD_Pm"):
            if any(mark in one.exchange.data for mark in mine):
                return one
        return None

    def not_reported(self) -> None:
        """See that a rejected order gets no CR_MAD_Pm."""
        self.bench.settle()
        reference = self.row["ReferenceCommandePMInterneOC"]
        found = self._report_of(reference)
        if found is not None:
            raise NonConforme(
                rule("PM-CRMAD-REFUSEE").finding(
                    path=found.exchange.name, received=found.exchange.name, order=reference
                )
            )

    def planned(self) -> None:
        """See that the plan stands beside the report, under its name, and opens (PM-05)."""
        report = self._reported()
        name = report.exchange.name
        plan = self.bench.await_found(lambda: self._beside("plan", name))
        if plan is None:
            if not self.bench.absence_counts:
                raise EnAttente(f"le plan de {name} attend")
            expected = companion_name(self.bench.profile, "plan", name)
            raise NonConforme(rule("PM-PLAN-ABSENT").finding(path=name, received=name, expected=expected))
        unreadable = [one for one in plan.findings if one.severity is Severity.ERROR]
        if unreadable:
            raise NonConforme(unreadable)

    def report_agrees(self) -> None:
        """Compare the report with the IPE, the order and the reports before it."""
        self._reported()
        self.received("IPE")
        self.agree("IPE", "CR_MAD_Pm", "Cmd_Info_Pm", rules=_named("CROISE-CRMAD-", "CROISE-PM-INCONNU"))

    def acknowledge_report(self) -> None:
        """Deposit the acknowledgement of the report (PM-07)."""
        report = self._reported()
        [row, *_] = read_rows(report.exchange.data, load_table("CR_MAD_Pm")).rows
        said = {
            "ReferencePM": self.pm,
            "ReferencePrestationPM": row.values.get("ReferencePrestationPM", ""),
            "EtatArCrMadPM": "OK",
            "DateArCrMadPM": f"{self._today():%Y%m%d}",
        }
        table = load_table(self.bench.profile.companion("ar_crmad").table)
        self._send_beside("ar_crmad", report.exchange.name, write_rows(table, [said]))

    def _reported(self) -> Observation:
        if self.report is None:
            self.reported()
        assert self.report is not None  # noqa: S101 -- or reported() raised
        return self.report

    # --- works -------------------------------------------------------------------------------------------------

    def announce(self, days: int) -> None:
        """Announce works in some working days (PM-08)."""
        calendar = Calendar(self.bench.profile.jours_ouvres)
        self.works = calendar.add(self._today(), days)
        self._send("Notif_Interv_Prev", {
            "ReferencePM": self.pm,
            "DateNotifRaccordementPM": f"{self._today():%Y%m%d}",
            "DateAdduction": f"{self.works:%Y%m%d}",
        })  # fmt: skip

    def manager_told(self) -> None:
        """Wait for CR_InfoSyndic, until the works begin (PM-10)."""
        assert self.works is not None  # noqa: S101 -- the steps announce first
        begin = datetime.combine(self.works, time(0), PARIS)
        found = self.bench.await_found(lambda: self._about("CR_InfoSyndic"))
        if found is None and self.bench.leap is not None:
            self.bench.leap(begin)
            found = self.bench.await_found(lambda: self._about("CR_InfoSyndic"))
        if found is None and not self.bench.absence_counts:
            raise EnAttente(f"PM {self.pm} : CR_InfoSyndic attendu avant les travaux", begin)
        if found is None or found.exchange.at >= begin:
            raise NonConforme(
                rule("PM-SYNDIC-TARD").finding(
                    received=f"{found.exchange.at:%d/%m/%Y}" if found else "rien",
                    expected=f"{self.works:%d/%m/%Y}", order=self.pm,
                )
            )  # fmt: skip
        self._remember(found)

    def notify(self, *, photo: bool = True, sheet: bool = True, days_ago: int = 3) -> None:
        """Notify the works done some working days ago, documents first (PM-11)."""
        today = self._today()
        done = Calendar(self.bench.profile.jours_ouvres).add(today, -days_ago)
        name = self.bench.name("Notif_Adduction", pm=self.pm)
        if photo:
            picture = pm_documents.photograph(name)
            self._send_beside("photo", name, picture, name.removesuffix(".csv") + "_PHOTO.png")
        if sheet:
            self._send_beside("fiche", name, pm_documents.sheet(self.pm, done, today))
        row = {"ReferencePM": self.pm, "DateNotifAdduction": f"{today:%Y%m%d}", "DateAdduction": f"{done:%Y%m%d}"}
        self._send("Notif_Adduction", row, name)

    def mail_notification(self, *, photo: bool = True, days_ago: int = 3) -> None:
        """Notify the works done by mail, the documents in the same message (PM-11)."""
        today = self._today()
        done = Calendar(self.bench.profile.jours_ouvres).add(today, -days_ago)
        name = self.bench.name("Notif_Adduction", pm=self.pm)
        sheet = companion_name(self.bench.profile, "fiche", name)
        pieces = [Attachment(sheet, pm_documents.sheet(self.pm, done, today), "application/pdf")]
        if photo:
            pieces.append(
                Attachment(name.removesuffix(".csv") + "_PHOTO.png", pm_documents.photograph(name), "image/png")
            )
        row = {"ReferencePM": self.pm, "DateNotifAdduction": f"{today:%Y%m%d}", "DateAdduction": f"{done:%Y%m%d}"}
        full = dict.fromkeys(load_table("Notif_Adduction").names, "") | row
        self.sent.append(self.bench.send("Notif_Adduction", [full], name=name, letter="", beside=pieces))

    def adduction_answered(self) -> None:
        """Wait for CR_NotifAdduction (PM-12)."""
        found = self.bench.await_found(lambda: self._about("CR_NotifAdduction"))
        if found is None:
            raise self._absent("CR_NotifAdduction", self._last("Notif_Adduction").exchange.name, "PM-12")
        self._remember(found)

    def adduction_accepted(self) -> None:
        """See that the last answer is OK."""
        if self.answer.get("EtatAdduction", "").upper() != "OK":
            raise NonConforme(
                f"PM {self.pm} : adduction refusée, complète pourtant : {self.answer.get('MotifKoAdduction') or 'KO'}"
            )

    def adduction_refused(self, piece: str = "") -> None:
        """See that the last answer is KO and says why; accepted without a document, it is a reserve."""
        if self.answer.get("EtatAdduction", "").upper() == "KO":
            return
        if not piece:
            raise NonConforme(f"PM {self.pm} : adduction acceptée, le PM n'existe pas")
        finding = rule("PM-ADDU-ACCEPTEE").finding(received="OK", expected="KO", order=self.pm, piece=piece)
        self.findings.append(finding)

    def holds(self, column: str) -> None:
        """See that a column of the last answer is filled."""
        if not self.answer.get(column, "").strip():
            raise NonConforme(f"PM {self.pm} : {column} est vide")

    def _about(self, flow: str) -> Observation | None:
        """Give the first file of a flow about the PM at hand since the scenario began."""
        for one in self.bench.observations[self.start :]:
            if one.flow == flow and self._said(one, "pm") == self.pm:
                return one
        return None

    def _said(self, seen: Observation, place: str) -> str:
        """Give what a file's name says of a place of its grammar."""
        return judge_name(self.bench.profile, seen.exchange.name).fields.get(place, "")

    def _remember(self, seen: Observation) -> None:
        rows = read_rows(seen.exchange.data, load_table(seen.flow)).rows
        self.answer = dict(rows[0].values) if rows else {}

    # --- files -------------------------------------------------------------------------------------------------

    def files(self, flow: str = "") -> list[Observation]:
        """Give the PM files of the OI since the scenario began; IPE and CPN whenever they came."""
        if flow in ("IPE", "CPN"):
            return self._of(flow)
        recent = [
            one
            for one in self.bench.observations[self.start :]
            if one.exchange.sender == self.bench.target.codes.oi and one.speaks_pm(self.bench.profile)
        ]
        return [one for one in recent if not flow or one.flow == flow]

    def no_finding(self, flow: str, family: str = "") -> None:
        """See that the files of a flow break no rule of names, of folders, or of their format."""
        files = self.files(flow)
        if not files:
            raise NonConforme(f"l'OI n'a envoyé aucun {flow}")
        others = tuple(word for words in _FAMILIES.values() for word in words)
        found = [one for seen in files for one in seen.findings if one.severity is Severity.ERROR]
        if family:
            found = [one for one in found if one.rule.startswith(_FAMILIES[family])]
        else:
            found = [one for one in found if not one.rule.startswith(others)]
        if found:
            raise NonConforme(found)

    def taken(self) -> None:
        """See that the OI has deleted from IN what it retrieved (TRA-10)."""
        for one in self.sent:
            if self.bench.waiting_in(one.exchange.folder, one.exchange.name):
                raise NonConforme(f"{one.exchange.name} est encore dans {one.exchange.folder}")

    def _beside(self, ident: str, file: str) -> Observation | None:
        return next((one for one in self._theirs() if one.companion == ident and one.beside == file), None)

    def _last(self, flow: str) -> Observation:
        return [one for one in self.sent if one.flow == flow][-1]

    def _send(self, flow: str, row: Row, name: str = "") -> None:
        full = dict.fromkeys(load_table(flow).names, "") | row
        self.sent.append(self.bench.send(flow, [full], name=name or self.bench.name(flow, pm=self.pm)))

    def _send_beside(self, ident: str, file: str, data: bytes, name: str = "") -> None:
        companion = self.bench.profile.companion(ident)
        codes = self.bench.target.codes
        folder = self.bench.profile.folder(companion.dossier, codes.oi, codes.arcep)
        named = name or companion_name(self.bench.profile, ident, file)
        self.sent.append(self.bench.send(companion.flux, [], name=named, folder=folder, data=data))

    def _today(self) -> date:
        return self.bench.clock().astimezone(PARIS).date()

    def _absent(self, what: str, after: str, requirement: str) -> Exception:
        unreadable = [
            finding
            for one in self.files()
            for finding in one.findings
            if finding.severity is Severity.ERROR and finding.requirement == requirement
        ]
        if unreadable:
            return NonConforme(unreadable)
        if not self.bench.absence_counts:
            return EnAttente(f"{what} attendu de l'OI")
        finding = rule("CYC-REPONSE-ABSENTE").finding(
            received=after, expected=what, until=f"{self.bench.clock().astimezone(PARIS):%d/%m/%Y %H:%M:%S}",
            order=self.row.get("ReferenceCommandePMInterneOC") or f"du PM {self.pm}", requirement=requirement,
        )  # fmt: skip
        return NonConforme([finding])


HISTORY: Mapping[str, Collection[str]] = {
    "l'état d'une adresse ne recule pas": ("CROISE-IPE-ETAT",),
    "l'état d'un PM ne recule pas": ("CROISE-IPE-ETAT-PM",),
    "la première mise à disposition ne change pas": ("CROISE-IPE-PREMIERE-MAD",),
    "une adresse abandonnée reste trois mois": (
        "CROISE-IPE-ABANDON", "CROISE-IPE-DISPARITION", "CROISE-IPE-ABANDON-LONG",
    ),
    "un PM abandonné reste trois mois": ("CROISE-PM-ABANDON",),
}  # fmt: skip
"""What stays from one IPE to the next, by the words of features, and the rules that tell."""


@lru_cache(maxsize=8)
def _pms(name: str, data: bytes, profile: str) -> dict[str, Row]:
    """Give the PMs of an IPE by reference, as their first row describes them."""
    from annexe5.contract.profile import load_profile  # noqa: PLC0415 -- kept by its id
    from annexe5.tables.crossfile import cross_file  # noqa: PLC0415 -- polars is slow to load

    wanted = ("ReferencePM", "EtatPM", "TypeEmplacementPM", "DatePremiereMADPM")
    file = cross_file(from_bytes(data, name), load_profile(profile))
    if file is None:
        return {}
    frame = file.read(wanted, lambda block: block.unique("ReferencePM", keep="first", maintain_order=True))
    found: dict[str, Row] = {}
    for row in frame.select(wanted).iter_rows(named=True):
        if row["ReferencePM"]:
            found.setdefault(row["ReferencePM"], dict(row))
    return found


def _named(*prefixes: str) -> frozenset[str]:
    """Give the rules between files whose id begins so."""
    return frozenset(
        ident for ident, one in raw_rules().items() if one["house"] == "crossfile" and ident.startswith(prefixes)
    )
