"""What becomes of the network week after week: PMs open, addresses are deployed or given up, the abandoned leave.

pm-formats.md §9.1 n° 3 and 5, §9.2 n° 11 to 15. A function of the network and of a day, so that every IPE, CPN and
CR_MAD_Pm of that day tell one truth. Zones that hold roles stay as they are: orders are placed there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from annexe5.network import trame as plan
from annexe5.network.model import Batiment, Pm, PrestationPm
from annexe5.network.network import Network, roles_from
from annexe5.network.zones import add_months

_OPENING, _CABLING, _WEEK = 3, 2, 7  # days after the network's own
_OPENINGS, _BATCHES = 2, 8  # over how many weeks what is under way comes to its end
_GIVEN_UP = 10  # one CIBLE building in so many
_KEPT_MONTHS = 3
_LAST_DAY = 28  # that every month has
_UNDER_WAY = "EN COURS DE DEPLOIEMENT"


@dataclass(frozen=True)
class Semaines:
    """A network, day after day."""

    network: Network
    _kept: dict[tuple[str, date], Pm] = field(default_factory=dict, repr=False, compare=False)

    def batiments(self, jour: date) -> Iterator[Batiment]:
        """Give the buildings that an IPE of that day lists, each with its PM of that day."""
        return (au for un in self.network.iter_buildings() if (au := self.batiment(un, jour)) is not None)

    def batiment(self, batiment: Batiment, jour: date) -> Batiment | None:
        """Give a building as it is that day; None once it has left the IPE."""
        given_up = self._given_up(batiment)
        if (batiment.etat == "ABANDONNE" or given_up) and jour > self._last_seen:
            return None
        if given_up is not None and given_up <= jour:
            batiment = replace(batiment, etat="ABANDONNE", date_modification=given_up)
        pm = batiment.pm
        if pm is None:
            return batiment
        seen, cabled = self.pm(pm, jour), self._cablage(batiment)
        if cabled is not None and cabled <= jour:
            return replace(batiment, pm=seen, etat="DEPLOYE", date_cablage=cabled, date_modification=cabled)
        if seen is pm:
            return batiment
        changed = seen.date_installation if seen.etat != pm.etat else batiment.date_modification
        return replace(batiment, pm=seen, date_modification=max(changed, batiment.date_modification))

    def zone(self, pm: Pm, jour: date) -> tuple[Batiment, ...]:
        """Give the buildings behind a PM as they are that day."""
        return tuple(au for un in self.network.zone_arriere(pm) if (au := self.batiment(un, jour)) is not None)

    def pms(self, jour: date) -> Iterator[Pm]:
        """Give the PMs as they are that day."""
        return (self.pm(pm, jour) for pm in self.network.iter_pms())

    def pm(self, pm: Pm, jour: date) -> Pm:
        """Give a PM as it is that day: one under way opens, and counts what has been deployed behind it since."""
        kept = self._kept.get((pm.reference, jour))
        if kept is None:
            kept = self._kept[pm.reference, jour] = self._pm(pm, jour)
        return kept

    def ouverture(self, pm: Pm) -> date | None:
        """Give the day a PM under way opens; None for one that does not."""
        if pm.etat != _UNDER_WAY or pm.rang * self.network.trame.par_zone < self._still:
            return None
        day = self.network.today + timedelta(days=_OPENING + _WEEK * (pm.rang % _OPENINGS))
        while day.day > _LAST_DAY:  # so that three months later is a day too
            day += timedelta(days=1)
        return day

    def _pm(self, pm: Pm, jour: date) -> Pm:
        zone, gone = self.network.zone_arriere(pm), jour > self._last_seen
        changed: dict[str, Any] = {
            "logements": pm.logements
            - (sum(un.logements for un in zone if un.etat == "ABANDONNE" or self._given_up(un)) if gone else 0),
            "logements_deployes": sum(
                un.logements
                for un in zone
                if un.etat == "DEPLOYE" or ((cabled := self._cablage(un)) is not None and cabled <= jour)
            ),
        }
        opening = self.ouverture(pm)
        if opening is not None and opening <= jour:
            return replace(pm, **self._opened(pm, opening), **changed)
        same = all(getattr(pm, name) == value for name, value in changed.items())
        return pm if same else replace(pm, **changed)

    def _opened(self, pm: Pm, day: date) -> dict[str, Any]:
        return {
            "etat": "DEPLOYE",
            "date_installation": day,
            "date_premiere_mad": day,
            "date_commerciale": add_months(day, _KEPT_MONTHS),
            "prestations": tuple(
                PrestationPm(plan.reference_prestation(pm.reference, oc), pm.reference, oc, ("LOCA", "COFI"))
                for oc in self.network.ocs
            ),
        }

    def _given_up(self, batiment: Batiment) -> date | None:
        """Give the day a building aimed at is given up, the morrow of the network's day; None for one that is not."""
        aimed = batiment.etat == "CIBLE" and batiment.rang >= self._still and batiment.rang % _GIVEN_UP == 0
        return self.network.today + timedelta(days=1) if aimed else None

    def _cablage(self, batiment: Batiment) -> date | None:
        """Give the day a building under way is cabled: as its PM opens, or in the weeks that follow."""
        pm = batiment.pm
        if batiment.etat != _UNDER_WAY or pm is None or batiment.rang < self._still:
            return None
        week = timedelta(days=_WEEK * (batiment.rang % _BATCHES))
        if pm.etat == "DEPLOYE":
            return self.network.today + timedelta(days=_CABLING) + week
        opening = self.ouverture(pm)
        return None if opening is None else opening + (week if batiment.rang % 2 else timedelta(0))

    @cached_property
    def _still(self) -> int:
        """The rank of the first building that plays no role."""
        return roles_from(self.network.ocs, self.network.trame.par_zone)

    @cached_property
    def _last_seen(self) -> date:
        """The last day of what was abandoned at first: three months, and the few days that a month may lack."""
        today = self.network.today
        return add_months(today.replace(day=min(today.day, _LAST_DAY)), _KEPT_MONTHS) + timedelta(days=3)
