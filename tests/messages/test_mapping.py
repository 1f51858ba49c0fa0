from __future__ import annotations

import pytest

from annexe5.errors import ContractError
from annexe5.messages.contract import load_contract
from annexe5.messages.mapping import from_wire, read_mapping, to_wire

TOML = """
[valeurs.oui_non]
true = "O"
false = "N"
[commun.requete]
"tete.qui" = "h/@q"
[methode.m]
operation = "op"
[methode.m.requete]
"a" = "x/y"
[methode.m.reponse]
"liste[].nom" = "l/e[]/@n"
"liste[].sous[].ok" = "l/e[]/s[]/ok : oui_non"
"mots[]" = "w[]"
"""


def mapping(tmp_path, text=TOML):
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    return read_mapping(path)


def test_house_words_become_wire_names_and_back(tmp_path):
    ties = mapping(tmp_path).method("m").reply
    house = {"liste": [{"nom": "A", "sous": [{"ok": True}, {"ok": False}]}, {"nom": "B"}], "mots": ["u", "v"]}
    wire = {"l": {"e": [{"@n": "A", "s": [{"ok": "O"}, {"ok": "N"}]}, {"@n": "B"}]}, "w": ["u", "v"]}
    assert to_wire(ties, house) == wire
    assert from_wire(ties, wire) == house


def test_what_every_message_carries_is_written_once(tmp_path):
    assert to_wire(mapping(tmp_path).method("m").request, {"tete": {"qui": "ZZZZ"}, "a": "1"}) == {
        "h": {"@q": "ZZZZ"},
        "x": {"y": "1"},
    }


def test_an_empty_list_comes_back_as_a_list(tmp_path):
    assert from_wire(mapping(tmp_path).method("m").reply, {}) == {"liste": [], "mots": []}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"l/e[]/@n"', '"l/e/@n"', r"autant de \[\]"),
        (": oui_non", ": non_oui", "table de valeurs inconnue : non_oui"),
        ("operation", "opération", "opération"),
    ],
)
def test_a_wrong_line_is_told(tmp_path, old, new, told):
    with pytest.raises(ContractError, match=told):
        mapping(tmp_path, TOML.replace(old, new).replace("opération =", '"opération" ='))


def test_two_versions_carry_the_same_words():
    three, two = (load_contract(name).mapping.method("structure") for name in ("opc-3.0", "structure-2.0"))
    assert {one.concept for one in two.request} == {one.concept for one in three.request}
    assert {one.concept for one in two.reply} <= {one.concept for one in three.reply}
