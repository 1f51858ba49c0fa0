from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annexe5.errors import ContractError
from annexe5.messages.binding import Binding, lexical
from annexe5.messages.contract import load_contract
from annexe5.messages.xml import NIL, child

SAV = Binding(load_contract("sav-3.0").schemas)
OPC = Binding(load_contract("opc-3.0").schemas)
CREATE = load_contract("sav-3.0").wsdl.operations["createTroubleTicketByValue"].input
COMMUNES = load_contract("opc-3.0").wsdl.operations["obtentionCommunesOperation"].output
FIELDS = [one.name for one in SAV.plan(CREATE).part("troubleTicketValue").part("FTTHMUTTroubleTicket").parts]
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


def test_elements_are_written_in_the_order_of_the_schema():
    data = {
        "troubleTicketValue": {"troubleTicketState": "QUEUED", "lastUpdateVersionNumber": 2, "troubleTicketKey": "K"}
    }
    value = SAV.write(CREATE, data)[0]
    assert [one.tag.rpartition("}")[2] for one in value] == [
        "lastUpdateVersionNumber", "troubleTicketKey", "troubleTicketState",
    ]  # fmt: skip


def test_none_is_written_as_nil_where_the_schema_admits_it():
    value = SAV.write(CREATE, {"troubleTicketValue": {"troubleTicketKey": None, "troubleTicketState": "QUEUED"}})[0]
    assert child(value, "troubleTicketKey").get(NIL) == "true"


def test_what_stands_for_an_abstract_element_is_written_under_its_own_name():
    data = {"troubleTicketValue": {"troubleTicketKey": None, "troubleTicketState_TroubleTicket": "QUEUED"}}
    value = SAV.write(CREATE, data)[0]
    assert child(value, "troubleTicketState_TroubleTicket").text == "QUEUED"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"troubleTicketValue": {"etat": "QUEUED"}}, "troubleTicketValue : inconnu du schéma : etat"),
        ({"troubleTicketValue": {"@lang": "fr"}}, "inconnu du schéma : @lang"),
    ],
)
def test_a_name_that_the_schema_does_not_know_is_refused(data, told):
    with pytest.raises(ContractError, match=told):
        SAV.write(CREATE, data)


def test_a_value_that_breaks_a_facet_is_written_as_given():
    data = {"troubleTicketValue": {"FTTHMUTTroubleTicket": {"serviceProviderID": "12"}}}
    assert SAV.read(SAV.write(CREATE, data)) == data


def test_a_single_item_of_a_list_is_read_as_a_list():
    data = {"commune": [{"@codeInsee": "77900", "@nom": "X"}]}
    assert OPC.read(OPC.write(COMMUNES, data)) == data


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), TEXT.filter(lambda one: one.strip() == one and one), min_size=1))
def test_what_is_written_is_read_back(fields):
    typed = {"troubleTicketType", "defectClassId", "alreadyOperated", "escalation"}
    fields = {name: value for name, value in fields.items() if name not in typed}
    data = {"troubleTicketValue": {"FTTHMUTTroubleTicket": fields}} if fields else {"troubleTicketValue": {}}
    again = SAV.read(SAV.write(CREATE, data))
    assert again["troubleTicketValue"].get("FTTHMUTTroubleTicket", {}) == fields


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (date(2026, 11, 23), "2026-11-23"),
        (datetime(2026, 11, 23, 9, tzinfo=UTC), "2026-11-23T09:00:00+00:00"),
        (datetime(2026, 11, 23, 9, 0, 0, 5000, tzinfo=timezone(timedelta(hours=1))), "2026-11-23T09:00:00.005+01:00"),
    ],
)
def test_python_values_are_written_as_xml_schema_has_them(value, written):
    assert lexical(value) == written


def test_booleans_and_integers_are_typed_and_a_wrong_one_stays_text():
    data = {"troubleTicketValue": {"FTTHMUTTroubleTicket": {"alreadyOperated": True, "troubleTicketType": "quatre"}}}
    read = SAV.read(SAV.write(CREATE, data))["troubleTicketValue"]["FTTHMUTTroubleTicket"]
    assert read == {"alreadyOperated": True, "troubleTicketType": "quatre"}
