import base64
import html
import json
import re
from urllib.parse import quote

import pytest
import sample

from annexe5.evidence.policy import load_policy
from annexe5.evidence.redaction import Redactor
from annexe5.findings import Finding, Severity, Text

KEY = b"k" * 32


@pytest.fixture
def redactor():
    return Redactor(KEY, public=("CMD-0001", "acces-ftth@covage.com"))


def _finding(column, value, message=None, **more):
    said = message or f"« {value} » refusé"
    return Finding("R", "ACC-02", Severity.ERROR, Text(said, said), column=column, value=value, **more)


def test_one_value_has_one_pseudonym_however_it_is_written(redactor):
    assert redactor.pseudonym("name", "Éloïse DUREL").upper() == redactor.pseudonym("name", "ELOISE  durel").upper()
    assert redactor.pseudonym("phone", "06 39 98 12 34") == redactor.pseudonym("phone", "+33 6.39.98.12.34")


def test_two_values_have_two_pseudonyms(redactor):
    assert redactor.pseudonym("name", "DUREL") != redactor.pseudonym("name", "DURET")


def test_another_campaign_has_other_pseudonyms():
    assert Redactor().pseudonym("name", "DUREL") != Redactor().pseudonym("name", "DUREL")


def test_a_pseudonym_keeps_the_letter_case_that_a_clause_judges(redactor):
    assert re.fullmatch(r"NOM~[0-9A-F]{8}", redactor.pseudonym("name", "DUREL"))
    assert re.fullmatch(r"nom~[0-9a-f]{8}", redactor.pseudonym("name", "Durel"))


def test_a_cell_keeps_its_blanks_and_its_line_ends(redactor):
    masked = redactor.cell("comment", "  ligne une\nligne deux ")

    assert re.fullmatch(r"  texte~[0-9a-f]{8}\n ", masked)


@pytest.mark.parametrize("value", ["", "   ", "NA", "HOTLINE"])
def test_a_cell_that_says_nothing_of_anyone_stays(redactor, value):
    assert redactor.cell("name", value) == value


def test_masking_twice_changes_nothing(redactor):
    once = redactor.cell("name", "DUREL")

    assert redactor.cell("name", once) == once
    assert redactor.text(f"client {once}") == f"client {once}"


def test_a_sentence_quoting_a_known_value_is_masked(redactor):
    redactor.learn("name", "CHANTEMARE")
    redactor.learn("comment", "SONNER DEUX FOIS CHEZ LA VOISINE")

    said = redactor.text("Mme Chantemare : « sonner deux fois chez la voisine », CHANTEMARES")

    assert "hantemare :" not in said
    assert "voisine" not in said
    assert said.endswith("CHANTEMARES")


def test_a_value_cut_short_by_an_ellipsis_is_masked(redactor):
    redactor.learn("comment", "SONNER DEUX FOIS CHEZ LA VOISINE DU HAUT")

    assert "SONNER" not in redactor.text("reçu : SONNER DEUX FOIS CHEZ LA VOI…")
    assert "SONNER" not in redactor.text("reçu : SONNER DEUX FOIS …")


def test_a_name_that_is_also_a_word_of_the_contract_is_masked_as_written_only(redactor):
    redactor.learn("name", "COMMANDE")

    assert redactor.text("la commande de COMMANDE") == f"la commande de {redactor.pseudonym('name', 'COMMANDE')}"


def test_a_column_name_is_never_masked(redactor):
    redactor.learn("comment", "ReferencePrise")

    assert redactor.text("ReferencePrise absente") == "ReferencePrise absente"


@pytest.mark.parametrize(
    "value",
    ["0639981234", "06 39 98 12 34", "06.39.98.12.34", "+33 6 39 98 12 34", "0033639981234", "+262 262 12 34 56"],
)
def test_what_looks_like_a_telephone_is_masked(redactor, value):
    assert value not in redactor.text(f"appeler {value} demain")
    assert "TEL~" in redactor.text(f"appeler {value} demain")


@pytest.mark.parametrize(
    "value",
    ["20260407 09:30", "COVG_ZZZZ_CMD_ACCES_V12_20260407_0123456789.csv", "VIA0123456789", "97411", "FIMP07",
     "a0639981234f", "sftp://ZZZZ@127.0.0.1:2222", "CMD-0639981234"],
)  # fmt: skip
def test_what_does_not_is_kept(redactor, value):
    assert redactor.text(f"reçu {value} ici") == f"reçu {value} ici"


def test_a_mail_address_is_masked_but_the_contract_s_own_boxes(redactor):
    said = redactor.text("de jean.durel@exemple.invalid à acces-ftth@covage.com")

    assert "durel" not in said
    assert "acces-ftth@covage.com" in said


def test_a_finding_on_a_personal_column_is_masked_wherever_it_quotes_its_value(redactor):
    masked = redactor.finding(
        _finding("NomClient", "X9", "client « X9 » inconnu, X90 connu", expected="X9 en capitales")
    )

    assert "X9" not in masked.value
    assert masked.message.fr == f"client « {masked.value} » inconnu, X90 connu"
    assert masked.expected == f"{masked.value} en capitales"


def test_a_finding_on_another_column_is_kept(redactor):
    assert redactor.finding(_finding("EtatArCommandePrise", "OUI")).value == "OUI"


def test_a_finding_that_names_an_xml_element_is_masked_by_its_last_step(redactor):
    masked = redactor.finding(_finding("/soap:Envelope/soap:Body/x:ticket[2]/x:customerLastName[1]", "Durel"))

    assert "Durel" not in masked.value + masked.message.fr


def test_a_door_of_an_order_is_personal_and_that_of_a_building_is_not():
    policy = load_policy()

    assert policy.column("Etage", "Cmd_Acces") == "door"
    assert policy.column("Etage", "IPE") is None
    assert policy.column("Etage") == "door"


def test_a_column_nobody_described_is_unknown():
    assert load_policy().column("CouleurDesVolets") == "unknown"
    assert load_policy().column("NomDuContact") in ("unknown", "name")
    assert load_policy().column("TelephoneClient2") == "phone"


FORMS = {
    "as it is": lambda secret: secret,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "url": lambda secret: quote(secret, safe=""),
    "html": html.escape,
    "json": lambda secret: json.dumps(secret)[1:-1],
    "hex": lambda secret: secret.encode().hex(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("personal", [True, False])
def test_a_secret_is_taken_out_in_every_writing(form, personal):
    secret = 'pä"ss<wörd>&\\1'
    redactor = Redactor(KEY, secrets=[secret], personal=personal)

    assert FORMS[form](secret) not in redactor.text(f"connexion avec {FORMS[form](secret)} refusée")


def test_a_short_secret_is_taken_out_without_ruining_the_words_around():
    assert Redactor(KEY, secrets=["oc"]).text("mot oc, bloc") == "mot SECRET~~, bloc"


@pytest.mark.parametrize(
    "said",
    ["Authorization: Basic enp6ejpzZWNyZXQ=", "sftp://zzzz:motdepasse@hote/", "password=hunter2",
     "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----"],
)  # fmt: skip
def test_what_is_written_as_a_secret_is_one_even_undeclared(redactor, said):
    assert not re.search("enp6|motdepasse|hunter2|abc", redactor.text(said))


def test_without_masking_personal_data_stay():
    redactor = Redactor(KEY, personal=False)

    assert redactor.cell("name", "DUREL") == "DUREL"
    assert redactor.text("0639981234") == "0639981234"


def test_the_sample_campaign_is_masked_throughout():
    wire = sample.Wire()
    result = sample.campaign(wire)
    redactor = Redactor(KEY, public=(sample.OI, sample.OC))
    for value in sample.CUSTOMER.values():
        redactor.learn("name", value)

    told = repr(redactor.campaign(result))

    assert not [value for value in sample.CUSTOMER.values() if value in told]


def test_an_operator_s_code_is_nobody_s_name(redactor):
    assert Redactor(KEY, public=("ZZZZ",)).cell("name", "ZZZZ") == "ZZZZ"


def test_a_secret_s_cell_tells_nothing_of_it(redactor):
    assert redactor.cell("secret", "hunter2") == redactor.cell("secret", "autre") == "SECRET~~"
    assert redactor.text("mot de passe hunter2") == "mot de passe SECRET~~"
