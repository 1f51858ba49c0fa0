"""The account once inside: its folders, its rights in IN and OUT, the clock of its server."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal, get_args

from annexe5.campaign.doctor.sheet import Sheet
from annexe5.campaign.target import Target
from annexe5.contract.profile import Profile
from annexe5.errors import TargetError
from annexe5.findings import Text
from annexe5.transport.edge import RemoteFile
from annexe5.transport.remote import MissingFolderError, RefusedError, RemoteClient, TransferError
from annexe5.transport.temporary import temporary_name

Clock = Callable[[], datetime]
Folder = Literal["depose_acces", "retrait_acces", "depose_pm", "retrait_pm"]

FOLDERS: tuple[Folder, ...] = get_args(Folder)
TOLERATED_SKEW = timedelta(minutes=2)
BLOCKING_SKEW = timedelta(hours=1)
RIGHTS_IN = Text("droits dans IN", "rights in IN")
RIGHTS_OUT = Text("droits dans OUT", "rights in OUT")
CLOCK = Text("horloge du serveur", "clock of the server")
_PROBE = b"annexe5 doctor : fichier d'essai, sans valeur, supprime aussitot\n"


def account(sheet: Sheet, target: Target, profile: Profile, client: RemoteClient, now: Clock) -> None:
    """See that the contract's folders are there and what may be done in them."""
    there = {
        name: _folder(sheet, client, name, where(target, profile, name), f"{target.by}.racine") for name in FOLDERS
    }
    if there["depose_acces"]:
        _rights_in(sheet, client, where(target, profile, "depose_acces"), now)
    else:
        sheet.unchecked("droits-in", RIGHTS_IN, _folder_label("depose_acces"))
        sheet.unchecked("horloge", CLOCK, RIGHTS_IN)
    if there["retrait_acces"]:
        _rights_out(sheet, client, where(target, profile, "retrait_acces"))
    else:
        sheet.unchecked("droits-out", RIGHTS_OUT, _folder_label("retrait_acces"))


def where(target: Target, profile: Profile, name: Folder) -> str:
    """Give a folder of the contract as this account sees it."""
    folder = profile.folder(name, target.codes.oi, target.codes.arcep)
    root = target.way.racine.rstrip("/")
    return f"{root}/{folder}" if root else folder


def _folder_label(name: str) -> Text:
    return Text(f"dossier {name}", f"folder {name}")


def _folder(sheet: Sheet, client: RemoteClient, name: str, path: str, key: str) -> bool:
    """See that a folder can be listed; those of the PM protocol are missed only by its own scenarios."""
    try:
        held = client.list(path)
    except (MissingFolderError, RefusedError, TransferError) as error:
        missing = isinstance(error, MissingFolderError)
        said = (
            Text(f"« {path} » n'existe pas dans ce compte", f"“{path}” is not in this account")
            if missing
            else Text(f"« {path} » ne se laisse pas lister ({error})", f"“{path}” cannot be listed ({error.__cause__})")
        )
        mend = Text(
            f"faites créer le dossier, ou donner le droit de le lister, par l'opérateur ; {key} dit sous quel "
            "dossier IN et OUT se trouvent",
            f"have the operator create the folder or grant its listing; {key} says under which folder IN and OUT stand",
        )
        tell = sheet.warning if name.endswith("_pm") else sheet.problem
        tell("dossier", _folder_label(name), said, mend)
        return False
    sheet.ok("dossier", _folder_label(name), Text(f"{path}, {len(held)} entrées", f"{path}, {len(held)} entries"))
    return True


def _rights_in(sheet: Sheet, client: RemoteClient, folder: str, now: Clock) -> None:
    """Deposit as a certification does (upload, rename), under a name nobody may take, and remove it."""
    name = _probe_name()
    before = now()
    try:
        client.deposit(folder, name, _PROBE)
    except (TargetError, FileNotFoundError) as error:
        _sweep(client, folder, temporary_name(name), name)
        sheet.problem(
            "droits-in",
            RIGHTS_IN,
            Text(f"le dépôt dans « {folder} » est refusé ({error})", f"writing to “{folder}” is refused ({error})"),
            Text(
                "demandez à l'opérateur le droit d'écrire et de renommer dans ce dossier ; voyez aussi quota et disque",
                "ask the operator for the right to write and rename in this folder; see quota and disk too",
            ),
        )
        sheet.unchecked("horloge", CLOCK, RIGHTS_IN)
        return
    after = now()
    entry = _entry(client, folder, name)
    if not _remove_probe(sheet, client, folder, name, entry):
        return
    _clock(sheet, entry, before, after)


def _entry(client: RemoteClient, folder: str, name: str) -> RemoteFile | None:
    with suppress(TargetError):
        return next((one for one in client.list(folder) if one.name == name), None)
    return None


def _remove_probe(sheet: Sheet, client: RemoteClient, folder: str, name: str, entry: RemoteFile | None) -> bool:
    try:
        client.delete(folder, name)
    except FileNotFoundError:
        sheet.warning(
            "droits-in",
            RIGHTS_IN,
            Text(
                f"{name} a disparu aussitôt déposé : quelqu'un prend les noms temporaires",
                f"{name} was gone as soon as deposited: somebody takes temporary names",
            ),
            Text(
                "demandez à l'opérateur d'ignorer .tmp, .part, .filepart", "ask the operator to leave .tmp, .part alone"
            ),
        )
    except TargetError:
        sheet.warning(
            "droits-in",
            RIGHTS_IN,
            Text(
                f"le dépôt passe, la suppression est refusée : {folder}/{name} y reste",
                f"writing passes, removing is refused: {folder}/{name} stays there",
            ),
            Text(
                "la certification n'en a pas besoin ; faites ôter ce fichier par l'opérateur",
                "a certification does without; have the operator remove this file",
            ),
        )
    else:
        sheet.ok("droits-in", RIGHTS_IN, Text("écrire, renommer, supprimer", "write, rename, remove"))
    if entry is None:
        sheet.warning(
            "horloge",
            CLOCK,
            Text("le fichier d'essai n'a pas été listé", "the probe file was not listed"),
            Text("comparez l'horloge du serveur à la main", "compare the clock of the server by hand"),
        )
    return entry is not None


def _clock(sheet: Sheet, entry: RemoteFile | None, before: datetime, after: datetime) -> None:
    """Compare the time the server gave our file with ours; a file system keeps whole seconds."""
    if entry is None or entry.modified is None:
        sheet.warning(
            "horloge",
            CLOCK,
            Text("le serveur ne donne pas l'heure de ses fichiers", "the server gives no time of its files"),
            Text("comparez l'horloge du serveur à la main", "compare the clock of the server by hand"),
        )
        return
    middle = (before.timestamp() + after.timestamp()) / 2
    skew = timedelta(seconds=round(entry.modified - middle))
    if abs(skew) <= max(TOLERATED_SKEW, after - before):
        seconds = int(skew.total_seconds())
        sheet.ok("horloge", CLOCK, Text(f"écart {seconds:+d} s", f"skew {seconds:+d} s"))
        return
    side = ("en avance", "ahead") if skew > timedelta() else ("en retard", "behind")
    # What is judged is timed by us: a few minutes change nothing, hours put another date in names and rows.
    tell = sheet.warning if abs(skew) < BLOCKING_SKEW else sheet.problem
    tell(
        "horloge",
        CLOCK,
        Text(f"{abs(skew)} {side[0]} sur la nôtre", f"{abs(skew)} {side[1]} of ours"),
        Text(
            "mettez cette machine et le serveur à l'heure (NTP) : les délais et les dates des noms en dépendent",
            "set this machine and the server by NTP: deadlines and the dates of names hang on it",
        ),
    )


def _rights_out(sheet: Sheet, client: RemoteClient, folder: str) -> None:
    """See that a file can be deleted from OUT, on a file of ours if we may put one there, and on none else."""
    name = _probe_name()
    try:
        client.deposit(folder, name, _PROBE)
    except (TargetError, FileNotFoundError):
        _sweep(client, folder, temporary_name(name), name)
        sheet.warning(
            "droits-out",
            RIGHTS_OUT,
            Text(
                "lister passe ; écrire étant refusé, le droit de supprimer n'a pu être essayé",
                "listing passes; as writing is refused, the right to delete could not be tried",
            ),
            Text(
                "faites confirmer par l'opérateur que ce compte supprime ce qu'il relève (TRA-10)",
                "have the operator confirm that this account may delete what it retrieves (TRA-10)",
            ),
        )
        return
    try:
        client.delete(folder, name)
    except FileNotFoundError:
        pass
    except TargetError as error:
        sheet.problem(
            "droits-out",
            RIGHTS_OUT,
            Text(
                f"la suppression est refusée ({error.__cause__}) : {folder}/{name} y reste",
                f"deleting is refused ({error.__cause__}): {folder}/{name} stays there",
            ),
            Text(
                "demandez à l'opérateur le droit de supprimer dans OUT : qui relève supprime (TRA-10)",
                "ask the operator for the right to delete in OUT: who retrieves deletes (TRA-10)",
            ),
        )
        return
    sheet.ok("droits-out", RIGHTS_OUT, Text("lister, supprimer", "list, delete"))


def _probe_name() -> str:
    return temporary_name(f"annexe5-sonde-{secrets.token_hex(4)}")


def _sweep(client: RemoteClient, folder: str, *names: str) -> None:
    for name in names:
        with suppress(TargetError, FileNotFoundError):
            client.delete(folder, name)
