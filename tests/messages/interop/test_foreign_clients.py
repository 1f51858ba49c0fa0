"""Clients that share no line with us call every operation from the published WSDL alone: PHP, Node, gSOAP, curl.

.ci/run installs php-cli, php-soap, gsoap and curl. Node's client needs npm, and takes its package from the registry.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from annexe5.campaign.web_services import WebServices, web_services
from annexe5.contract.profile import load_profile
from annexe5.messages.contract import load_contract, service_names
from annexe5.messages.endpoint import Served
from annexe5.messages.judge import Http, judge_message
from annexe5.parties.sav import SavPace
from tests.messages.interop import by_hand

HERE = Path(__file__).parent
ALL = {(name, operation) for name in service_names() for operation in load_contract(name).wsdl.operations}


@pytest.fixture(scope="module")
def served():
    return []


@pytest.fixture(scope="module")
def services(network, served):
    waiting = SavPace(timedelta(hours=1))  # no ticket moves while a client that starts slowly speaks of it
    joined = web_services(
        load_profile(), network, {"ZZZZ": "secret"}, pace=waiting, enforce_pace=False, on_served=served.append
    )
    with joined.server:
        yield joined


@pytest.fixture
def given(services: WebServices, network, tmp_path) -> Path:
    """What a foreign client is told: addresses, the caller, references to ask about."""
    lines = (
        ligne
        for batiment in network.iter_buildings()
        for ligne in network.lignes(batiment)
        if ligne.actif and ligne.oc == "ZZZZ"
    )
    used = {ticket.access.commercial_id for ticket in services.sav["sav-2.1"].desk.tickets.values()}
    first, second = (
        one for one, _ in zip((one for one in lines if one.prestation not in used), range(2), strict=False)
    )
    batiment = network.batiment(first.identifiant_immeuble)
    certificate = tmp_path / "ca.pem"
    certificate.write_bytes(services.server.certificate.certificate)
    path = tmp_path / "donnees.json"
    facts = {
        "urls": services.urls("https"), "ca": str(certificate), "oc": "ZZZZ", "password": "secret",
        "sav-2.1": first.prestation, "sav-3.0": second.prestation, "immeuble": batiment.identifiant,
        "code_postal": batiment.adresse.commune.code_postal, "code_insee": batiment.adresse.commune.code_insee,
        "code_rivoli": batiment.adresse.voie.rivoli, "hexacle": batiment.hexacle, "reference_pm": batiment.pm.reference,
    }  # fmt: skip
    path.write_text(json.dumps(facts))
    return path


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(one) for one in command],
        check=False, capture_output=True, text=True, timeout=300, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def said(output: str) -> dict[tuple[str, str], dict[str, Any]]:
    told = [json.loads(line) for line in output.splitlines()]
    return {(one["service"], one["operation"]): one for one in told}


def well_spoken(told: dict[tuple[str, str], dict[str, Any]], exchanges: list[Served]) -> None:
    """Every operation was called and answered as it should, and every message both ways is right."""
    assert set(told) >= ALL
    for (service, operation), one in told.items():
        expected = "fault" if operation in ("getEventDescriptor", "unknown key") else "ok"
        assert one["outcome"] == expected, (service, operation, one)
    for one in exchanges:
        request = judge_message(one.request, one.service, "requete", oc="ZZZZ")
        http = Http(one.status, "text/xml")
        reply = judge_message(one.reply, one.service, "reponse", one.operation, http=http, request=one.request)
        assert [(found.rule, found.message.fr) for found in (*request, *reply)] == []


def test_php(given, served):
    served.clear()
    told = said(run("php", HERE / "client.php", given))
    well_spoken(told, served)
    assert told["sav-2.1", "unknown key"]["detail"] == ["getTroubleTicketByKeyException"]
    assert told["opc-3.0", "obtentionVoiesOperation"]["result"]["voie"]


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm absent")
def test_node(given, served, tmp_path):
    served.clear()
    run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", tmp_path, "soap@1.13.0")
    ca = json.loads(given.read_text())["ca"]
    output = run("node", HERE / "client.js", given, NODE_PATH=str(tmp_path / "node_modules"), NODE_EXTRA_CA_CERTS=ca)
    well_spoken(said(output), served)


@pytest.mark.parametrize("service", service_names())
def test_gsoap_reads_the_wsdl(services, service, tmp_path):
    url = services.urls("http")[service]
    header = tmp_path / "service.h"
    run("wsdl2h", "-c", "-o", header, url)
    text = header.read_text()
    for operation in load_contract(service).wsdl.operations:
        assert operation in text
    run("soapcpp2", "-c", "-C", "-L", f"-d{tmp_path}", "-I/usr/share/gsoap/import", header)
    assert (tmp_path / "soapClient.c").stat().st_size > 1000


@pytest.mark.parametrize("service", service_names())
def test_curl_sends_what_is_written_by_hand(services, given, service):
    facts = json.loads(given.read_text())
    key = ""
    asked = _by_hand(service, facts, key)
    assert set(asked) == set(load_contract(service).wsdl.operations)
    for operation in asked:
        reply = _curl(services, service, operation, _by_hand(service, facts, key)[operation], facts["ca"])
        assert judge_message(reply, service, "reponse", operation) == [], (operation, reply)
        assert (b"Fault>" in reply) == (operation == "getEventDescriptor"), (operation, reply)
        if operation == by_hand.CREATE:
            key = re.search(rb"troubleTicketKey>(\w+)<", reply)[1].decode()


def _by_hand(service: str, facts: dict[str, str], key: str) -> dict[str, str]:
    if service.startswith("sav"):
        return by_hand.sav(service, facts, key)
    return by_hand.opc(facts) if service == "opc-3.0" else by_hand.structure(facts)


def _curl(services: WebServices, service: str, operation: str, message: str, ca: str) -> bytes:
    address = services.server.urls["https"] + load_profile().web_service(service).chemin
    return run(
        "curl", "--silent", "--show-error", "--cacert", ca, "-H", "Content-Type: text/xml; charset=utf-8",
        "-H", f'SOAPAction: "{operation}"', "--data-binary", message, address,
    ).encode()  # fmt: skip


def test_curl_fetches_the_wsdl_at_the_contract_s_paths(services):
    base = services.server.urls["http"]
    for path in (
        "/interop-sav-21/services/JVTTroubleTicketSessionWSPort?wsdl",
        "/interop-opc-30/wsdl",
    ):
        assert "definitions" in run("curl", "--silent", "--fail", base + path)
