"""The network in the weeks to come: what opens, what is deployed, what leaves, and what stays still for the roles."""

from datetime import date, timedelta

from annexe5.network import generate, roles_from
from annexe5.network.semaines import Semaines

TODAY = date(2026, 11, 25)


def the_weeks(size: int = 1500) -> Semaines:
    return Semaines(generate(5, size, oi="COVG", ocs=("ZZZZ",), today=TODAY, bigramme="CV"))


def test_on_its_own_day_the_network_is_what_it_is():
    weeks = the_weeks()
    assert list(weeks.batiments(TODAY)) == list(weeks.network.iter_buildings())
    assert list(weeks.pms(TODAY)) == list(weeks.network.iter_pms())


def test_a_pm_under_way_opens_and_has_addresses_to_make_available():
    weeks = the_weeks()
    opening = {pm.reference: day for pm in weeks.network.iter_pms() if (day := weeks.ouverture(pm))}
    assert opening
    for reference, day in opening.items():
        pm = weeks.network.pm(reference)
        assert weeks.pm(pm, day - timedelta(days=1)).etat == "EN COURS DE DEPLOIEMENT"
        seen = weeks.pm(pm, day)
        assert (seen.etat, seen.date_premiere_mad) == ("DEPLOYE", day)
        assert seen.prestation("ZZZZ") is not None
        assert sum(one.logements for one in weeks.zone(pm, day) if one.etat == "DEPLOYE") == seen.logements_deployes > 0


def test_what_was_abandoned_leaves_after_three_months_and_is_no_longer_counted():
    weeks = the_weeks()
    later = date(2027, 3, 15)
    assert any(one.etat == "ABANDONNE" for one in weeks.batiments(TODAY))
    assert not any(one.etat == "ABANDONNE" for one in weeks.batiments(later))
    for pm in weeks.pms(later):
        if pm.etat != "ABANDONNE":
            assert pm.logements == sum(one.logements for one in weeks.zone(pm, later))


def test_the_zones_that_hold_roles_stay_still():
    weeks = the_weeks()
    still = roles_from(("ZZZZ",))
    later = date(2027, 2, 1)
    before = {one.rang: one.etat for one in weeks.batiments(TODAY) if one.rang < still}
    assert {one.rang: one.etat for one in weeks.batiments(later) if one.rang < still} == before
