"""The target file of an OC: what it declares, and how each mistake is told."""

import pytest

from annexe5.campaign.oc_target import load_oc_target
from annexe5.errors import TargetError
from annexe5.parties.oc import ACTIONS

WHOLE = """
[partie]
nom = "OC"
[codes]
oi = "COVG"
arcep = "CV"
oc = "ZZZZ"
[serveur]
port = 2222
cle_publique = "oc.pub"
mot_de_passe = "file:secret"
[pilote]
personne = true
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str):
        path = tmp_path / "oc.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_paths_are_those_of_the_file_s_folder(write, tmp_path):
    target = load_oc_target(write(WHOLE))
    assert target.serveur.cle_publique == tmp_path / "oc.pub"
    assert target.serveur.mot_de_passe == f"file:{tmp_path / 'secret'}"


def test_a_driven_oc_can_do_everything_unless_it_says_otherwise(write):
    assert load_oc_target(write(WHOLE)).pilote.able == frozenset(ACTIONS)
    said = WHOLE + 'actions = ["commander", "relever"]\n'
    assert load_oc_target(write(said)).pilote.able == {"commander", "relever"}


def test_a_free_oc_is_asked_nothing(write):
    assert load_oc_target(write(WHOLE.replace("personne", "libre"))).pilote.able == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("personne = true", "", "choisissez"),
        ("[pilote]\npersonne = true", "", "pilote"),
        ("personne = true", 'personne = true\nhttp = "http://x/"', "choisissez"),
        ("personne = true", 'http = "ftp://x/"', "http"),
        ("personne = true", 'personne = true\nactions = ["danser"]', "actions"),
        ('cle_publique = "oc.pub"\nmot_de_passe = "file:secret"', "", "mot_de_passe"),
        ("port = 2222", "port = 99999", "port"),
        ("port = 2222", "porte = 2222", "clé inconnue"),
        ('oc = "ZZZZ"', 'oc = "zz"', "codes.oc"),
    ],
)
def test_each_mistake_is_told_with_its_key(write, old, new, told):
    assert old in WHOLE
    with pytest.raises(TargetError, match=told):
        load_oc_target(write(WHOLE.replace(old, new)))
