"""Named wrong behaviours that the OC twin can be given (``schemas/defects.toml`` tells each with its clause).

Each stands at one place: the rows of a flow, the files on their way out, or a habit turned over. A good twin has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from annexe5.errors import UsageError
from annexe5.exchange import Exchange
from annexe5.parties.defects import Files, Rows, load_defects
from annexe5.parties.oc_rows import KEY, Row
from annexe5.parties.pm_oc_defects import PM_HABITS, PmHabits


@dataclass(frozen=True, slots=True)
class Habits:
    """How a good OC goes about things."""

    deletes: bool = True  # what it retrieved (TRA-10)
    sweeps: bool = False  # deletes all that stands in OUT, read or not
    takes_back: bool = False  # deletes in IN what it has just dropped
    reuses_references: bool = False
    reuses_names: bool = False
    insists: bool = False  # sends a rejected order again under its reference
    waits_for_work_order: bool = True
    waits_for_route: bool = True  # after a Hotline CR
    follows_new_routes: bool = True
    waits_for_mad: bool = True
    confirms_refusals: bool = False  # CR_MES on a CR_MAD KO
    judges_files: bool = True
    knows_its_orders: bool = True
    answers_once: bool = True
    stops: bool = True  # once an order is over
    letters: str = ""  # how its messages are written (messages.letters), rightly by default
    mails_elsewhere: bool = False  # to the mailbox of the other protocol
    believes_its_cancellations: bool = False  # whatever the OI answers
    reports_only_subcontracted: bool = True  # CR_STOC
    key_bits: int = 2048  # of the RSA key it hands over (TRA-05)
    asks_before_ordering: bool = True  # the order help (OPC-11)
    believes_the_help: bool = True  # orders nothing at an address that is closed
    names_itself: bool = True  # by its quadrigramme, in every request (SAV-02, OPC-02)
    heads_requests: bool = True  # with the interop header of the SAV (SAV-02)
    writes_sirens: bool = True  # of nine digits (SAV-04)
    waits_for_service: bool = True  # before it opens a ticket (SAV-11)
    warns_of_damage: bool = True  # SAV-10
    keeps_pace: bool = True  # two requests a second (SAV-06)


@dataclass(frozen=True, slots=True)
class OcDefect:
    """How a defect acts: on the rows of a flow, on the files sent at one moment, on habits; ``pm…`` at PMs only."""

    rows: Rows | None = None
    files: Files | None = None
    habits: Mapping[str, Any] = field(default_factory=dict)
    pm: Mapping[str, Any] = field(default_factory=dict)
    pm_files: Files | None = None


def make_oc(idents: Iterable[str]) -> tuple[OcDefect, ...]:
    """Give fresh defects by id; an unknown one is told with those that exist."""
    made = []
    for ident in idents:
        if ident in UNUSUAL:
            made.append(UNUSUAL[ident]())
            continue
        entry = load_defects().get(ident)
        if entry is None or entry.party != "oc":
            known = ", ".join(sorted(one.id for one in load_defects().values() if one.party == "oc"))
            raise UsageError(f"défaut inconnu : {ident!r}. Défauts du jumeau OC : {known}.")
        made.append(MAKERS[ident]())
    return tuple(made)


def habits_of(defects: Sequence[OcDefect]) -> Habits:
    """Turn over the habits that defects name."""
    changed: dict[str, Any] = {}
    for defect in defects:
        changed |= defect.habits
    return Habits(**changed)


def pm_habits_of(defects: Sequence[OcDefect]) -> PmHabits:
    """Turn over the habits that defects name in the PM process."""
    changed: dict[str, Any] = {}
    for defect in defects:
        changed |= defect.pm
    return PmHabits(**changed)


def spoil_pm_files(defects: Sequence[OcDefect], files: list[Exchange]) -> list[Exchange]:
    """Let each defect change the files of the PM process on their way out."""
    for defect in defects:
        if defect.pm_files is not None:
            files = defect.pm_files(files)
    return files


def spoil_rows(defects: Sequence[OcDefect], flow: str, rows: list[Row]) -> list[Row]:
    """Let each defect change the rows of a flow."""
    for defect in defects:
        if defect.rows is not None:
            rows = defect.rows(flow, rows)
    return rows


def spoil_files(defects: Sequence[OcDefect], files: list[Exchange]) -> list[Exchange]:
    """Let each defect change the files on their way out."""
    for defect in defects:
        if defect.files is not None:
            files = defect.files(files)
    return files


# --- makers ----------------------------------------------------------------------------------------------------


def _habit(**changed: Any) -> OcDefect:
    return OcDefect(habits=changed)


def _changed(flow: str, change: Callable[[Row], Mapping[str, str]]) -> OcDefect:
    return OcDefect(rows=lambda name, rows: [{**row, **change(row)} for row in rows] if name == flow else rows)


def _dropped(flow: str, fits: Callable[[Row], bool] = lambda _: True) -> OcDefect:
    return OcDefect(rows=lambda name, rows: [row for row in rows if name != flow or not fits(row)])


def _renamed(old: str, new: str) -> OcDefect:
    return OcDefect(files=lambda files: [replace(one, name=one.name.replace(old, new)) for one in files])


def _moved(change: Callable[[str], str]) -> OcDefect:
    return OcDefect(files=lambda files: [replace(one, folder=change(one.folder)) for one in files])


def _rewritten(change: Callable[[bytes], bytes]) -> OcDefect:
    return OcDefect(files=lambda files: [replace(one, data=change(one.data)) for one in files])


def _doubled(flow: str) -> OcDefect:
    return OcDefect(rows=lambda name, rows: [row for row in rows for _ in (0, 1)] if name == flow else rows)


def _headed_only(data: bytes) -> bytes:
    return data.splitlines(keepends=True)[0]


def _first_column_lost(data: bytes) -> bytes:
    return b"".join(line.partition(b";")[2] for line in data.splitlines(keepends=True))


def _failed(row: Row) -> bool:
    return row.get("CrRaccordementPrise") == "KO"


def _capitalised(row: Row) -> Mapping[str, str]:
    columns = ("CommuneImmeuble", "LibelleVoieImmeuble", "TypeVoieImmeuble")
    return {column: row.get(column, "").title() for column in columns}


def _shortened(row: Row) -> Mapping[str, str]:
    return {"LibelleVoieImmeuble": row.get("LibelleVoieImmeuble", "").rpartition(" ")[2] + " BIS"}


_MOTIVE = "MotifKoCrRaccordementPrise"


def _other_reference(files: list[Exchange]) -> list[Exchange]:
    """Announce works under another internal reference."""
    return [
        replace(one, name=one.name.replace("COVAGE_ZMD_", "COVAGE_ZTD_")) if "_INTERP_" in one.name else one
        for one in files
    ]


MAKERS: Mapping[str, Callable[[], OcDefect]] = MappingProxyType(
    {
        "oc-nom-casse": lambda: _renamed("_Cr", "_CR"),
        "oc-nom-version": lambda: _renamed("_V12_", "_V13_"),
        "oc-nom-annulation": lambda: _renamed("_ANNUL_ACCES_", "_Annul_Acces_"),
        "oc-nom-reemploye": lambda: _habit(reuses_names=True),
        "oc-dossier-pm": lambda: _moved(lambda folder: folder + "/PM"),
        "oc-depose-dans-out": lambda: _moved(lambda folder: folder.replace("IN/", "OUT/", 1)),
        "oc-sans-suppression": lambda: _habit(deletes=False),
        "oc-balaie-out": lambda: _habit(sweeps=True),
        "oc-reprend-son-depot": lambda: _habit(takes_back=True),
        "oc-courriel-deux-pieces": lambda: _habit(letters="à deux pièces jointes"),
        "oc-courriel-archive": lambda: _habit(letters="dont le fichier est dans une archive"),
        "oc-courriel-corps": lambda: _habit(letters="dont le fichier est dans le corps"),
        "oc-courriel-objet": lambda: _habit(letters="dont l'objet n'est pas le nom du fichier"),
        "oc-courriel-winmail": lambda: _habit(letters="enfermé dans un winmail.dat"),
        "oc-courriel-jeu": lambda: _habit(letters="d'un jeu de caractères inconnu"),
        "oc-courriel-anomalie": lambda: _habit(letters="signalant une anomalie"),
        "oc-courriel-boite": lambda: _habit(mails_elsewhere=True),
        "oc-cle-hors-contrat": lambda: _habit(key_bits=3072),
        "oc-separateur-virgule": lambda: _rewritten(lambda data: data.replace(b";", b",")),
        "oc-minuscules": lambda: _changed("Cmd_Acces", _capitalised),
        "oc-adresse-retouchee": lambda: _changed("Cmd_Acces", _shortened),
        "oc-reference-reemployee": lambda: _habit(reuses_references=True),
        "oc-insiste": lambda: _habit(insists=True),
        "oc-stoc-oublie": lambda: _dropped("CR_STOC"),
        "oc-stoc-sans-ordre": lambda: _habit(waits_for_work_order=False),
        "oc-stoc-reference-fausse": lambda: _changed("CR_STOC", lambda _: {"ReferenceCommandeSousTraitantOI": "AUTRE"}),
        "oc-stoc-sans-hotline": lambda: _habit(waits_for_route=False),
        "oc-stoc-ancienne-prise": lambda: _habit(follows_new_routes=False),
        "oc-stoc-double": lambda: _doubled("CR_STOC"),
        "oc-echec-tu": lambda: _dropped("CR_STOC", _failed),
        "oc-echec-sans-motif": lambda: _changed("CR_STOC", lambda _: {"MotifKoCrRaccordementPrise": ""}),
        "oc-mes-oublie": lambda: _dropped("CR_MES_LigneFTTH"),
        "oc-mes-avant-mad": lambda: _habit(waits_for_mad=False),
        "oc-mes-sur-refus": lambda: _habit(confirms_refusals=True),
        "oc-annulation-oubliee": lambda: _dropped("Annul_Acces"),
        "oc-annulation-sans-date": lambda: _changed("Annul_Acces", lambda _: {"DateAnnulation": ""}),
        "oc-annulation-reference-fausse": lambda: _changed("Annul_Acces", lambda row: {KEY: row[KEY][:-1]}),
        "oc-agit-sur-illisible": lambda: _habit(judges_files=False),
        "oc-agit-pour-un-autre": lambda: _habit(knows_its_orders=False),
        "oc-agit-deux-fois": lambda: _habit(answers_once=False),
        "oc-apres-annulation": lambda: _habit(stops=False),
        "oc-nom-extension": lambda: _renamed(".csv", ".txt"),
        "oc-commande-sans-ligne": lambda: _rewritten(_headed_only),
        "oc-colonne-absente": lambda: _rewritten(_first_column_lost),
        "oc-motif-invente": lambda: _changed("CR_STOC", lambda row: {_MOTIVE: row[_MOTIVE] and "KO99"}),
        "oc-stoc-sans-date": lambda: _changed("CR_STOC", lambda _: {"DateRaccordementPrise": ""}),
        "oc-stoc-sans-prise": lambda: _changed("CR_STOC", lambda _: {"ReferencePrise": ""}),
        "oc-stoc-sans-sous-traitance": lambda: _habit(reports_only_subcontracted=False),
        "oc-mes-double": lambda: _doubled("CR_MES_LigneFTTH"),
        "oc-mes-reference-fausse": lambda: _changed("CR_MES_LigneFTTH", lambda row: {KEY: row[KEY][:-1]}),
        "oc-annulation-double": lambda: _doubled("Annul_Acces"),
        "oc-annulation-crue": lambda: _habit(believes_its_cancellations=True),
        "oc-rdv-autre": lambda: _changed("Cmd_Acces", lambda row: {"IdRdv": row.get("IdRdv", "") and "RDV-AUTRE"}),
        "oc-rdv-garde": lambda: _changed("Annul_Acces", lambda _: {"IdRdv": ""}),
        "oc-cle-courte": lambda: _habit(key_bits=1024),
        "oc-sans-eligibilite": lambda: _habit(asks_before_ordering=False),
        "oc-commande-fermee": lambda: _habit(believes_the_help=False),
        "oc-sans-quadrigramme": lambda: _habit(names_itself=False),
        "oc-sav-sans-entete": lambda: _habit(heads_requests=False),
        "oc-sav-siren-court": lambda: _habit(writes_sirens=False),
        "oc-sav-avant-service": lambda: _habit(waits_for_service=False),
        "oc-dommage-tu": lambda: _habit(warns_of_damage=False),
        "oc-rythme": lambda: _habit(keeps_pace=False),
        # The PM process: what each turns over stands in pm_oc_defects
        **{ident: partial(OcDefect, pm=changed) for ident, changed in PM_HABITS.items()},
        "oc-pm-nom-commande": lambda: OcDefect(pm_files=_renamed("R_V22_", "R_V21_").files),
        "oc-pm-refinterne": lambda: OcDefect(pm_files=_other_reference),
        "oc-pm-dossier-acces": lambda: OcDefect(pm_files=_moved(lambda folder: folder.removesuffix("/PM")).files),
    }
)
"""Maker of each defect of the OC by id."""


def _quoted(data: bytes) -> bytes:
    lines = data.decode().splitlines()
    return "".join(";".join(f'"{cell}"' for cell in line.split(";")) + "\r\n" for line in lines).encode()


# Good but unusual: what the contract leaves free, and what receivers are known to forgive. None may end 1.
UNUSUAL: Mapping[str, Callable[[], OcDefect]] = MappingProxyType(
    {
        "oc-fins-de-ligne-lf": lambda: _rewritten(lambda data: data.replace(b"\r\n", b"\n")),
        "oc-sans-fin-de-ligne": lambda: _rewritten(lambda data: data.rstrip(b"\r\n")),
        "oc-tout-entre-guillemets": lambda: _rewritten(_quoted),
        "oc-bom-utf8": lambda: _rewritten(lambda data: b"\xef\xbb\xbf" + data),
        "oc-commentaire-libre": lambda: _changed("CR_STOC", lambda row: {"Commentaire": row["Commentaire"] or "RAS"}),
    }
)
