"""The plan a network is drawn on: where zones, communes, streets and codes stand, as pure arithmetic.

A *zone* is a PM and its rear zone: a fixed number of buildings, drawn from (seed, rank of the zone) alone. Zones go
round the communes of one NRO, so that a small network already has several communes under one postal code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from annexe5.errors import UsageError
from annexe5.network.codes import Brouilleur, Chiffreur, brouilleur, chiffreur, tirage
from annexe5.network.data import Lieux, Reseau, load_lieux, load_reseau
from annexe5.network.model import Commune, Nro, Voie
from annexe5.network.roles import Role, load_roles

LIGNES_PAR_BATIMENT = 64  # room in an outlet's counter
_ADRESSES_PAR_ZONE = 64  # least room in an address counter, then as much for the streets
BATIMENTS_PAR_PM_MAX = 20_000  # NombreLogementsPM has five digits
_COMMUNES_PAR_DEPARTEMENT = 100
_PAS_LIBELLE = 733
_PAS_NOM = 7919


class Place(NamedTuple):
    """Where a role is played: the role, for which OC, which of its copies."""

    role: Role
    oc: str
    copie: int


@dataclass(frozen=True, slots=True)
class Trame:
    """Everything that zones are drawn from."""

    seed: int
    size: int
    oi: str
    bigramme: str
    ocs: tuple[str, ...]
    today: date
    origine: date  # what was past on this day never moves, whatever the day the network is seen at
    tour: int  # how many times ``mois_avant_ouverture`` months have begun up to today
    lieux: Lieux
    reseau: Reseau
    hexacles: Brouilleur
    prises: Brouilleur
    immeubles: Brouilleur
    rdvs: Brouilleur
    rivolis: Chiffreur
    pms: Chiffreur
    decalage: int
    par_zone: int  # buildings of a zone
    par_voie: int  # buildings of a street
    zones: int  # how many zones; the last may be short
    adresses_par_zone: int  # room for them in their counter
    distribution: Mapping[int, Mapping[int, Place]]

    @property
    def debut_de_tour(self) -> date:
        """The day the current run of ``mois_avant_ouverture`` months began."""
        mois = self.tour * self.reseau.pm.mois_avant_ouverture
        return date(mois // 12, mois % 12 + 1, 1)

    @property
    def genres(self) -> tuple[str, ...]:
        """What the zones after those of the roles are, so that every state exists in a small network."""
        shared = ("restreint", "non_ouvert") * -(-len(self.ocs) // _ocs_ensemble(self.par_zone))
        return (*shared, "EN COURS DE DEPLOIEMENT", "PLANIFIE", "", "ABANDONNE")


def trame(seed: int, size: int, *, oi: str, ocs: Sequence[str], today: date, bigramme: str, par_zone: int) -> Trame:
    """Draw the plan; sizes are numbers of buildings, ``par_zone`` those of a PM."""
    lieux, reseau = load_lieux(), load_reseau()
    dim = reseau.dimension
    if not dim.batiments_par_pm <= par_zone <= BATIMENTS_PAR_PM_MAX:
        raise UsageError(f"bâtiments par PM : {par_zone} ; de {dim.batiments_par_pm} à {BATIMENTS_PAR_PM_MAX}.")
    plafond = capacite(par_zone)
    if not 1 <= size <= plafond:
        raise UsageError(f"taille du réseau : {size} bâtiments ; de 1 à {plafond}.")
    return Trame(
        seed=seed,
        size=size,
        oi=oi,
        bigramme=bigramme,
        ocs=tuple(ocs),
        today=today,
        origine=min(reseau.origine, today),
        tour=(today.year * 12 + today.month - 1) // reseau.pm.mois_avant_ouverture,
        lieux=lieux,
        reseau=reseau,
        hexacles=brouilleur(5, "hexacle", seed),
        prises=brouilleur(8, "pto", seed),
        immeubles=brouilleur(4, "imb", seed),
        rdvs=brouilleur(7, "rdv", seed),
        rivolis=chiffreur(4, 1, 9973, "rivoli", seed),
        pms=chiffreur(3, 1, 997, "pm", seed),
        decalage=int(tirage("noms", seed).random() * 1_000_000),
        par_zone=par_zone,
        par_voie=-(-par_zone // dim.voies_par_pm),
        zones=-(-size // par_zone),
        adresses_par_zone=max(_ADRESSES_PAR_ZONE, 1 << par_zone.bit_length()),
        distribution=_distribution(tuple(ocs), par_zone),
    )


def taille_des_roles(ocs: Sequence[str], par_zone: int) -> int:
    """Give the number of buildings from which every role of these OCs is played."""
    return (max(_distribution(tuple(ocs), par_zone)) + 1) * par_zone


def capacite(par_zone: int) -> int:
    """Give the number of buildings that the codes have room for."""
    dim = load_reseau().dimension
    return len(load_lieux().communes.departements) * _COMMUNES_PAR_DEPARTEMENT * dim.pm_par_commune * par_zone


def _distribution(ocs: tuple[str, ...], par_zone: int) -> Mapping[int, Mapping[int, Place]]:
    """Give each role its building: zone, then slot. Two zones an OC; every fourth slot is left to chance.

    Slot 0 stays free: it hosts the PM where the PM stands in a building. Roles that no open PM plays stand in two zones
    that OCs share, as many together as there is room for.
    """
    libres: dict[int, list[int]] = {}
    places: dict[int, dict[int, Place]] = {}
    partagees, ensemble = 2 * len(ocs), _ocs_ensemble(par_zone)
    for rang, oc in enumerate(ocs):
        tour = 0
        for role in load_roles().values():
            for copie in range(role.nombre):
                if role.reseau.pm == "ouvert":
                    zone, tour = 2 * rang + tour % 2, tour + 1
                else:
                    zone = partagees + 2 * (rang // ensemble) + (role.reseau.pm == "non_ouvert")
                slots = libres.setdefault(zone, _places_libres(par_zone))
                if not slots:
                    raise UsageError(
                        f"{len(ocs)} OC : trop de rôles pour {par_zone} bâtiments par PM (schemas/network/reseau.toml)."
                    )
                places.setdefault(zone, {})[slots.pop()] = Place(role, oc, copie)
    return places


def _places_libres(par_zone: int) -> list[int]:
    return [slot for slot in range(par_zone - 1, 0, -1) if slot % 4]


@lru_cache(maxsize=8)
def _ocs_ensemble(par_zone: int) -> int:
    """Give how many OCs share one pair of zones for the roles that no open PM plays."""
    kinds: Counter[str] = Counter()
    for role in load_roles().values():
        kinds[role.reseau.pm] += role.nombre
    del kinds["ouvert"]
    return max(1, len(_places_libres(par_zone)) // max(kinds.values(), default=1))


# ---- communes and zones


def commune_de_zone(t: Trame, zone: int) -> tuple[int, int]:
    """Give the index of a zone's commune, and the zone's rank in it."""
    dim = t.reseau.dimension
    nro, reste = divmod(zone, dim.communes_par_nro * dim.pm_par_commune)
    rang, part = divmod(reste, dim.communes_par_nro)
    return nro * dim.communes_par_nro + part, rang


def zone_de(t: Trame, commune: int, rang: int) -> int | None:
    """Give the zone of a commune's rank; None outside the network."""
    dim = t.reseau.dimension
    if not 0 <= rang < dim.pm_par_commune:
        return None
    nro, part = divmod(commune, dim.communes_par_nro)
    zone = (nro * dim.pm_par_commune + rang) * dim.communes_par_nro + part
    return zone if zone < t.zones else None


def commune(t: Trame, index: int) -> Commune:
    """Give a commune by index."""
    mots, par_nro = t.lieux.communes, t.reseau.dimension.communes_par_nro
    departement, numero = divmod(index, _COMMUNES_PAR_DEPARTEMENT)
    code = mots.departements[departement]
    nom = (index * _PAS_NOM + t.decalage) % (len(mots.tetes) * len(mots.queues) * len(mots.suffixes))
    nom, tete = divmod(nom, len(mots.tetes))
    suffixe, queue = divmod(nom, len(mots.queues))
    parts = (mots.tetes[tete] + mots.queues[queue], mots.suffixes[suffixe])
    ligne, colonne = divmod(index // par_nro, 100)
    return Commune(
        nom="-".join(part for part in parts if part),
        code_insee=f"{code}{900 + numero}",
        code_postal=f"{code}{_postal(t, numero)}",
        x=400_000.0 + colonne * 7_000 + index % par_nro * 2_500,
        y=6_200_000.0 + ligne * 25_000 + index % par_nro * 1_500,
    )


def _postal(t: Trame, numero: int) -> int:
    """Give the last three digits: the communes of an NRO share one postal code, but for the last of them."""
    par_nro = t.reseau.dimension.communes_par_nro
    serie = numero // par_nro * 2 + (numero % par_nro == par_nro - 1)
    return 801 + serie // 9 * 10 + serie % 9


def communes_du_code_postal(t: Trame, code_postal: str) -> tuple[Commune, ...]:
    """Give the communes of a postal code, in the order of their INSEE codes."""
    codes = t.lieux.communes.departements
    if code_postal[:2] not in codes:
        return ()
    premier = codes.index(code_postal[:2]) * _COMMUNES_PAR_DEPARTEMENT
    candidates = range(premier, premier + _COMMUNES_PAR_DEPARTEMENT)
    return tuple(
        une
        for index in candidates
        if zone_de(t, index, 0) is not None and (une := commune(t, index)).code_postal == code_postal
    )


def commune_du_code_insee(t: Trame, code_insee: str) -> int | None:
    """Give the index of an INSEE code; None if the network has no such commune."""
    codes, numero = t.lieux.communes.departements, code_insee[2:]
    if code_insee[:2] not in codes or len(numero) != 3 or not (numero.isascii() and numero.isdigit()):  # noqa: PLR2004
        return None
    index = codes.index(code_insee[:2]) * _COMMUNES_PAR_DEPARTEMENT + int(numero) - 900
    return index if numero[0] == "9" and zone_de(t, index, 0) is not None else None


def nro(t: Trame, index: int) -> Nro:
    """Give the NRO of a commune's index."""
    groupe = index // t.reseau.dimension.communes_par_nro
    siege = commune(t, groupe * t.reseau.dimension.communes_par_nro)
    types = t.reseau.nro.types
    return Nro(
        reference=f"NRO-{siege.code_insee}-01",
        type=f"NRO-{types[(groupe + t.decalage) % len(types)]}",
        etat="DEPLOYE",
        commune=siege,
    )


# ---- streets and codes


def voie(t: Trame, ville: Commune, rang: int, numero: int, *, sans_numero: bool) -> Voie:
    """Give street ``numero`` of the zone of a rank in its commune."""
    mots = t.lieux.voies
    serie = rang * t.reseau.dimension.voies_par_pm + numero
    combinaison = (serie * _PAS_LIBELLE + t.decalage + int(ville.code_insee[2:])) % (
        len(mots.types) * len(mots.libelles)
    )
    libelle, type_ = divmod(combinaison, len(mots.types))
    return Voie(
        commune=ville,
        type=mots.type_sans_numero if sans_numero else mots.types[type_],
        libelle=mots.libelles[libelle],
        rivoli=t.rivolis.texte(serie),
        hexacle=hexacle_voie(t, ville.code_insee, rang, numero),
    )


def hexacle_adresse(t: Trame, code_insee: str, rang: int, slot: int) -> str:
    """Give the hexaclé of the address opened by the building of a slot."""
    return code_insee + t.hexacles.texte(rang * 2 * t.adresses_par_zone + slot)


def hexacle_voie(t: Trame, code_insee: str, rang: int, numero: int) -> str:
    """Give the hexaclé of a street: that of its number 0."""
    return code_insee + t.hexacles.texte((2 * rang + 1) * t.adresses_par_zone + numero)


def zone_de_hexacle(t: Trame, hexacle: str) -> int | None:
    """Give the zone that a hexaclé of address or street stands in."""
    index, numero = commune_du_code_insee(t, hexacle[:5]), t.hexacles.numero(hexacle[5:])
    if index is None or numero is None:
        return None
    return zone_de(t, index, numero // (2 * t.adresses_par_zone))


def hexacle_inconnu(t: Trame, code_insee: str, rang: int) -> str:
    """Give a well-formed hexaclé that the network does not have."""
    return hexacle_adresse(t, code_insee, t.reseau.dimension.pm_par_commune + 1, rang)


def zone_de_rivoli(t: Trame, code_insee: str, rivoli: str) -> int | None:
    """Give the zone of a street by its Rivoli code."""
    index, serie = commune_du_code_insee(t, code_insee), t.rivolis.numero(rivoli)
    if index is None or serie is None:
        return None
    return zone_de(t, index, serie // t.reseau.dimension.voies_par_pm)


def identifiant_immeuble(t: Trame, code_insee: str, rang: int, slot: int, type_: str) -> str:
    """Give an identifier such as ``IMB/77023/X/00HE``; X for houses, C for collective buildings."""
    lettre = "X" if type_ == "PAVILLON" else "C"
    return f"IMB/{code_insee}/{lettre}/{t.immeubles.texte(rang * t.par_zone + slot)}"


def rang_de_batiment(t: Trame, identifiant: str) -> int | None:
    """Give the rank of a building in the network by its identifier."""
    parts = identifiant.split("/")
    if len(parts) != 4 or parts[0] != "IMB":  # noqa: PLR2004
        return None
    index, numero = commune_du_code_insee(t, parts[1]), t.immeubles.numero(parts[3])
    if index is None or numero is None:
        return None
    rang, slot = divmod(numero, t.par_zone)
    zone = zone_de(t, index, rang)
    if zone is None or zone * t.par_zone + slot >= t.size:
        return None
    return zone * t.par_zone + slot


def reference_prise(t: Trame, batiment: int, ligne: int) -> str:
    """Give an outlet reference ``OO-XXXX-XXXX``."""
    code = t.prises.texte(batiment * LIGNES_PAR_BATIMENT + ligne)
    return f"{t.bigramme}-{code[:4]}-{code[4:]}"


def ligne_de_prise(t: Trame, reference: str) -> tuple[int, int] | None:
    """Give the ranks of the building and of the line in it; None outside the network."""
    parts = reference.split("-")
    if len(parts) != 3 or parts[0] != t.bigramme or len(parts[1]) != 4:  # noqa: PLR2004
        return None
    numero = t.prises.numero(parts[1] + parts[2])
    if numero is None or numero // LIGNES_PAR_BATIMENT >= t.size:
        return None
    return divmod(numero, LIGNES_PAR_BATIMENT)


def reference_prise_inconnue(t: Trame, rang: int) -> str:
    """Give a well-formed outlet reference that no network has."""
    return reference_prise(t, capacite(t.par_zone) + rang, 0)


_TOURS = 37  # three digits hold as many PMs by zone


def reference_pm(t: Trame, code_insee: str, rang: int, *, neuf: bool = False) -> str:
    """Give a PM reference such as ``77011616R``; a zone's new PM has another one at each run of months."""
    tour = 1 + t.tour % _TOURS if neuf else 0
    return f"{code_insee}{t.pms.texte(rang + tour * _places_de_pm(t))}R"


def _places_de_pm(t: Trame) -> int:
    """Give the room for the PMs of a commune in their counter, unknown ones included."""
    return t.reseau.dimension.pm_par_commune + 2


def zone_de_pm(t: Trame, reference: str) -> int | None:
    """Give the zone of a PM reference; the zone may have no PM yet."""
    if reference[8:] != "R":
        return None
    index, rang = commune_du_code_insee(t, reference[:5]), t.pms.numero(reference[5:8])
    return None if index is None or rang is None else zone_de(t, index, rang % _places_de_pm(t))


def reference_pm_inconnue(t: Trame, code_insee: str) -> str:
    """Give a well-formed PM reference that no network has."""
    return reference_pm(t, code_insee, t.reseau.dimension.pm_par_commune + 1)


def reference_prestation(pm: str, oc: str) -> str:
    """Give the reference of the service an OC holds at a PM."""
    return f"PPM-{pm}-{oc}"


def pm_de_prestation(reference: str) -> tuple[str, str]:
    """Give the PM and the OC of a service reference; empty if it is not of this shape."""
    parts = reference.split("-")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "PPM" else ("", "")  # noqa: PLR2004
