"""Flows by mail (MAIL-01 to MAIL-03): our SMTP server takes us in and knows the OI's mailboxes, our mailbox opens.

No message is sent: a recipient is asked for and the conversation given up.
"""

from __future__ import annotations

from annexe5.campaign.doctor.reaching import NAME, PORT, Environment, opened, resolved, secret
from annexe5.campaign.doctor.sheet import Sheet
from annexe5.campaign.post import imap_box, smtp_sender
from annexe5.campaign.target import Courriel, Imap, Target
from annexe5.contract.profile import Mailboxes, Profile
from annexe5.errors import TargetError
from annexe5.findings import Text
from annexe5.transport.remote import HostKeyError, LoginError, MissingFolderError, RefusedError

SMTP = Text("envoi par SMTP", "sending by SMTP")
BOXES = Text("boîtes de l'OI", "mailboxes of the OI")
IMAP = Text("notre boîte (IMAP)", "our mailbox (IMAP)")


def mail(sheet: Sheet, target: Target, profile: Profile, environment: Environment) -> None:
    """See that messages can leave and come in; nothing where the target declares no mail."""
    declared = target.courriel
    if declared is None:
        return
    _smtp(sheet, declared, declared.boites or profile.boites, environment)
    if declared.imap is None:
        said = Text("aucune : l'OI répond dans OUT", "none: the OI answers in OUT")
        sheet.ok("imap", IMAP, said)
    else:
        _imap(sheet, declared.imap, environment)


def _smtp(sheet: Sheet, declared: Courriel, boxes: Mailboxes, environment: Environment) -> None:
    way, key = declared.smtp, "courriel.smtp"
    told, password = secret(sheet, f"{key}.mot_de_passe", way.mot_de_passe, environment)
    if not _reached(sheet, way.hote, way.port, key, SMTP, "smtp") or not told:
        sheet.unchecked("boites", BOXES, SMTP)
        return
    sender = smtp_sender(declared, lambda _: password or "")
    try:
        refused = sender.refused(declared.expediteur, (boxes.acces, boxes.pm, boxes.echange))
    except TargetError as error:
        sheet.problem(
            "smtp", SMTP, Text(str(error), f"no SMTP session ({error.__cause__ or error})"), _mend(error, key)
        )
        sheet.unchecked("boites", BOXES, SMTP)
        return
    sheet.ok("smtp", SMTP, Text(f"{declared.expediteur} est admis", f"{declared.expediteur} is let in"))
    if refused:
        names = ", ".join(refused)
        sheet.problem(
            "boites",
            BOXES,
            Text(f"refusées : {names}", f"refused: {names}"),
            Text(
                "corrigez courriel.boites, ou faites ouvrir ces boîtes et le relais vers elles",
                "mend courriel.boites, or have these mailboxes and the relay to them opened",
            ),
        )
        return
    sheet.ok("boites", BOXES, Text("le serveur les accepte", "the server accepts them"))


def _imap(sheet: Sheet, way: Imap, environment: Environment) -> None:
    key = "courriel.imap"
    told, password = secret(sheet, f"{key}.mot_de_passe", way.mot_de_passe, environment)
    if not _reached(sheet, way.hote, way.port, key, IMAP, "imap"):
        return
    if not told:
        sheet.unchecked("imap", IMAP, Text("secret", "secret"))
        return
    try:
        with imap_box(way, password or "") as box:
            count = len(box.messages())
    except TargetError as error:
        sheet.problem(
            "imap", IMAP, Text(str(error), f"no IMAP session ({error.__cause__ or error})"), _mend(error, key)
        )
        return
    left = Text(f"{count} messages, laissés en place", f"{count} messages, left in place")
    sheet.ok("imap", IMAP, left)


def _reached(sheet: Sheet, host: str, port: int, key: str, what: Text, ident: str) -> bool:
    if not resolved(sheet, host, port, f"{key}.hote"):
        sheet.unchecked(ident, what, NAME)
        return False
    if not opened(sheet, host, port, 15, f"{key}.port"):
        sheet.unchecked(ident, what, PORT)
        return False
    return True


def _mend(error: TargetError, key: str) -> Text:
    if isinstance(error, HostKeyError):
        return Text(
            f"déclarez {key}.certificat (l'autorité du serveur, PEM)", f"declare {key}.certificat (its authority, PEM)"
        )
    if isinstance(error, LoginError):
        return Text(f"vérifiez {key}.login et le mot de passe", f"see {key}.login and the password")
    if isinstance(error, MissingFolderError):
        return Text(f"corrigez {key}.dossier", f"mend {key}.dossier")
    if isinstance(error, RefusedError):
        return Text("corrigez courriel.expediteur", "mend courriel.expediteur")
    return Text(f"vérifiez {key}.port et {key}.chiffrement", f"see {key}.port and {key}.chiffrement")
