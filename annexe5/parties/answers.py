"""The rows an OI writes, flow by flow (columns: schemas/tables/acces-1.2, from acces-formats.md §2 to §10)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from itertools import chain

from annexe5.contract.calendar import PARIS
from annexe5.contract.rejects import load_rejects
from annexe5.network.model import Pbo, Pm, Route
from annexe5.parties.book import Order

Row = dict[str, str]
HOTLINE = "HOTLINE"
# In the order of BlocRoute's attributes, which is the order of the columns (acces-formats.md §3.1).
_BLOCK = (
    "OC {k}", "NomModulePm N°{k}", "PositionModulePm N°{k}", "ReferenceCableModulePm N°{k}",
    "InformationTubeModulePm N°{k}", "InformationFibreModulePm N°{k}", "ReferenceCablePBO N°{k}",
    "InformationTubePBO N°{k}", "InformationFibrePBO N°{k}", "ConnecteurPriseNumero N°{k}",
    "ConnecteurPriseCouleur N°{k}",
)  # fmt: skip
_BLOCKS = tuple(name.format(k=k) for k in range(1, 5) for name in _BLOCK)


def stamp(now: datetime) -> str:
    """Write a moment as the ACCES flows do: ``AAAAMMJJ HH:MM``, Paris time."""
    return now.astimezone(PARIS).strftime("%Y%m%d %H:%M")


def motive_comment(code: str, free: str = "") -> str:
    """What to say beside a code: a free reason needs its words (FAUT01)."""
    return free if code == "FAUT01" else load_rejects()[code].label if code else ""


def ar(reference: str, code: str, date: str) -> Row:
    """AR_Cmd_Acces: OK, or KO with a code."""
    return {
        "ReferenceCommandePriseInterneOC": reference,
        "EtatArCommandePrise": "KO" if code else "OK",
        "DateArCommandePrise": date,
        "MotifKoArCommandePrise": code,
    }


def cr_ko(order: Order, code: str, date: str) -> Row:
    """CR_Cmd_Acces KO."""
    free = order.batiment.motif_libre if order.batiment else ""
    return {
        "ReferenceCommandePriseInterneOC": order.reference,
        "EtatCrCommandePrise": "KO",
        "MotifKoCrCommandePrise": code,
        "DateCrCommandePrise": date,
        "Commentaire": motive_comment(code, free),
    }


def cr_ok(order: Order, route: Route, pm: Pm, date: str) -> Row:
    """CR_Cmd_Acces OK, with its optical route; a hotline order gets the literal HOTLINE and a placeholder route."""
    row = {
        "ReferenceCommandePriseInterneOC": order.reference,
        "ReferencePrise": HOTLINE if order.hotline else order.pto,
        "ReferencePrestationPrise": order.prestation,
        "EtatCrCommandePrise": "OK",
        "DateCrCommandePrise": date,
        "ReferencePrestationPm": order.service,
        "TypeCommandeRetenu": order.regime,
    }
    row.update(_place(route.pbo, pm))
    if order.hotline:
        row["Commentaire"] = "PRISE EXISTANTE DE REFERENCE INCONNUE : APPELER LA HOTLINE OI"
        row.update(_placeholder(order.oc))
    else:
        row.update(zip(_BLOCKS, chain.from_iterable(route.blocs), strict=False))
    return row


def cmd_stoc(order: Order, date: str) -> Row:
    """Cmd_STOC: the work order."""
    return {
        "ReferenceCommandePriseInterneOC": order.reference,
        "ReferencePrestationPrise": order.prestation,
        "ReferenceCommandeSousTraitantOI": order.work_order,
        "DateCommandeSousTraitantOI": date,
    }


def notif_reprov(order: Order, route: Route, pm: Pm, *, kind: str, motive: str, date: str) -> Row:
    """Notif_Reprov: the route that replaces the one in force."""
    return {
        "ReferenceCommandePriseInterneOC": order.reference,
        "ReferencePrestationPrise": order.prestation,
        "ReferencePrise": order.pto,
        "TypeReprovisioning": kind,
        "MotifReprovisioning": motive,
        "DateNotifReprovisioning": date,
        **place(route, pm),
        **blocks(route),
    }


def notif_racc_ko(order: Order, code: str, date: str) -> Row:
    """Notif_Racc_Ko: the OI's technician failed."""
    return {
        "ReferenceCommandePriseInterneOC": order.reference,
        "ReferencePrestationPrise": order.prestation,
        "MotifKoRaccordementPrise": code,
        "DateRaccordementKo": date,
        "Commentaire": motive_comment(code),
    }


def cr_mad(order: Order, route: Route | None, pm: Pm | None, code: str, date: str) -> Row:
    """CR_MAD_LigneFTTH, OK or KO."""
    row = {
        "ReferenceCommandePriseInterneOC": order.reference,
        "ReferencePrestationPrise": order.prestation,
        "EtatMadLigne": "KO" if code else "OK",
        "MotifKoMadLigne": code,
        "DateMadLigne": date,
    }
    if code or route is None or pm is None:
        return row | {"Commentaire": motive_comment(code)}
    return row | {"ReferencePrise": order.pto, "DateRaccordementPrise": date} | place(route, pm) | blocks(route)


def cr_annulation(reference: str, kind: str, code: str, date: str) -> Row:
    """CR_Annulation_Acces: ANNUL or RESIL when OK, a code when KO."""
    return {
        "ReferenceCommandePriseInterneOC": reference,
        "DateCrCommandeAnnulPrise": date,
        "EtatCrAnnResCommandePrise": "KO" if code else "OK",
        "MotifKoCrAnnResCommandePrise": code,
        "TypeOperation": "" if code else kind,
    }


def place(route: Route, pm: Pm) -> Row:
    """Where the route leads: PM, technical PM, PBO."""
    return dict(_place(route.pbo, pm))


@lru_cache(maxsize=4096)
def _place(pbo: Pbo, pm: Pm) -> Row:
    """Kept for the next order on the same PBO: to be read, never changed."""
    return {
        "ReferencePm": pm.reference,
        "ReferencePmTechnique": pm.reference_technique,
        "LocalisationPm": pm.commentaire,
        "ReferencePBO": pbo.reference,
        "LocalisationPBO": pbo.localisation,
        "TypeProjectionGeographique": pbo.projection,
        "CoordonneePBOX": f"{pbo.x:.2f}",
        "CoordonneePBOY": f"{pbo.y:.2f}",
        "HauteurPBO": pbo.hauteur,
        "TypeMaterielPBO": pbo.materiel,
        "TypePBO": pbo.type,
        "TypeRaccoPBPTO": pbo.type_raccordement,
        "AutresInformations": pm.autres_informations,
    }


def blocks(route: Route) -> Row:
    """The route blocks, as many as the line has fibres."""
    return dict(zip(_BLOCKS, chain.from_iterable(route.blocs), strict=False))


def _placeholder(oc: str) -> Row:
    """The first block of a hotline CR: the OC's code and unknown positions (999: unknown outlet connector)."""
    filler = (oc, "HOTLINE", "HOTLINE", "", "HOTLINE", "HOTLINE", "", "HOTLINE", "HOTLINE", "999", "")
    return dict(zip(_BLOCKS, filler, strict=False))
