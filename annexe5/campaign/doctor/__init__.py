"""``annexe5 doctor``: what must hold before anything is judged, from the target file to the rights of the account.

Each check is one line: ok, problème, avertissement, or non vérifié when what it needs failed; a problem says how to
mend it and is never a breach of the contract (exit code 2). No secret is shown. What is written is a file of ours under
a temporary name, removed at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from annexe5.campaign.doctor.door import oc_door
from annexe5.campaign.doctor.file_server import file_server
from annexe5.campaign.doctor.mail import mail
from annexe5.campaign.doctor.reaching import Environment
from annexe5.campaign.doctor.services import web_services
from annexe5.campaign.doctor.sheet import Check, Sheet, State, as_json, as_text, exit_code
from annexe5.campaign.doctor.test_data import test_data
from annexe5.campaign.oc_target import OcTarget, load_oc_target
from annexe5.campaign.standing import utc_now
from annexe5.campaign.target import Target, load_target
from annexe5.contract.data import read_toml
from annexe5.contract.profile import load_profile
from annexe5.errors import ConfigurationError, TargetError
from annexe5.findings import Text

__all__ = ["Check", "State", "as_json", "as_text", "examine", "exit_code", "require_sound"]

Clock = Callable[[], datetime]
FILE = Text("fichier cible", "target file")


def examine(path: Path, *, now: Clock = utc_now, environment: Environment = os.environ) -> tuple[Check, ...]:
    """Look at everything a target file says; lines come in the order of the way to the party."""
    sheet = Sheet()
    try:
        target = _read(path)
    except ConfigurationError as error:
        sheet.problem(
            "fichier",
            FILE,
            Text(str(error), f"not well-formed (details in French): {error}"),
            Text(
                "corrigez le fichier ; annexe5 init en écrit un complet, schemas/json/cible.json guide un éditeur",
                "mend the file; annexe5 init writes a whole one, schemas/json/cible.json guides an editor",
            ),
        )
        return tuple(sheet.checks)
    sheet.ok("fichier", FILE, Text(f"{path} : bien formé", f"{path}: well-formed"))
    if isinstance(target, OcTarget):
        oc_door(sheet, target, path.resolve().parent, environment)
        return tuple(sheet.checks)
    file_server(sheet, target, load_profile(target.profil), now, environment)
    mail(sheet, target, load_profile(target.profil), environment)
    web_services(sheet, target, now, environment)
    test_data(sheet, target)
    return tuple(sheet.checks)


def require_sound(path: Path) -> tuple[str, ...]:
    """Raise a ``TargetError`` with every problem of a target, before a certification starts.

    Gives what its report must say all the same: a clock that is some minutes off.
    """
    checks = examine(path)
    problems = [one for one in checks if one.state is State.PROBLEM]
    if problems:
        told = "\n".join(f"{one.what.fr} : {one.said.fr}\n    → {one.mend.fr}" for one in problems)
        raise TargetError(
            f"{path} : rien n'est jugé avant que ceci soit réglé (annexe5 doctor --target {path}).\n{told}"
        )
    off = [one for one in checks if one.id == "horloge" and one.state is State.WARNING]
    return tuple(f"{one.what.fr.capitalize()} : {one.said.fr}." for one in off)


def _read(path: Path) -> Target | OcTarget:
    """Read the file of either party; that of an OC says where our server listens."""
    data = read_toml(path, TargetError)
    target = load_oc_target(path) if "serveur" in data or "pilote" in data else load_target(path)
    load_profile(target.profil)
    return target
