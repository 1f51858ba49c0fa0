"""What a scenario sees of an OC's mail (MAIL-01 to MAIL-03): our mailboxes opposite the OC under test, and its verbs.

Our OI answers in OUT; a message is judged as it crossed, and its table as any file.
"""

from __future__ import annotations

from contextlib import ExitStack

from annexe5.campaign.instrument import Instrument
from annexe5.campaign.mail_desk import Deferring, MailDesk
from annexe5.campaign.observe import Observation
from annexe5.campaign.oc_scene import OcScene
from annexe5.campaign.oc_target import OcTarget
from annexe5.campaign.verdicts import NonApplicable, NonConforme
from annexe5.exchange import Channel
from annexe5.findings import Severity


def open_mail(instrument: Instrument, target: OcTarget, stack: ExitStack) -> dict[str, str | int]:
    """Open our mailboxes if the OC declares that it sends mail; gives what tells it the way."""
    declared = target.courriel
    if declared is None:
        return {}
    instrument.boxes = declared.boites or instrument.profile.boites
    deferring = instrument.deferring = Deferring()
    desk = MailDesk(
        instrument.standing,
        [target.codes.oc],
        boxes=instrument.boxes,
        host=declared.hote,
        port=declared.port,
        answer=deferring,
    )
    stack.enter_context(desk)
    return {
        "smtp_hote": desk.server.host,
        "smtp_port": desk.server.port,
        "boite_acces": desk.boxes.acces,
        "boite_pm": desk.boxes.pm,
        "boite_echange": desk.boxes.echange,
    }


class OcMailScene:
    """One scenario's mail, beside its orders."""

    def __init__(self, scene: OcScene) -> None:
        self.scene = scene
        self.instrument = scene.instrument

    def order(self, role: str) -> None:
        """Have the OC order by mail for an address that plays a role."""
        if self.instrument.boxes is None:
            raise NonApplicable("le fichier cible ne déclare pas de courriel ([courriel]).")
        try:
            self.scene.ask_for(role, by_mail=True)
        except NonConforme:
            self.conform()  # a message that carries no order tells more than its absence
            raise

    def defer(self, times: int) -> None:
        """Answer « later » to the next messages."""
        if self.instrument.deferring is None:
            raise NonApplicable("le fichier cible ne déclare pas de courriel ([courriel]).")
        self.instrument.deferring.times, self.instrument.deferring.deferred = times, 0

    def letters(self) -> list[Observation]:
        """Give the messages of the OC since the scenario began."""
        seen = self.instrument.observed(self.scene.start)
        return [one for one in seen if one.exchange.channel is Channel.MAIL]

    def conform(self) -> None:
        """See that what the OC mailed is written as the contract says."""
        found = [one for letter in self.letters() for one in letter.findings if one.severity is Severity.ERROR]
        if found:
            raise NonConforme(found)
        if not self.letters():
            raise NonApplicable("l'OC n'a rien envoyé par courriel.")

    def came_once(self) -> None:
        """See that the last order came once, however often its message was put off."""
        if self.instrument.deferring is not None and not self.instrument.deferring.deferred:
            raise NonApplicable("l'OC n'a rien envoyé par courriel : rien n'a été différé.")
        self.instrument.settle()
        reference = self.scene.order.reference
        came = [one for one in self.letters() if any(event.reference == reference for event in one.events)]
        if len(came) != 1:
            raise NonConforme(f"commande {reference} : arrivée {len(came)} fois par courriel, au lieu d'une")

    def nothing_free(self) -> None:
        """See that the OC writes nothing but flows to the mailboxes of the flows (MAIL-03)."""
        self.instrument.settle()
        found = [one for letter in self.letters() for one in letter.findings if one.rule == "MAIL-HORS-FLUX"]
        if found:
            raise NonConforme(found)
