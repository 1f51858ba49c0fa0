"""Calls a second of the twin and of the judge, beside a bare zeep call to the same server and lxml on the same message.

    python tests/benchmarks/soap.py [seconds a line]

One run, one table; client and server share the machine.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from lxml import etree

from annexe5.campaign.web_services import posting, web_services
from annexe5.contract.profile import load_profile
from annexe5.messages.calls import Caller
from annexe5.messages.contract import load_contract
from annexe5.messages.judge import judge_message
from annexe5.network import generate
from annexe5.transport.edge import utc_now
from annexe5.transport.http_client import HttpClient

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
GET, STRUCTURE = "getTroubleTicketByKey", "obtentionStructureAdresseOperation"


@dataclass
class Request:
    body: bytes
    path: str
    method: str = "POST"
    query: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/xml"})
    base_url: str = "http://127.0.0.1"


def rate(act: Callable[[], object]) -> float:
    """Give how often something is done a second, once warm."""
    act()
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < SECONDS:
        for _ in range(10):
            act()
        count += 10
    return count / elapsed


def say(what: str, act: Callable[[], object]) -> None:
    shown = f"{rate(act):,.0f}".replace(",", " ")
    print(f"{what:<58}{shown:>10} /s", flush=True)  # noqa: T201


def zeep_client(url: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import zeep

        return zeep.Client(url)


def main() -> None:
    network = generate(5, 2000, oi="COVG", ocs=("ZZZZ",), today=date(2026, 11, 23))
    services = web_services(load_profile(), network, {"ZZZZ": "secret"}, enforce_pace=False, https_port=None)
    line = next(
        one for building in network.iter_buildings() for one in network.lignes(building)
        if one.actif and one.oc == "ZZZZ"
    )  # fmt: skip
    with services.server, HttpClient() as client:
        base = services.server.urls["http"]
        callers = {
            name: Caller(
                load_contract(name), base + load_profile().web_service(name).chemin, posting(client),
                oc="ZZZZ", password="secret", clock=utc_now,
            )
            for name in ("sav-2.1", "opc-3.0")
        }  # fmt: skip
        sav, aide = callers["sav-2.1"], callers["opc-3.0"]
        ftth = {
            "serviceProviderID": "123456789", "supplierID": "987654321", "troubleTicketType": 1,
            "commercialId": line.prestation, "serviceProviderTroubleTicketKey": "B1",
            "defectDescription": "PAS DE SIGNAL",
        }  # fmt: skip
        value = {"troubleTicketKey": None, "troubleTicketState": "QUEUED", "FTTHMUTTroubleTicket": ftth}
        made = sav.call("createTroubleTicketByValue", {"troubleTicketValue": value})
        key = made.data["troubleTicketResponse"]["troubleTicketKey"]
        asked = {"troubleTicketKey": key, "attrNames": {}}
        place = {"adresse": {"identifiant_immeuble": line.identifiant_immeuble}}
        get, structure = sav.build(GET, asked), aide.build_method("structure", place)[1]
        endpoints = {one.contract.name: one for one in services.endpoints}

        print("Le jumeau")  # noqa: T201
        say(
            "  SAV, consultation, sans réseau",
            lambda: endpoints["sav-2.1"].handle(Request(get, endpoints["sav-2.1"].path)),
        )
        say(
            "  aide, structure, sans réseau",
            lambda: endpoints["opc-3.0"].handle(Request(structure, endpoints["opc-3.0"].path)),
        )
        headers = {"Content-Type": "text/xml"}
        say("  SAV, consultation, par HTTP, octets seuls", lambda: client.post(sav.address, get, headers))
        say("  SAV, consultation, par HTTP, réponse jugée et lue", lambda: sav.call(GET, asked))
        say("  aide, structure, par HTTP, réponse jugée et lue", lambda: aide.ask("structure", place))
        foreign = zeep_client(services.urls()["sav-2.1"])
        element = foreign.get_element(
            "{http://interop-fibre.fr/xml/TroubleTicketHeader/v1-0}TroubleTicketHeaderRequest"
        )
        header = [element("ZZZZ", "secret")]
        say(
            "  SAV, consultation, zeep nu (rien de jugé)",
            lambda: foreign.service.getTroubleTicketByKey(troubleTicketKey=key, attrNames={}, _soapheaders=header),
        )

        print("Le juge, sur la réponse à cette consultation")  # noqa: T201
        reply = client.post(sav.address, get, headers).body
        contract = load_contract("sav-2.1")
        say("  judge_message, exact (xmlschema et lxml)", lambda: judge_message(reply, contract, "reponse", GET))
        in_bulk = partial(judge_message, service=contract, direction="reponse", operation=GET, bulk=True)
        say("  judge_message, en nombre (lxml d'abord)", lambda: in_bulk(reply))
        schemas = contract.schemas
        say("  xmlschema seul", lambda: list(schemas.errors(etree.fromstring(reply)[0][0])))
        say("  lxml seul, lecture et validation", lambda: schemas.accepts(etree.fromstring(reply)[0][0]))
        bad = reply.replace(b">1</ftth:troubleTicketType>", b">7</ftth:troubleTicketType>")
        assert bad != reply
        say("  judge_message sur un message faux", lambda: in_bulk(bad))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {SECONDS:g} s par ligne")  # noqa: T201


if __name__ == "__main__":
    main()
