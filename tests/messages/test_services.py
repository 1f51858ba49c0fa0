"""All services over real HTTP, called by the suite's own caller; services that break one clause; the real annex."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from annexe5.campaign.web_services import posting, published_wsdl, web_services
from annexe5.contract.profile import load_profile
from annexe5.findings import Severity
from annexe5.messages.calls import Caller
from annexe5.messages.contract import load_contract, read_contract, service_names
from annexe5.messages.endpoint import SoapEndpoint
from annexe5.messages.pace import Pacer, Sent, judge_pace, pace_of
from annexe5.messages.wsdl import WsdlError
from annexe5.parties.aide_commande import AideTwin
from annexe5.parties.sav import SavPace
from annexe5.transport.http_client import HttpClient
from annexe5.transport.http_server import HttpRequest, HttpServer

from .conftest import CREATION, NOW

PROFILE = load_profile()
AT_ONCE = SavPace(timedelta(0), timedelta(0), timedelta(0))
GET = "getTroubleTicketByKey"


@pytest.fixture
def lines(network):
    return [
        ligne for batiment in network.iter_buildings(0, 400) for ligne in network.lignes(batiment)
        if ligne.actif and ligne.oc == "ZZZZ"
    ]  # fmt: skip


@pytest.fixture
def services(network):
    joined = web_services(PROFILE, network, {"ZZZZ": "secret", "YYYY": None}, enforce_pace=False, pace=AT_ONCE)
    with joined.server:
        yield joined


@pytest.fixture
def client(services):
    with HttpClient(trust=services.server.certificate.certificate) as made:
        yield made


def caller(
    services, client, service: str, *, oc: str = "ZZZZ", password: str = "secret", scheme: str = "https"
) -> Caller:
    wsdl = published_wsdl(client, services.urls(scheme)[service])
    contract = load_contract(service).for_wsdl(wsdl)
    return Caller(contract, wsdl.address, posting(client), oc=oc, password=password, clock=lambda: NOW)


def creation(ligne, key: str = "OC-1") -> dict[str, Any]:
    ftth = CREATION | {"commercialId": ligne.prestation, "serviceProviderTroubleTicketKey": key}
    return {
        "troubleTicketValue": {"troubleTicketKey": None, "troubleTicketState": "QUEUED", "FTTHMUTTroubleTicket": ftth}
    }


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("service", ["sav-2.1", "sav-3.0"])
def test_a_ticket_from_creation_to_closure(services, client, lines, service, scheme):
    sav = caller(services, client, service, scheme=scheme)
    made = sav.call("createTroubleTicketByValue", creation(lines[0]))
    assert (made.accepted, made.findings) == (True, ())
    key = made.data["troubleTicketResponse"]["troubleTicketKey"]
    seen = sav.call(GET, {"troubleTicketKey": key, "attrNames": {}})
    assert (seen.data["troubleTicketValue"]["troubleTicketState"], seen.findings) == ("CLOSED", ())


def test_both_versions_stand_side_by_side_on_the_same_tickets(services, client, lines):
    old, new = (caller(services, client, service) for service in ("sav-2.1", "sav-3.0"))
    key = old.call("createTroubleTicketByValue", creation(lines[0])).data["troubleTicketResponse"]["troubleTicketKey"]
    assert new.call(GET, {"troubleTicketKey": key, "attrNames": {}}).accepted


def test_a_refusal_is_read_with_its_exception_and_code(services, client):
    class Unknown:
        prestation = "PPR-XX"

    refused = caller(services, client, "sav-2.1").call("createTroubleTicketByValue", creation(Unknown()))
    assert (refused.refusal.exception, refused.refusal.code) == ("createException", "ERR01")
    assert (refused.http.status, refused.findings) == (500, ())


def test_a_wrong_password_is_refused(services, client):
    refused = caller(services, client, "sav-2.1", password="faux").call("getTroubleTicketTypes", {})
    assert refused.refusal.code == "OC"


@pytest.mark.parametrize("service", ["opc-3.0", "structure-2.0"])
def test_the_order_help_agrees_in_both_versions(services, client, network, service):
    aide = caller(services, client, service)
    for batiment in network.iter_buildings(0, 60):
        asked = aide.ask("structure", {"adresse": {"identifiant_immeuble": batiment.identifiant}})
        assert asked.findings == ()
        assert asked.data["batiments"][0]["etat"] == batiment.etat
        assert asked.data["adresse"]["hexacle"] == batiment.hexacle


def test_an_oc_without_its_quadrigramme_is_refused(services, client):
    refused = caller(services, client, "opc-3.0", oc="INCONNU").ask("communes", {"code_postal": "77801"})
    assert refused.refusal.code == "E01"


def test_a_polite_caller_is_never_refused_and_a_hasty_one_is(network):
    """On a virtual clock shared by both sides: nothing is slept."""
    times = {"now": 0.0}
    sent: list[Sent] = []
    joined = web_services(
        PROFILE, network, {"ZZZZ": "secret"}, clock=lambda: NOW + timedelta(seconds=times["now"]),
        on_served=lambda one: sent.append(Sent(one.at, one.oc, one.refusal == "rythme")),
    )  # fmt: skip

    def pause(seconds: float) -> None:
        times["now"] += seconds

    def play(client: HttpClient) -> None:
        sav = caller(joined, client, "sav-2.1")
        for _ in range(5):
            sav.call("getTroubleTicketTypes", {})

    trust = joined.server.certificate.certificate
    with joined.server:
        with HttpClient(
            trust=trust, pacing=Pacer(pace_of(PROFILE)), steady=lambda: times["now"], pause=pause
        ) as polite:
            play(polite)
        assert [one.refused for one in sent] == [False] * 5
        assert judge_pace(sent, pace_of(PROFILE)) == []
        sent.clear()
        times["now"] += 10
        with HttpClient(trust=trust) as hasty:
            play(hasty)
    assert [one.refused for one in sent] == [False, False, True, True, True]
    assert [one.rule for one in judge_pace(sent, pace_of(PROFILE))] == ["RYTHME-OC"]


def test_many_ocs_at_once_are_all_served(network):
    ocs = {f"OC{number:02d}": None for number in range(20)}
    joined = web_services(PROFILE, network, ocs)
    outcomes: list[bool] = []

    def play(oc: str) -> None:
        with HttpClient() as client:
            address = joined.server.urls["http"] + PROFILE.web_service("sav-2.1").chemin
            sav = Caller(load_contract("sav-2.1"), address, posting(client), oc=oc, clock=lambda: NOW)
            outcomes.append(sav.call("getTroubleTicketTypes", {}).accepted)

    with joined.server:
        threads = [threading.Thread(target=play, args=(oc,)) for oc in ocs]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert outcomes == [True] * 20


# --- a WSDL handed over by an operator -------------------------------------------------------------------------


def test_an_operator_s_wsdl_is_served_and_judged_the_same_way(network, altered, lines):
    theirs = altered("sav-3.0", "ftth.xsd", "commercialId", "referencePrestation")
    joined = web_services(
        PROFILE, network, {"ZZZZ": "secret"}, wsdls={"sav-3.0": theirs / "sav.wsdl"}, services=["sav-3.0"],
        enforce_pace=False,
    )  # fmt: skip
    with joined.server, HttpClient(trust=joined.server.certificate.certificate) as client:
        sav = caller(joined, client, "sav-3.0")
        plan = sav.contract.binding.plan(sav.contract.wsdl.operations["createTroubleTicketByValue"].input)
        assert plan.part("troubleTicketValue").part("FTTHMUTTroubleTicket").part("referencePrestation") is not None
        value = creation(lines[0])
        ftth = value["troubleTicketValue"]["FTTHMUTTroubleTicket"]
        del ftth["commercialId"]
        ftth["technicalId"] = lines[0].reference_prise
        assert sav.call("createTroubleTicketByValue", value).accepted


REAL = {
    "opc.xsd": [
        ("urn:annexe5:suppose:opc:3.0", "http://oi.invalid/opc/3.0"),
        ("obtentionCommunesDemande", "CommunesRequest"),
        ("obtentionCommunesReponse", "CommunesResponse"),
        ('<xsd:element name="codePostal" type="opc:Chiffres5"/>', '<xsd:element name="CP" type="opc:Chiffres5"/>'),
        ('<xsd:attribute name="nom" type="opc:NonVide" use="required"/>\n              </xsd:complexType>', '<xsd:attribute name="libelle" type="opc:NonVide" use="required"/>\n              </xsd:complexType>'),
    ],
    "opc.wsdl": [
        ("urn:annexe5:suppose:opc:3.0", "http://oi.invalid/opc/3.0"),
        ("obtentionCommunesDemande", "CommunesRequest"),
        ("obtentionCommunesReponse", "CommunesResponse"),
    ],
    "mapping.toml": [
        ('"code_postal" = "codePostal"', '"code_postal" = "CP"'),
        ('"communes[].nom" = "commune[]/@nom"', '"communes[].nom" = "commune[]/@libelle"'),
    ],
}  # fmt: skip


def test_the_real_annexe_5e_takes_our_place_without_touching_code(network, altered, opc):
    folder = altered(
        "opc-3.0", *(one for file, edits in REAL.items() for old, new in edits for one in (file, old, new))
    )
    real = read_contract(folder)
    endpoint = SoapEndpoint(real, PROFILE.web_service("opc-3.0"), AideTwin(network, ("ZZZZ",)), clock=lambda: NOW)
    with HttpServer(endpoint.handle, https_port=None) as server, HttpClient() as client:
        wsdl = published_wsdl(client, endpoint.wsdl_url(server.urls["http"]))
        aide = Caller(real, wsdl.address, posting(client), oc="ZZZZ", clock=lambda: NOW)
        asked = aide.ask("communes", {"code_postal": next(network.iter_buildings()).adresse.commune.code_postal})
    assert b"<opc:CP>" in asked.request
    assert b"libelle=" in asked.reply
    assert asked.findings == ()
    assert all(one["nom"] for one in asked.data["communes"])


# --- services that break one clause --------------------------------------------------------------------------------


@contextmanager
def broken(network, spoil: Callable[[HttpRequest, tuple], tuple]) -> Iterator[Caller]:
    """The SAV service with its answers spoilt on their way out."""
    joined = web_services(PROFILE, network, {"ZZZZ": "secret"}, enforce_pace=False)

    def handler(request: HttpRequest):
        return spoil(request, next(one for one in joined.endpoints if one.serves(request.path)).handle(request))

    with HttpServer(handler, https_port=None) as server, HttpClient(answer_timeout=2) as client:
        contract = load_contract("sav-2.1")
        address = server.urls["http"] + PROFILE.web_service("sav-2.1").chemin
        yield Caller(contract, address, posting(client), oc="ZZZZ", password="secret", clock=lambda: NOW)


def body(*edits: tuple[bytes, bytes]):
    def spoil(request: HttpRequest, answer: tuple) -> tuple:
        status, headers, content = answer
        for old, new in edits:
            assert old in content
            content = content.replace(old, new)
        return status, headers, content

    return spoil


@pytest.mark.parametrize(
    ("spoil", "rule", "clause"),
    [
        (body((b"TroubleTicket/v1-2", b"TroubleTicket/v1-3")), "WS-ESPACE", "SAV-04"),
        (body((b"<tt:troubleTicketTypes>", b"<tt:types>"), (b"</tt:troubleTicketTypes>", b"</tt:types>")), "WS-INATTENDU", "SAV-04"),
        (body((b"getTroubleTicketTypesResponse", b"getTroubleTicketItemTypesResponse")), "WS-OPERATION", "SAV-04"),
        (lambda _, answer: (200, {"content-type": "text/html"}, b"<html>Maintenance</html>"), "WS-HTTP-PAGE", "SAV-04"),
        (lambda _, answer: (302, {"location": "http://127.0.0.1:1/", "content-type": "text/html"}, b"<html/>"), "WS-HTTP-PAGE", "SAV-04"),
        (lambda _, answer: (200, answer[1], b""), "WS-VIDE", "SAV-04"),
        (lambda _, answer: (200, answer[1], answer[2][:-30]), "WS-XML", "SAV-04"),
        (lambda _, answer: (500, answer[1], answer[2]), "WS-HTTP-STATUT", "SAV-04"),
        (lambda _, answer: (200, {"content-type": "text/plain"}, answer[2]), "WS-HTTP-TYPE", "SAV-04"),
        (lambda _, answer: (200, answer[1], b"<!DOCTYPE a>" + answer[2].split(b"?>", 1)[1]), "WS-DTD", "SAV-04"),
    ],
)  # fmt: skip
def test_a_service_that_breaks_one_clause_is_told_with_that_clause(network, spoil, rule, clause):
    with broken(network, spoil) as sav:
        found = sav.call("getTroubleTicketTypes", {}).findings
    assert found[0].severity is Severity.ERROR
    assert (found[0].rule, found[0].requirement) == (rule, clause)


def test_a_slow_service_is_told(network, monkeypatch):
    joined = web_services(PROFILE, network, {"ZZZZ": "secret"}, enforce_pace=False)
    ticks = iter([0.0, 5.0])
    with joined.server, HttpClient() as fetcher, HttpClient(steady=lambda: next(ticks)) as client:
        wsdl = published_wsdl(fetcher, joined.urls()["sav-2.1"])
        sav = Caller(
            load_contract("sav-2.1"), wsdl.address, posting(client), oc="ZZZZ", password="secret", clock=lambda: NOW
        )
        found = sav.call("getTroubleTicketTypes", {}).findings
    assert [(one.rule, one.requirement, one.severity) for one in found] == [("WS-DELAI", "SAV-05", Severity.ERROR)]


def test_a_silent_service_is_told(network):
    stuck = threading.Event()

    def hang(_: HttpRequest):
        stuck.wait(3)
        return 200, {}, b""

    with HttpServer(hang, https_port=None) as server, HttpClient(answer_timeout=0.2) as client:
        contract = load_contract("sav-2.1")
        sav = Caller(contract, server.urls["http"], posting(client), oc="ZZZZ", clock=lambda: NOW)
        found = sav.call("getTroubleTicketTypes", {}).findings
        stuck.set()
    assert [(one.rule, one.requirement, one.severity) for one in found] == [("WS-SILENCE", "SAV-05", Severity.ERROR)]


@pytest.mark.parametrize(
    "answer",
    [
        (404, {"content-type": "text/plain"}, b""),
        (200, {"content-type": "text/html"}, b"<html/>"),
        (200, {"content-type": "text/xml"}, b"<definitions"),
    ],
)
def test_a_wsdl_that_does_not_parse_is_told(answer):
    with HttpServer(lambda _: answer, https_port=None) as server, HttpClient() as client, pytest.raises(WsdlError):
        published_wsdl(client, server.urls["http"] + "/x?wsdl")


def test_every_service_of_the_profile_is_served_on_both_channels(services):
    assert set(services.urls("http")) == set(services.urls("https")) == set(service_names())
