"""``annexe5 validate`` on messages: a .eml by itself, in a folder, in an archive; its table judged as any file."""

import json
import zipfile
from datetime import UTC, datetime

import pytest

from annexe5.contract.profile import load_profile
from annexe5.messages.mail import Attachment, compose
from tests.validation.conftest import content, name_of

DATE = datetime(2017, 4, 7, 8, tzinfo=UTC)


def message(name=None, data=None, **options):
    file = Attachment(name or name_of("Cmd_Acces"), content("Cmd_Acces") if data is None else data, charset="utf-8")
    box = [load_profile().boites.acces]
    return compose("flux@oc.example", box, [file], date=DATE, message_id="<1@oc.example>", **options)


def judged(annexe5, *paths):
    ran = annexe5("validate", *paths, "--format", "json")
    return ran.code, {one["path"]: one for one in json.loads(ran.out)["files"]}


def rules(one):
    return {found["rule"] for found in one["findings"]}


def test_a_right_message_and_its_table_pass(annexe5, tmp_path):
    path = tmp_path / "un.eml"
    path.write_bytes(message())
    code, files = judged(annexe5, path)
    assert code == 0
    assert {place: (one["flow"], one["rows"], one["verdict"]) for place, one in files.items()} == {
        str(path): ("Cmd_Acces", 0, "conforme"),
        f"{path}!{name_of('Cmd_Acces')}": ("Cmd_Acces", 1, "conforme"),
    }


def test_the_message_and_the_table_are_each_refused_for_their_own(annexe5, tmp_path):
    (tmp_path / "un.eml").write_bytes(message(data=content("Cmd_Acces", {"TypeRacco": "XX"}), subject="autre"))
    code, files = judged(annexe5, tmp_path)
    mail, table = files.values()
    assert code == 1
    assert rules(mail) == {"MAIL-OBJET"}
    assert rules(table) >= {"CEL-VALEUR"} or table["findings"]
    assert "MAIL-OBJET" not in rules(table)


def test_messages_in_an_archive_are_judged_too(annexe5, tmp_path):
    path = tmp_path / "mois.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("boite/un.eml", message())
        archive.writestr("boite/deux.eml", message(text="Bonjour Madame Martin"))
    _, files = judged(annexe5, path)
    assert {place.rpartition("!")[2]: one["verdict"] for place, one in files.items() if place.endswith("eml")} == {
        "boite/deux.eml": "réserve",
        "boite/un.eml": "conforme",
    }


def test_two_messages_with_one_order_are_compared_as_two_files(annexe5, tmp_path):
    (tmp_path / "un.eml").write_bytes(message())
    (tmp_path / "deux.eml").write_bytes(message(name_of("Cmd_Acces", 2)))
    _, files = judged(annexe5, tmp_path)
    assert any("CROISE-CMD-DOUBLE" in rules(one) for one in files.values())


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_nobody_is_named_by_what_is_told(annexe5, tmp_path, lang):
    path = tmp_path / "un.eml"
    path.write_bytes(message(text="Bonjour Madame Martin", subject="Commande de Madame Martin"))
    ran = annexe5("validate", path, "--lang", lang)
    assert ran.code == 1
    assert "MAIL-CORPS" in ran.out
    assert "Martin" not in ran.out
