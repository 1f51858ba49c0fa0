"""``annexe5 certify oc`` as a user runs it: the twin, each of its defects, OCs that are none of ours."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import asyncssh
import pytest

from annexe5.campaign.twins import role_rows
from annexe5.contract.calendar import PARIS
from annexe5.contract.profile import load_profile
from annexe5.contract.requirements import load_requirements
from annexe5.findings import Level
from annexe5.network import generate
from annexe5.transport.testing import RsaKey
from tests.campaign.conftest import write_target

SHELL = Path(__file__).with_name("oc_shell.sh")

# Five defects as a user gives them; `tox run -e proof` certifies each of them.
KILLED = {
    "oc-balaie-out": ("fichiers", "Un fichier arrivé pendant la relève n'est pas supprimé sans être lu", "TRA-10"),
    "oc-mes-avant-mad": ("mise_en_service", "La confirmation attend la mise à disposition", "ACC-16"),
    "oc-sav-avant-service": ("services", "Avant le CR de mise en service, aucun ticket n'est ouvert", "SAV-11"),
    "oc-rythme": ("services", "Plusieurs commandes de suite ne font pas plus de deux requêtes par seconde", "SAV-06"),
    "oc-agit-sur-illisible": ("robustesse", "Un ordre de travail malformé n'est pas exécuté[vide]", "ACC-16"),
}


def certify_oc(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "annexe5", "certify", "oc", "--report", "r", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600, env={**os.environ, **environment}
    )


def campaign(folder: Path) -> dict:
    return json.loads((folder / "r" / "resultats.json").read_text(encoding="utf-8"))


def verdicts(result: dict) -> dict[str, str]:
    return {one["id"]: one["verdict"] for one in result["requirements"]}


def played(result: dict) -> dict[str, str]:
    return {
        one["id"].partition("::")[2]: one["verdict"] for one in result["scenarios"] if one["verdict"] != "non testé"
    }


# --- the twin ------------------------------------------------------------------------------------------------


def test_the_twin_is_certified(tmp_path):
    done = certify_oc(cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    result = campaign(tmp_path)
    assert {one["verdict"] for one in result["scenarios"]} == {"conforme"}
    assert len(result["scenarios"]) > 70
    assert result["party"] == "oc"
    assert result["simulated"]
    for name in ("rapport.html", "junit.xml", "campagne.json", "resume.md", "journal.sqlite"):
        assert (tmp_path / "r" / name).stat().st_size > 0, name


_BY_FILES = ("SAV-12",)  # judged on files


def test_every_clause_of_the_protocols_that_binds_the_oc_is_tried(tmp_path):
    wanted = {
        one.id
        for one in load_requirements().values()
        if "OC" in one.parties
        and {"ACCES", "SAV", "OPC"} & set(one.protocols)
        and not one.id.startswith(("MAIL", "PM"))
        if one.level is not Level.INFO and one.id not in _BY_FILES
    }
    features = Path(__file__).parents[2] / "features" / "oc"
    tags = set(re.findall(r"@(\w+-\d+)", "".join(one.read_text(encoding="utf-8") for one in features.iterdir())))
    assert wanted <= tags


@pytest.mark.parametrize("defect", KILLED)
def test_a_defective_twin_ends_1_under_the_right_clause(tmp_path, defect):
    feature, scenario, clause = KILLED[defect]
    done = certify_oc("--defect", defect, "--", f"features/oc/{feature}.feature::{scenario}", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdicts(campaign(tmp_path))[clause] == "non conforme"


def test_an_unknown_defect_is_told_with_those_of_the_oc(tmp_path):
    done = certify_oc("--defect", "ar-oublie", cwd=tmp_path)
    assert done.returncode == 2
    assert "oc-insiste" in done.stderr
    assert "Traceback" not in done.stderr


# --- OCs that are none of ours ---------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def oc_target(work: Path, pilot: str, *, port: int = 0, campaign_keys: str = "", extra: str = "") -> Path:
    """Write the target file of an OC that comes with a key of its own."""
    key = RsaKey(work / "cle", 2048)
    (work / "cle.pub").write_text(key.line + "\n", encoding="utf-8")
    path = work / "oc.toml"
    path.write_text(
        f"""
[partie]
nom = "OC sous essai"
[codes]
oi = "COVG"
arcep = "CV"
oc = "ZZZZ"
[serveur]
port = {port}
cle_hote = "hote"
cle_publique = "cle.pub"
[pilote]
{pilot}
[campagne]
{campaign_keys or "reponse_sous_s = 15"}
silence_s = 0.3
intervalle_s = 0.05
{extra}
""",
        encoding="utf-8",
    )
    return path


def test_a_small_oc_in_shell_passes_what_it_implements_and_nothing_else(tmp_path):
    pilot = (
        f'commande = ["{SHELL}", "cle", "etat"]\nactions = ["commander", "raccorder", "mettre_en_service", "relever"]'
    )
    target = oc_target(tmp_path, pilot, extra="[capacites]\nhotline = false")
    features = ["raccordement", "mise_en_service", "annulation", "fichiers"]
    done = certify_oc("--target", str(target), "--", *(f"features/oc/{one}.feature" for one in features), cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    ended = played(campaign(tmp_path))
    implemented = {
        "Le raccordement réussi est rendu sur l'ordre de travail et sur la route",
        "Le compte rendu est nommé, rangé et écrit comme le contrat le dit",
        "Le compte rendu attend l'ordre de travail",
        "Le raccordement n'est rendu qu'une fois",
        "La mise en service suit la mise à disposition",
        "La mise en service n'est confirmée qu'une fois",
        "La confirmation est nommée, rangée et écrite comme le contrat le dit",
        "La confirmation attend la mise à disposition",
        "Une mise à disposition refusée n'est pas confirmée",
        "Sans sous-traitance, l'OC confirme sans rendre compte d'un raccordement[eligible_mode_oi]",
        "Sans sous-traitance, l'OC confirme sans rendre compte d'un raccordement[eligible_mode_oc]",
        "L'échec du technicien de l'OI n'est suivi d'aucune confirmation",
        "L'OC supprime ce qu'il a récupéré",
        "Un fichier arrivé pendant la relève n'est pas supprimé sans être lu",
        "L'OC laisse dans IN ce qu'il y a déposé",
        "L'OC remet une clé publique du contrat et s'en sert",
    }
    assert {name for name, verdict in ended.items() if verdict == "conforme"} == implemented
    rest = {verdict for name, verdict in ended.items() if name not in implemented}
    assert rest == {"non applicable", "non conforme"}
    assert ended["Une commande sous-traitée est annulée"] == "non applicable"
    assert ended["Une route changée pendant le raccordement est suivie[CHAUD]"] == "non conforme"


@contextmanager
def running(*command: str, **environment: str):
    """Start a command; its standard error is read as it comes."""
    with subprocess.Popen(
        [sys.executable, "-m", "annexe5", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **environment},
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


class Heard:
    """Lines of a process's standard error, read in a thread; ``wait`` blocks until one holds some words."""

    def __init__(self, stream) -> None:
        self.lines: list[str] = []
        self._told = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream) -> None:
        for line in stream:
            with self._told:
                self.lines.append(line)
                self._told.notify_all()

    def wait(self, words: str, timeout: float = 60) -> str:
        with self._told:
            found = self._told.wait_for(lambda: [one for one in self.lines if words in one], timeout)
            assert found, "".join(self.lines)
            return found[0]


def oi_target(work: Path, port: int) -> Path:
    """Write the target file that leads an OC (``simulate oc``, ``certify oi``) to the OI of ``certify oc``."""
    host_key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    (work / "hote").write_bytes(host_key.export_private_key("openssh"))
    network = generate(5, 2000, oi="COVG", ocs=("ZZZZ",), today=datetime.now(PARIS).date(), bigramme="CV")
    (work / "donnees.json").write_text(json.dumps({"ZZZZ": role_rows(network, "ZZZZ")}), encoding="utf-8")
    said = {"oi": "COVG", "accounts": [{"oc": "ZZZZ"}], "test_data": str(work / "donnees.json")}
    way = {
        "hote": "127.0.0.1", "port": port, "login": "ZZZZ", "cle": "cle",
        "empreinte_sha256": host_key.get_fingerprint("sha256"),
    }  # fmt: skip
    return write_target(work / "oi.toml", said, way)


def test_an_oc_in_another_process_is_driven_by_http(tmp_path):
    port, hook, http = free_port(), free_port(), free_port()
    actions = ("commander", "raccorder", "mettre_en_service", "annuler", "signaler", "prevenir", "suivre")
    pilot = f'http = "http://127.0.0.1:{hook}/"\nactions = {json.dumps(actions)}'
    services = f'[services]\nport = {http}\n[capacites]\nservices = ["sav-2.1", "opc-3.0"]'
    target = oc_target(tmp_path, pilot, port=port, extra=services)
    oi = oi_target(tmp_path, port)
    sav = load_profile().web_service("sav-2.1").wsdl
    urls = f"""[services.urls]
"sav-2.1" = "http://127.0.0.1:{http}{sav}"
"opc-3.0" = "http://127.0.0.1:{http}/interop-opc-30/wsdl"
"""
    oi.write_text(urls + oi.read_text(encoding="utf-8"), encoding="utf-8")
    chosen = [f"features/oc/{one}.feature" for one in ("mise_en_service", "annulation", "services")]
    arguments = ("certify", "oc", "--target", str(target), "--report", str(tmp_path / "r"), "--", *chosen)
    with running("simulate", "oc", "--target", str(oi), "--http", str(hook)) as oc:
        oc.stdout.readline()
        with running(*arguments) as certifying:
            heard = Heard(certifying.stderr)
            assert certifying.wait(timeout=300) == 0, "".join(heard.lines)
    ended = played(campaign(tmp_path))
    assert ended.pop("Un avis de travaux est pris sur le port que l'OC tient") == "non applicable"
    assert set(ended.values()) == {"conforme"}
    assert len(ended) == 25


def test_a_person_is_told_in_french_and_the_suite_goes_on_by_itself(tmp_path):
    port = free_port()
    target = oc_target(tmp_path, "personne = true", port=port, campaign_keys="reponse_sous_s = 60")
    chosen = "features/oc/mise_en_service.feature::La mise en service suit la mise à disposition"
    arguments = ("certify", "oc", "--target", str(target), "--report", str(tmp_path / "r"), "--", chosen)
    hook = free_port()
    with running("simulate", "oc", "--target", str(oi_target(tmp_path, port)), "--http", str(hook)) as oc:
        oc.stdout.readline()
        with running(*arguments) as certifying:
            heard = Heard(certifying.stderr)
            order = heard.wait("Passez une commande pour l'adresse")
            rows = json.loads((tmp_path / "donnees.json").read_text(encoding="utf-8"))["ZZZZ"]["eligible"]
            asked = next(one for one in rows if f"hexaclé {one['CodeAdresseImmeuble']}" in order)
            act(hook, {"action": "commander", "commandes": [asked]})
            waiting = heard.wait("j'attends")
            assert re.search(r"j'attends .*, jusqu'à \d\d:\d\d:\d\d", waiting)
            done = heard.wait("Le raccordement de la commande")
            reference = re.search(r"commande (\w+) est réalisé", done)[1]
            act(hook, {"action": "raccorder", "reference": reference})
            heard.wait("La box du client de la commande")
            act(hook, {"action": "mettre_en_service", "reference": reference})
            assert certifying.wait(timeout=120) == 0, "".join(heard.lines)


def act(hook: int, request: dict) -> None:
    """Do what the person was told, on the OC's own screens."""
    done = subprocess.run(
        ["curl", "-sS", "--fail", "--retry", "40", "--retry-connrefused", "--retry-delay", "1", "--noproxy", "*",
         "--data-binary", json.dumps(request), f"http://127.0.0.1:{hook}/"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_each_certifies_the_other_joined_by_the_network_alone(tmp_path):
    port = free_port()
    target = oc_target(tmp_path, "libre = true", port=port, campaign_keys="reponse_sous_s = 120")
    target.write_text(target.read_text().replace("silence_s = 0.3", "silence_s = 8"), encoding="utf-8")
    reach_us = oi_target(tmp_path, port)
    with running("certify", "oc", "--target", str(target), "--report", str(tmp_path / "r")) as as_oi:
        heard = Heard(as_oi.stderr)
        heard.wait("adresses du réseau d'essai")
        chosen = [
            "features/acces/nominal.feature::La mise en service achève la commande",
            "features/acces/nominal.feature::Chaque commande d'un même fichier reçoit sa route",
            "features/acces/hotline.feature",
            "features/acces/mode_oi.feature",
            "features/acces/annulation.feature::Une ligne en service est résiliée",
        ]
        command = [sys.executable, "-m", "annexe5", "certify", "oi", "--target", str(reach_us)]
        as_oc = subprocess.run(
            [*command, "--report", str(tmp_path / "r-oi"), "--", *chosen],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert as_oc.returncode == 0, as_oc.stdout + as_oc.stderr
        assert as_oi.wait(timeout=120) == 0, "".join(heard.lines)
    ended = played(campaign(tmp_path))
    assert {verdict for name, verdict in ended.items() if name.startswith(("Chaque flux", "Les flux", "Ce qui"))} == {
        "conforme"
    }
    assert set(ended.values()) == {"conforme", "non applicable"}
    assert verdicts(campaign(tmp_path))["TRA-10"] == "conforme"


# --- what keeps us from the OC is configuration ---------------------------------------------------------------------

BROKEN = {
    "no pilot": ('[pilote]\ncommande = ["true"]', "", "pilote"),
    "two pilots": ('commande = ["true"]', 'commande = ["true"]\npersonne = true', "choisissez"),
    "unknown key": ("[partie]", "[inconnu]\nx = 1\n[partie]", "clé inconnue"),
    "no way in": ('cle_publique = "cle.pub"', "", "mot_de_passe"),
    "no such key": ('cle_publique = "cle.pub"', 'cle_publique = "absente.pub"', "absente.pub"),
    "secret unset": ('cle_publique = "cle.pub"', 'mot_de_passe = "env:ANNEXE5_ABSENT"', "ANNEXE5_ABSENT"),
    "no such command": ('commande = ["true"]', 'commande = ["./absente"]', "absente"),
    "failing command": ('commande = ["true"]', 'commande = ["sh", "-c", "echo panne >&2; exit 7"]', "panne"),
    "slow command": (
        'commande = ["true"]',
        'commande = ["sh", "-c", "exec tail -f /dev/null"]\ndelai_s = 0.2',
        "delai_s",
    ),
    "port taken": ("port = 0", "port = PRIS", "serveur.port"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_keeps_us_from_the_oc_is_configuration_never_conformance(tmp_path, kind):
    old, new, told = BROKEN[kind]
    target = oc_target(tmp_path, 'commande = ["true"]')
    text = target.read_text(encoding="utf-8")
    assert old in text
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        new = new.replace("PRIS", str(taken.getsockname()[1]))
        target.write_text(text.replace(old, new), encoding="utf-8")
        scenario = "features/oc/commande.feature::La commande est dans le dossier de dépose"
        done = certify_oc("--target", str(target), "--", scenario, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
