"""The rows an OC writes, flow by flow (columns: schemas/tables/acces-1.2, from acces-formats.md §1, §4, §7 and §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from annexe5.parties.answers import motive_comment

Row = dict[str, str]
KEY = "ReferenceCommandePriseInterneOC"


@dataclass(slots=True)
class OcOrder:
    """One order as its OC sees it.

    ``state`` is a state of ``life_cycle.toml``; ``values`` the row of Cmd_Acces as sent; ``pto`` the outlet of the last
    route heard; ``visit`` what the technician said and the OI does not know yet (empty: connected, else a code, None:
    nothing); ``box`` that the customer's box is in service and the OI does not know it.
    """

    reference: str
    values: Mapping[str, str]
    mode: str = "STOC"
    state: str = "INCONNUE"
    pto: str = ""
    prestation: str = ""
    work_order: str = ""
    decharge: str = ""
    hotline: bool = False
    visit: str | None = None
    comment: str = ""
    box: bool = False
    cancelling: bool = False


def cmd_acces(values: Mapping[str, str], reference: str, date: str) -> Row:
    """Cmd_Acces: the address as served, a reference of the OC's own."""
    return {**values, KEY: reference, "DateCommandePrise": date}


def cr_stoc(order: OcOrder, date: str) -> Row:
    """CR_STOC: connected on the last route heard, or failed under a code."""
    code = order.visit or ""
    return {
        KEY: order.reference,
        "ReferencePrestationPrise": order.prestation,
        "ReferenceCommandeSousTraitantOI": order.work_order,
        "CrRaccordementPrise": "KO" if code else "OK",
        "MotifKoCrRaccordementPrise": code,
        "ReferencePrise": "" if code else order.pto,
        "DateRaccordementPrise": "" if code else date,
        "PrisePosee": "NON" if code or order.values.get("PriseExistante") == "O" else "OUI",
        "Commentaire": order.comment or motive_comment(code),
        "NotificationReprovisioningHL": "OUI" if order.decharge else "",
        "NumeroDecharge": order.decharge,
    }


def cr_mes(order: OcOrder, date: str) -> Row:
    """CR_MES_LigneFTTH: the customer's box is in service."""
    return {
        KEY: order.reference,
        "ReferencePrestationPrise": order.prestation,
        "DateMiseEnService": date,
        "ReferencePrise": order.pto,
    }


def annul_acces(order: OcOrder, date: str) -> Row:
    """Annul_Acces: the order is cancelled, or the line terminated, as the OI will say; its appointment is freed.

    HOTLINE stands for an outlet in a CR_Cmd_Acces only: an order cancelled before its true route names none.
    """
    return {
        KEY: order.reference,
        "IdRdv": order.values.get("IdRdv", ""),
        "ReferencePrise": "" if order.hotline else order.pto,
        "ReferencePrestationPrise": order.prestation,
        "DateAnnulation": date,
        "ResponsabiliteAnnulationCommandePrise": "OC",
    }
