from __future__ import annotations

from annexe5.messages.masking import mask, pseudonym


def test_secrets_vanish_and_personal_data_becomes_a_stable_pseudonym(sav30):
    raw = sav30.creation(
        customerLastName="VARENCOURT", contactPhoneNumber1="0199000001", messageContent="APPELER VARENCOURT"
    )
    shown = mask(raw)
    for hidden in (b"secret", b"VARENCOURT", b"0199000001"):
        assert hidden not in shown
    assert pseudonym("VARENCOURT").encode() in shown
    assert b"PPR-1" in shown
    assert b"PAS DE SIGNAL" in shown


def test_attributes_are_masked_too(opc):
    raw = b'<a xmlns="u"><ligneFtth porte="12"/></a>'
    assert b'"12"' not in mask(raw)


def test_what_cannot_be_read_is_not_shown():
    shown = mask(b"<a>secret")
    assert b"secret" not in shown
    assert b"sha256" in shown


def test_nested_personal_data_is_masked():
    assert b"DUPONT" not in mask(b"<a><individualPartyName><x>DUPONT</x></individualPartyName></a>")
