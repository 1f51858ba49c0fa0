"""Rules 1 to 19 of pm-formats.md §9, on generated buildings."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annexe5.network import generate
from annexe5.network.zones import add_months

ETATS = {"CIBLE", "SIGNE", "EN COURS DE DEPLOIEMENT", "DEPLOYE", "ABANDONNE"}

reseaux = st.builds(
    generate,
    st.integers(0, 2**63),
    st.integers(1, 900),
    oi=st.just("COVG"),
    ocs=st.sampled_from([("OCAA",), ("OCAA", "OCBB"), ("OCAA", "OCBB", "OC03")]),
    today=st.dates(date(2015, 1, 1), date(2040, 12, 31)),
)


@given(reseau=reseaux)
@settings(max_examples=40, deadline=None)
def test_buildings_keep_the_rules_of_state(reseau):
    for un in reseau.iter_buildings():
        assert un.etat in ETATS
        avance = un.etat in {"SIGNE", "EN COURS DE DEPLOIEMENT", "DEPLOYE"}
        assert un.etat != "SIGNE" or un.accord_necessaire  # 2, 3
        if un.etat == "DEPLOYE":  # 4, 6, 7
            assert un.date_cablage is not None
            assert un.date_cablage <= reseau.today
            assert un.pm is not None
            assert un.pm.etat == "DEPLOYE"
        elif un.date_cablage is not None:
            assert un.date_cablage >= reseau.today
        if un.etat == "ABANDONNE":  # 5
            assert reseau.today - un.date_modification < timedelta(days=89)
        assert (un.date_convention is not None) == (un.accord_necessaire and avance)  # 8
        assert (un.gestionnaire is not None) == (un.date_convention is not None)
        assert un.date_modification <= reseau.today
        for passee in (un.date_convention, un.date_cablage if un.etat == "DEPLOYE" else None):
            assert passee is None or passee <= un.date_modification


@given(reseau=reseaux)
@settings(max_examples=40, deadline=None)
def test_pms_keep_the_rules_of_opening(reseau):
    for pm in reseau.iter_pms():
        assert pm.etat in {"DEPLOYE", "EN COURS DE DEPLOIEMENT", "PLANIFIE", "ABANDONNE"}
        if pm.etat in {"DEPLOYE", "ABANDONNE"}:  # 11, 12, 13
            assert pm.date_installation <= pm.date_premiere_mad <= reseau.today
            assert pm.date_commerciale == add_months(pm.date_premiere_mad, 3)
        else:
            assert pm.date_premiere_mad is None
            assert pm.date_commerciale is None
            assert pm.date_installation > reseau.today
        assert pm.ouvert(reseau.today) == (pm.etat == "DEPLOYE" and pm.date_commerciale <= reseau.today)
        assert {une.oc for une in pm.prestations} == (set(reseau.ocs) if pm.etat == "DEPLOYE" else set())
        assert len(pm.reference) <= 20
        assert len(pm.nro.reference) <= 15
        assert pm.capacite >= pm.logements


@given(reseau=reseaux)
@settings(max_examples=25, deadline=None)
def test_dwellings_add_up_to_the_pm_and_to_its_lines(reseau):
    """Rules 14 and 19."""
    for zone in reseau.iter_zones():
        assert all(un.pm == zone.pm for un in zone.batiments)
        if zone.pm is not None:
            assert zone.pm.logements == sum(un.logements for un in zone.batiments)
            deployes = sum(un.logements for un in zone.batiments if un.etat == "DEPLOYE")
            assert zone.pm.logements_deployes == deployes
    for un in reseau.iter_buildings(0, 120):
        assert len(reseau.lignes(un)) == un.logements


@given(reseau=reseaux)
@settings(max_examples=25, deadline=None)
def test_references_are_unique_and_buildings_of_one_address_differ(reseau):
    """Rules 16 and 17."""
    batiments = list(reseau.iter_buildings())
    assert len({un.identifiant for un in batiments}) == len(batiments) == reseau.size
    noms = Counter((un.adresse.hexacle, un.nom) for un in batiments)
    assert max(noms.values()) == 1
    adresses = defaultdict(set)
    for un in batiments:
        adresses[un.adresse.hexacle].add(un.adresse)
    assert all(len(les) == 1 for les in adresses.values())
    cles = Counter((les.voie.hexacle, les.numero, les.complement) for [les] in adresses.values())
    assert max(cles.values()) == 1
    pms = [pm.reference for pm in reseau.iter_pms()]
    assert len(set(pms)) == len(pms)
    voies = [voie for zone in reseau.iter_zones() for voie in zone.voies]
    assert len({voie.hexacle for voie in voies}) == len(voies)
    assert len({(voie.commune.code_insee, voie.rivoli) for voie in voies}) == len(voies)
    assert len({(voie.commune.code_insee, voie.type, voie.libelle) for voie in voies}) == len(voies)


def test_codes_have_the_shapes_of_the_protocol(network):
    for un in network.iter_buildings():
        adresse, commune = un.adresse, un.adresse.commune
        assert re.fullmatch(r"IMB/\d{5}/[XC]/[0-9A-Z]{4}", un.identifiant)
        assert re.fullmatch(r"\d{5}[0-9A-Z]{5}", adresse.hexacle)
        assert re.fullmatch(r"\d{5}[0-9A-Z]{5}", adresse.voie.hexacle)
        assert re.fullmatch(r"\d{4}", adresse.voie.rivoli)
        assert re.fullmatch(r"\d{5}", commune.code_insee)
        assert re.fullmatch(r"\d{5}", commune.code_postal)
        assert adresse.complement in {"", "B", "T", "Q"}
        assert (adresse.numero == 0) == (adresse.hexacle == adresse.voie.hexacle)
        assert 100_000 < un.x < 1_300_000
        assert 6_000_000 < un.y < 7_200_000
        for texte in (un.nom, adresse.voie.libelle, commune.nom):
            assert texte == texte.upper()
            assert ";" not in texte
        if un.pm:
            assert re.fullmatch(r"\d{8}R", un.pm.reference)
        if un.gestionnaire:
            assert re.fullmatch(r"000\d{11}", un.gestionnaire.siret)


def test_every_state_exists_in_a_small_network(network):
    petit = generate(3, 720, oi="COVG", ocs=("OCAA", "OCBB"), today=network.today)
    assert {un.etat for un in petit.iter_buildings()} == ETATS
    assert {zone.pm.etat if zone.pm else "" for zone in petit.iter_zones()} == {
        "DEPLOYE", "EN COURS DE DEPLOIEMENT", "PLANIFIE", "ABANDONNE", "",
    }  # fmt: skip
    assert any(pm.type_emplacement == "PMI" and pm.gestionnaire for pm in petit.iter_pms())
    assert any(un.adresse.numero == 0 for un in petit.iter_buildings())
    assert any(un.adresse.complement for un in petit.iter_buildings())


def test_a_zone_does_not_depend_on_the_size_of_the_network(network):
    grand = generate(7, 1_000_000, oi="COVG", ocs=network.ocs, today=network.today, bigramme="CV")
    assert list(grand.iter_buildings(0, 1_980)) == list(network.iter_buildings(0, 1_980))
    assert grand.batiment_de_rang(999_999).rang == 999_999


@pytest.mark.parametrize(
    ("jour", "attendu"), [(date(2025, 11, 28), date(2026, 2, 28)), (date(2024, 12, 1), date(2025, 3, 1))]
)
def test_months_are_added_over_the_year(jour, attendu):
    assert add_months(jour, 3) == attendu


def test_a_pm_may_have_a_large_rear_zone():
    grand = generate(2, 6_000, oi="COVG", ocs=("OCAA",), today=date(2026, 3, 2), batiments_par_pm=3_000)
    pms = list(grand.iter_pms())
    assert [len(grand.zone_arriere(pm)) for pm in pms] == [3_000, 3_000]
    batiments = list(grand.iter_buildings())
    assert len({un.identifiant for un in batiments}) == 6_000
    assert max(Counter((un.adresse.hexacle, un.nom) for un in batiments).values()) == 1
    assert all(grand.find_adresse(un.adresse.hexacle) == un.adresse for un in batiments[::97])
