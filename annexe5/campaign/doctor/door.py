"""The target file of an OC: our door, its secret or key, its pilot."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from urllib.parse import urlsplit

import asyncssh

from annexe5.campaign.doctor.reaching import PORT, Environment, opened, resolved, secret
from annexe5.campaign.doctor.sheet import Sheet
from annexe5.campaign.oc_target import OcTarget
from annexe5.findings import Text


def oc_door(sheet: Sheet, target: OcTarget, folder: Path, environment: Environment) -> None:
    """See that our door can open, that the OC's secret or key is at hand, and that its pilot can be called."""
    door, pilot = target.serveur, target.pilote
    secret(sheet, "serveur.mot_de_passe", door.mot_de_passe, environment)
    if door.cle_publique is not None:
        _public_key(sheet, door.cle_publique)
    _listening(sheet, door.hote, door.port)
    if pilot is not None and pilot.commande:
        _command(sheet, pilot.commande[0], folder)
    if pilot is not None and pilot.http:
        split = urlsplit(pilot.http)
        port = split.port or (443 if split.scheme == "https" else 80)
        if resolved(sheet, split.hostname or "", port, "pilote.http"):
            opened(sheet, split.hostname or "", port, pilot.delai_s, "pilote.http")


def _public_key(sheet: Sheet, path: Path) -> None:
    what = Text("clé publique de l'OC", "public key of the OC")
    try:
        asyncssh.read_public_key(str(path))
    except (OSError, ValueError, asyncssh.KeyImportError) as error:
        sheet.problem(
            "cle",
            what,
            Text(f"{path} illisible ({error})", f"{path} unreadable ({error})"),
            Text("demandez à l'OC sa clé au format OpenSSH (.pub)", "ask the OC for its OpenSSH key (.pub)"),
        )
        return
    sheet.ok("cle", what, Text(f"{path} : lisible", f"{path}: readable"))


def _listening(sheet: Sheet, host: str, port: int) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        sheet.problem(
            "port",
            PORT,
            Text(f"{host}:{port} ne peut être ouvert ({error})", f"{host}:{port} cannot be opened ({error})"),
            Text("choisissez serveur.port libre (0 : au choix du système)", "choose a free serveur.port (0: any)"),
        )
        return
    sheet.ok("port", PORT, Text(f"{host}:{port} peut être ouvert", f"{host}:{port} can be opened"))


def _command(sheet: Sheet, program: str, folder: Path) -> None:
    what = Text("commande du pilote", "command of the pilot")
    if shutil.which(program) or shutil.which(str(folder / program)):
        sheet.ok("pilote", what, Text(f"{program} : trouvée", f"{program}: found"))
        return
    sheet.problem(
        "pilote",
        what,
        Text(f"« {program} » est introuvable ou n'est pas exécutable", f"“{program}” is not there or cannot be run"),
        Text("corrigez pilote.commande", "mend pilote.commande"),
    )
