"""The generated network: one truth for the IPE, the web services, the routes and the roles of a test.

Same arguments, same network, byte for byte. Zones are drawn when asked for and kept in a small cache; references
are decoded, so nothing else is held in memory and millions of buildings can be walked. Immutable: whoever plays the
OI keeps beside it what it has given out (``free_route`` takes that set).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from annexe5.errors import UsageError
from annexe5.network import optique, zones
from annexe5.network import trame as plan
from annexe5.network.data import load_commande, load_reseau
from annexe5.network.model import (
    Adresse,
    Batiment,
    Commune,
    Escalier,
    Etage,
    Fibre,
    Groupe,
    Ligne,
    Nro,
    Pbo,
    Pm,
    PrestationPm,
    Rdv,
    Route,
    Voie,
)  # fmt: skip
from annexe5.network.optique import PlanOptique
from annexe5.network.persons import Client, client
from annexe5.network.roles import Role, RoleData, load_roles
from annexe5.network.trame import Place, Trame
from annexe5.network.zones import Zone

_CACHE = 256  # zones, with their lines: some 40 MB
_REFERENCES = 4096  # addresses, buildings and PMs just looked at
_SAMEDI = 5
_QUADRIGRAMME = re.compile(r"[A-Z0-9]{4}")


class Size(IntEnum):
    """Usual sizes, in buildings (rows of the IPE)."""

    QUARTIER = 600
    VILLE = 2_000
    DEPARTEMENT = 120_000
    MILLION = 1_000_000


class _Sujet(NamedTuple):
    """What an order's columns are read from."""

    batiment: Batiment
    ligne: Ligne
    pm: Pm | None
    prestation: PrestationPm | None
    client: Client


def generate(
    seed: int,
    size: Size | int,
    *,
    oi: str,
    ocs: Sequence[str],
    today: date,
    bigramme: str = "",
    batiments_par_pm: int = 0,
) -> Network:
    """Draw a network of ``size`` buildings for an OI and its OCs (interop quadrigrammes), as of ``today``.

    ``bigramme`` heads the outlet references; the first two letters of ``oi`` if empty. The first zones hold the
    roles: ``roles_from`` says from which size they are all there. ``batiments_par_pm`` enlarges the rear zones
    (60 buildings if 0). A building does not depend on ``size``, but for those of a last PM cut short.
    Raises UsageError on a size out of bounds, on codes that are not 4 capitals or digits, or twice the same OC.
    """
    codes = (oi, *ocs)
    if not ocs or not all(_QUADRIGRAMME.fullmatch(code) for code in codes):
        raise UsageError(f"codes opérateur : 4 capitales ou chiffres chacun, un OC au moins (reçu : {codes}).")
    if len(set(ocs)) != len(ocs):
        raise UsageError(f"codes opérateur : un OC figure deux fois ({', '.join(ocs)}).")
    t = plan.trame(
        seed,
        int(size),
        oi=oi,
        ocs=ocs,
        today=today,
        bigramme=bigramme or oi[:2],
        par_zone=batiments_par_pm or load_reseau().dimension.batiments_par_pm,
    )

    @lru_cache(maxsize=_CACHE)
    def zone(rang: int) -> Zone:
        return zones.make_zone(t, rang)

    @lru_cache(maxsize=_CACHE)
    def plan_optique(rang: int) -> PlanOptique:
        return optique.make_plan(t, zone(rang))

    @lru_cache(maxsize=_CACHE)
    def annuaire(rang: int) -> Mapping[str, tuple[Batiment, ...]]:
        return zones.annuaire(zone(rang))

    @lru_cache(maxsize=_REFERENCES)
    def adresse(hexacle: str) -> tuple[Batiment, ...]:
        rang = plan.zone_de_hexacle(t, hexacle)
        return () if rang is None else annuaire(rang).get(hexacle, ())

    @lru_cache(maxsize=_REFERENCES)
    def escaliers(rang: int) -> tuple[Escalier, ...]:
        place, slot = divmod(rang, t.par_zone)
        return optique.escaliers(plan_optique(place).lignes[slot])

    @lru_cache(maxsize=_REFERENCES)
    def pm(reference: str) -> Pm | None:
        rang = plan.zone_de_pm(t, reference)
        sien = None if rang is None else zone(rang).pm
        return sien if sien is not None and sien.reference == reference else None

    @lru_cache(maxsize=_REFERENCES)
    def prestation(reference: str) -> PrestationPm | None:
        sien = pm(plan.pm_de_prestation(reference)[0])
        return next((une for une in sien.prestations if une.reference == reference), None) if sien else None

    return Network(t, zone, plan_optique, adresse, escaliers, pm, prestation)


def roles_from(ocs: Sequence[str], batiments_par_pm: int = 0) -> int:
    """Give the smallest size at which every role is played for these OCs."""
    return plan.taille_des_roles(ocs, batiments_par_pm or load_reseau().dimension.batiments_par_pm)


def largest(batiments_par_pm: int = 0) -> int:
    """Give the largest size: a network is drawn where it is looked at, so this one costs no more than another."""
    return plan.capacite(batiments_par_pm or load_reseau().dimension.batiments_par_pm)


def largest_pm() -> int:
    """Give the largest number of buildings behind a PM (NombreLogementsPM has five digits)."""
    return plan.BATIMENTS_PAR_PM_MAX


@dataclass(frozen=True, slots=True)
class Network:
    """See the module docstring. References that the network does not have give None or an empty tuple."""

    trame: Trame = field(repr=False)
    _zone: Callable[[int], Zone] = field(repr=False, compare=False)
    _plan: Callable[[int], PlanOptique] = field(repr=False, compare=False)
    _adresse: Callable[[str], tuple[Batiment, ...]] = field(repr=False, compare=False)
    _escaliers: Callable[[int], tuple[Escalier, ...]] = field(repr=False, compare=False)
    _pm: Callable[[str], Pm | None] = field(repr=False, compare=False)
    _prestation: Callable[[str], PrestationPm | None] = field(repr=False, compare=False)

    @property
    def size(self) -> int:
        """Number of buildings."""
        return self.trame.size

    @property
    def oi(self) -> str:
        """The OI's quadrigramme."""
        return self.trame.oi

    @property
    def ocs(self) -> tuple[str, ...]:
        """The OCs' quadrigrammes."""
        return self.trame.ocs

    @property
    def today(self) -> date:
        """The day the network is seen at."""
        return self.trame.today

    # ---- walking through

    def iter_zones(self, start: int = 0, stop: int | None = None) -> Iterator[Zone]:
        """Walk the zones without keeping them."""
        for rang in range(start, self.trame.zones if stop is None else min(stop, self.trame.zones)):
            yield zones.make_zone(self.trame, rang)

    def iter_buildings(self, start: int = 0, stop: int | None = None) -> Iterator[Batiment]:
        """Walk the buildings (rows of the IPE) from rank ``start`` to before ``stop``, without keeping them."""
        fin = self.size if stop is None else min(stop, self.size)
        for zone in self.iter_zones(start // self.trame.par_zone, -(-fin // self.trame.par_zone)):
            for batiment in zone.batiments:
                if start <= batiment.rang < fin:
                    yield batiment

    def iter_pms(self, *, en_immeuble: bool = False) -> Iterator[Pm]:
        """Walk the PMs without keeping them; ``en_immeuble`` gives only those that stand in a building.

        A PM is drawn with its rear zone: those left out, one look at where they stand.
        """
        for rang in range(self.trame.zones):
            if en_immeuble and not zones.loge_son_pm(self.trame, rang):
                continue
            pm = zones.make_zone(self.trame, rang).pm
            if pm is not None:
                yield pm

    # ---- places

    def communes(self, code_postal: str) -> tuple[Commune, ...]:
        """Give the communes of a postal code."""
        return plan.communes_du_code_postal(self.trame, code_postal)

    def commune(self, code_insee: str) -> Commune | None:
        """Give a commune by its INSEE code."""
        index = plan.commune_du_code_insee(self.trame, code_insee)
        return None if index is None else plan.commune(self.trame, index)

    def voies(self, code_insee: str) -> tuple[Voie, ...]:
        """Give the streets of a commune."""
        return tuple(voie for zone in self._zones_de(code_insee) for voie in zone.voies)

    def voie(self, code_insee: str, rivoli: str) -> Voie | None:
        """Give a street by INSEE and Rivoli codes."""
        zone = self._zone_de(plan.zone_de_rivoli(self.trame, code_insee, rivoli))
        return next((une for une in zone.voies if une.rivoli == rivoli), None) if zone else None

    def numeros(self, voie: Voie) -> tuple[Adresse, ...]:
        """Give the addresses of a street, by number and letter."""
        zone = self._zone_de(plan.zone_de_rivoli(self.trame, voie.commune.code_insee, voie.rivoli))
        siennes = [une for une in zone.adresses if une.voie.hexacle == voie.hexacle] if zone else []
        return tuple(sorted(siennes, key=lambda une: (une.numero, une.complement)))

    def find_adresse(self, hexacle: str) -> Adresse | None:
        """Give an address by CodeAdresseImmeuble."""
        batiments = self._adresse(hexacle)
        return batiments[0].adresse if batiments else None

    def find_adresse_par_voie(self, code_insee: str, rivoli: str, numero: int, complement: str = "") -> Adresse | None:
        """Give an address by INSEE and Rivoli codes, number (0: none) and letter."""
        voie = self.voie(code_insee, rivoli)
        if voie is None:
            return None
        cle = (numero, complement)
        return next((une for une in self.numeros(voie) if (une.numero, une.complement) == cle), None)

    def batiments(self, adresse: Adresse | str) -> tuple[Batiment, ...]:
        """Give the buildings of an address, or of its hexaclé."""
        return self._adresse(adresse if isinstance(adresse, str) else adresse.hexacle)

    def batiment(self, identifiant: str) -> Batiment | None:
        """Give a building by IdentifiantImmeuble."""
        rang = plan.rang_de_batiment(self.trame, identifiant)
        if rang is None:
            return None
        trouve = self.batiment_de_rang(rang)
        return trouve if trouve.identifiant == identifiant else None

    def batiment_de_rang(self, rang: int) -> Batiment:
        """Give a building by its rank, 0 to ``size`` - 1."""
        if not 0 <= rang < self.size:
            raise UsageError(f"rang de bâtiment : {rang} ; de 0 à {self.size - 1}.")
        zone, slot = divmod(rang, self.trame.par_zone)
        return self._zone(zone).batiments[slot]

    def escaliers(self, batiment: Batiment) -> tuple[Escalier, ...]:
        """Give the staircases of a building, with their floors and lines."""
        return self._escaliers(batiment.rang)

    def etages(self, batiment: Batiment, escalier: str = "") -> tuple[Etage, ...]:
        """Give the floors of a staircase."""
        return next((un.etages for un in self.escaliers(batiment) if un.nom == escalier), ())

    def lignes(self, batiment: Batiment, escalier: str | None = None, etage: str | None = None) -> tuple[Ligne, ...]:
        """Give the lines of a building, of one staircase, of one floor."""
        zone, slot = divmod(batiment.rang, self.trame.par_zone)
        lignes = self._plan(zone).lignes[slot]
        if escalier is None and etage is None:
            return lignes
        return tuple(une for une in lignes if escalier in (None, une.escalier) and etage in (None, une.etage))

    # ---- equipment

    def ligne_by_pto(self, reference: str) -> Ligne | None:
        """Give the line of an outlet reference, whether the outlet is there (``existant``) or still to build."""
        rangs = plan.ligne_de_prise(self.trame, reference)
        if rangs is None:
            return None
        lignes = self.lignes(self.batiment_de_rang(rangs[0]))
        return lignes[rangs[1]] if rangs[1] < len(lignes) else None

    def pm(self, reference: str) -> Pm | None:
        """Give a PM by reference."""
        return self._pm(reference)

    def prestation_pm(self, reference: str) -> PrestationPm | None:
        """Give a PM service by reference."""
        return self._prestation(reference)

    def zone_arriere(self, pm: Pm | str) -> tuple[Batiment, ...]:
        """Give the buildings behind a PM."""
        sien = self.pm(pm) if isinstance(pm, str) else pm
        return self._zone(sien.rang).batiments if sien else ()

    def nro(self, pm: Pm) -> Nro:
        """Give the NRO of a PM."""
        return pm.nro

    def pbos(self, pm: Pm | str) -> tuple[Pbo, ...]:
        """Give the PBOs of a PM."""
        sien = self.pm(pm) if isinstance(pm, str) else pm
        return self._plan(sien.rang).pbos if sien else ()

    def pbo(self, reference: str) -> Pbo | None:
        """Give a PBO by reference."""
        parts = reference.split("-")
        pm = parts[1] if len(parts) == 3 else ""  # noqa: PLR2004
        return next((un for un in self.pbos(pm) if un.reference == reference), None)

    def fibres(self, pbo: Pbo) -> tuple[Fibre, ...]:
        """Give the fibres of a PBO."""
        return tuple(une for groupe in range(pbo.groupes) for une in optique.make_fibres(self.trame, pbo, groupe))

    # ---- routes

    def route_for(self, ligne: Ligne, oc: str, k: int = 0) -> Route | None:
        """Give the line's own k-th route for an OC (0 the nominal one, then its spares); None past the last.

        Own routes never meet those of another line. They say nothing of what is free: see ``free_route``.
        """
        groupes = optique.groupes_de(ligne)
        if ligne.pbo is None or not 0 <= k < len(groupes):
            return None
        return optique.make_route(self.trame, ligne.pbo, groupes[k], oc)

    def route_on(self, ligne: Ligne, oc: str, groupe: Groupe) -> Route | None:
        """Give the route of a line for an OC over a group of fibres of its PBO: one that ``free_route`` has given."""
        return None if ligne.pbo is None else optique.make_route(self.trame, ligne.pbo, groupe[1], oc)

    def free_route(self, ligne: Ligne, oc: str, used: AbstractSet[Groupe] = frozenset()) -> Route | None:
        """Give a route over a free group that ``used`` does not hold, the line's own first; None where there is none.

        An existing outlet keeps the fibre it hangs on, until ``used`` holds it.
        """
        if ligne.pbo is None:
            return None
        groupe = next(optique.groupes_libres(ligne.pbo, used, ligne), None)
        return None if groupe is None else optique.make_route(self.trame, ligne.pbo, groupe, oc)

    def free_fibre(self, pbo: Pbo, used: AbstractSet[Groupe] = frozenset()) -> tuple[Fibre, ...]:
        """Give the first free group of fibres of a PBO that ``used`` does not hold; empty if saturated."""
        groupe = next(optique.groupes_libres(pbo, used), None)
        return () if groupe is None else tuple(optique.make_fibres(self.trame, pbo, groupe))

    def saturation(self, pbo: Pbo, used: AbstractSet[Groupe] = frozenset()) -> str:
        """Tell why nothing is free: ``virtuelle`` if some are only reserved, else ``physique``; empty if some are."""
        if self.free_fibre(pbo, used):
            return ""
        return "virtuelle" if pbo.reserves else "physique"

    # ---- appointments

    def rdv_de(self, batiment: Batiment, oc: str) -> Rdv:
        """Give the appointment of an OC at a building: booked, unless the building plays a role that says otherwise."""
        regles, place = self.trame.reseau.rdv, self._place(batiment)
        joue = place.role.reseau.rdv if place else None
        debut = _creneau(self.today, regles.premier_jour + batiment.rang % 5, regles.heures, batiment.rang)
        ailleurs = joue is not None and joue.autre_adresse
        autre = self._autre_batiment(batiment) if ailleurs else batiment
        depasse = joue is not None and joue.depasse
        ftth = joue is None or not joue.autre_produit
        return Rdv(
            id=f"RDV-{oc}-{self.trame.rdvs.texte(batiment.rang)}",
            oc=oc,
            hexacle=autre.adresse.hexacle,
            debut=debut,
            fin=debut + timedelta(hours=regles.duree_heures),
            etat=joue.etat if joue else "CONFIRME",
            produit=regles.produit if ftth else regles.produit_autre,
            modifications=regles.modifications_max + 1 if depasse else 0,
            modifications_max=regles.modifications_max,
            ftth=ftth,
        )

    def rdv(self, ident: str) -> Rdv | None:
        """Give an appointment by IdRdv."""
        parts = ident.split("-")
        if len(parts) != 3 or parts[0] != "RDV" or parts[1] not in self.ocs:  # noqa: PLR2004
            return None
        rang = self.trame.rdvs.numero(parts[2])
        return None if rang is None or rang >= self.size else self.rdv_de(self.batiment_de_rang(rang), parts[1])

    # ---- orders and roles

    def commande(self, ligne: Ligne, oc: str) -> dict[str, str]:
        """Fill the columns of a Cmd_Acces for a line as the network serves it; reference and dates are the caller's."""
        batiment = self.batiment(ligne.identifiant_immeuble)
        if batiment is None:
            raise UsageError(f"{ligne.reference_prise} : cette ligne n'est pas de ce réseau.")
        pm = batiment.pm
        sujet = _Sujet(batiment, ligne, pm, pm.prestation(oc) if pm else None, client(self.trame.seed, batiment.rang))
        modele = load_commande()
        return {colonne: _valeur(sujet, chemin) for colonne, chemin in modele.colonnes.items()} | modele.fixe

    def iter_orderable(self, oc: str) -> Iterator[tuple[Batiment, Ligne]]:
        """Walk the lines an OC may order, roles apart: those without an outlet, and outlets of known reference free."""
        for zone in range(self.trame.zones):
            for batiment in self._zone(zone).batiments:
                if self._place(batiment) is None and self._commandable(batiment, oc):
                    for ligne in self.lignes(batiment):
                        libre = not ligne.existant or (ligne.reference_connue and not ligne.actif)
                        if ligne.commercialisable and libre:
                            yield batiment, ligne

    def iter_eligible(self, oc: str) -> Iterator[RoleData]:
        """Walk the lines an OC may order without an outlet there, roles apart: as many as the network has."""
        role = load_roles()["eligible"]
        a_construire = ((batiment, ligne) for batiment, ligne in self.iter_orderable(oc) if not ligne.existant)
        for rang, (batiment, ligne) in enumerate(a_construire):
            yield self._role_data(role, oc, rang, batiment, ligne)

    def role(self, ident: str, oc: str = "", rang: int = 0) -> RoleData:
        """Give the address that plays a role for an OC (the first OC if empty); ``rang`` tells several apart."""
        joues = self._places(oc).get(ident)
        if joues is None and ident not in load_roles():
            raise UsageError(f"rôle inconnu : {ident!r}. Rôles : {', '.join(load_roles())}.")
        if not joues or not 0 <= rang < len(joues):
            raise UsageError(
                f"rôle {ident} n° {rang} : ce réseau de {self.size} bâtiments ne le joue pas ;"
                f" il en faut {roles_from(self.ocs, self.trame.par_zone)} pour tous les rôles."
            )
        return self._joue(joues[rang], oc or self.ocs[0], ident, rang)

    def roles(self, oc: str = "") -> dict[str, list[dict[str, Any]]]:
        """Give every role played for an OC as plain JSON: role → the addresses that play it."""
        return {
            ident: [self.role(ident, oc, rang).as_dict() for rang in range(len(joues))]
            for ident, joues in self._places(oc).items()
        }

    # ---- behind the curtain

    def _zone_de(self, rang: int | None) -> Zone | None:
        return None if rang is None else self._zone(rang)

    def _zones_de(self, code_insee: str) -> Iterator[Zone]:
        index = plan.commune_du_code_insee(self.trame, code_insee)
        if index is not None:
            for rang in range(self.trame.reseau.dimension.pm_par_commune):
                zone = plan.zone_de(self.trame, index, rang)
                if zone is not None:
                    yield self._zone(zone)

    def _place(self, batiment: Batiment) -> Place | None:
        zone, slot = divmod(batiment.rang, self.trame.par_zone)
        return self.trame.distribution.get(zone, {}).get(slot)

    def _places(self, oc: str) -> Mapping[str, list[int]]:
        """Give the ranks of the buildings that play each role for an OC, in the order of roles.toml."""
        sien = oc or self.ocs[0]
        if sien not in self.ocs:
            raise UsageError(f"OC inconnu du réseau : {sien}. OC : {', '.join(self.ocs)}.")
        if self.size < roles_from(self.ocs, self.trame.par_zone):
            return {}
        rangs: dict[str, dict[int, int]] = {ident: {} for ident in load_roles()}
        for zone, slots in self.trame.distribution.items():
            for slot, place in slots.items():
                if place.oc == sien:
                    rangs[place.role.id][place.copie] = zone * self.trame.par_zone + slot
        return {ident: [joues[copie] for copie in sorted(joues)] for ident, joues in rangs.items()}

    def _joue(self, rang_batiment: int, oc: str, ident: str, rang: int) -> RoleData:
        batiment = self.batiment_de_rang(rang_batiment)
        return self._role_data(load_roles()[ident], oc, rang, batiment, self.lignes(batiment)[0])

    def _role_data(self, role: Role, oc: str, rang: int, batiment: Batiment, ligne: Ligne) -> RoleData:
        commande = self.commande(ligne, oc)
        for colonne, valeur in role.commande.items():
            commande[colonne] = self._remplace(valeur, batiment, ligne, oc) if valeur.startswith("@") else valeur
        return RoleData(
            role=role.id,
            oc=oc,
            rang=rang,
            commande=MappingProxyType(commande),
            rejet=role.rejet,
            identifiant_immeuble=batiment.identifiant,
            hexacle=batiment.adresse.hexacle,
            reference_prise=ligne.reference_prise,
            reference_pm=batiment.pm.reference if batiment.pm else "",
            prestation=ligne.prestation,
            terrain=ligne.terrain,
            reprov=ligne.reprov,
        )

    def _remplace(self, nom: str, batiment: Batiment, ligne: Ligne, oc: str) -> str:
        """Give what an ``@…`` of roles.toml stands for at an address."""
        t, insee = self.trame, batiment.adresse.commune.code_insee
        sans_pm = plan.reference_pm_inconnue(t, insee)
        valeurs: dict[str, Callable[[], str]] = {
            "@pto": lambda: ligne.reference_prise,
            "@pto_inexistante": lambda: plan.reference_prise_inconnue(t, batiment.rang),
            "@pto_autre_adresse": lambda: self._autre_prise(batiment).reference_prise,
            "@pm_inexistant": lambda: sans_pm,
            "@pm_autre": lambda: self._autre_pm(batiment),
            "@prestation_inexistante": lambda: plan.reference_prestation(sans_pm, oc),
            "@prestation_autre_pm": lambda: plan.reference_prestation(self._autre_pm(batiment), oc),
            "@hexacle_inconnu": lambda: plan.hexacle_inconnu(t, insee, batiment.rang),
            "@rdv": lambda: self.rdv_de(batiment, oc).id,
            "@rdv_date": lambda: self.rdv_de(batiment, oc).debut.strftime("%Y%m%d %H:%M"),
        }
        return valeurs[nom]()

    def _autre_pm(self, batiment: Batiment) -> str:
        pm = self._autre_batiment(batiment).pm
        return pm.reference if pm else ""

    def _autre_batiment(self, batiment: Batiment) -> Batiment:
        """Give a building behind another open PM: the twin zone of an OC's roles."""
        zone = batiment.rang // self.trame.par_zone
        return self._zone(zone ^ 1 if zone ^ 1 < self.trame.zones else zone).batiments[0]

    def _autre_prise(self, batiment: Batiment) -> Ligne:
        """Give an existing outlet of another address."""
        zone = batiment.rang // self.trame.par_zone
        for autre in self._zone(zone ^ 1).batiments:
            for ligne in self.lignes(autre):
                if ligne.existant and not ligne.actif:
                    return ligne
        raise AssertionError("the roles of an OC hold an existing outlet in each zone")

    def _commandable(self, batiment: Batiment, oc: str) -> bool:
        pm = batiment.pm
        prestation = pm.prestation(oc) if pm else None
        loca = load_commande().fixe["TypeCommandeDemande"]
        return prestation is not None and loca in prestation.regimes and not batiment.saturation


def _valeur(sujet: _Sujet, chemin: str) -> str:
    """Read a dotted path; what is not there is empty."""
    tete, _, reste = chemin.partition(".")
    source = getattr(sujet, tete)
    return "" if source is None else str(attrgetter(reste)(source))


def _creneau(today: date, jours: int, heures: tuple[int, ...], rang: int) -> datetime:
    """Give the start of a slot some week days ahead."""
    jour, restent = today, jours
    while restent:
        jour += timedelta(days=1)
        restent -= jour.weekday() < _SAMEDI
    return datetime.combine(jour, time(heures[rang % len(heures)]))
