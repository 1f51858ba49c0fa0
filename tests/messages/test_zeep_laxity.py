"""What zeep, even strict, makes of wrong replies, and what the judge says of the same bytes."""

from __future__ import annotations

import warnings

import pytest

from annexe5.contract.paths import schemas_dir
from annexe5.messages.judge import judge_message

from .conftest import rules, spoil

GET = "getTroubleTicketByKey"
ACCEPTED = {
    "enum outside its list": (r">1</(\w+):troubleTicketType>", r">7</\1:troubleTicketType>", "WS-LISTE"),
    "missing mandatory element": (r"<(\w+):troubleTicketValue>.*</\1:troubleTicketValue>", "", "WS-MANQUE"),
    "too short": (r">123456789<", ">12<", "WS-LONGUEUR"),
    "state outside the list": (r">QUEUED<", ">PRESQUE<", "TICKET-ETAT"),
}


@pytest.fixture(scope="module")
def client():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import zeep

        return zeep.Client(str(schemas_dir() / "soap" / "sav-3.0" / "sav.wsdl"), settings=zeep.Settings(strict=True))


def as_zeep_reads(client, raw: bytes):
    import zeep

    class Response:
        status_code = 200
        headers = {"Content-Type": "text/xml"}
        content = raw
        encoding = "utf-8"

    binding = client.service._binding
    assert isinstance(client, zeep.Client)
    return binding.process_reply(client, binding.get(GET), Response)


@pytest.mark.parametrize("case", ACCEPTED)
def test_zeep_strict_accepts_what_we_refuse(client, sav30, case):
    pattern, by, rule = ACCEPTED[case]
    raw = spoil(sav30.ticket("QUEUED"), pattern, by)
    assert as_zeep_reads(client, raw) is not None
    assert rule in rules(judge_message(raw, "sav-3.0", "reponse", GET))


def test_the_unspoilt_reply_is_good_for_both(client, sav30):
    raw = sav30.ticket("QUEUED")
    assert as_zeep_reads(client, raw).troubleTicketValue.troubleTicketState == "QUEUED"
    assert judge_message(raw, "sav-3.0", "reponse", GET) == []
