"""How an OC is made to act: what it is told, in JSON, in the environment, in French, and what its refusals mean."""

import io
import json
import os
import pty
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from annexe5.campaign.drivers import CommandDriver, Herald, HttpDriver, PersonDriver, Request, consigne
from annexe5.campaign.verdicts import NonApplicable
from annexe5.errors import TargetError
from annexe5.parties.oc import ACTIONS, Instruction

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROW = {
    "CommuneImmeuble": "COMMUNE-TEST", "CodePostalImmeuble": "77590", "CodeInseeImmeuble": "77023",
    "NumeroVoieImmeuble": "12", "TypeVoieImmeuble": "RUE", "LibelleVoieImmeuble": "DES TILLEULS",
    "CodeAdresseImmeuble": "77023042AB", "Batiment": "A", "ReferencePm": "77011616R", "PriseExistante": "N",
    "TypeRacco": "STOC", "Info Cmd Accès 1": "",
}  # fmt: skip


def request(action: str, **said) -> Request:
    commandes = said.pop("commandes", (ROW,) if action == "commander" else ())
    instruction = Instruction(action, commandes, said.pop("reference", "REF1"), **said)
    return Request(instruction, {"oi": "COVG", "port": 2222}, NOW)


# --- what is told ----------------------------------------------------------------------------------------------


def test_an_order_is_told_with_its_address_and_codes():
    told = consigne(request("commander").instruction)
    assert told.startswith("Passez une commande pour l'adresse 12 RUE DES TILLEULS, 77590 COMMUNE-TEST : ")
    for part in ("hexaclé 77023042AB", "bâtiment A", "PM 77011616R", "Prise à construire", "(mode STOC)"):
        assert part in told


def test_several_orders_are_told_in_one_sentence():
    told = consigne(request("commander", commandes=(ROW, ROW)).instruction)
    assert told.startswith("Passez 2 commandes, une pour chacune de ces adresses :\n")
    assert told.count("12 RUE DES TILLEULS") == 2


@pytest.mark.parametrize(
    ("action", "said", "words"),
    [
        ("raccorder", {}, "Le raccordement de la commande REF1 est réalisé"),
        ("raccorder", {"code": "FCLI07"}, "échec du raccordement de la commande REF1 : FCLI07 (CLIENT"),
        ("mettre_en_service", {}, "La box du client de la commande REF1 est en service"),
        ("annuler", {}, "Annulez la commande REF1"),
        ("relever", {}, "Relevez les fichiers"),
    ],
)
def test_each_action_has_its_sentence(action, said, words):
    assert words in consigne(request(action, **said).instruction)


def test_a_hook_receives_all_it_needs():
    told = request("raccorder", code="FCLI07").as_json()
    assert told["action"] == "raccorder"
    assert (told["reference"], told["resultat"], told["code"]) == ("REF1", "KO", "FCLI07")
    assert (told["oi"], told["port"]) == ("COVG", 2222)
    assert datetime.fromisoformat(told["jusqu_au"]) == NOW
    assert json.loads(json.dumps(request("commander").as_json()))["commandes"] == [ROW]


def test_a_shell_receives_the_same_flat():
    flat = request("commander").environment()
    assert flat["ANNEXE5_ACTION"] == "commander"
    assert flat["ANNEXE5_COMMANDES"] == "1"
    assert flat["ANNEXE5_1_CodeAdresseImmeuble"] == "77023042AB"
    assert all(name.isidentifier() for name in flat)


# --- a command -------------------------------------------------------------------------------------------------


def command(tmp_path, script: str, timeout: float = 20) -> CommandDriver:
    return CommandDriver(("sh", "-c", script), frozenset(ACTIONS), tmp_path, timeout)


def test_a_command_has_the_request_on_its_input_and_in_its_environment(tmp_path):
    command(tmp_path, 'cat > recu.json; echo "$ANNEXE5_REFERENCE" > reference').do(request("annuler"))
    assert json.loads((tmp_path / "recu.json").read_text())["action"] == "annuler"
    assert (tmp_path / "reference").read_text() == "REF1\n"


def test_a_command_that_cannot_makes_the_scenario_not_applicable(tmp_path):
    with pytest.raises(NonApplicable, match="je ne sais pas"):
        command(tmp_path, "echo je ne sais pas >&2; exit 3").do(request("annuler"))


@pytest.mark.parametrize(
    ("script", "timeout", "told"),
    [("echo panne >&2; exit 7", 20, "panne"), ("exit 1", 20, "code 1"), ("exec tail -f /dev/null", 0.2, "delai_s")],
    ids=["fails", "silent", "slow"],
)
def test_a_command_that_fails_is_a_configuration_error(tmp_path, script, timeout, told):
    with pytest.raises(TargetError, match=told):
        command(tmp_path, script, timeout).do(request("annuler"))


def test_a_command_that_is_not_there_is_told(tmp_path):
    with pytest.raises(TargetError, match="absente"):
        CommandDriver(("./absente",), frozenset(), tmp_path).do(request("annuler"))


# --- an HTTP hook ----------------------------------------------------------------------------------------------


@contextmanager
def hook(status: int, said: bytes = b""):
    """Answer one status to every request; gives the address and what was posted."""
    heard = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/oc", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_hook_is_posted_the_request():
    with hook(204) as (url, heard):
        HttpDriver(url, frozenset(ACTIONS)).do(request("annuler"))
    assert heard[0]["action"] == "annuler"


@pytest.mark.parametrize(("status", "raised"), [(501, NonApplicable), (500, TargetError), (404, TargetError)])
def test_what_a_hook_refuses_is_told(status, raised):
    with hook(status, "pas encore là".encode()) as (url, _), pytest.raises(raised, match="pas encore là"):
        HttpDriver(url, frozenset(ACTIONS)).do(request("annuler"))


def test_a_hook_that_is_starting_is_waited_for():
    with hook(204) as (url, heard):
        pass
    pauses = []

    def started(seconds: float) -> None:
        pauses.append(seconds)

    with pytest.raises(TargetError, match="ne répond pas"):
        HttpDriver(url, frozenset(), timeout=0.01, pause=started).do(request("annuler"))
    assert heard == []


# --- a person --------------------------------------------------------------------------------------------------


class Kept(io.StringIO):
    """A stream that is no terminal, and may be read after it was closed."""


def test_a_person_is_told_once_and_shown_what_is_awaited():
    stream = Kept()
    herald = Herald(stream)
    PersonDriver(herald, frozenset(ACTIONS)).do(request("annuler"))
    for seconds in range(3):
        herald.waiting("le fichier Annul_Acces", NOW, NOW - timedelta(seconds=60 - seconds))
    herald.arrived("le fichier Annul_Acces")
    assert stream.getvalue().splitlines()[1:] == [
        "  ▶ Annulez la commande REF1.",
        "  … j'attends le fichier Annul_Acces, jusqu'à 10:00:00",
        "  ✔ le fichier Annul_Acces",
    ]


def test_a_wait_that_ends_another_day_says_which():
    stream = Kept()
    Herald(stream).waiting("le CR_STOC", NOW + timedelta(days=3), NOW)
    assert stream.getvalue() == "  … j'attends le CR_STOC, jusqu'au 26/11 à 10:00\n"


def test_what_did_not_come_in_time_is_told_once_it_was_shown_as_awaited():
    stream = Kept()
    herald = Herald(stream)
    herald.missed("le CR_STOC")
    herald.waiting("le CR_STOC", NOW, NOW)
    herald.missed("le CR_STOC")
    assert stream.getvalue().splitlines()[1:] == ["  ✘ le CR_STOC : pas arrivé à temps, la suite continue sans"]


def test_a_person_is_told_when_nothing_must_come():
    stream = Kept()
    Herald(stream).watching(NOW, NOW)
    assert "ne faites rien, jusqu'à 10:00:00" in stream.getvalue()


def test_a_street_without_numbers_is_told_so():
    told = consigne(request("commander", commandes=({**ROW, "NumeroVoieImmeuble": "0"},)).instruction)
    assert "sans numéro, RUE DES TILLEULS" in told


def test_nothing_is_said_of_what_came_at_once():
    stream = Kept()
    Herald(stream).arrived("le fichier Cmd_Acces")
    assert stream.getvalue() == ""


def test_on_a_terminal_the_line_follows_the_clock():
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream:
        herald = Herald(stream)
        herald.waiting("le CR_STOC", NOW, NOW - timedelta(seconds=61))
        herald.waiting("le CR_STOC", NOW, NOW - timedelta(seconds=60))
        stream.flush()
        told = ""
        while "00 s)" not in told:  # a terminal hands over what it has, not all that was written
            told += os.read(master, 4096).decode()
    os.close(master)
    assert "encore 1 min 01 s" in told
    assert "encore 1 min 00 s" in told


def test_the_page_about_hooks_shows_the_request_as_it_is():
    page = (Path(__file__).parents[2] / "docs" / "certifier-un-oc.md").read_text(encoding="utf-8")
    assert [key for key in request("raccorder").as_json() if f"`{key}`" not in page] == []
