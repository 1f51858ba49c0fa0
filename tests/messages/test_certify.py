"""``annexe5 certify oi`` against web services that break one clause: 1 with that clause, 2 where the way is at fault.

The services are a twin's, in a process of its own, behind a proxy that spoils what they answer.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from annexe5.transport.http_client import HttpClient
from annexe5.transport.http_server import HttpAnswer, HttpRequest, HttpServer
from tests.campaign.conftest import certify, standing, write_target

Spoil = Callable[[HttpRequest, HttpAnswer], HttpAnswer]


@contextmanager
def proxy(said: dict, spoil: Spoil, *, slow: float = 0.0) -> Iterator[dict[str, str]]:
    """Stand before the twin's services; gives their addresses through the proxy."""
    behind = said["soap"]["sav-2.1"].split("/interop")[0]

    def handler(request: HttpRequest) -> HttpAnswer:
        query = f"?{request.query}" if request.query else ""
        headers = {name: value for name, value in request.headers.items() if name in ("content-type", "soapaction")}
        with HttpClient() as client:
            reply = client.request(request.method, behind + request.path + query, request.body or b"", headers)
        ours = reply.body.replace(behind.encode(), request.base_url.encode())
        return spoil(request, (reply.status, {"content-type": reply.content_type}, ours))

    with HttpServer(handler, https_port=None, latency=lambda one: slow if one.method == "POST" else 0.0) as server:
        base = server.urls["http"]
        yield {name: url.replace(behind, base) for name, url in said["soap"].items()}


def certified(tmp_path: Path, urls: dict[str, str], said: dict, played: str, *keys: str):
    """Certify: ``played`` is a clause, or the id of a scenario; ``keys`` are lines of ``[services]``."""
    account = said["accounts"][0]
    sftp = {
        "hote": said["sftp"]["host"], "port": said["sftp"]["port"], "login": account["user"],
        "mot_de_passe": "env:MOT_DE_PASSE", "empreinte_md5": said["sftp"]["host_key_md5"],
    }  # fmt: skip
    target = write_target(tmp_path / "cible.toml", said, sftp, roles=("eligible", "en_service"))
    services = ["[services]", 'mot_de_passe = "env:MOT_DE_PASSE"', *keys, "[services.urls]"]
    services += [f'"{name}" = "{url}"' for name, url in urls.items()]
    target.write_text("\n".join([*services, target.read_text()]), encoding="utf-8")
    chosen = [played] if ".feature" in played else ["-m", played]
    done = certify(
        "--target", str(target), "--report", "r", "--", *chosen, cwd=tmp_path, MOT_DE_PASSE=account["password"]
    )
    path = tmp_path / "r" / "resultats.json"
    return done, json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def failed(result: dict) -> dict[str, set[str]]:
    """Clauses found non conforming, with their rules."""
    return {
        one["id"]: {finding["rule"] for finding in one["findings"]}
        for one in result["requirements"]
        if one["verdict"] == "non conforme"
    }


def kept(_: HttpRequest, answer: HttpAnswer) -> HttpAnswer:
    return answer


def replaced(old: bytes, new: bytes, method: str = "POST") -> Spoil:
    def spoil(request: HttpRequest, answer: HttpAnswer) -> HttpAnswer:
        status, headers, body = answer
        return (status, headers, body.replace(old, new)) if request.method == method else answer

    return spoil


def cut(pattern: bytes, by: bytes = b"") -> Spoil:
    def spoil(request: HttpRequest, answer: HttpAnswer) -> HttpAnswer:
        status, headers, body = answer
        return (status, headers, re.sub(pattern, by, body, flags=re.DOTALL)) if request.method == "POST" else answer

    return spoil


def page(request: HttpRequest, answer: HttpAnswer) -> HttpAnswer:
    html = b"<html><body>Erreur 12345</body></html>"
    return (200, {"content-type": "text/html"}, html) if request.method == "POST" else answer


@pytest.fixture(scope="module")
def said():
    with standing() as (announced, _):
        yield announced


def test_services_left_alone_are_certified(tmp_path, said):
    with proxy(said, kept) as urls:
        done, result = certified(tmp_path, urls, said, "OPC-04 or OPC-10")
    assert (done.returncode, failed(result)) == (0, {}), done.stderr


@pytest.mark.parametrize(
    ("spoil", "marker", "clause", "rule"),
    [
        (replaced(b"urn:annexe5:suppose:opc:3.0", b"urn:autre"), "OPC-04", "OPC-01", "WS-ESPACE"),
        (replaced(b"<opc:codeRetour>0</opc:codeRetour>", b""), "OPC-04", "OPC-01", "WS-MANQUE"),
        (replaced(b"<opc:codeRetour>0</opc:codeRetour>", b"<opc:codeRetour>7</opc:codeRetour>"), "OPC-04", "OPC-01", "WS-LISTE"),
        (page, "OPC-04", "OPC-01", "WS-HTTP-PAGE"),
        (replaced(b"obtentionVoiesOperation", b"obtentionVoieOperation", "GET"), "OPC-01", "OPC-01", "WSDL-OPERATION-ABSENTE"),
        (replaced(b'commune="', b'commune="LE '), "OPC-09", "OPC-09", "AIDE-IPE"),
    ],
)  # fmt: skip
def test_a_service_that_breaks_one_clause_ends_1_with_it(tmp_path, said, spoil, marker, clause, rule):
    with proxy(said, spoil) as urls:
        done, result = certified(tmp_path, urls, said, marker)
    assert done.returncode == 1, done.stderr
    assert rule in failed(result).get(clause, set()), failed(result)


TICKET = "features/sav/operations.feature::En sav-3.0, getTroubleTicketByKey rend le ticket[sav-3.0]"


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (replaced(b"PAS DE SIGNAL", b"AUCUN SIGNAL"), "WS-LISTE"),
        (cut(rb"<[\w:-]*troubleTicketResponse>.*?</[\w:-]*troubleTicketResponse>"), "WS-MANQUE"),
    ],
)
def test_a_sav_that_breaks_one_clause_ends_1_with_it(tmp_path, said, spoil, rule):
    with proxy(said, spoil) as urls:
        done, result = certified(tmp_path, urls, said, TICKET)
    assert done.returncode == 1, done.stderr
    assert rule in failed(result).get("SAV-04", set()), failed(result)


def test_a_service_slower_than_agreed_ends_1(tmp_path, said):
    """The 4 s of schemas/soap/communs.toml hold where nothing is agreed: 5 s are past them (test_judge.py)."""
    with proxy(said, kept, slow=0.2) as urls:
        done, result = certified(tmp_path, urls, said, "OPC-04", "reponse_sous_s = 0.1")
    assert done.returncode == 1, done.stderr
    assert "WS-DELAI" in failed(result)["OPC-01"]


def test_an_operator_s_wsdl_is_served_and_judged_the_same_way(tmp_path, altered):
    theirs = altered("sav-3.0", "ftth.xsd", "TroubleTicketValue/v3-0", "TroubleTicketValue/v9-9") / "sav.wsdl"
    edit = theirs.parent / "incident.xsd"
    edit.write_text(edit.read_text(encoding="utf-8").replace("TroubleTicketValue/v3-0", "TroubleTicketValue/v9-9"))
    asked: list[bytes] = []

    def heard(request: HttpRequest, answer: HttpAnswer) -> HttpAnswer:
        asked.append(request.body or b"")
        return answer

    with standing("--wsdl", f"sav-3.0={theirs}") as (announced, _), proxy(announced, heard) as urls:
        done, result = certified(tmp_path, urls, announced, TICKET)
    assert (done.returncode, failed(result)) == (0, {}), done.stderr
    assert any(b"TroubleTicketValue/v9-9" in body and b"createTroubleTicketByValueRequest" in body for body in asked)


@pytest.mark.parametrize("given", ["sav-3.0", "sav-9.9=x.wsdl", "sav-3.0=absent.wsdl"])
def test_a_wsdl_that_cannot_be_served_is_told(tmp_path, given):
    command = [sys.executable, "-m", "annexe5", "simulate", "oi", "--wsdl", given]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert f"--wsdl {given}" in done.stderr


def test_a_service_that_cannot_be_reached_ends_2(tmp_path, said):
    urls = {"opc-3.0": "http://127.0.0.1:1/interop-opc-30/wsdl"}
    done, _ = certified(tmp_path, urls, said, "OPC-04")
    assert done.returncode == 2, done.stderr
    assert "opc-3.0" in done.stderr
    assert "refused" in done.stderr


def test_a_wsdl_that_does_not_parse_ends_2_before_anything_is_judged(tmp_path, said):
    with proxy(said, replaced(b"</wsdl:types>", b"</wsdl:typez>", "GET")) as urls:
        done, _ = certified(tmp_path, urls, said, "OPC-01")
    assert done.returncode == 2, done.stderr
    assert "malformé" in done.stderr
    assert "wsdl" in done.stderr


def test_a_service_that_is_not_declared_is_not_applicable(tmp_path, said):
    done, result = certified(tmp_path, {}, said, "OPC-04")
    assert {one["verdict"] for one in result["scenarios"]} >= {"non applicable"}
    assert failed(result) == {}
    assert done.returncode != 1 or "non applicable" in done.stderr
