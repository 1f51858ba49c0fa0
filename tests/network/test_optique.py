from __future__ import annotations

import re
from collections import Counter
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from annexe5.network import generate
from annexe5.network.model import Groupe


def _toutes_les_lignes(reseau, fin=None):
    for un in reseau.iter_buildings(0, fin):
        yield from reseau.lignes(un)


def test_lines_keep_their_five_states_coherent(network):
    for ligne in _toutes_les_lignes(network):
        assert not ligne.actif or (ligne.existant and ligne.oc and ligne.prestation)
        assert not ligne.existant or ligne.raccordable
        assert not ligne.rompu or ligne.existant
        assert not ligne.reference_connue or ligne.existant
        assert ligne.raccordable == (ligne.pbo is not None)
        assert re.fullmatch(r"CV-[0-9A-Z]{4}-[0-9A-Z]{4}", ligne.reference_prise)


def test_outlet_references_are_unique(network):
    references = Counter(ligne.reference_prise for ligne in _toutes_les_lignes(network))
    assert max(references.values()) == 1


@given(seed=st.integers(0, 2**32), size=st.integers(1, 400))
@settings(max_examples=15, deadline=None)
def test_no_two_lines_share_a_fibre_whatever_the_route(seed, size):
    reseau = generate(seed, size, oi="COVG", ocs=("OCAA",), today=_JOUR)
    noms, places = Counter(), Counter()
    for ligne in _toutes_les_lignes(reseau):
        k = 0
        while (route := reseau.route_for(ligne, "OCAA", k)) is not None:
            noms.update(route.identifiants)
            places.update((route.pbo.pm, bloc.nom_module_pm, bloc.position_module_pm) for bloc in route.blocs)
            k += 1
        assert ligne.pbo is None or k >= 2
    assert not noms or max(noms.values()) == max(places.values()) == 1


_JOUR = date(2026, 3, 2)


def test_places_at_the_pm_and_at_the_pbo_are_unique(network):
    pm = network.pm(network.role("eligible").reference_pm)
    fibres = [fibre for pbo in network.pbos(pm) for fibre in network.fibres(pbo)]
    for cle in (
        lambda f: (f.module, f.position),
        lambda f: (f.cable_pm, f.tube_pm, f.fibre_pm),
        lambda f: (f.cable_pbo, f.tube_pbo, f.fibre_pbo),
        lambda f: f.identifiant,
    ):
        assert len({cle(fibre) for fibre in fibres}) == len(fibres)


def test_route_blocks_fit_the_widths_of_the_protocol(network):
    """acces-formats.md §3.1; ReferencePBO of 100 at most."""
    largeurs = (4, 256, 256, 256, 256, 256, 100, 20, 20, 1, 256)
    for un in network.iter_buildings(0, 240):
        for ligne in network.lignes(un):
            route = network.route_for(ligne, "OCBB")
            for bloc in route.blocs if route else ():
                valeurs = list(bloc)
                assert all(0 < len(v) <= w for v, w in zip(valeurs, largeurs, strict=True))
                assert all(valeur == valeur.upper() for valeur in valeurs)


def test_a_monofibre_route_has_one_block_and_a_quadrifibre_four(network):
    mono, quadri = (network.role("eligible", rang=rang) for rang in (0, 1))
    for data, blocs in ((mono, 1), (quadri, 4)):
        ligne = network.ligne_by_pto(data.reference_prise)
        route = network.route_for(ligne, data.oc)
        assert len(route.blocs) == blocs
        assert [bloc.oc for bloc in route.blocs].count(data.oc) == 1
        assert {bloc.oc for bloc in route.blocs} <= {data.oc, "NA"}
        assert [bloc.connecteur_prise_numero for bloc in route.blocs] == [str(k + 1) for k in range(blocs)]


def test_a_free_route_avoids_what_is_used_until_the_pbo_is_full(network):
    ligne = network.ligne_by_pto(network.role("eligible").reference_prise)
    used: set[Groupe] = set()
    names: set[str] = set()
    routes = 0
    while (route := network.free_route(ligne, "OCAA", used)) is not None:
        assert not names & route.identifiants
        names |= route.identifiants
        used.add(route.groupe)
        routes += 1
    assert not ligne.existant
    assert routes * ligne.pbo.brins == ligne.pbo.fibres_libres
    assert network.free_fibre(ligne.pbo, used) == ()


def test_an_existing_outlet_keeps_its_fibre_until_it_is_changed(network):
    ligne = network.ligne_by_pto(network.role("pto_inconnue").reference_prise)
    premiere = network.free_route(ligne, "OCAA")
    assert premiere == network.route_for(ligne, "OCAA", 0)
    seconde = network.free_route(ligne, "OCAA", {premiere.groupe})
    assert seconde == network.route_for(ligne, "OCAA", 1)
    assert all(fibre.groupe != ligne.groupe for fibre in network.free_fibre(ligne.pbo))


def test_the_lines_own_fibre_comes_first(network):
    for data in network.iter_eligible("OCAA"):
        ligne = network.ligne_by_pto(data.reference_prise)
        assert network.free_route(ligne, "OCAA") == network.route_for(ligne, "OCAA", 0)
        if data.rang > 50:
            break


def test_counters_of_a_pbo_add_up(network):
    for pm in network.iter_pms():
        for pbo in network.pbos(pm):
            assert pbo.fibres % 12 == 0
            assert (
                pbo.fibres_libres + pbo.fibres_occupees + pbo.fibres_reservees + pbo.fibres_hors_service == pbo.fibres
            )
            assert not pbo.occupes & pbo.reserves
            assert not (pbo.occupes | pbo.reserves) & pbo.hors_service


def test_saturations_are_told_apart(network):
    for ident, raison in (("pbo_sature", "physique"), ("pbo_sature_virtuel", "virtuelle"), ("eligible", "")):
        ligne = network.ligne_by_pto(network.role(ident).reference_prise)
        assert network.saturation(ligne.pbo) == raison
        assert (network.free_route(ligne, "OCAA") is None) == bool(raison)


def test_floors_count_their_lines(network):
    un = next(un for un in network.iter_buildings() if un.type == "IMMEUBLE" and un.escaliers > 1)
    escaliers = network.escaliers(un)
    assert [escalier.nom for escalier in escaliers] == ["A", "B", "C"][: un.escaliers]
    for escalier in escaliers:
        assert [etage.nom for etage in escalier.etages] == ["RDC", "1", "2", "3", "4"][: un.niveaux]
        for etage in network.etages(un, escalier.nom):
            assert etage.lignes_existantes + etage.lignes_a_construire == un.lignes_par_niveau
            assert etage.lignes_actives <= etage.lignes_existantes
            assert network.lignes(un, escalier.nom, etage.nom) == etage.lignes
