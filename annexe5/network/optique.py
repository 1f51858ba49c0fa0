"""Behind a PM: lines, PBOs, fibres and routes of one zone.

A PBO holds groups of fibres, one group a line (one fibre in MONOFIBRE, four in QUADRIFIBRE). Group ``i`` of a PBO
of ``n`` lines is line i's own, group ``i + n`` its first spare, and so on: whatever the number of reprovisionings,
no two lines are given the same fibre. Route blocks: acces-formats.md §3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from annexe5.network import trame as plan
from annexe5.network.codes import tirage
from annexe5.network.data import Lignes, Pbos
from annexe5.network.model import Batiment, BlocRoute, Escalier, Etage, Fibre, Groupe, Ligne, Pbo, Route
from annexe5.network.trame import Place, Trame
from annexe5.network.zones import Zone

De = Callable[[], float]
_Parcours = tuple[str, str, str, str, str, str, str, str]

# OC of the fibres of a quadrifibre line that are not the order's (acces-formats.md §3.1).
SANS_OC = "NA"


@dataclass(frozen=True, slots=True)
class PlanOptique:
    """PBOs of a zone, and the lines of each of its buildings (by place in the zone)."""

    pbos: tuple[Pbo, ...]
    lignes: tuple[tuple[Ligne, ...], ...]


class _Etats(NamedTuple):
    actif: bool = False
    existant: bool = False
    rompu: bool = False
    connue: bool = False
    oc: str = ""


class _Ebauche(NamedTuple):
    """A line before its PBO is drawn: ``pbo`` is the key of a group of lines, None where no PBO is laid."""

    etats: _Etats
    escalier: str
    etage: str
    porte: str
    pbo: tuple[int, ...] | None


def make_plan(t: Trame, zone: Zone) -> PlanOptique:
    """Draw the lines and PBOs of a zone."""
    de = tirage(t.seed, "lignes", zone.rang).random
    ebauches = [_ebauches(t, zone, slot, un, de) for slot, un in enumerate(zone.batiments)]
    groupes: dict[tuple[int, ...], list[tuple[Batiment, _Ebauche]]] = {}
    for batiment, siennes in zip(zone.batiments, ebauches, strict=True):
        for une in siennes:
            if une.pbo is not None:
                groupes.setdefault(une.pbo, []).append((batiment, une))
    pbos: dict[tuple[int, ...], Pbo] = {}
    position = 0
    for numero, (cle, membres) in enumerate(groupes.items(), start=1):
        pbos[cle] = _pbo(t, numero, position, membres, de)
        position += pbos[cle].fibres
    suivant = dict.fromkeys(groupes, 0)
    lignes = []
    for slot, (batiment, siennes) in enumerate(zip(zone.batiments, ebauches, strict=True)):
        les_siennes = []
        for rang, une in enumerate(siennes):
            groupe = suivant[une.pbo] if une.pbo is not None else 0
            if une.pbo is not None:
                suivant[une.pbo] += 1
            pbo = pbos.get(une.pbo) if une.pbo is not None else None
            ligne = _ligne(t, batiment, rang, une, zone.roles.get(slot))
            les_siennes.append(replace(ligne, pbo=pbo, groupe=groupe))
        lignes.append(tuple(les_siennes))
    return PlanOptique(tuple(pbos.values()), tuple(lignes))


# ---- lines


def _ebauches(t: Trame, zone: Zone, slot: int, un: Batiment, de: De) -> list[_Ebauche]:
    ouvert, role = un.etat == "DEPLOYE", zone.roles.get(slot)
    if un.type == "PAVILLON":
        voisins = (-1, slot // t.reseau.pbo.maisons_par_pbo) if ouvert else None
        return [_Ebauche(_etats(t, role, de, ouvert=ouvert), "", "", "", voisins)]
    etages_par_pbo = max(1, t.reseau.pbo.lignes_par_pbo // un.lignes_par_niveau)
    ebauches: list[_Ebauche] = []
    for escalier in range(un.escaliers):
        for niveau in range(un.niveaux):
            cle = (slot, escalier, niveau // etages_par_pbo) if ouvert else None
            nom = str(niveau) if niveau else t.lieux.batiments.rez_de_chaussee
            ebauches.extend(
                _Ebauche(_etats(t, role, de, ouvert=ouvert), chr(ord("A") + escalier), nom, f"{niveau}{porte:02d}", cle)
                for porte in range(1, un.lignes_par_niveau + 1)
            )
    return ebauches


def _etats(t: Trame, role: Place | None, de: De, *, ouvert: bool) -> _Etats:
    """Draw what is there: nothing behind a building that is not deployed; a role says it itself."""
    if not ouvert:
        return _Etats()
    if role is not None:
        return _etats_du_role(t, role)
    parts: Lignes = t.reseau.lignes
    if de() >= parts.part_existante:
        return _Etats()
    actif = de() < parts.part_active
    return _Etats(
        actif=actif,
        existant=True,
        rompu=de() < parts.part_rompue,
        connue=actif or de() < parts.part_reference_connue,
        oc=t.ocs[int(de() * len(t.ocs))] if actif else "",
    )


def _etats_du_role(t: Trame, place: Place) -> _Etats:
    ligne: dict[str, Any] = place.role.reseau.ligne
    existant = bool(ligne.get("existant", False))
    oc = {"": "", "soi": place.oc, "autre": _autre_oc(t, place.oc)}[str(ligne.get("oc", ""))]
    return _Etats(
        actif=bool(ligne.get("actif", False)),
        existant=existant,
        rompu=bool(ligne.get("rompu", False)),
        connue=existant and bool(ligne.get("reference_connue", True)),
        oc=oc,
    )


def _autre_oc(t: Trame, oc: str) -> str:
    """Give another OC of the network; where there is none, one that nobody is."""
    return next((un for un in t.ocs if un != oc), "ZZZZ" if oc != "ZZZZ" else "YYYY")


def _ligne(t: Trame, un: Batiment, rang: int, une: _Ebauche, role: Place | None) -> Ligne:
    reference = plan.reference_prise(t, un.rang, rang)
    ligne: dict[str, Any] = role.role.reseau.ligne if role else {}
    deploye = un.etat == "DEPLOYE"
    ouvert = un.pm is not None and un.pm.ouvert(t.today)
    return Ligne(
        rang=rang,
        reference_prise=reference,
        identifiant_immeuble=un.identifiant,
        hexacle=un.adresse.hexacle,
        escalier=une.escalier,
        etage=une.etage,
        porte=une.porte,
        actif=une.etats.actif,
        commercialisable=deploye and ouvert and un.commandable and not un.gel,
        existant=une.etats.existant,
        raccordable=deploye,
        rompu=une.etats.rompu,
        reference_connue=une.etats.connue,
        oc=une.etats.oc,
        prestation=f"PPR-{reference}" if une.etats.actif else "",
        terrain=str(ligne.get("terrain", "")),
        reprov=str(ligne.get("reprov", "")),
        pbo=None,
        groupe=0,
    )


# ---- PBOs and fibres


def _pbo(t: Trame, numero: int, position: int, membres: list[tuple[Batiment, _Ebauche]], de: De) -> Pbo:
    regles = t.reseau.pbo
    premier, ebauche = membres[0]
    if premier.pm is None:
        raise AssertionError(f"{premier.identifiant}: a deployed building has a PM")
    brins, lignes = premier.pm.fibres_par_ligne, len(membres)
    fibres = -(-(2 * lignes + 1) * brins // regles.fibres_par_tube) * regles.fibres_par_tube
    groupes = fibres // brins
    occupes = sum(1 << rang for rang, (_, une) in enumerate(membres) if une.etats.existant)
    reserves, hors_service = _mis_de_cote(regles, lignes, groupes, de)
    tous = (1 << groupes) - 1
    if premier.saturation == "physique":
        occupes, reserves = tous & ~hors_service, 0
    elif premier.saturation == "virtuelle":
        reserves = tous & ~hors_service & ~occupes
    types, lieux = regles.types[premier.type], regles.localisations[premier.type]
    rang = int(de() * len(types))
    return Pbo(
        reference=f"PBO-{premier.pm.reference}-{numero:03d}",
        pm=premier.pm.reference,
        pmt=premier.pm.reference_technique,
        type=types[rang],
        localisation=lieux[rang % len(lieux)].format(numero=premier.adresse.numero, niveau=ebauche.etage),
        hauteur=regles.hauteurs[types[rang]],
        materiel=regles.materiel.format(fibres=fibres),
        type_raccordement=regles.raccordements[types[rang]],
        projection=premier.projection,
        x=premier.x,
        y=premier.y,
        brins=brins,
        lignes=lignes,
        groupes=groupes,
        occupes=occupes,
        reserves=reserves,
        hors_service=hors_service,
        position=position,
    )


def _mis_de_cote(regles: Pbos, lignes: int, groupes: int, de: De) -> tuple[int, int]:
    """Draw the reserved and the broken groups, among those that are no line's own nor its first spare."""
    reserves = hors_service = 0
    for groupe in range(2 * lignes, groupes):
        hasard = de()
        if hasard < regles.part_reservee:
            reserves |= 1 << groupe
        elif hasard < regles.part_reservee + regles.part_hors_service:
            hors_service |= 1 << groupe
    return reserves, hors_service


def make_fibres(t: Trame, pbo: Pbo, groupe: int) -> list[Fibre]:
    """Give the fibres of a group: their places at the PM and at the PBO."""
    suivies = zip(pbo.noms(groupe), _parcours(t, pbo, groupe), strict=True)
    return [Fibre(nom, groupe, *parcours) for nom, parcours in suivies]


def _parcours(t: Trame, pbo: Pbo, groupe: int) -> list[_Parcours]:
    """Say where the fibres of a group go, module at the PM to colour at the PBO: the middle of their route blocks."""
    pm, couleurs, tube_de = t.reseau.pm, t.reseau.couleurs.fibres, t.reseau.pbo.fibres_par_tube
    connecteurs = _connecteurs(pm.fibres_par_module, tube_de)
    brins_pm = _brins(couleurs, tube_de, pm.fibres_par_cable)
    brins_pbo = _brins(couleurs, tube_de, pbo.groupes * pbo.brins)
    cable_pbo = f"CBR-{pbo.reference[4:]}"
    trouves: list[_Parcours] = []
    for rang in pbo.rangs(groupe):
        module, prise = divmod(pbo.position + rang, pm.fibres_par_module)
        cable, brin = divmod(pbo.position + rang, pm.fibres_par_cable)
        nom_module, nom_cable = f"{pbo.pmt}-TIROIR {module + 1:02d}", f"CDI-{pbo.pm}-{cable + 1:02d}"
        trouves.append((nom_module, connecteurs[prise], nom_cable, *brins_pm[brin], cable_pbo, *brins_pbo[rang]))
    return trouves


@lru_cache(maxsize=8)
def _connecteurs(par_module: int, par_bloc: int) -> tuple[str, ...]:
    """Name the connectors of a module."""
    return tuple(f"BLOC CLIENT#{prise // par_bloc + 1:02d}/CONNECTEUR {prise + 1:03d}" for prise in range(par_module))


@lru_cache(maxsize=64)
def _brins(couleurs: tuple[str, ...], par_tube: int, nombre: int) -> tuple[tuple[str, str], ...]:
    """Name the tube and the fibre of each strand of a cable: cables of as many strands name them alike."""
    return tuple((_tube(couleurs, brin // par_tube), _teinte(couleurs, brin % par_tube)) for brin in range(nombre))


def _teinte(couleurs: tuple[str, ...], rang: int) -> str:
    return f"{rang + 1:02d}:{couleurs[rang % len(couleurs)]}"


def _tube(couleurs: tuple[str, ...], rang: int) -> str:
    """Name a tube; past the twelfth the colours start again, with a ring more."""
    return f"{_teinte(couleurs, rang)} TIRET {rang // len(couleurs)}"


# ---- routes


def make_route(t: Trame, pbo: Pbo, groupe: int, oc: str) -> Route:
    """Give the route that a group of fibres makes for an OC: one block in MONOFIBRE, four in QUADRIFIBRE."""
    sienne = (t.ocs.index(oc) if oc in t.ocs else 0) % pbo.brins
    couleurs = t.reseau.couleurs.connecteurs
    blocs = [
        BlocRoute(oc if rang == sienne else SANS_OC, *parcours, str(rang + 1), couleurs[rang])
        for rang, parcours in enumerate(_parcours(t, pbo, groupe))
    ]
    return Route(pbo, (pbo.reference, groupe), tuple(blocs))


def groupes_de(ligne: Ligne) -> range:
    """Give the groups that are a line's own: the first, then its spares."""
    return range(0) if ligne.pbo is None else range(ligne.groupe, ligne.pbo.groupes, ligne.pbo.lignes)


def groupes_libres(pbo: Pbo, used: AbstractSet[Groupe], ligne: Ligne | None = None) -> Iterator[int]:
    """Walk the free groups of a PBO that ``used`` does not hold, the line's own first.

    The fibre that an existing outlet already hangs on is free for its own line.
    """
    pris = pbo.occupes | pbo.reserves | pbo.hors_service
    siens = range(0)
    if ligne is not None and (ligne.pbo is pbo or ligne.pbo == pbo):
        siens = groupes_de(ligne)
        pris &= ~(1 << ligne.groupe) if ligne.existant else -1
    for groupe in chain(siens, range(pbo.groupes)):
        if not pris >> groupe & 1 and (pbo.reference, groupe) not in used:
            yield groupe
        pris |= 1 << groupe  # looked at


# ---- the structure of a building


def escaliers(lignes: tuple[Ligne, ...]) -> tuple[Escalier, ...]:
    """Put the lines of a building under their staircases and floors."""
    arbre: dict[str, dict[str, list[Ligne]]] = {}
    for ligne in lignes:
        arbre.setdefault(ligne.escalier, {}).setdefault(ligne.etage, []).append(ligne)
    return tuple(
        Escalier(nom, tuple(Etage(etage, tuple(siennes)) for etage, siennes in etages.items()))
        for nom, etages in arbre.items()
    )
