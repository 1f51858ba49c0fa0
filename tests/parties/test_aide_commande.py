"""The simulated order help agrees with the network, for every address of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from annexe5.messages.binding import Binding
from annexe5.messages.contract import REPLY, load_contract
from annexe5.messages.conversation import Call, Reply
from annexe5.messages.envelope import wrap
from annexe5.messages.judge import judge_message
from annexe5.messages.mapping import to_wire
from annexe5.network import generate
from annexe5.parties.aide_commande import AideTwin
from annexe5.parties.book import Book, Order

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NETWORK = generate(5, 2000, oi="COVG", ocs=("ZZZZ", "YYYY"), today=START.date(), bigramme="CV")
TWIN = AideTwin(NETWORK, ("ZZZZ", "YYYY"))
BUILDINGS = [NETWORK.batiment_de_rang(rang) for rang in range(0, 2000, 7)]


def ask(method: str, *, twin: AideTwin = TWIN, oc: str = "ZZZZ", **data: Any) -> Reply:
    return twin.answer(Call("opc-3.0", "", method, oc, data, START))


def structure(**adresse: Any) -> dict[str, Any]:
    reply = ask("structure", adresse=adresse)
    assert not reply.refusal, (reply, adresse)
    return reply.data


def lines(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        ligne
        for batiment in data["batiments"]
        for escalier in batiment["escaliers"]
        for etage in escalier["etages"]
        for ligne in etage["lignes"]
    ]


@pytest.mark.parametrize("batiment", BUILDINGS, ids=lambda one: one.identifiant)
def test_every_building_answers_in_every_referential_with_the_same_truth(batiment):
    adresse, voie = batiment.adresse, batiment.adresse.voie
    place = {"numero": adresse.numero, "complement": adresse.complement or None}
    rivoli = {"code_insee": voie.commune.code_insee, "code_rivoli": voie.rivoli, **place}
    alone = structure(identifiant_immeuble=batiment.identifiant)
    whole = structure(hexacle=adresse.hexacle)
    assert whole == structure(rivoli=rivoli) == structure(hexacle_voie={"code": voie.hexacle, **place})
    assert alone["adresse"] == whole["adresse"]
    assert alone["batiments"][0] in whole["batiments"]
    shown = alone["batiments"][0]
    assert (shown["identifiant_immeuble"], shown["nom"], shown["etat"]) == (
        batiment.identifiant, batiment.nom, batiment.etat,
    )  # fmt: skip
    assert shown["pm"].get("reference") == (batiment.pm.reference if batiment.pm else None)
    assert len(lines(alone)) == len(NETWORK.lignes(batiment))


def test_what_is_returned_can_be_written_and_is_judged_good_in_both_versions():
    for service in ("opc-3.0", "structure-2.0"):
        contract = load_contract(service)
        binding = Binding(contract.schemas)
        method = contract.mapping.method("structure")
        head = {
            "entete": {
                "version": contract.settings.version, "horodatage": START, "horodatage_reponse": START,
                "identifiant": "1", "oc": "ZZZZ",
            },
            "retour": {"code": "0"},
        }  # fmt: skip
        for batiment in BUILDINGS[::20]:
            data = structure(hexacle=batiment.adresse.hexacle) | head
            element = binding.write(contract.wsdl.operations[method.operation].output, to_wire(method.reply, data))
            assert judge_message(wrap(element), contract, REPLY, method.operation) == []


@pytest.mark.parametrize("batiment", BUILDINGS[::10], ids=lambda one: one.identifiant)
def test_the_counters_of_a_floor_are_those_of_its_lines(batiment):
    for shown in structure(identifiant_immeuble=batiment.identifiant)["batiments"]:
        for escalier in shown["escaliers"]:
            for etage in escalier["etages"]:
                existing = sum(one["existant"] for one in etage["lignes"])
                assert etage["lignes_existantes"] == existing
                assert etage["lignes_a_construire"] == len(etage["lignes"]) - existing
                assert etage["lignes_actives"] == sum(one["actif"] for one in etage["lignes"])


def test_lines_to_build_are_shown_and_existing_ones_lead_to_their_pm():
    shown = [one for batiment in BUILDINGS[:60] for one in lines(structure(identifiant_immeuble=batiment.identifiant))]
    assert any(not one["existant"] for one in shown)
    assert any(one["existant"] and one["actif"] for one in shown)
    assert all(one["pm"]["reference"] for one in shown if "pbo" in one)


def test_an_outlet_of_known_reference_leads_to_its_building():
    for batiment in BUILDINGS:
        for ligne in NETWORK.lignes(batiment):
            if ligne.reference_connue:
                found = structure(reference_prise=ligne.reference_prise)
                assert [one["identifiant_immeuble"] for one in found["batiments"]] == [batiment.identifiant]
                return
    pytest.fail("no known outlet")


def test_an_outlet_of_unknown_reference_is_not_given_away():
    ligne = next(
        one for batiment in NETWORK.iter_buildings() for one in NETWORK.lignes(batiment)
        if one.existant and not one.reference_connue
    )  # fmt: skip
    assert ask("structure", adresse={"reference_prise": ligne.reference_prise}).refusal == "prise_inconnue"
    shown = lines(structure(identifiant_immeuble=ligne.identifiant_immeuble))
    assert ligne.reference_prise not in [one["reference_prise"] for one in shown]


def test_walking_from_postal_code_to_building():
    batiment = BUILDINGS[3]
    commune, voie = batiment.adresse.commune, batiment.adresse.voie
    communes = ask("communes", code_postal=commune.code_postal).data["communes"]
    assert {"code_insee": commune.code_insee, "nom": commune.nom} in communes
    voies = ask("voies", code_insee=commune.code_insee).data["voies"]
    assert voie.rivoli in [one["code_rivoli"] for one in voies]
    asked = {"code_insee": commune.code_insee, "code_rivoli": voie.rivoli}
    numeros = ask("numeros", voie=asked).data["numeros"]
    assert numeros == ask("numeros", voie={"hexacle": voie.hexacle}).data["numeros"]
    assert batiment.hexacle in [one["hexacle"] for one in numeros]
    batiments = ask("batiments", adresse={"hexacle": batiment.hexacle}).data["batiments"]
    assert batiment.identifiant in [one["identifiant_immeuble"] for one in batiments]


def test_the_rear_zone_of_a_pm_is_its_buildings_by_address():
    pm = next(NETWORK.iter_pms())
    adresses = ask("zone_arriere", reference_pm=pm.reference).data["adresses"]
    found = [one["identifiant_immeuble"] for adresse in adresses for one in adresse["batiments"]]
    assert sorted(found) == sorted(one.identifiant for one in NETWORK.zone_arriere(pm))
    assert len(adresses) == len({one["hexacle"] for one in adresses})


@pytest.mark.parametrize(
    ("method", "data", "refusal"),
    [
        ("structure", {"adresse": {"identifiant_immeuble": "IMB/0"}}, "immeuble_inconnu"),
        ("structure", {"adresse": {"reference_prise": "XX-0000-0000"}}, "prise_inconnue"),
        ("structure", {"adresse": {"hexacle": "7790000000"}}, "adresse_inconnue"),
        (
            "structure",
            {"adresse": {"rivoli": {"code_insee": "77900", "code_rivoli": "ZZZZ", "numero": 1}}},
            "adresse_inconnue",
        ),
        ("structure", {"adresse": {"rivoli": {"numero": "beaucoup"}}}, "adresse_inconnue"),
        ("structure", {"adresse": {}}, "adresse_inconnue"),
        ("communes", {"code_postal": "99999"}, "code_postal_inconnu"),
        ("voies", {"code_insee": "99999"}, "commune_inconnue"),
        ("numeros", {"voie": {"hexacle": "7790099999"}}, "voie_inconnue"),
        ("batiments", {"adresse": {"hexacle": "7790000000"}}, "adresse_inconnue"),
        ("zone_arriere", {"reference_pm": "0R"}, "pm_inconnu"),
    ],
)
def test_what_is_not_in_the_base_is_refused(method, data, refusal):
    assert ask(method, **data).refusal == refusal


@pytest.mark.parametrize(
    ("name", "known"), [("ZZZZ", "ZZZZ"), ("OPERATEUR YYYY", "YYYY"), ("zzzz", ""), ("ZZZZY", ""), ("", "")]
)
def test_the_caller_is_the_quadrigramme_its_name_holds(name, known):
    assert TWIN.caller(name) == known
    assert (ask("communes", oc=name, code_postal="77801").refusal == "oc_inconnu") is (not known)


def test_orders_change_what_is_shown():
    ligne = next(
        one for batiment in NETWORK.iter_buildings() for one in NETWORK.lignes(batiment)
        if not one.existant and one.commercialisable
    )  # fmt: skip
    book = Book()
    twin = AideTwin(NETWORK, ("ZZZZ",), book)

    def line() -> dict[str, Any]:
        data = ask("structure", twin=twin, adresse={"identifiant_immeuble": ligne.identifiant_immeuble}).data
        return lines(data)[ligne.rang]

    assert (line()["existant"], line()["reference_prise"]) == (False, None)
    book.add(Order("REF1", "ZZZZ", "STOC", state="EN_SERVICE", pto=ligne.reference_prise))
    book.lines[ligne.reference_prise] = "ZZZZ"
    assert (line()["existant"], line()["actif"], line()["reference_prise"]) == (True, True, ligne.reference_prise)
