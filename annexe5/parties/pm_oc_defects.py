"""What a good OC does in the PM process, and what each named defect turns over (``schemas/defects.toml``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class PmHabits:
    """How a good OC goes about PMs."""

    orders_nothing: bool = False
    reuses_references: bool = False
    other_pm: str = ""  # ordered in the place of the one asked for
    other_type: str = ""
    acknowledges_nothing: bool = False
    acknowledges_anything: bool = False  # reports that cannot be read, or that answer nobody
    announces_nothing: bool = False
    works_at_once: bool = False  # without leaving the OI its notice
    notifies_nothing: bool = False
    rewrites_works: Callable[[date], date | None] | None = None
    photographs: bool = True
    writes_sheets: bool = True
    cuts_documents: bool = False
    reports_access: bool = True
    writes_to: str = "echange"  # the mailbox of what is said to people


PM_HABITS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "oc-pm-sans-commande": {"orders_nothing": True},
        "oc-pm-inconnu": {"other_pm": "99999999R"},
        "oc-pm-type-inconnu": {"other_type": "LOCA"},
        "oc-pm-reference-reemployee": {"reuses_references": True},
        "oc-crmad-sans-ar": {"acknowledges_nothing": True},
        "oc-crmad-ar-illisible": {"acknowledges_anything": True},
        "oc-travaux-tus": {"announces_nothing": True},
        "oc-travaux-sans-preavis": {"works_at_once": True},
        "oc-adduction-tue": {"notifies_nothing": True},
        "oc-adduction-sans-date": {"rewrites_works": lambda _: None},
        "oc-adduction-a-venir": {"rewrites_works": lambda today: today + timedelta(days=7)},
        "oc-adduction-sans-photo": {"photographs": False},
        "oc-adduction-sans-fiche": {"writes_sheets": False},
        "oc-adduction-photo-coupee": {"cuts_documents": True},
        "oc-acces-tu": {"reports_access": False},
        "oc-acces-boite-pm": {"writes_to": "pm"},
    }
)
"""What each defect of the OC turns over, by id."""
