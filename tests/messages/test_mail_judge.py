"""Messages judged as they cross: each rule on its own examples, names with accents there and back, nothing escapes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annexe5.contract.profile import load_profile
from annexe5.contract.rules import load_rules, raw_rules
from annexe5.findings import Severity
from annexe5.messages.mail import Attachment, Coding, compose, dissect
from annexe5.messages.mail_judge import judge_mail, table_of

RULES = [load_rules()[ident] for ident, one in raw_rules().items() if one["house"] == "mail"]
BOXES = {"pm": "pm@oi.example", "acces": "acces@oi.example", "echange": "echange@oi.example"}
PROFILE = load_profile().model_copy(update={"boites": load_profile().boites.model_copy(update=BOXES)})
NAME = "COVG_ZZZZ_CMD_ACCES_V12_20170407_1.csv"
DATE = datetime(2017, 4, 7, 8, tzinfo=UTC)


def crossed(example: str) -> bytes:
    return example.encode().replace(b"\n", b"\r\n")


def broken(raw: bytes, **options) -> set[str]:
    return {one.rule for one in judge_mail(raw, PROFILE, **options).findings}


def flow(name=NAME, data=b"A;B\r\n1;2\r\n", **options):
    options = {"date": DATE, "message_id": "<1@oc.example>"} | options
    return compose("flux@oc.example", [PROFILE.boites.acces], [Attachment(name, data)], **options)


@pytest.mark.parametrize("made", RULES, ids=lambda one: one.id)
def test_the_good_example_breaks_nothing_and_the_bad_one_this_rule_alone(made):
    assert made.good
    assert made.bad
    for example in made.good:
        assert broken(crossed(example)) == set()
    for example in made.bad:
        assert broken(crossed(example)) == {made.id}


@pytest.mark.parametrize("made", RULES, ids=lambda one: one.id)
def test_only_the_contract_s_own_words_refuse(made):
    if made.effective_severity is Severity.ERROR:
        assert "annexe5.txt" in made.source


def test_what_we_write_ourselves_is_right():
    judged = judge_mail(flow(), PROFILE)
    assert (judged.findings, judged.flow, judged.file.data) == ((), "Cmd_Acces", b"A;B\r\n1;2\r\n")


def test_a_free_message_to_the_exchange_mailbox_is_nobody_s_business():
    text = b"To: echange@oi.example\r\nSubject: Re: anomalie\r\n\r\nBonjour\r\n"
    assert judge_mail(text, PROFILE).findings == ()


def test_the_mailbox_that_received_it_counts_rather_than_the_one_it_names():
    assert broken(flow(), mailbox=PROFILE.boites.pm) >= {"MAIL-BOITE"}


def test_the_parties_own_mailboxes_may_be_others():
    boxes = replace_boxes(acces="flux@oc-un.example")
    message = compose(
        "oi@oi.example", ["flux@oc-un.example"], [Attachment(NAME, b"A;B\r\n")], date=DATE, message_id="<2@x>"
    )
    assert judge_mail(message, PROFILE, mailboxes=boxes).findings == ()


def replace_boxes(**changes):
    return PROFILE.boites.model_copy(update=changes)


def test_findings_name_the_clause_of_the_protocol():
    acces = judge_mail(flow().replace(b"Auto-Submitted", b"X-Other"), PROFILE).findings
    assert [one.requirement for one in acces] == ["MAIL-02"]
    pm = flow("COVAGE_ZMD_COVG_ZZZZ_PM_77011616R_V22_20170407_178912.csv").replace(b"acces@", b"pm@")
    assert [one.requirement for one in judge_mail(pm.replace(b"Auto-Submitted", b"X-Other"), PROFILE).findings] == [
        "MAIL-01"
    ]


def test_a_finding_says_where_it_stands():
    [found] = judge_mail(flow(subject="autre"), PROFILE, path="un.eml").findings
    assert (found.path, found.column, found.value, found.expected) == ("un.eml", "Subject", "autre", NAME)


ACCENTED = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=60).filter(
    lambda text: text.strip() == text and not set(text) & set('"\\/')
)


@settings(deadline=None)  # the machine is shared
@given(ACCENTED, st.binary(max_size=400), st.sampled_from([None, "utf-8", "iso-8859-1"]))
def test_a_name_with_accents_comes_back_and_is_coded_as_the_standard_says(stem, data, charset):
    name = f"A{stem}.csv"
    raw = compose("a@b", ["c@d"], [Attachment(name, data, charset=charset)], date=DATE, message_id="<1@b>")
    mail = dissect(raw)
    [part] = mail.attachments
    assert (mail.subject, part.name, part.data) == (name, name, data)
    assert mail.subject_coding in (Coding.PLAIN, Coding.WORDS)
    assert part.name_coding in (Coding.PLAIN, Coding.PARAMETER)
    assert not {"MAIL-OBJET", "MAIL-NOM-CODAGE", "MAIL-OBJET-CODAGE", "MAIL-TRANSFERT"} & broken(raw)


@settings(deadline=None)
@given(ACCENTED)
def test_a_name_with_accents_is_read_however_it_is_written(stem):
    name = f"é{stem}.csv"
    head = f"Subject: {name}\r\nContent-Type: text/csv\r\n".encode()
    raw = head + f'Content-Disposition: attachment; filename="{name}"\r\n\r\nA;B\r\n'.encode()
    [part] = dissect(raw).attachments
    assert (dissect(raw).subject, part.name, part.name_coding) == (name, name, Coding.RAW)
    assert broken(raw) >= {"MAIL-NOM-CODAGE", "MAIL-OBJET-CODAGE"}


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_anything_at_all_is_judged(raw):
    judge_mail(raw, PROFILE)
    judge_mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + raw, PROFILE)
    head = f'Content-Disposition: attachment; filename="{NAME}"\r\nContent-Type: text/csv; charset='.encode()
    judge_mail(head + raw.replace(b"\n", b"") + b"\r\n\r\n" + raw, PROFILE)
    for coding in (b"base64", b"x-uuencode", b"quoted-printable", raw.replace(b"\n", b"")):
        judge_mail(head + b"utf-8\r\nContent-Transfer-Encoding: " + coding + b"\r\n\r\n" + raw, PROFILE)


def test_the_table_of_a_message_is_its_first_csv():
    assert table_of(flow()).name == NAME
    assert table_of(b"Subject: rien\r\n\r\n") is None


def test_a_damaged_judge_is_seen(monkeypatch):
    """The examples would tell a rule that no longer speaks."""
    silent = replace(load_rules()["MAIL-OBJET"], id="MAIL-MUETTE")
    monkeypatch.setattr("annexe5.messages.mail_judge.rule", lambda ident: silent)
    assert broken(flow(subject="autre")) == {"MAIL-MUETTE"}
