"""The things of an FTTH network, as frozen values.

Commune → voie → adresse → bâtiment → escalier → étage → ligne on one side, NRO → PM → PBO → fibre on the other.
Names and meanings: pm-formats.md §2, acces-formats.md §3, further-findings.md A. Nothing here can change; whoever
plays the OI keeps beside it what it has given out since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Commune:
    """One commune: name in capitals, INSEE and postal codes of 5, centre in Lambert-93 metres."""

    nom: str
    code_insee: str
    code_postal: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Voie:
    """One street: Rivoli code of 4, hexaclé of 10 (that of its number 0)."""

    commune: Commune
    type: str
    libelle: str
    rivoli: str
    hexacle: str


@dataclass(frozen=True, slots=True)
class Adresse:
    """One horizontal address. ``numero`` 0: the street has no numbers; ``hexacle`` is CodeAdresseImmeuble."""

    hexacle: str
    voie: Voie
    numero: int
    complement: str

    @property
    def commune(self) -> Commune:
        """The commune of its street."""
        return self.voie.commune


@dataclass(frozen=True, slots=True)
class Gestionnaire:
    """The manager of a collective building: a generated company and its address."""

    nom: str
    siret: str
    adresse: Adresse


@dataclass(frozen=True, slots=True)
class Nro:
    """One optical node. ``reference`` at most 15 characters."""

    reference: str
    type: str
    etat: str
    commune: Commune


@dataclass(frozen=True, slots=True)
class PrestationPm:
    """What one OC holds at one PM: its permanent reference and the order types (LOCA, COFI) it admits."""

    reference: str
    reference_pm: str
    oc: str
    regimes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pm:
    """One PM and its rear zone's totals; ``rang`` is its place in the network.

    States and dates keep the rules of pm-formats.md §9.2: a deployed PM has both dates of opening, the commercial
    one ``mois_avant_ouverture`` months after the first making-available; the others have neither.
    """

    rang: int
    reference: str
    reference_technique: str
    etat: str
    date_installation: date
    date_premiere_mad: date | None
    date_commerciale: date | None
    type_emplacement: str
    commentaire: str
    adresse: Adresse
    batiment: str
    gestionnaire: Gestionnaire | None
    ingenierie: str
    fibres_par_ligne: int
    capacite: int
    logements: int
    logements_deployes: int
    colonnes_montantes: int | None
    type_materiel: str
    autres_informations: str
    regroupement: str
    qualite_adresse: str
    projection: str
    actif_disponible: bool
    fibre_dediee: bool
    x: float
    y: float
    nro: Nro
    prestations: tuple[PrestationPm, ...]

    def __hash__(self) -> int:
        """By reference alone, which tells PMs apart."""
        return hash(self.reference)

    @property
    def techniques(self) -> int:
        """How many technical PMs stand under this reference."""
        return 1

    def ouvert(self, jour: date) -> bool:
        """Tell whether orders are admitted that day: deployed, and the commercial date reached."""
        return self.date_commerciale is not None and self.etat == "DEPLOYE" and self.date_commerciale <= jour

    def prestation(self, oc: str) -> PrestationPm | None:
        """Give the service an OC holds here, if it holds one."""
        for une in self.prestations:
            if une.oc == oc:
                return une
        return None


@dataclass(frozen=True, slots=True)
class Batiment:
    """One building: one row of the IPE.

    ``escaliers`` × ``niveaux`` × ``lignes_par_niveau`` lines make its ``logements``. The last six attributes are
    what the OI knows and the IPE does not say: closed to orders, frozen for a while, hotline path for outlets of
    unknown reference, a third party's infrastructure missing, a free reason to refuse, PBOs saturated
    (``physique``: no fibre left, ``virtuelle``: all reserved in the base).
    """

    rang: int
    identifiant: str
    adresse: Adresse
    nom: str
    type: str
    etat: str
    accord_necessaire: bool
    gestionnaire: Gestionnaire | None
    date_convention: date | None
    date_cablage: date | None
    date_modification: date
    date_commerciale: date | None
    neuf: bool
    date_livraison: date | None
    escaliers: int
    niveaux: int
    lignes_par_niveau: int
    logements: int
    x: float
    y: float
    projection: str
    type_zone: int
    pm: Pm | None
    commandable: bool = True
    gel: bool = False
    hotline: bool = True
    infra_tiers: bool = False
    motif_libre: str = ""
    saturation: str = ""

    @property
    def hexacle(self) -> str:
        """CodeAdresseImmeuble of its address."""
        return self.adresse.hexacle


@dataclass(frozen=True, slots=True)
class Pbo:
    """One PBO: ``groupes`` groups of ``brins`` fibres, one group a line.

    The first ``lignes`` groups are the lines' own. The three masks tell, bit by bit, which groups are in use,
    reserved, out of service. ``position`` is the place of its first fibre at the PM: no two PBOs of a PM overlap.
    """

    reference: str
    pm: str
    pmt: str
    type: str
    localisation: str
    hauteur: str
    materiel: str
    type_raccordement: str
    projection: str
    x: float
    y: float
    brins: int
    lignes: int
    groupes: int
    occupes: int
    reserves: int
    hors_service: int
    position: int

    def __hash__(self) -> int:
        """By reference alone, which tells PBOs apart."""
        return hash(self.reference)

    def rangs(self, groupe: int) -> range:
        """Give the ranks of the fibres of a group."""
        return range(groupe * self.brins, (groupe + 1) * self.brins)

    def noms(self, groupe: int) -> list[str]:
        """Name the fibres of a group."""
        return [f"{self.reference}/{rang:02d}" for rang in self.rangs(groupe)]

    @property
    def fibres(self) -> int:
        """How many fibres it holds."""
        return self.groupes * self.brins

    @property
    def fibres_occupees(self) -> int:
        """How many are in use."""
        return self.occupes.bit_count() * self.brins

    @property
    def fibres_reservees(self) -> int:
        """How many are reserved."""
        return self.reserves.bit_count() * self.brins

    @property
    def fibres_hors_service(self) -> int:
        """How many are out of service."""
        return self.hors_service.bit_count() * self.brins

    @property
    def fibres_libres(self) -> int:
        """How many are free."""
        return self.fibres - self.fibres_occupees - self.fibres_reservees - self.fibres_hors_service


Groupe = tuple[str, int]  # a group of fibres, that a line takes whole: its PBO's reference, its number there


class Fibre(NamedTuple):
    """One fibre from the PM to the PBO, named once: no two lines share an ``identifiant``."""

    identifiant: str
    groupe: int
    module: str
    position: str
    cable_pm: str
    tube_pm: str
    fibre_pm: str
    cable_pbo: str
    tube_pbo: str
    fibre_pbo: str


class BlocRoute(NamedTuple):
    """One of the four route blocks of a CR_Cmd_Acces (acces-formats.md §3.1), in the order of its eleven columns."""

    oc: str
    nom_module_pm: str
    position_module_pm: str
    reference_cable_module_pm: str
    information_tube_module_pm: str
    information_fibre_module_pm: str
    reference_cable_pbo: str
    information_tube_pbo: str
    information_fibre_pbo: str
    connecteur_prise_numero: str
    connecteur_prise_couleur: str


@dataclass(frozen=True, slots=True)
class Route:
    """The optical route of one line over a group of fibres: one block (monofibre) or four (quadrifibre)."""

    pbo: Pbo
    groupe: Groupe
    blocs: tuple[BlocRoute, ...]

    def _bloc(self, rang: int) -> BlocRoute | None:
        return self.blocs[rang] if rang < len(self.blocs) else None

    @property
    def bloc1(self) -> BlocRoute | None:
        """Route block n° 1."""
        return self._bloc(0)

    @property
    def bloc2(self) -> BlocRoute | None:
        """Route block n° 2, in QUADRIFIBRE."""
        return self._bloc(1)

    @property
    def bloc3(self) -> BlocRoute | None:
        """Route block n° 3, in QUADRIFIBRE."""
        return self._bloc(2)

    @property
    def bloc4(self) -> BlocRoute | None:
        """Route block n° 4, in QUADRIFIBRE."""
        return self._bloc(3)

    @property
    def identifiants(self) -> frozenset[str]:
        """Names of the fibres."""
        return frozenset(self.pbo.noms(self.groupe[1]))


@dataclass(frozen=True, slots=True)
class Ligne:
    """One line: a dwelling and the outlet (PTO) that is or will be in it.

    Five independent states (further-findings.md A.1). ``reference_prise`` is the one the OI gives to the line,
    whether the outlet is there (``existant``) or still to build. ``oc`` holds it when ``actif``; ``prestation`` is
    then the reference of its service. ``terrain`` is the failure code a technician meets there, ``reprov`` when its
    route will have to change (``chaud``, ``froid``, ``travaux``). ``groupe`` is its own group of fibres in ``pbo``.
    """

    rang: int
    reference_prise: str
    identifiant_immeuble: str
    hexacle: str
    escalier: str
    etage: str
    porte: str
    actif: bool
    commercialisable: bool
    existant: bool
    raccordable: bool
    rompu: bool
    reference_connue: bool
    oc: str
    prestation: str
    terrain: str
    reprov: str
    pbo: Pbo | None
    groupe: int


@dataclass(frozen=True, slots=True)
class Etage:
    """One floor, with the counters the structure service shows."""

    nom: str
    lignes: tuple[Ligne, ...]

    @property
    def lignes_actives(self) -> int:
        """Lines in service."""
        return sum(ligne.actif for ligne in self.lignes)

    @property
    def lignes_existantes(self) -> int:
        """Lines whose outlet is there."""
        return sum(ligne.existant for ligne in self.lignes)

    @property
    def lignes_a_construire(self) -> int:
        """Lines whose outlet is still to build."""
        return len(self.lignes) - self.lignes_existantes


@dataclass(frozen=True, slots=True)
class Escalier:
    """One staircase; a house has one, without a name."""

    nom: str
    etages: tuple[Etage, ...]


@dataclass(frozen=True, slots=True)
class Rdv:
    """One slot of the OI's schedule (plan de charge). ``etat``: CONFIRME, LIBRE, ANNULE, COMPLET."""

    id: str
    oc: str
    hexacle: str
    debut: datetime
    fin: datetime
    etat: str
    produit: str
    modifications: int
    modifications_max: int
    ftth: bool
