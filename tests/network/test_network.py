from __future__ import annotations

import json
import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annexe5.errors import UsageError
from annexe5.network import Size, generate


def test_the_same_arguments_give_the_same_network_in_another_process(network):
    code = (
        "from datetime import date; from annexe5.network import generate; import hashlib, json;"
        "n = generate(7, 2000, oi='COVG', ocs=('OCAA', 'OCBB'), today=date(2026, 3, 2), bigramme='CV');"
        "h = hashlib.sha256(json.dumps(n.roles('OCBB')).encode());"
        "[h.update(repr((b, n.lignes(b))).encode()) for b in n.iter_buildings(0, 600)]; print(h.hexdigest())"
    )
    vus = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": graine}
        ).stdout
        for graine in ("1", "2")
    }
    assert len(vus) == 1


def test_another_seed_gives_another_network(network):
    autre = generate(8, 2_000, oi="COVG", ocs=network.ocs, today=network.today, bigramme="CV")
    assert autre.batiment_de_rang(0).identifiant != network.batiment_de_rang(0).identifiant
    assert autre.batiment_de_rang(0).adresse.hexacle != network.batiment_de_rang(0).adresse.hexacle


def test_every_reference_leads_back_to_what_bears_it(network):
    for un in network.iter_buildings():
        assert network.batiment(un.identifiant) == un
        assert network.batiment(un.identifiant.translate(str.maketrans("XC", "CX", "0"))) is None
        assert network.find_adresse(un.adresse.hexacle) == un.adresse
        assert un in network.batiments(un.adresse)
        adresse = un.adresse
        assert (
            network.find_adresse_par_voie(
                adresse.commune.code_insee, adresse.voie.rivoli, adresse.numero, adresse.complement
            )
            == adresse
        )
        if un.pm:
            assert network.pm(un.pm.reference) == un.pm
            for prestation in un.pm.prestations:
                assert network.prestation_pm(prestation.reference) == prestation
    for un in network.iter_buildings(0, 300):
        for ligne in network.lignes(un):
            assert network.ligne_by_pto(ligne.reference_prise) == ligne
            assert ligne.pbo is None or network.pbo(ligne.pbo.reference) == ligne.pbo


def test_referentials_nest_from_postal_code_to_number(network):
    adresses = {un.adresse for un in network.iter_buildings()}
    communes = {adresse.commune for adresse in adresses}
    trouvees = set()
    for code_postal in {commune.code_postal for commune in communes}:
        for commune in network.communes(code_postal):
            assert commune.code_postal == code_postal
            assert network.commune(commune.code_insee) == commune
            for voie in network.voies(commune.code_insee):
                numeros = network.numeros(voie)
                assert numeros
                trouvees.update(numeros)
    assert trouvees == adresses


def test_several_communes_share_a_postal_code(network):
    code_postal = network.batiment_de_rang(0).adresse.commune.code_postal
    assert len(network.communes(code_postal)) > 1


def test_the_rear_zone_of_a_pm_is_the_buildings_that_name_it(network):
    for pm in network.iter_pms():
        zone = network.zone_arriere(pm.reference)
        assert zone == network.zone_arriere(pm)
        assert {un.pm.reference for un in zone} == {pm.reference}
    par_pm = sum(len(network.zone_arriere(pm)) for pm in network.iter_pms())
    assert par_pm == sum(un.pm is not None for un in network.iter_buildings())


@given(texte=st.text(max_size=24) | st.from_regex(r"(IMB/|CV-|RDV-OCAA-|PPM-|PBO-)?[0-9A-Z/-]{3,12}R?", fullmatch=True))
def test_any_text_is_known_or_unknown_never_an_error(network, texte):
    for cherche in (
        network.batiment, network.find_adresse, network.ligne_by_pto, network.pm, network.prestation_pm, network.pbo,
        network.rdv, network.communes, network.commune, network.voies, network.batiments, network.zone_arriere,
    ):  # fmt: skip
        cherche(texte)
    network.find_adresse_par_voie("77901", texte, 1)


def test_a_million_buildings_are_walked_without_being_held():
    grand = generate(1, Size.MILLION, oi="COVG", ocs=("OCAA",), today=date(2026, 3, 2))
    derniers = list(grand.iter_buildings(999_990))
    assert [un.rang for un in derniers] == list(range(999_990, 1_000_000))
    assert grand.batiment(derniers[-1].identifiant) == derniers[-1]


@pytest.mark.parametrize(
    ("size", "oi", "ocs"),
    [
        (0, "COVG", ("OCAA",)),
        (10**9, "COVG", ("OCAA",)),
        (10, "COV", ("OCAA",)),
        (10, "COVG", ()),
        (10, "COVG", ("ocaa",)),
        (10, "COVG", ("OCAA", "OCAA")),
    ],
)
def test_bad_arguments_are_refused(size, oi, ocs):
    with pytest.raises(UsageError):
        generate(1, size, oi=oi, ocs=ocs, today=date(2026, 3, 2))


def test_everything_known_of_a_network_is_plain_json(network):
    assert json.loads(json.dumps(network.roles())) == network.roles()
