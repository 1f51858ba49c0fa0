"""The OI's decision table: which code of rejects.csv an order deserves, at the AR and at the CR.

Causes stand in the order in which an OI looks: the form of the order, its reference, its address from the outside in,
the PM and its service, the outlet, the appointment; then, once accepted, what the network can give. Conditions are
those of acces-formats.md §12.1 (inferred: annexe 5f is not public).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from annexe5.network import Network
from annexe5.network.model import Adresse, Batiment, Escalier, Etage, Ligne, Pm, PrestationPm, Rdv, Route
from annexe5.parties.book import Book

REGIMES = ("AUTO", "LOCA", "COFI")


@dataclass(slots=True)
class Case:
    """One order before the table: what it says, who sends it, what the network holds there.

    ``missing`` and ``incoherent`` are column names that the table's judge found empty or wrong; ``repeated`` tells
    that the reference has served. The rest is found out on the way and kept for the order book.
    """

    values: Mapping[str, str]
    oc: str
    network: Network
    book: Book
    day: date
    missing: Sequence[str] = ()
    incoherent: Sequence[str] = ()
    repeated: bool = False
    adresse: Adresse | None = None
    batiment: Batiment | None = None
    pm: Pm | None = None
    service: PrestationPm | None = None
    etages: Sequence[Etage] = ()
    candidates: Sequence[Ligne] = ()
    ligne: Ligne | None = None
    rdv: Rdv | None = None
    route: Route | None = None
    regime: str = ""
    hotline: bool = False

    def get(self, column: str) -> str:
        """Give a field, without the blanks around it."""
        return self.values.get(column, "").strip()

    @property
    def existing(self) -> bool:
        """Tell whether the order speaks of an existing outlet."""
        return self.get("PriseExistante").upper() == "O"


Cause = tuple[str, Callable[[Case], bool]]


# --- form and reference --------------------------------------------------------------------------------------


def _missing(case: Case) -> bool:
    return bool(case.missing)


def _repeated(case: Case) -> bool:
    return case.repeated


def _wrong_type(case: Case) -> bool:
    return case.get("TypeCommandeDemande").upper() not in REGIMES


def _incoherent(case: Case) -> bool:
    return bool(case.incoherent)


# --- address -------------------------------------------------------------------------------------------------


def _unknown_address(case: Case) -> bool:
    hexacle = case.get("CodeAdresseImmeuble")
    if hexacle:
        case.adresse = case.network.find_adresse(hexacle)
    else:
        number = case.get("NumeroVoieImmeuble")
        case.adresse = case.network.find_adresse_par_voie(
            case.get("CodeInseeImmeuble"),
            case.get("CodeVoieRivoliImmeuble"),
            int(number) if number.isdecimal() else -1,
            case.get("ComplementNumeroVoieImmeuble"),
        )
    return case.adresse is None


def _other_commune(case: Case) -> bool:
    """Tell whether the codes of the order contradict the address that its hexaclé names."""
    assert case.adresse is not None  # noqa: S101 -- an earlier cause holds otherwise
    commune = case.adresse.commune
    insee, postal = case.get("CodeInseeImmeuble"), case.get("CodePostalImmeuble")
    return bool(insee and insee != commune.code_insee) or bool(postal and postal != commune.code_postal)


def _unknown_building(case: Case) -> bool:
    assert case.adresse is not None  # noqa: S101 -- an earlier cause holds otherwise
    here: Sequence[Batiment] = case.network.batiments(case.adresse)
    named = case.get("Batiment").upper()
    if named:
        here = [one for one in here if one.nom.upper() == named]
    if len(here) != 1:
        return True
    case.batiment, case.pm = here[0], here[0].pm
    return False


def _unknown_staircase(case: Case) -> bool:
    assert case.batiment is not None  # noqa: S101 -- an earlier cause holds otherwise
    here: Sequence[Escalier] = case.network.escaliers(case.batiment)
    named = case.get("Escalier").upper()
    if named:
        here = [one for one in here if one.nom.upper() == named]
    if len(here) != 1:
        return True  # none, or a building of several staircases and none of them named
    case.etages = here[0].etages
    return False


def _unknown_floor(case: Case) -> bool:
    here = case.etages
    named = case.get("Etage").upper()
    if named:
        here = [one for one in here if one.nom.upper() == named]
    if len(here) != 1:
        return True
    case.candidates = here[0].lignes
    return False


def _closed_address(case: Case) -> bool:
    batiment = case.batiment
    return batiment is None or not batiment.commandable or batiment.etat != "DEPLOYE"


def _frozen_address(case: Case) -> bool:
    return case.batiment is not None and case.batiment.gel


# --- PM and its service ----------------------------------------------------------------------------------------


def _unknown_pm(case: Case) -> bool:
    named = case.get("ReferencePm")
    return bool(named) and case.network.pm(named) is None


def _other_pm(case: Case) -> bool:
    named = case.get("ReferencePm")
    return case.pm is None or (bool(named) and case.pm.reference != named)


def _pm_not_open(case: Case) -> bool:
    return case.pm is None or not case.pm.ouvert(case.day)


def _unknown_service(case: Case) -> bool:
    named = case.get("ReferencePrestationPm")
    if not named:
        return False
    case.service = case.network.prestation_pm(named)
    return case.service is None or case.service.oc != case.oc


def _other_service(case: Case) -> bool:
    return case.service is not None and case.pm is not None and case.service.reference_pm != case.pm.reference


def _type_refused(case: Case) -> bool:
    if case.pm is None:
        return False
    service = case.pm.prestation(case.oc)
    open_to = service.regimes if service else ("LOCA",)
    asked = case.get("TypeCommandeDemande").upper()
    case.regime = ("COFI" if "COFI" in open_to else "LOCA") if asked == "AUTO" else asked
    return case.regime not in open_to


# --- outlet ----------------------------------------------------------------------------------------------------


def _outlet_required(case: Case) -> bool:
    if not case.existing or case.get("ReferencePrise"):
        return False
    case.hotline = case.batiment is not None and case.batiment.hotline
    return not case.hotline


def _unknown_outlet(case: Case) -> bool:
    named = case.get("ReferencePrise")
    if not named:
        return False
    case.ligne = case.network.ligne_by_pto(named)
    return case.ligne is None or not case.ligne.existant


def _outlet_elsewhere(case: Case) -> bool:
    if case.ligne is None or case.batiment is None:
        return False
    return case.ligne.identifiant_immeuble != case.batiment.identifiant


def _outlet_held(case: Case) -> bool:
    ligne = case.ligne
    if ligne is None:
        return False
    holder = case.book.holder(ligne.reference_prise) or (ligne.oc if ligne.actif else "")
    return holder == case.oc


# --- appointment -------------------------------------------------------------------------------------------------


def _slot_not_booked(case: Case) -> bool:
    named = case.get("IdRdv")
    if not named:
        return False
    case.rdv = case.network.rdv(named)
    return case.rdv is None or case.rdv.etat == "LIBRE" or case.rdv.oc != case.oc


def _not_ftth(case: Case) -> bool:
    return case.rdv is not None and not case.rdv.ftth


def _other_address(case: Case) -> bool:
    return case.rdv is not None and case.adresse is not None and case.rdv.hexacle != case.adresse.hexacle


def _slot_full(case: Case) -> bool:
    return case.rdv is not None and case.rdv.etat == "COMPLET"


def _too_many_changes(case: Case) -> bool:
    return case.rdv is not None and case.rdv.modifications > case.rdv.modifications_max


def _bad_state(case: Case) -> bool:
    return case.rdv is not None and case.rdv.etat != "CONFIRME"


# --- what the network can give -----------------------------------------------------------------------------------


def _outlet_exists(case: Case) -> bool:
    """Choose the line; an order to build where every outlet is there contradicts the ground."""
    if case.ligne is not None:
        return False
    free = [one for one in case.candidates if not case.book.holder(one.reference_prise)]
    if case.existing:
        case.ligne = next((one for one in free if one.existant and not one.reference_connue), None)
        case.ligne = case.ligne or next((one for one in free if one.existant and not one.actif), None)
        return False
    case.ligne = next((one for one in free if not one.existant and one.raccordable), None)
    return case.ligne is None and any(one.existant for one in case.candidates)


def _third_party(case: Case) -> bool:
    return case.batiment is not None and case.batiment.infra_tiers


def _free_reason(case: Case) -> bool:
    return case.batiment is not None and bool(case.batiment.motif_libre)


def _no_fibre(case: Case) -> bool:
    """Take a route; nothing free, nor even reserved, is physical saturation."""
    if case.ligne is None or case.ligne.pbo is None:
        return True
    case.route = case.network.free_route(case.ligne, case.oc, case.book.groupes)
    return case.route is None and case.network.saturation(case.ligne.pbo, case.book.groupes) == "physique"


def _no_fibre_in_base(case: Case) -> bool:
    return case.route is None


AT_AR: tuple[Cause, ...] = (
    ("FIMP15", _missing),
    ("FIMP13", _repeated),
    ("FIMP12", _wrong_type),
    ("FIMP16", _incoherent),
    ("FADR01", _unknown_address),
    ("FIMP16", _other_commune),
    ("FADR02", _unknown_building),
    ("FADR03", _unknown_staircase),
    ("FADR04", _unknown_floor),
    ("FIMP10", _closed_address),
    ("FIMP11", _frozen_address),
    ("FIMP07", _unknown_pm),
    ("FIMP08", _other_pm),
    ("FIMP09", _pm_not_open),
    ("FIMP04", _unknown_service),
    ("FIMP05", _other_service),
    ("FIMP06", _type_refused),
    ("FIMP01", _outlet_required),
    ("FIMP02", _unknown_outlet),
    ("FIMP03", _outlet_elsewhere),
    ("FIMP19", _outlet_held),
    ("FRDV03", _slot_not_booked),
    ("FRDV05", _not_ftth),
    ("FRDV06", _other_address),
    ("FRDV02", _slot_full),
    ("FRDV01", _too_many_changes),
    ("FRDV04", _bad_state),
)
AT_CR: tuple[Cause, ...] = (
    ("FIMP18", _outlet_exists),
    ("FINT11", _third_party),
    ("FAUT01", _free_reason),
    ("FINT01", _no_fibre),
    ("FINT02", _no_fibre_in_base),
)


def decide(case: Case, causes: Sequence[Cause]) -> str:
    """Give the first code that the case deserves, or nothing."""
    for code, applies in causes:
        if applies(case):
            return code
    return ""
