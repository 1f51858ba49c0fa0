"""Requests of every operation: sound ones are of the contract, spoilt ones are not."""

from __future__ import annotations

import shutil

import pytest

from annexe5.campaign.service_requests import NOWHERE, off_contract, sound
from annexe5.campaign.verdicts import NonApplicable
from annexe5.contract.paths import schemas_dir
from annexe5.messages.calls import Caller
from annexe5.messages.contract import REQUEST, load_contract, service_names
from annexe5.messages.judge import judge_message
from annexe5.messages.wsdl import load_wsdl
from tests.messages.conftest import NOW

EVERY = [(name, operation) for name in service_names() for operation in load_contract(name).wsdl.operations]


def caller(service: str, contract=None) -> Caller:
    def post(*_: object):
        raise AssertionError("rien ne part d'ici")

    return Caller(contract or load_contract(service), "", post, oc="ZZZZ", password="secret", clock=lambda: NOW)


@pytest.mark.parametrize(("service", "operation"), EVERY)
def test_a_sound_request_is_of_the_contract(service, operation):
    raw = sound(caller(service), operation)
    assert judge_message(raw, service, REQUEST, operation, oc="ZZZZ") == []


@pytest.mark.parametrize(("service", "operation"), EVERY)
def test_a_foreign_element_is_off_the_contract(service, operation):
    raw = off_contract(caller(service), operation, "avec un élément étranger")
    assert "WS-INATTENDU" in {one.rule for one in judge_message(raw, service, REQUEST, operation, oc="ZZZZ")}


def test_an_operation_that_the_wsdl_does_not_bind_is_not_applicable():
    with pytest.raises(NonApplicable, match="ne lie pas"):
        sound(caller("sav-3.0"), "cancelTroubleTicketByKey")


def test_what_an_operator_s_wsdl_lets_pass_is_not_held_against_it(tmp_path):
    shutil.copytree(schemas_dir() / "soap" / "sav-3.0", tmp_path, dirs_exist_ok=True)
    line, edit = '<xsd:element name="eventType" type="xsd:string"/>', tmp_path / "commun.xsd"
    text = edit.read_text(encoding="utf-8")
    edit.write_text(text.replace(line, line.replace("/>", ' minOccurs="0"/>')), encoding="utf-8")
    contract = load_contract("sav-3.0").for_wsdl(load_wsdl(tmp_path / "sav.wsdl"))
    with pytest.raises(NonApplicable, match="admet"):
        off_contract(caller("sav-3.0", contract), "getEventDescriptor", "incomplète")


@pytest.mark.parametrize("referential", NOWHERE)
def test_each_referential_can_be_asked_of_nothing(referential):
    operation, raw = caller("opc-3.0").build_method("structure", {"adresse": NOWHERE[referential]})
    assert judge_message(raw, "opc-3.0", REQUEST, operation, oc="ZZZZ") == []
