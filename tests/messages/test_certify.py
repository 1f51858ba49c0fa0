"""``annexe5 certify oi`` against web services that break one clause: 1 with that clause, 2 where the way is at fault.

The services are a twin's, in a process of its own, behind a proxy that spoils what they answer.
"""

from __future__ import annotations

import json
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


def certified(tmp_path: Path, urls: dict[str, str], said: dict, marker: str):
    account = said["accounts"][0]
    sftp = {
        "hote": said["sftp"]["host"], "port": said["sftp"]["port"], "login": account["user"],
        "mot_de_passe": "env:MOT_DE_PASSE", "empreinte_md5": said["sftp"]["host_key_md5"],
    }  # fmt: skip
    target = write_target(tmp_path / "cible.toml", said, sftp, roles=("eligible",))
    services = ["[services]", 'mot_de_passe = "env:MOT_DE_PASSE"', "[services.urls]"]
    services += [f'"{name}" = "{url}"' for name, url in urls.items()]
    target.write_text("\n".join([*services, target.read_text()]), encoding="utf-8")
    done = certify(
        "--target", str(target), "--report", "r", "--", "-m", marker, cwd=tmp_path, MOT_DE_PASSE=account["password"]
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


def test_a_service_that_takes_five_seconds_ends_1(tmp_path, said):
    with proxy(said, kept, slow=4.2) as urls:  # past the 4 s of schemas/soap/communs.toml
        done, result = certified(tmp_path, urls, said, "OPC-04")
    assert done.returncode == 1, done.stderr
    assert "WS-DELAI" in failed(result)["OPC-01"]


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
