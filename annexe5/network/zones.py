"""One zone: a PM, its streets, its addresses and its buildings, drawn from (seed, rank) alone.

Dates and states keep the rules 1 to 19 of pm-formats.md §9; the proportions are in ``schemas/network/reseau.toml``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from annexe5.network import trame as plan
from annexe5.network.codes import tirage
from annexe5.network.data import Ingenierie, cumul, tire
from annexe5.network.model import Adresse, Batiment, Commune, Gestionnaire, Pm, PrestationPm, Voie
from annexe5.network.trame import Place, Trame

De = Callable[[], float]

_LETTRES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DERNIER_JOUR = 28  # months of any length then add up without a reading


@dataclass(frozen=True, slots=True)
class Zone:
    """A PM, its streets, its addresses, its buildings, and the roles that some of them play (by place in the zone)."""

    rang: int
    commune: Commune
    rang_commune: int
    pm: Pm | None
    voies: tuple[Voie, ...]
    adresses: tuple[Adresse, ...]
    batiments: tuple[Batiment, ...]
    roles: Mapping[int, Place]


class _Genre(NamedTuple):
    etat: str  # of the PM; "" where there is none
    ouverte: bool
    regimes: tuple[str, ...]
    hameau: bool  # first street without numbers, for the orders that need one

    @property
    def neuve(self) -> bool:
        """Tell whether the PM has just been made available: not yet commercially open."""
        return self.etat == "DEPLOYE" and not self.ouverte


class _Esquisse(NamedTuple):
    """A building before its zone's totals are known."""

    adresse: Adresse
    nom: str
    type: str
    etat: str
    accord: bool
    escaliers: int
    niveaux: int
    par_niveau: int

    @property
    def logements(self) -> int:
        return self.escaliers * self.niveaux * self.par_niveau


@dataclass(frozen=True, slots=True)
class _Chantier:
    """A zone while it is drawn."""

    t: Trame
    zone: int
    commune: int  # index of its commune
    rang: int  # of the zone in its commune
    ville: Commune
    genre: _Genre
    roles: Mapping[int, Place]
    ingenierie: Ingenierie
    emplacement: str
    gestionnaires: tuple[Gestionnaire, ...]
    heberge: bool  # the PM stands in the zone's first building
    x: float
    y: float
    de: De


def add_months(jour: date, mois: int) -> date:
    """Add months to a date whose day exists in every month."""
    total = jour.year * 12 + jour.month - 1 + mois
    return jour.replace(year=total // 12, month=total % 12 + 1)


def make_zone(t: Trame, rang: int) -> Zone:
    """Draw a zone."""
    ch = _chantier(t, rang)
    voies, esquisses = _esquisses(ch, min(t.par_zone, t.size - rang * t.par_zone))
    pm = _pm(ch, esquisses)
    batiments = tuple(_batiment(ch, slot, un, pm) for slot, un in enumerate(esquisses))
    if pm is not None and ch.heberge:
        pm, batiments = _dans_son_immeuble(pm, batiments)
    return Zone(
        rang=rang,
        commune=ch.ville,
        rang_commune=ch.rang,
        pm=pm,
        voies=voies,
        adresses=tuple({un.adresse.hexacle: un.adresse for un in esquisses}.values()),
        batiments=batiments,
        roles=ch.roles,
    )


def loge_son_pm(t: Trame, rang: int) -> bool:
    """Tell whether a zone's PM stands in its first building, without drawing the zone."""
    ch = _chantier(t, rang)
    return ch.heberge and bool(ch.genre.etat)


def _chantier(t: Trame, rang: int) -> _Chantier:
    index, rang_commune = plan.commune_de_zone(t, rang)
    ville = plan.commune(t, index)
    de = tirage(t.seed, "zone", rang).random
    genre = _genre(t, rang, de)
    roles = t.distribution.get(rang, {})
    ingenieries = {une.nom: une for une in t.reseau.pm.ingenieries}
    ingenierie = ingenieries[tire(cumul({nom: une.poids for nom, une in ingenieries.items()}), de())]
    if rang < 2 * len(t.ocs):
        ingenierie = t.reseau.pm.ingenieries[rang % 2]  # the two open PMs of an OC differ in engineering
    pmi = t.reseau.pm.emplacement_immeuble
    emplacement = tire(cumul(t.reseau.pm.emplacements), de())
    if rang == 2 * len(t.ocs):
        emplacement = pmi  # one PM in a building, whatever the size
    if emplacement == pmi and (genre.etat not in {"DEPLOYE", "EN COURS DE DEPLOIEMENT"} or 0 in roles):
        emplacement = next(iter(t.reseau.pm.emplacements))
    return _Chantier(
        t=t,
        zone=rang,
        commune=index,
        rang=rang_commune,
        ville=ville,
        genre=genre,
        roles=roles,
        ingenierie=ingenierie,
        emplacement=emplacement,
        gestionnaires=_gestionnaires(t, ville, rang_commune, int(de() * 100)),
        heberge=emplacement == pmi,
        x=ville.x + rang_commune % 5 * 300 + (de() - 0.5) * 60,
        y=ville.y + rang_commune // 5 * 300 + (de() - 0.5) * 60,
        de=de,
    )


def _genre(t: Trame, rang: int, de: De) -> _Genre:
    pm, etats = t.reseau.pm, t.reseau.etats
    tous = pm.regimes
    if rang < 2 * len(t.ocs):
        return _Genre("DEPLOYE", ouverte=True, regimes=tous, hameau=rang % 2 == 1)
    suite = rang - 2 * len(t.ocs)
    if suite < len(t.genres):
        nom = t.genres[suite]
        if nom == "restreint":
            return _Genre("DEPLOYE", ouverte=True, regimes=tous[1:], hameau=False)
        if nom == "non_ouvert":
            return _Genre("DEPLOYE", ouverte=False, regimes=tous, hameau=False)
        return _Genre(nom, ouverte=False, regimes=tous, hameau=False)
    etat = tire(cumul(etats.zones), de())
    ouverte = etat == "DEPLOYE" and de() >= etats.part_non_ouverte
    return _Genre(etat, ouverte, tous[1:] if de() < etats.part_cofi_seule else tous, hameau=False)


def annuaire(zone: Zone) -> Mapping[str, tuple[Batiment, ...]]:
    """Give the buildings of each address of a zone, by hexaclé; an address without a building is none."""
    ranges: dict[str, list[Batiment]] = {}
    for batiment in zone.batiments:
        ranges.setdefault(batiment.adresse.hexacle, []).append(batiment)
    return {hexacle: tuple(siens) for hexacle, siens in ranges.items()}


# ---- addresses and buildings


def _esquisses(ch: _Chantier, nombre: int) -> tuple[tuple[Voie, ...], list[_Esquisse]]:
    """Lay the buildings along the streets: one address each, but for groups of blocks and streets without numbers."""
    t, de, regles = ch.t, ch.de, ch.t.reseau.batiments
    etats = cumul(t.reseau.etats.batiments[ch.genre.etat])
    voies: list[Voie] = []
    adresses: list[Adresse] = []
    natures: list[tuple[str, str, bool]] = []
    numero, complement, suite, sans_numero = 0, "", 0, False
    for slot in range(nombre):
        v, place = divmod(slot, t.par_voie)
        if place == 0:
            sans_numero = _sans_numero(ch, v)
            voies.append(plan.voie(t, ch.ville, ch.rang, v, sans_numero=sans_numero))
            numero, complement, suite = 0, "", 0
        natures.append(_nature(ch, slot, etats))
        if place and (sans_numero or suite):
            suite -= 1
            adresses.append(adresses[-1])
        elif sans_numero:
            adresses.append(Adresse(voies[-1].hexacle, voies[-1], 0, ""))
        else:
            numero, complement = _numero(regles.complements, regles.part_complement, numero, complement, de)
            code = plan.hexacle_adresse(t, ch.ville.code_insee, ch.rang, slot)
            adresses.append(Adresse(code, voies[-1], numero, complement))
            immeuble = natures[-1][0] == "IMMEUBLE"
            suite = 1 + int(de() * 2) if immeuble and de() < regles.part_plusieurs_batiments else 0
    noms = _noms(ch, adresses, [nature[0] for nature in natures])
    return tuple(voies), [
        _Esquisse(adresse, nom, *nature, *_volumes(t, nature[0], de))
        for adresse, nom, nature in zip(adresses, noms, natures, strict=True)
    ]


def _sans_numero(ch: _Chantier, v: int) -> bool:
    """Tell whether a street has no numbers: the first of a role zone that needs one, or a last one by chance."""
    if ch.roles:
        return ch.genre.hameau and v == 0
    dernier = v == ch.t.reseau.dimension.voies_par_pm - 1
    return dernier and ch.de() < ch.t.reseau.batiments.part_voie_sans_numero


def _nature(ch: _Chantier, slot: int, etats: tuple[tuple[float, str], ...]) -> tuple[str, str, bool]:
    """Give the type, the state and whether the manager's agreement is needed (rules 2 and 3)."""
    regles, de, role = ch.t.reseau.batiments, ch.de, ch.roles.get(slot)
    type_ = "IMMEUBLE" if de() < regles.part_immeubles else "PAVILLON"
    etat, hasard = tire(etats, de()), de()
    if ch.heberge and slot == 0:
        return "IMMEUBLE", ch.genre.etat, True
    if role is not None:
        types = role.role.reseau.types
        type_, etat = types[role.copie % len(types)], "DEPLOYE"
    accord = hasard < (regles.part_accord_immeuble if type_ == "IMMEUBLE" else regles.part_accord_pavillon)
    return type_, "CIBLE" if etat == "SIGNE" and not accord else etat, accord


def _numero(complements: tuple[str, ...], part: float, numero: int, complement: str, de: De) -> tuple[int, str]:
    """Give the next number of a street: now and then the same one with a letter more."""
    rang = complements.index(complement) + 1 if complement else 0
    if de() < part and numero and rang < len(complements):
        return numero, complements[rang]
    return numero + 1 + int(de() * 3), ""


def _volumes(t: Trame, type_: str, de: De) -> tuple[int, int, int]:
    """Give staircases, floors and lines a floor."""
    if type_ == "PAVILLON":
        return 1, 1, 1
    regles = t.reseau.batiments
    a, b, c = regles.escaliers, regles.niveaux, regles.lignes_par_niveau
    return (
        a[0] + int(de() * (a[1] - a[0] + 1)),
        b[0] + int(de() * (b[1] - b[0] + 1)),
        c[0] + int(de() * (c[1] - c[0] + 1)),
    )


def _noms(ch: _Chantier, adresses: list[Adresse], types: list[str]) -> Iterator[str]:
    """Name the buildings: those that share an address must differ (rule 17), a house alone has no name."""
    mots = ch.t.lieux.batiments
    partages = Counter(adresse.hexacle for adresse in adresses)
    vus: Counter[str] = Counter()
    for adresse, type_ in zip(adresses, types, strict=True):
        cle = adresse.hexacle
        if partages[cle] > 1:
            vus[cle] += 1
            modele = mots.maison if type_ == "PAVILLON" else mots.batiment
            yield modele.format(numero=vus[cle], lettre=_lettre(vus[cle] - 1))
        elif type_ == "PAVILLON":
            yield ""
        else:
            yield mots.residences[int(ch.de() * len(mots.residences))]


def _lettre(rang: int) -> str:
    """Give A to Z, then AA, AB and so on."""
    reste, rang = divmod(rang, len(_LETTRES))
    return (_lettre(reste - 1) if reste else "") + _LETTRES[rang]


def _batiment(ch: _Chantier, slot: int, un: _Esquisse, pm: Pm | None) -> Batiment:
    t, de, role = ch.t, ch.de, ch.roles.get(slot)
    convention, cablage, modification = _dates(t, un, pm, de)
    neuf = un.etat != "ABANDONNE" and de() < t.reseau.batiments.part_neuf
    attributs: dict[str, Any] = dict(role.role.reseau.batiment) if role else {}
    commerciale = None
    if un.etat == "DEPLOYE" and pm is not None and pm.date_commerciale is not None and cablage is not None:
        commerciale = max(pm.date_commerciale, cablage)
    return Batiment(
        rang=ch.zone * t.par_zone + slot,
        identifiant=plan.identifiant_immeuble(t, ch.ville.code_insee, ch.rang, slot, un.type),
        adresse=un.adresse,
        nom=un.nom,
        type=un.type,
        etat=un.etat,
        accord_necessaire=un.accord,
        gestionnaire=ch.gestionnaires[int(de() * len(ch.gestionnaires))] if convention else None,
        date_convention=convention,
        date_cablage=cablage,
        date_modification=modification,
        date_commerciale=commerciale,
        neuf=neuf,
        date_livraison=t.today + timedelta(days=int(30 + de() * 400)) if neuf and un.etat != "DEPLOYE" else None,
        escaliers=un.escaliers,
        niveaux=un.niveaux,
        lignes_par_niveau=un.par_niveau,
        logements=un.logements,
        x=round(ch.x + (de() - 0.5) * 260, 2),
        y=round(ch.y + (de() - 0.5) * 260, 2),
        projection=t.reseau.pm.projection,
        type_zone=t.reseau.pm.type_zone,
        pm=pm,
        **attributs,
    )


def _dates(t: Trame, un: _Esquisse, pm: Pm | None, de: De) -> tuple[date | None, date | None, date]:
    """Give the dates of convention, cabling (effective once DEPLOYE, else forecast) and last change (rules 5, 6, 8).

    What is done stays as it is from one day to the next; forecasts, and the last change of what has one, go on.
    """
    a, b = de(), de()
    today = t.today
    if un.etat == "ABANDONNE":
        return None, None, today - timedelta(days=int(1 + a * 80))
    convention = cablage = None
    if un.etat == "DEPLOYE" and pm is not None:
        today = max(t.origine, pm.date_premiere_mad or t.origine)
        cablage = pm.date_installation + timedelta(days=int(a * (today - pm.date_installation).days))
        convention = cablage - timedelta(days=int(20 + b * 150))
    elif un.etat == "EN COURS DE DEPLOIEMENT":
        cablage = today + timedelta(days=int(5 + a * 120))
        convention = t.origine - timedelta(days=int(10 + b * 50))
    elif un.etat == "SIGNE":
        cablage = today + timedelta(days=int(60 + a * 90))
        convention = t.origine - timedelta(days=int(1 + b * 30))
    if not un.accord:
        convention = None
    passees = [jour for jour in (convention, cablage) if jour is not None and jour <= today]
    depart = max(passees, default=today - timedelta(days=400))
    return convention, cablage, depart + timedelta(days=int(b * (today - depart).days))


def _gestionnaires(t: Trame, ville: Commune, rang: int, premier: int) -> tuple[Gestionnaire, ...]:
    """Give the two managers of a zone's collective buildings: companies of the commune, at numbers nobody has."""
    noms, voie = t.lieux.gestionnaires.noms, plan.voie(t, ville, rang, 0, sans_numero=False)
    return tuple(
        Gestionnaire(
            noms[n % len(noms)], _siret(int(ville.code_insee[2:]) * 10 + n % len(noms)), Adresse("", voie, 200 + n, "")
        )
        for n in (premier, premier + 1)
    )


def _siret(numero: int) -> str:
    """Give a SIRET with both its keys; numbers in 000… are given to no company."""
    siren = _cle(f"000{numero:05d}")
    return _cle(siren + "0001")


def _cle(chiffres: str) -> str:
    """Append the Luhn key."""
    somme = 0
    for rang, sign in enumerate(reversed(chiffres)):
        valeur = int(sign) * (2 - rang % 2)
        somme += valeur - 9 if valeur > 9 else valeur  # noqa: PLR2004
    return f"{chiffres}{-somme % 10}"


# ---- the PM


def _pm(ch: _Chantier, esquisses: list[_Esquisse]) -> Pm | None:
    """Draw the PM over its rear zone's totals (rules 9, 11, 12, 13, 19)."""
    t, de, genre, regles = ch.t, ch.de, ch.genre, ch.t.reseau.pm
    if not genre.etat:
        return None
    reference = plan.reference_pm(t, ch.ville.code_insee, ch.rang, neuf=genre.neuve)
    installation, premiere, commerciale = _dates_pm(t, genre, de)
    logements = sum(un.logements for un in esquisses)
    ouvert_a = t.ocs if genre.etat == "DEPLOYE" else ()
    colonnes = sum(un.escaliers for un in esquisses if un.type == "IMMEUBLE")
    lot = ch.commune // t.reseau.dimension.communes_par_nro % 25 + 1
    return Pm(
        rang=ch.zone,
        reference=reference,
        reference_technique=reference[:-1] + "T01",
        etat=genre.etat,
        date_installation=installation,
        date_premiere_mad=premiere,
        date_commerciale=commerciale,
        type_emplacement=ch.emplacement,
        commentaire=regles.commentaires[int(de() * len(regles.commentaires))],
        adresse=esquisses[0].adresse,
        batiment="",
        gestionnaire=None,
        ingenierie=ch.ingenierie.nom,
        fibres_par_ligne=ch.ingenierie.fibres,
        capacite=-(-logements * 5 // (4 * regles.fibres_par_module)) * regles.fibres_par_module,
        logements=logements,
        logements_deployes=sum(un.logements for un in esquisses if un.etat == "DEPLOYE"),
        colonnes_montantes=colonnes if ch.heberge else None,
        type_materiel=regles.materiels[int(de() * len(regles.materiels))],
        autres_informations=regles.autres_informations,
        regroupement=f"{t.oi}-{ch.ville.code_insee[:2]}-LOT-{lot:02d}",
        qualite_adresse=regles.qualite_adresse,
        projection=regles.projection,
        actif_disponible=ch.emplacement in regles.emplacements_alimentes,
        fibre_dediee=False,
        x=round(ch.x, 2),
        y=round(ch.y, 2),
        nro=plan.nro(t, ch.commune),
        prestations=tuple(
            PrestationPm(plan.reference_prestation(reference, oc), reference, oc, genre.regimes) for oc in ouvert_a
        ),
    )


def _dates_pm(t: Trame, genre: _Genre, de: De) -> tuple[date, date | None, date | None]:
    """Give the dates of installation (forecast before DEPLOYE), first making-available, commercial opening.

    The first making-available is frozen (rule 13): before the network's origin, or for a new PM the day its run of
    months began, that it may open when the next one does.
    """
    a, b, c = de(), de(), de()
    mois = t.reseau.pm.mois_avant_ouverture
    if genre.etat in {"EN COURS DE DEPLOIEMENT", "PLANIFIE"}:
        delai = 20 + a * 160 if genre.etat == "EN COURS DE DEPLOIEMENT" else 200 + a * 300
        return t.today + timedelta(days=int(delai)), None, None
    sans_oc = c < t.reseau.etats.part_sans_oc
    if genre.neuve:
        premiere = t.debut_de_tour
        installation = premiere if sans_oc else premiere - timedelta(days=int(10 + a * 40))
        return installation, premiere, add_months(premiere, mois)
    installation = t.origine - timedelta(days=int(220 + a * 1400))
    installation = installation.replace(day=min(installation.day, _DERNIER_JOUR))
    premiere = installation if sans_oc else installation + timedelta(days=int(b * 40))
    premiere = premiere.replace(day=min(premiere.day, _DERNIER_JOUR))
    return installation, premiere, add_months(premiere, mois)


def _dans_son_immeuble(pm: Pm, batiments: tuple[Batiment, ...]) -> tuple[Pm, tuple[Batiment, ...]]:
    """House a PMI in the zone's first building: its name and its manager are those of the PM."""
    hote = batiments[0]
    pm = replace(pm, batiment=hote.nom, gestionnaire=hote.gestionnaire, x=hote.x, y=hote.y)
    return pm, tuple(replace(un, pm=pm) for un in batiments)
