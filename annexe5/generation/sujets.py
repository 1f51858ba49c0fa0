"""What the rows of each flow speak of: buildings, NRO-PM links, orders …, taken from the network one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType, SimpleNamespace
from typing import Any

from annexe5.contract.calendar import Calendar
from annexe5.contract.profile import Profile
from annexe5.generation.plans import FlowPlan, load_plans
from annexe5.network import Batiment, Client, Ligne, Network, Pbo, Pm, Rdv, Route, client

_UN_OI_SUR = 10
_UN_REPROV_SUR = 4
_JOURS_DE_DOSSIER = 12


@dataclass(frozen=True, slots=True)
class Scene:
    """What files are made from: the network, the OC they are for, the contract."""

    network: Network
    oc: str
    profile: Profile

    @property
    def calendar(self) -> Calendar:
        """Working days of the contract."""
        return Calendar(self.profile.jours_ouvres)

    @property
    def commande(self) -> date:
        """The day of the orders: early enough for their whole life to be past."""
        return self.calendar.add(self.network.today, -_JOURS_DE_DOSSIER)

    def jour(self, plan: FlowPlan) -> date:
        """The day a flow is sent: that of the network for the PM flows, in the course of the orders for the others."""
        return self.calendar.add(self.commande, plan.jour) if plan.heure else self.network.today

    def moment(self, plan: FlowPlan) -> datetime:
        """The minute a flow of an order is sent, Paris time."""
        return datetime.combine(self.jour(plan), time.fromisoformat(plan.heure))


@dataclass(frozen=True, slots=True)
class CommandePm:
    """A Cmd_Info_Pm, and what its CR echoes."""

    pm: Pm
    reference: str
    prestation: str
    type: str
    choix: str
    contrat: str
    date: date
    nature: str = "INITIAL"


@dataclass(frozen=True, slots=True)
class Lot:
    """A batch of addresses made available together (ReferencePrestationPBs)."""

    reference: str
    logements: int
    date: date


@dataclass(frozen=True, slots=True)
class MiseADisposition:
    """One address of a CR_MAD_Pm."""

    commande: CommandePm
    pm: Pm
    batiment: Batiment
    lot: Lot


@dataclass(frozen=True, slots=True)
class Intervention:
    """Works of an OC at a PM, to come or done."""

    pm: Pm
    prestation: str
    date_annonce: date
    date_travaux: date
    date_notification: date


@dataclass(frozen=True, slots=True)
class Dossier:
    """One access order; ``le`` gives the moment of each of its flows, by name."""

    rang: int
    reference: str
    mode: str
    batiment: Batiment
    ligne: Ligne
    pm: Pm
    prestation_pm: str
    regime: str
    client: Client
    rdv: Rdv | None
    route: Route
    route_suivante: Route
    le: Any
    reprovisionne: bool  # the route changed on the way

    @property
    def prise_connue(self) -> str:
        """ReferencePrise of the order: an existing outlet's."""
        return self.ligne.reference_prise if self.ligne.existant else ""

    @property
    def prestation(self) -> str:
        """ReferencePrestationPrise, given with the route."""
        return f"PPR-{self.ligne.reference_prise}"

    @property
    def ordre_de_travail(self) -> str:
        """ReferenceCommandeSousTraitantOI, given with the Cmd_STOC."""
        return f"STOC-{self.ligne.reference_prise}"

    @property
    def pbo(self) -> Pbo:
        """Where the route leads."""
        return self.route.pbo

    @property
    def installation(self) -> datetime | None:
        """DateInstall of the order: the visit, where the OI makes it."""
        visite: datetime = self.le.CR_STOC
        return visite if self.rdv else None

    @property
    def route_finale(self) -> Route:
        """The route in force at the end."""
        return self.route_suivante if self.reprovisionne else self.route


def _batiments(scene: Scene, _plan: FlowPlan) -> Iterator[Batiment]:
    return scene.network.iter_buildings()


def _deployes(scene: Scene, _plan: FlowPlan) -> Iterator[Pm]:
    """Give the PMs available to the OCs."""
    return (pm for pm in scene.network.iter_pms() if pm.etat == "DEPLOYE")


def _prestation(pm: Pm, oc: str) -> str:
    prestation = pm.prestation(oc)
    return prestation.reference if prestation else ""


def _commande_pm(scene: Scene, pm: Pm, rang: int) -> CommandePm:
    return CommandePm(
        pm=pm,
        reference=f"CMDPM-{pm.reference}-{rang + 1:04d}",
        prestation=_prestation(pm, scene.oc),
        type="COFI",
        choix="P",
        contrat="",
        date=scene.network.today,
    )


def premier_pm(scene: Scene) -> Pm:
    """Give the PM that the flows of a single PM are about: the first one available."""
    return next(_deployes(scene, load_plans()["CPN"]))


def _commandes_pm(scene: Scene, _plan: FlowPlan) -> Iterator[CommandePm]:
    """Give orders on one PM, without end: a file names its PM."""
    pm, rang = premier_pm(scene), 0
    while True:
        yield _commande_pm(scene, pm, rang)
        rang += 1


def _mises_a_disposition(scene: Scene, _plan: FlowPlan) -> Iterator[MiseADisposition]:
    """Give the deployed addresses of one PM."""
    pm = premier_pm(scene)
    return mises_a_disposition(_commande_pm(scene, pm, 0), scene.network.zone_arriere(pm), scene.network.today)


def mises_a_disposition(commande: CommandePm, batiments: Iterable[Batiment], today: date) -> Iterator[MiseADisposition]:
    """Give the deployed addresses among the buildings behind the PM of an order, in batches of a street."""
    pm = commande.pm
    voies: dict[str, list[Batiment]] = {}
    for un in batiments:
        if un.etat == "DEPLOYE":
            voies.setdefault(un.adresse.voie.hexacle, []).append(un)
    for rang, siens in enumerate(voies.values(), start=1):
        dates = [un.date_cablage or today for un in siens]
        lot = Lot(
            reference=f"LOT-{pm.reference}-{rang:02d}",
            logements=sum(un.logements for un in siens),
            date=max([*dates, pm.date_premiere_mad or today]),
        )
        for un in siens:
            yield MiseADisposition(commande, pm, un, lot)


def _interventions(scene: Scene, plan: FlowPlan) -> Iterator[Intervention]:
    """Give the OC's works at each PM: a week ahead when they are announced, a week ago when they are reported."""
    return (_intervention(scene, plan, pm) for pm in _deployes(scene, plan))


def _intervention(scene: Scene, plan: FlowPlan, pm: Pm) -> Intervention:
    today, ecart = scene.network.today, timedelta(days=7)
    travaux = today + ecart if plan.nom == "Notif_Interv_Prev" else today - ecart
    return Intervention(pm, _prestation(pm, scene.oc), today, travaux, today)


def _syndics(scene: Scene, plan: FlowPlan) -> Iterator[Intervention]:
    """Give the PMs that stand in a managed building."""
    for pm in scene.network.iter_pms(en_immeuble=True):
        if pm.etat == "DEPLOYE" and pm.gestionnaire is not None:
            yield _intervention(scene, plan, pm)


def _dossiers(scene: Scene, plan: FlowPlan) -> Iterator[Dossier]:
    """Give the orders a flow speaks of: one in ten is connected by the OI, one in four changes route."""
    le = SimpleNamespace(**{nom: scene.moment(un) for nom, un in load_plans().items() if un.heure})
    for rang, (batiment, ligne) in enumerate(scene.network.iter_orderable(scene.oc)):
        mode = "OI" if _un_sur(_UN_OI_SUR, rang) else "STOC"
        if plan.mode in ("", mode) and (not plan.reprovisionnes or _un_sur(_UN_REPROV_SUR, rang)):
            yield _dossier(scene, rang, batiment, ligne, mode, le)


def _un_sur(nombre: int, rang: int) -> bool:
    """Tell whether a rank is the last of each ``nombre``."""
    return rang % nombre == nombre - 1


def _dossier(scene: Scene, rang: int, batiment: Batiment, ligne: Ligne, mode: str, le: SimpleNamespace) -> Dossier:
    network, oc, pm = scene.network, scene.oc, batiment.pm
    route, suivante = network.route_for(ligne, oc), network.route_for(ligne, oc, 1)
    if pm is None or route is None or suivante is None:
        raise AssertionError(f"{ligne.reference_prise}: an orderable line has a PM and two routes")
    return Dossier(
        rang=rang,
        # Its day is in it: the same orders placed another week are other orders.
        reference=f"{oc}-{network.trame.seed % 1_000_000:06d}-{scene.commande:%y%m%d}{rang + 1:08d}",
        mode=mode,
        batiment=batiment,
        ligne=ligne,
        pm=pm,
        prestation_pm=_prestation(pm, oc),
        regime="LOCA",
        client=client(network.trame.seed, batiment.rang),
        rdv=network.rdv_de(batiment, oc) if mode == "OI" else None,
        route=route,
        route_suivante=suivante,
        le=le,
        reprovisionne=_un_sur(_UN_REPROV_SUR, rang),
    )


SUJETS: Mapping[str, Callable[[Scene, FlowPlan], Iterator[Any]]] = MappingProxyType(
    {
        "batiments": _batiments,
        "liens": _deployes,
        "commandes_pm": _commandes_pm,
        "mises_a_disposition": _mises_a_disposition,
        "adductions": _interventions,
        "syndics": _syndics,
        "dossiers": _dossiers,
    }
)
