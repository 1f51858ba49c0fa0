"""What goes with a file and is named after it: plan, photograph, sheet, acknowledgement (annexe5.txt §2).

The contract prints no name for them; those of the profile hang on the name of the file they go with.
"""

from __future__ import annotations

from dataclasses import dataclass

from annexe5.contract.names import parse_name
from annexe5.contract.profile import Companion, Profile
from annexe5.contract.rules import rule
from annexe5.findings import Finding

_FILE = "{fichier}"


@dataclass(frozen=True, slots=True)
class CompanionName:
    """A name taken apart: what it is, and the file it goes with."""

    companion: Companion
    file: str


def companion_name(profile: Profile, ident: str, file: str) -> str:
    """Name what goes with a file; ``file`` is the file's own name, with ``.csv``."""
    return profile.companion(ident).nom.replace(_FILE, file.removesuffix(".csv"))


def read_companion(profile: Profile, name: str) -> CompanionName | None:
    """Tell what a name is, and of which file; None when it goes with none."""
    for companion in profile.piece:
        for template in (companion.nom, *companion.autres):
            before, _, after = template.partition(_FILE)
            if not (name.startswith(before) and name.endswith(after)):
                continue
            file = name[len(before) : len(name) - len(after)] + ".csv"
            read = parse_name(profile, file)
            if read is not None and read.flow == companion.flux:
                return CompanionName(companion, file)
    return None


def stray_companion(profile: Profile, name: str, sender: str) -> Finding | None:
    """Tell a document that goes with no file: of the kind of a companion of ``sender`` (OI, OC), under another name.

    None for what is no document.
    """
    extension = name.rpartition(".")[2].lower()
    for companion in profile.piece:
        kinds = {one.rpartition(".")[2] for one in (companion.nom, *companion.autres)} - {"csv"}
        if companion.par == sender and extension in kinds:
            return rule("PM-PIECE-NOM").finding(
                path=name, received=name, expected=companion.nom.replace(_FILE, "<nom du fichier, sans .csv>"),
                requirement=companion.requirement, piece=companion.fr, flow=companion.flux,
            )  # fmt: skip
    return None
