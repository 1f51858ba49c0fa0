from __future__ import annotations

import pytest

from annexe5.contract.rejects import load_rejects
from annexe5.contract.requirements import load_requirements
from annexe5.errors import UsageError
from annexe5.network import generate, load_roles, roles_from

OCS = ("OCAA", "OCBB")


def _sujets(network, data):
    ligne = network.ligne_by_pto(data.reference_prise)
    return network.batiment(data.identifiant_immeuble), ligne


def test_every_rejection_code_has_a_role_that_lets_it_be_provoked():
    ouverts = {clef for role in load_roles().values() for clef in role.unlocks}
    assert set(load_rejects()) <= ouverts


def test_a_role_names_known_clauses_and_its_columns():
    connus = set(load_requirements()) | set(load_rejects())
    for role in load_roles().values():
        assert set(role.unlocks) <= connus
        assert "CodeAdresseImmeuble" in role.columns
        assert role.fr != role.en


@pytest.mark.parametrize("oc", OCS)
@pytest.mark.parametrize("ident", load_roles())
def test_every_role_is_played_for_every_oc(network, ident, oc):
    role = load_roles()[ident]
    for rang in range(role.nombre):
        data = network.role(ident, oc, rang)
        batiment, ligne = _sujets(network, data)
        assert data.rejet == role.rejet
        assert batiment.etat == "DEPLOYE"
        assert set(role.columns) <= set(data.commande)
        assert all(valeur == valeur.upper() for valeur in data.commande.values())
        assert (data.terrain, data.reprov) == (ligne.terrain, ligne.reprov)


def test_no_two_roles_share_a_building(network):
    vus = [un["identifiant_immeuble"] for oc in OCS for roles in network.roles(oc).values() for un in roles]
    assert len(set(vus)) == len(vus)


def test_roles_are_all_there_from_the_size_that_is_told(network):
    for ocs in (("OCAA",), OCS, ("OCAA", "OCBB", "OC03")):
        juste = generate(5, roles_from(ocs), oi="COVG", ocs=ocs, today=network.today)
        assert all(set(juste.roles(oc)) == set(load_roles()) for oc in ocs)
        court = generate(5, roles_from(ocs) - 1, oi="COVG", ocs=ocs, today=network.today)
        with pytest.raises(UsageError, match=str(roles_from(ocs))):
            court.role("eligible")


def test_an_ordinary_order_agrees_with_the_network(network):
    for ident in ("eligible", "eligible_mode_oi", "pto_connue", "reprov_a_froid", "pbo_sature"):
        commande = network.role(ident, "OCBB").commande
        adresse = network.find_adresse(commande["CodeAdresseImmeuble"])
        assert adresse.commune.nom == commande["CommuneImmeuble"]
        batiment = next(un for un in network.batiments(adresse) if un.nom == commande["Batiment"])
        assert network.lignes(batiment, commande["Escalier"], commande["Etage"])
        assert batiment.pm.reference == commande["ReferencePm"]
        assert batiment.pm.ouvert(network.today)
        prestation = network.prestation_pm(commande["ReferencePrestationPm"])
        assert (prestation.oc, prestation.reference_pm) == ("OCBB", batiment.pm.reference)
        assert commande["TypeCommandeDemande"] in prestation.regimes


def test_orders_to_be_refused_over_the_address_are_wrong_where_they_should_be(network):
    assert network.find_adresse(network.role("adresse_inconnue").commande["CodeAdresseImmeuble"]) is None
    for ident in ("batiment_absent", "escalier_absent", "etage_absent"):
        commande = network.role(ident).commande
        batiments = [un for un in network.batiments(commande["CodeAdresseImmeuble"]) if un.nom == commande["Batiment"]]
        assert bool(batiments) == (ident != "batiment_absent")
        escaliers = [une for un in batiments for une in network.escaliers(un) if une.nom == commande["Escalier"]]
        assert bool(escaliers) == (ident == "etage_absent")
        assert not any(etage.nom == commande["Etage"] for une in escaliers for etage in une.etages)


def test_orders_to_be_refused_over_the_outlet_are_wrong_where_they_should_be(network):
    cas = {ident: network.role(ident) for ident in load_roles() if ident.startswith("pto_")}
    assert network.ligne_by_pto(cas["pto_inexistante"].commande["ReferencePrise"]) is None
    ailleurs = network.ligne_by_pto(cas["pto_autre_adresse"].commande["ReferencePrise"])
    assert ailleurs.existant
    assert ailleurs.hexacle != cas["pto_autre_adresse"].hexacle
    tenue = network.ligne_by_pto(cas["pto_deja_affectee"].commande["ReferencePrise"])
    assert (tenue.actif, tenue.oc) == (True, "OCAA")
    requise, ligne = _sujets(network, cas["pto_requise"])
    assert (requise.hotline, ligne.existant, cas["pto_requise"].commande["ReferencePrise"]) == (False, True, "")
    cachee = _sujets(network, cas["pto_existante"])[1]
    assert cachee.existant
    assert cas["pto_existante"].commande["PriseExistante"] == "N"
    hotline, ligne = _sujets(network, cas["pto_inconnue"])
    assert (hotline.hotline, ligne.existant, ligne.reference_connue) == (True, True, False)


def test_orders_to_be_refused_over_the_pm_are_wrong_where_they_should_be(network):
    def un(ident):
        data = network.role(ident)
        return network.batiment(data.identifiant_immeuble), data.commande

    assert network.prestation_pm(un("prestation_pm_inexistante")[1]["ReferencePrestationPm"]) is None
    batiment, commande = un("prestation_pm_incoherente")
    assert network.prestation_pm(commande["ReferencePrestationPm"]).reference_pm != batiment.pm.reference
    _, commande = un("prestation_pm_type_refuse")
    regimes = network.prestation_pm(commande["ReferencePrestationPm"]).regimes
    assert commande["TypeCommandeDemande"] not in regimes
    assert network.pm(un("pm_inexistant")[1]["ReferencePm"]) is None
    batiment, commande = un("pm_incoherent")
    assert network.pm(commande["ReferencePm"]).reference != batiment.pm.reference
    batiment, _ = un("pm_non_ouvert")
    assert batiment.pm.etat == "DEPLOYE"
    assert not batiment.pm.ouvert(network.today)


def test_appointments_stand_as_their_roles_say(network):
    for ident, role in load_roles().items():
        if "IdRdv" not in role.commande:
            continue
        data = network.role(ident)
        rdv = network.rdv(data.commande["IdRdv"])
        assert data.commande["DateInstall"] == rdv.debut.strftime("%Y%m%d %H:%M")
        assert rdv.debut.date() > network.today
        assert rdv.debut.weekday() < 5
        defauts = {
            "rdv_modifications_max": rdv.modifications > rdv.modifications_max,
            "rdv_sans_creneau": rdv.etat == "COMPLET",
            "rdv_non_reserve": rdv.etat == "LIBRE",
            "rdv_etat_invalide": rdv.etat == "ANNULE",
            "rdv_non_ftth": not rdv.ftth,
            "rdv_autre_adresse": rdv.hexacle != data.hexacle,
        }
        assert [nom for nom, vrai in defauts.items() if vrai] == ([ident] if ident in defauts else [])


def test_eligible_lines_are_as_many_as_the_network_has(network):
    vues = list(network.iter_eligible("OCBB"))
    assert len(vues) > 1_000
    assert len({data.reference_prise for data in vues}) == len(vues)
    joues = {un["identifiant_immeuble"] for oc in OCS for roles in network.roles(oc).values() for un in roles}
    for data in vues:
        batiment, ligne = _sujets(network, data)
        assert ligne.commercialisable
        assert not ligne.existant
        assert "LOCA" in batiment.pm.prestation("OCBB").regimes
        assert data.identifiant_immeuble not in joues


def test_an_unknown_role_or_oc_is_told(network):
    with pytest.raises(UsageError, match="eligible_mode_oi"):
        network.role("inconnu")
    with pytest.raises(UsageError, match="OCAA, OCBB"):
        network.role("eligible", "OCZZ")


def test_fifty_ocs_have_every_role_each(network):
    ocs = tuple(f"OC{number:02d}" for number in range(1, 51))
    crowded = generate(5, roles_from(ocs), oi="COVG", ocs=ocs, today=network.today)
    for oc in (ocs[0], ocs[-1]):
        assert set(crowded.roles(oc)) == set(load_roles())
    shared = [ident for ident, role in load_roles().items() if role.reseau.pm != "ouvert"]
    assert shared
    for ident in shared:
        assert crowded.role(ident, ocs[0]).reference_pm != crowded.role(ident, ocs[-1]).reference_pm
