"""One scenario played by the instrument opposite an OC: what the steps of ``features/oc`` say, in verbs.

A scene holds the orders of its scenario; it never takes silence for conformity: what must not happen is looked for once
the OC has shown, by what it read and did besides, that it is at work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import asyncssh

from annexe5.campaign.bench import Placed
from annexe5.campaign.conducted import STAGES, ConductedOi
from annexe5.campaign.instrument import Delivery, Instrument
from annexe5.campaign.observe import KEY, Observation
from annexe5.campaign.scene import ODD_FILES
from annexe5.campaign.verdicts import Bloque, EnAttente, NonApplicable, NonConforme
from annexe5.contract.calendar import PARIS
from annexe5.contract.rejects import load_rejects, read_motive
from annexe5.contract.rules import rule
from annexe5.exchange import Exchange
from annexe5.findings import EMPTY, Finding, Severity, Text
from annexe5.network.roles import load_fields
from annexe5.orders import Event, load_cycle
from annexe5.parties.answers import stamp
from annexe5.parties.oc import Instruction

_SERVED = ("adresse", "structure", "pm", "prise", "rdv")
_OWED = {"Cmd_Acces": "ACC-03", "CR_STOC": "ACC-09", "CR_MES_LigneFTTH": "ACC-11", "Annul_Acces": "ACC-12"}
_FORMAT = ("OCT-", "STR-", "CEL-", "CRSTOC-", "MES-")
_REFUSED = ("AR_KO", "CR_KO")


@dataclass
class OcScene:
    """The orders of one scenario, and the moment it began."""

    instrument: Instrument
    orders: list[Placed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    start: int = 0
    _mark: int = 0
    _foreign: list[str] = field(default_factory=list)
    _reason: Text = EMPTY
    _claimed: set[tuple[str, int]] = field(default_factory=set)
    _heard: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.start = self._mark = self.instrument.moment

    @property
    def order(self) -> Placed:
        """The last order."""
        return self.orders[-1]

    # --- the OC orders --------------------------------------------------------------------------------------

    def ask_for(self, role: str, count: int = 1, *, by_mail: bool = False) -> None:
        """Have the OC order for addresses that play a role, and see its orders come."""
        instrument = self.instrument
        self._able("commander")
        rows = [instrument.row_of(role) for _ in range(count)]
        mode = rows[0].get("TypeRacco") or "STOC"
        capacities = instrument.target.capacites
        if mode not in capacities.modes:
            raise NonApplicable(f"le fichier cible ne déclare pas le mode {mode} (capacites.modes).")
        if role == "pto_inconnue" and not capacities.hotline:
            raise NonApplicable("le fichier cible ne déclare pas la hotline (capacites.hotline).")
        since = instrument.moment
        instrument.ask(Instruction("commander", tuple(rows), par_courriel=by_mail))
        for row in rows:
            self._claim(role, row, since)

    def order_again(self) -> None:
        """Have the OC order anew for the address of the last order."""
        row = self.order.row
        since = self.instrument.moment
        self.instrument.ask(Instruction("commander", (row,)))
        self._claim(self.order.role, row, since)

    def _claim(self, role: str, row: dict[str, str], since: int) -> None:
        """Wait for an order, the one for that address if several came, and compare it with what is served."""

        def find() -> Event | None:
            new = self.instrument.unclaimed(since, self._claimed)
            return next((one for one in new if _same_place(one.values, row)), new[0] if new else None)

        event = self.instrument.wait_for(find, f"le fichier Cmd_Acces dans {self.instrument.drop_folder}")
        if event is None:
            raise self._absent("Cmd_Acces", "la consigne « commander »")
        self._claimed.add((event.file, event.line))
        self._mark = max(self._mark, event.batch)
        placed = Placed(event.reference, role, row)
        self.orders.append(placed)
        self.instrument.keep(placed)
        self._refuse_unreadable(event)
        self._refuse_repeated(event)
        self._as_served(event, row)

    def _as_served(self, event: Event, row: Mapping[str, str]) -> None:
        for column in dict.fromkeys(name for group in _SERVED for name in load_fields()[group]):
            said, served = event.values.get(column, "").strip(), row.get(column, "")
            if said != served and (said or column == "PriseExistante"):
                finding = rule("OC-CHAMP-SERVI").finding(
                    path=event.file, line=event.line, column=column, received=said, expected=served,
                    order=event.reference,
                )  # fmt: skip
                self.findings.append(replace(finding, orders=(event.reference,)))
        mode = event.values.get("TypeRacco", "").strip().upper()
        if mode != (row.get("TypeRacco") or "STOC"):
            raise Bloque(
                f"commande {event.reference} passée en mode {mode or 'vide'}, demandée en mode {row['TypeRacco']}"
            )

    def _refuse_unreadable(self, event: Event) -> None:
        """Stop on a file that no OI could take: waiting for its answer would say less."""
        for seen in self.instrument.observed(self.start):
            if seen.exchange.name == event.file:
                wrong = [one for one in seen.findings if one.rule.startswith(("NOM", "DOS")) and _is_error(one)]
                if wrong:
                    raise NonConforme(wrong)

    def _refuse_repeated(self, event: Event) -> None:
        """Stop on a reference that has served: whose life it is nobody can tell."""
        wrong = [
            one
            for seen in self.instrument.observed(self.start)
            for one in seen.findings
            if one.rule in ("CROISE-CMD-DOUBLE", "OC-INSISTE") and event.reference in one.orders
        ]
        if wrong:
            raise NonConforme(wrong)

    # --- the OI answers -------------------------------------------------------------------------------------

    def heard(self, *kinds: str) -> Event:
        """Wait until the OC has read an answer about the last order."""
        reference = self.order.reference

        def find() -> Event | None:
            events = self.instrument.events(reference)
            new = [one for one in events if (one.file, one.line) not in self._heard]
            wanted = [one for one in new if one.kind in kinds]
            refused = [one for one in new if one.kind in _REFUSED]
            return next(iter(wanted or refused), None)

        event = self.instrument.wait_for(find, f"que l'OC relève {self._flow(kinds[0])} de la commande {reference}")
        if event is None:
            raise self._not_collected(kinds)
        if event.kind in _REFUSED and event.kind not in kinds:
            raise NonConforme(self._rejected(event))
        self._note(event)
        return event

    def _note(self, event: Event) -> None:
        """Go on from an event: what comes next answers it."""
        self._heard.add((event.file, event.line))
        self._mark = max(self._mark, event.batch)

    def _not_collected(self, kinds: Sequence[str]) -> Exception:
        standing = [one for one in self.instrument.uncollected() if not one.read]
        named = [one for one in standing if one.seen is not None and self._concerns(one, kinds)]
        if not named:
            return Bloque(f"commande {self.order.reference} : notre OI n'a pas envoyé {self._flow(kinds[0])}")
        if not self.instrument.absence_counts:
            return EnAttente(f"{named[0].path} : attend que l'OC le relève")
        return NonConforme(self._unread(named[0]))

    def _unread(self, delivery: Delivery) -> Finding:
        folder, _, name = delivery.path.rpartition("/")
        return rule("OC-RELEVE-ABSENTE").finding(
            path=delivery.path, received=name, expected=folder, until=self._now_in_words()
        )

    def _concerns(self, delivery: Delivery, kinds: Sequence[str]) -> bool:
        events = delivery.seen.events if delivery.seen else ()
        return any(one.reference == self.order.reference and one.kind in kinds for one in events)

    def _rejected(self, event: Event) -> Finding:
        motive = event.values.get("MotifKoArCommandePrise") or event.values.get("MotifKoCrCommandePrise", "")
        finding = rule("OC-COMMANDE-REJETEE").finding(
            path=event.file, line=event.line, received=f"{event.kind} {motive}".strip(), order=event.reference
        )
        return replace(finding, orders=(event.reference,))

    def subcontracted(self) -> None:
        """Wait until the OC has its work order."""
        self.heard("CMD_STOC")

    def made_available(self) -> None:
        """Have the line connected, and wait until the OC knows it is made available."""
        self.subcontracted()
        self.connect()
        self.heard("MAD_OK")

    # --- what is asked of the OC ----------------------------------------------------------------------------

    def visit(self, code: str = "") -> None:
        """Tell the OC that its technician is done with the last order, or failed for a reason."""
        self._mark = self.instrument.moment
        comment = "MOTIF LIBRE DE L'ESSAI" if code == "FAUT01" else ""
        self.instrument.ask(Instruction("raccorder", (), self.order.reference, code, comment))

    def plug(self) -> None:
        """Tell the OC that the customer's box is in service."""
        self._mark = self.instrument.moment
        self.instrument.ask(Instruction("mettre_en_service", (), self.order.reference))

    def cancel(self) -> None:
        """Tell the OC to cancel the last order."""
        self._mark = self.instrument.moment
        self.instrument.ask(Instruction("annuler", (), self.order.reference))

    def connect(self, code: str = "") -> Event:
        """Have the last order connected, and wait for the CR_STOC."""
        self.visit(code)
        return self.says("CR_STOC_KO" if code else "CR_STOC_OK")

    def kinds(self, flow: str) -> tuple[str, ...]:
        """Give the outcomes of a flow."""
        return tuple(one.id for one in load_cycle().events.values() if one.flow == flow)

    def _able(self, *actions: str) -> None:
        missing = [one for one in actions if one not in self.instrument.driver.able]
        if missing:
            raise NonApplicable(f"le fichier cible ne déclare pas l'action « {missing[0]} » ([pilote] actions).")

    # --- what the OC says -----------------------------------------------------------------------------------

    def says(self, *kinds: str, requirement: str = "") -> Event:
        """Wait for the next flow of the OC about the last order, of the flow that ``kinds`` are outcomes of."""
        reference, flow = self.order.reference, self._flow(kinds[0])

        def find() -> Event | None:
            spoken = [one for one in self.instrument.events(reference) if one.flow == flow]
            return next((one for one in spoken if (one.file, one.line) not in self._heard), None)

        event = self.instrument.wait_for(
            find, f"le fichier {flow} de la commande {reference} dans {self.instrument.drop_folder}"
        )
        if event is None:
            raise self._absent(flow, self._last_heard(), requirement)
        self._note(event)
        self._refuse_unreadable(event)
        if event.kind not in kinds:
            raise NonConforme(
                f"commande {reference}, {event.file}:{event.line} : {event.kind} au lieu de {' ou '.join(kinds)}"
            )
        return event

    def reports_failure(self, code: str) -> None:
        """Wait for CR_STOC KO under a code (ACC-09, ACC-14)."""
        event = self.says("CR_STOC_KO", requirement="ACC-14")
        given, _ = read_motive(event.values.get("MotifKoCrRaccordementPrise", ""))
        if given != code:
            finding = rule("REJ-CODE").finding(
                path=event.file, line=event.line, column="MotifKoCrRaccordementPrise", received=given, expected=code,
                order=event.reference, label=load_rejects()[code].label, requirement="ACC-09",
            )  # fmt: skip
            raise NonConforme(replace(finding, orders=(event.reference,)))

    def cites_route(self) -> None:
        """See that the last CR_STOC cites its work order and the outlet of the route in force."""
        wrong = [one for one in self._judged() if one.rule in ("CYC-REF-SOUS-TRAITANT", "CYC-PTO-STOC")]
        if wrong:
            raise NonConforme(wrong)

    def frees_slot(self) -> None:
        """See that the cancellation cites the appointment of its order (ACC-17)."""
        cancelled = [one for one in self.instrument.events(self.order.reference) if one.kind == "ANNUL"]
        said, booked = cancelled[-1].values.get("IdRdv", "").strip(), self.order.row.get("IdRdv", "")
        if said != booked:
            finding = rule("OC-CHAMP-SERVI").finding(
                path=cancelled[-1].file, line=cancelled[-1].line, column="IdRdv", received=said, expected=booked,
                order=self.order.reference, requirement="ACC-17",
            )  # fmt: skip
            self.findings.append(replace(finding, severity=Severity.RESERVE, orders=(self.order.reference,)))

    def well_served(self) -> None:
        """See that the last order's data are those that the OI serves (ACC-02)."""
        wrong = [one for one in self.findings if one.rule == "OC-CHAMP-SERVI"]
        wrong += [one for seen in self.files() for one in seen.findings if one.requirement == "ACC-02"]
        if any(_is_error(one) for one in wrong):
            raise NonConforme(wrong)

    def _judged(self) -> tuple[Finding, ...]:
        return self.instrument.judge([self.order.reference])[self.order.reference].findings

    def quiet(self, *flows: str, reason: str = "", reason_en: str = "") -> None:
        """See that the OC says nothing of the last order in some flows (none: in any) since it was last asked."""
        self._silent([self.order.reference], flows, Text(reason, reason_en or reason) if reason else self._reason)

    def quiet_about_others(self) -> None:
        """See that the OC says nothing of orders that are not its own."""
        self._silent(self._foreign, (), self._reason)

    def _silent(self, references: Sequence[str], flows: Sequence[str], reason: Text) -> None:
        self.instrument.settle()
        for reference in references:
            for event in self.instrument.events(reference):
                mine = event.sender == self.instrument.target.codes.oc and event.batch > self._mark
                if mine and (not flows or event.flow in flows):
                    raise NonConforme(self._wrongly(event, reason))

    def _wrongly(self, event: Event, reason: Text) -> Finding:
        finding = rule("OC-AGIT-A-TORT").finding(
            path=event.file, line=event.line, received=event.kind, order=event.reference, reason=reason.fr,
            reason_en=reason.en,
        )  # fmt: skip
        return replace(finding, orders=(event.reference,))

    def quiet_without_route(self) -> None:
        """See that the OC does not report a connection whose true route it has not received (ACC-09)."""
        self.instrument.settle()
        for event in self.instrument.events(self.order.reference):
            if event.flow == "CR_STOC" and event.batch > self._mark:
                finding = rule("OC-STOC-SANS-ROUTE").finding(
                    path=event.file, line=event.line, received=event.kind, order=event.reference
                )
                raise NonConforme(replace(finding, orders=(event.reference,)))

    def does_not_insist(self) -> None:
        """See that a rejected order is not sent again, nor acted upon (ACC-03, ACC-16)."""
        self.instrument.settle()
        wrong = [one for seen in self.files() for one in seen.findings if one.rule == "OC-INSISTE"]
        if wrong:
            raise NonConforme(wrong)
        reason = Text("la commande est rejetée", "the order is rejected")
        self._silent([self.order.reference], ("CR_STOC", "CR_MES_LigneFTTH", "Annul_Acces"), reason)

    def once(self, flow: str) -> None:
        """See that a flow spoke of the last order once only."""
        self.instrument.settle()
        spoken = [one for one in self.instrument.events(self.order.reference) if one.flow == flow]
        if len(spoken) > 1:
            reason = Text(f"{flow} a déjà été envoyé", f"{flow} was sent already")
            raise NonConforme(self._wrongly(spoken[1], reason))
        if not spoken:
            raise self._absent(flow, self._last_heard())

    # --- the OI led by the scenario -------------------------------------------------------------------------

    def hold(self, flow: str) -> None:
        """Keep a flow of the OI from leaving."""
        self.instrument.oi.held.add(self.instrument.profile.flow(flow).nom)

    def release(self, flow: str) -> None:
        """Let it leave."""
        name = self.instrument.profile.flow(flow).nom
        self._mark = self.instrument.moment
        self.instrument.speak(lambda oi, _: oi.release(name))

    def held_back(self, flow: str) -> Exchange:
        """Wait until the OI has such a file ready, and keeps it."""
        name = self.instrument.profile.flow(flow).nom
        kept = self.instrument.wait_for(lambda: next(iter(self.instrument.oi.keeping(name)), None), "")
        if kept is None:
            refused = [one for one in self.instrument.events(self.order.reference) if one.kind in _REFUSED]
            if refused:
                raise NonConforme(self._rejected(refused[0]))
            raise Bloque(f"commande {self.order.reference} : notre OI n'a pas de {flow} à retenir")
        return kept

    def refuse(self, stage: str, code: str) -> None:
        """Have the OI refuse the next order, route, line or cancellation under a code."""
        if code not in load_rejects() or stage not in STAGES:
            raise Bloque(f"code de rejet ou étape inconnus : {code}, {stage}")
        self.instrument.oi.refusals[stage].append(code)

    def change_route(self, kind: str) -> None:
        """Have the OI give the last order another route and outlet, and wait until the OC has read it."""
        self._mark = self.instrument.moment
        oc, reference = self.instrument.target.codes.oc, self.order.reference
        self.instrument.speak(lambda oi, now: [oi.change_route(oc, reference, kind, now)])
        self.heard("REPROV")

    def make_available_at_last(self) -> None:
        """Have the OI make available the line it had refused."""
        oc, reference = self.instrument.target.codes.oc, self.order.reference
        self.instrument.speak(lambda oi, now: oi.make_available(oc, reference, now))
        self.heard("MAD_OK")

    def send_spoilt(self, flow: str, kind: str) -> None:
        """Send a spoilt copy of a file held back; the sound one stays to be released."""
        sound = self.held_back(flow)
        self._reason = Text(f"{flow} était illisible ({kind})", f"{flow} could not be read ({kind})")

        def spoilt(oi: ConductedOi, now: datetime) -> list[Exchange]:
            copy = oi.again(sound, now)
            name, data = SPOILT[kind](copy.name, copy.data, self.instrument.target.codes.oc)
            return [replace(copy, name=name, data=data)]

        self._send_odd(spoilt)

    def tell_odd(self, speech: Callable[[ConductedOi, datetime], list[Exchange]], reason: Text) -> None:
        """Say something that must move nobody, for a reason."""
        self._reason = reason
        self._send_odd(speech)

    def send_again(self, flow: str) -> None:
        """Send the last file of a flow once more, under another number."""
        heard = [one for one in self.instrument.events(self.order.reference) if one.flow == flow]
        sent = self.instrument.sent(heard[-1].file) if heard else None
        if sent is None:
            raise Bloque(f"commande {self.order.reference} : l'OC n'a relevé aucun {flow}")
        self._reason = Text(f"{flow} a été reçu deux fois", f"{flow} was received twice")
        self._send_odd(lambda oi, now: [oi.again(sent, now)])

    def send_about_another(self, flow: str) -> None:
        """Send a flow about an order that the OC never placed."""
        foreign = f"AUTR{self.order.reference[-20:]}"
        self._foreign.append(foreign)
        self._reason = Text(f"{flow} citait la commande d'un autre OC", f"{flow} cited another OC's order")
        self._send_row(flow, foreign)

    def send_out_of_turn(self, flow: str) -> None:
        """Send a flow about the last order that its life does not call for."""
        self._reason = Text(f"{flow} n'était pas attendu", f"{flow} was not expected")
        self._send_row(flow, self.order.reference)

    def _send_row(self, flow: str, reference: str) -> None:
        oc = self.instrument.target.codes.oc
        now = stamp(self.instrument.clock())
        row = {KEY: reference, **_ODD_ROWS[flow], **dict.fromkeys(_DATES[flow], now)}
        self._send_odd(lambda oi, at: [oi.write(oc, flow, [row], at)])

    def _send_odd(self, speech: Callable[[ConductedOi, datetime], list[Exchange]]) -> None:
        """Send a file that must move nobody, and wait until the OC has had it in hands, or left it aside."""
        self._mark = self.instrument.moment
        [odd] = self.instrument.speak(speech, odd=True)
        delivery = self.instrument.deliveries[f"{odd.folder}/{odd.name}"]
        self.instrument.wait_for(lambda: delivery.read or None, f"que l'OC relève {odd.name}")
        self.instrument.settle()

    # --- files and folders ----------------------------------------------------------------------------------

    def in_folder(self, flow: str) -> None:
        """See that the OC's files of a flow stand where the contract says."""
        self._no_finding(flow, "DOS")

    def well_named(self, flow: str) -> None:
        """See that they bear their name."""
        self._no_finding(flow, "NOM")

    def well_formed(self, flow: str) -> None:
        """See that they follow the format of their flow (ACC-01)."""
        self._no_finding(flow, *_FORMAT)

    def _no_finding(self, flow: str, *families: str) -> None:
        files = [one for one in self.files() if one.flow == flow]
        if not files:
            raise self._absent(flow, self._last_heard())
        wrong = [one for seen in files for one in seen.findings if _is_error(one)]
        if families:
            wrong = [one for one in wrong if one.rule.startswith(families)]
        if wrong:
            raise NonConforme(_of_protocol(wrong))

    def files(self) -> list[Observation]:
        """Give the OC's files seen since the scenario began that speak of its orders, or of nothing known."""
        mine = {one.reference for one in self.orders}
        known = {one for one in self.instrument.references if self.instrument.placed(one)} - mine
        return [
            one
            for one in self.instrument.observed(self.start)
            if not one.events or any(event.reference not in known for event in one.events)
        ]

    def distinct_references(self) -> None:
        """See that no two orders of the scenario share a reference."""
        names = [one.reference for one in self.orders]
        twice = sorted({one for one in names if names.count(one) > 1})
        if twice:
            wrong = [
                finding
                for seen in self.files()
                for finding in seen.findings
                if finding.rule in ("CROISE-CMD-DOUBLE", "CMD-REFERENCE-UNIQUE")
            ]
            raise NonConforme(wrong or f"référence donnée à plusieurs commandes : {', '.join(twice)}")

    def collected(self) -> None:
        """See that the OC has retrieved and deleted all that was delivered since the scenario began (TRA-10)."""
        self.instrument.settle()

        def gone() -> bool | None:
            return None if any(not one.removed for one in self._delivered()) else True

        if self.instrument.wait_for(gone, "que l'OC récupère et supprime les fichiers de OUT"):
            return
        left = [one for one in self._delivered() if not one.removed]
        if not self.instrument.absence_counts:
            raise EnAttente(f"{left[0].path} : attend que l'OC le récupère et le supprime")
        raise NonConforme([_left(one) if one.read else self._unread(one) for one in left])

    def nothing_else_deleted(self) -> None:
        """See that the OC has deleted nothing that it had not retrieved (TRA-10)."""
        self.instrument.settle()
        wrong = [one for one in self.instrument.strays if one.rule == "TRA-SUPPRESSION-TIERS"]
        if wrong:
            raise NonConforme(wrong)

    def arrives_meanwhile(self) -> None:
        """Have a file arrive in OUT at the very moment the OC ends reading another."""
        oc, reference = self.instrument.target.codes.oc, self.order.reference
        made: list[Exchange] = []

        def write(oi: ConductedOi, now: datetime) -> list[Exchange]:
            row = {KEY: reference, **_ODD_ROWS["AR_Cmd_Acces"], "DateArCommandePrise": stamp(now)}
            made.append(oi.write(oc, "AR_Cmd_Acces", [row], now))
            return []

        self.instrument.speak(write, odd=True)
        self.instrument.mark_odd(made[0])
        self.instrument.on_read = lambda _: self.instrument.deliver(made[0])

    def leave_in_place(self) -> None:
        """Have the OI leave in IN what the OC drops from now on."""
        self.instrument.pause()

    def still_there(self) -> None:
        """See that the OC leaves in IN what it has dropped, until the OI takes it."""
        waiting = self.instrument.wait_for(lambda: self.instrument.waiting or None, "un dépôt de l'OC dans IN")
        if not waiting:
            raise self._absent("CR_STOC", self._last_heard())
        self.instrument.settle()
        self.nothing_else_deleted()
        self.instrument.resume()

    def key_fits(self) -> None:
        """Judge the public key that the OC hands over (TRA-05)."""
        path = self.instrument.target.serveur.cle_publique
        if path is None:
            raise NonApplicable("le fichier cible ne déclare pas de clé publique (serveur.cle_publique).")
        key = asyncssh.import_public_key(path.read_text(encoding="utf-8").strip())
        bits = getattr(getattr(key, "pyca_key", None), "key_size", 0)
        kind = key.get_algorithm().removeprefix("ssh-").upper()
        sizes = self.instrument.profile.serveur_fichiers.cles_client.bits
        if kind != "RSA" or bits not in sizes:
            expected = f"RSA {' ou '.join(str(one) for one in sizes)}"
            raise NonConforme(rule("TRA-CLE-TAILLE").finding(received=f"{kind} {bits}", expected=expected))
        if bits < max(sizes):
            self.findings.append(rule("TRA-CLE-COURTE").finding(received=f"RSA {bits}", expected=f"RSA {max(sizes)}"))

    # --- an OC left to itself -------------------------------------------------------------------------------

    def activity(self) -> None:
        """Watch what the OC does: all of an order's life when it can be asked, else what it does of itself."""
        if "commander" in self.instrument.driver.able:
            self.ask_for("eligible")
            if {"raccorder", "mettre_en_service"} <= self.instrument.driver.able:
                self.made_available()
                self.plug()
                self.says("MES")
            if "annuler" in self.instrument.driver.able:
                self.ask_for("eligible")
                self.cancel()
                self.says("ANNUL")
            return
        if not self.instrument.wait_for(lambda: self.instrument.observed() or None, "un premier fichier de l'OC"):
            raise EnAttente("l'OC n'a encore rien déposé")
        self.instrument.settle()
        self.start = 0

    def flow_seen(self, flow: str) -> None:
        """Go on only with a flow that the OC has sent."""
        if not any(one.flow == flow for one in self.files()):
            raise NonApplicable(f"l'OC n'a déposé aucun {flow} pendant la campagne.")

    def lives_in_order(self) -> None:
        """See that the OC broke no rule of the life of an order: the scenario's own, or all those of a free OC."""
        judged = self.instrument.judge([one.reference for one in self.orders] or self.instrument.references)
        wrong = [one for order in judged.values() for one in order.findings if _is_error(one)]
        if wrong:
            raise NonConforme(wrong)

    # --- telling --------------------------------------------------------------------------------------------

    def _delivered(self) -> list[Delivery]:
        return [one for one in self.instrument.deliveries.values() if one.seen and one.seen.batch > self.start]

    def _absent(self, flow: str, after: str, requirement: str = "") -> Exception:
        """Tell a flow that did not come, or came in a form that nobody can read."""
        unreadable = [
            finding
            for seen in self.instrument.observed(self.start)
            for finding in seen.findings
            if seen.flow == flow and not seen.events and _is_error(finding)
        ]
        if unreadable:
            return NonConforme(_of_protocol(unreadable))
        if not self.instrument.absence_counts:
            return EnAttente(f"{flow} attendu de l'OC")
        reference = self.orders[-1].reference if self.orders else "à venir"
        finding = rule("CYC-REPONSE-ABSENTE").finding(
            received=after, expected=flow, until=self._now_in_words(), order=reference,
            requirement=requirement or _OWED.get(flow, "ACC-16"),
        )  # fmt: skip
        return NonConforme([replace(finding, orders=(reference,) if self.orders else ())])

    def _last_heard(self) -> str:
        events = self.instrument.events(self.order.reference) if self.orders else []
        return events[-1].flow if events else "la consigne"

    def _now_in_words(self) -> str:
        return f"{self.instrument.clock().astimezone(PARIS):%d/%m/%Y %H:%M:%S}"

    def _flow(self, kind: str) -> str:
        return load_cycle().events[kind].flow


def _same_place(values: Mapping[str, str], row: Mapping[str, str]) -> bool:
    columns = ("CodeAdresseImmeuble", "Batiment", "Escalier", "Etage", "ReferencePrise")
    return all(values.get(column, "").strip().upper() == row.get(column, "").upper() for column in columns)


def _is_error(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


def _of_protocol(findings: Sequence[Finding]) -> list[Finding]:
    """Count what is wrong with the form of a file against its protocol's format (ACC-01, PM-01) as a whole."""
    return [
        replace(one, requirement="PM-01" if one.requirement.startswith("PM-") else "ACC-01")
        if one.rule.startswith(_FORMAT) and one.requirement != "ACC-02"
        else one
        for one in findings
    ]


def _left(delivery: Delivery) -> Finding:
    folder, _, name = delivery.path.rpartition("/")
    return rule("TRA-RESTE").finding(path=delivery.path, received=name, expected=folder)


SPOILT: Mapping[str, Callable[[str, bytes, str], tuple[str, bytes]]] = {
    **ODD_FILES,
    "sans référence d'ordre de travail": lambda name, data, _: (name, _emptied(data)),
    "coupé en deux": lambda name, data, _: (name, data[: -len(data.splitlines()[-1]) // 2 - 2]),
}
"""Ways of spoiling a file of the OI, by the name that features give them."""

_ODD_ROWS: Mapping[str, Mapping[str, str]] = {
    "AR_Cmd_Acces": {"EtatArCommandePrise": "OK"},
    "Cmd_STOC": {"ReferencePrestationPrise": "PRE999999999", "ReferenceCommandeSousTraitantOI": "ST999999999"},
    "CR_MAD_LigneFTTH": {"EtatMadLigne": "OK", "ReferencePrise": "CV-9999-9999"},
    "Notif_Reprov": {"ReferencePrestationPrise": "PRE999999999", "ReferencePrise": "CV-9999-9999"},
    "Notif_Racc_Ko": {"MotifKoRaccordementPrise": "FCLI07"},
}
_DATES: Mapping[str, tuple[str, ...]] = {
    "AR_Cmd_Acces": ("DateArCommandePrise",),
    "Cmd_STOC": ("DateCommandeSousTraitantOI",),
    "CR_MAD_LigneFTTH": ("DateMadLigne", "DateRaccordementPrise"),
    "Notif_Reprov": ("DateNotifReprovisioning",),
    "Notif_Racc_Ko": ("DateRaccordementKo",),
}


def _emptied(data: bytes) -> bytes:
    header, row = data.decode("utf-8").splitlines()[:2]
    names = header.split(";")
    cells = row.split(";")
    cells[names.index("ReferenceCommandeSousTraitantOI")] = ""
    return "\r\n".join([header, ";".join(cells), ""]).encode()
