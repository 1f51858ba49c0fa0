"""The data of schemas/soap hold together: every name they cite exists where they say."""

from __future__ import annotations

from itertools import chain

import pytest

from annexe5.contract.paths import schemas_dir
from annexe5.contract.profile import load_profile
from annexe5.contract.requirements import load_requirements
from annexe5.contract.rules import load_rules, raw_rules
from annexe5.errors import ContractError, UsageError
from annexe5.findings import Confidence
from annexe5.messages.binding import Binding, Plan
from annexe5.messages.contract import load_contract, read_contract, service_names
from annexe5.messages.settings import load_common
from annexe5.messages.wsdl import XSD

SERVICES = service_names()


def declared(service: str) -> set[str]:
    contract = load_contract(service)
    names = set(contract.wsdl.operations)
    for _, schema in contract.wsdl.schemas:
        names.add(schema.get("targetNamespace", ""))
        names |= {one.get("name") for one in schema.iter(f"{{{XSD}}}element") if one.get("name")}
        names |= {f"@{one.get('name')}" for one in schema.iter(f"{{{XSD}}}attribute")}
    return names


def has_path(plan: Plan, path: str) -> bool:
    for step in path.split("/"):
        if step.startswith("@"):
            return step[1:] in plan.attributes
        below = plan.part(step.removesuffix("[]"))
        if below is None:
            return False
        if step.endswith("[]") != below.repeats:
            return False
        plan = below
    return True


def test_the_four_services_of_the_profile_have_a_contract():
    assert {one.nom for one in load_profile().service} == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_every_name_with_a_provenance_exists(service):
    contract = load_contract(service)
    assert set(contract.facts) <= declared(service)


@pytest.mark.parametrize("service", SERVICES)
def test_every_fact_has_a_source(service):
    contract = load_contract(service)
    assert all(one.source for one in (*contract.facts.values(), contract.default_worth))


@pytest.mark.parametrize("service", SERVICES)
def test_business_rules_cite_rules_clauses_and_operations_that_exist(service):
    contract = load_contract(service)
    for one in contract.business.regle:
        assert one.rule in load_rules()
        assert not one.requirement or one.requirement in load_requirements()
        assert set(one.operations) <= set(contract.wsdl.operations)


@pytest.mark.parametrize("service", SERVICES)
def test_business_fields_exist_in_the_messages_they_bind(service):
    contract = load_contract(service)
    binding = Binding(contract.schemas)
    for one in contract.business.regle:
        places = []
        for name in one.operations or contract.wsdl.operations:
            for direction in (one.direction,) if one.direction else ("requete", "reponse"):
                plan = binding.plan(contract.wsdl.operations[name].element(direction))
                for field in chain(one.champs, (condition.champ for condition in one.si)):
                    path = contract.mapping.wire_path(name, direction, field) if contract.mapping else field
                    places.append((field, bool(path) and has_path(plan, path)))
        for field in chain(one.champs, (condition.champ for condition in one.si)):
            assert (field, True) in places, (one.rule, field)


@pytest.mark.parametrize("service", [one for one in SERVICES if load_contract(one).mapping])
def test_every_wire_path_of_a_mapping_exists_in_the_schema(service):
    contract = load_contract(service)
    binding = Binding(contract.schemas)
    for method in contract.mapping.methods.values():
        operation = contract.wsdl.operations[method.operation]
        for direction in ("requete", "reponse"):
            plan = binding.plan(operation.element(direction))
            for tie in method.ties(direction):
                assert has_path(plan, "/".join(tie.wire)), (method.name, tie.wire)


@pytest.mark.parametrize("service", SERVICES)
def test_refusals_name_exceptions_that_some_operation_declares(service):
    contract = load_contract(service)
    binding = Binding(contract.schemas)
    typed = {
        part.name
        for operation in contract.wsdl.operations.values()
        for element in operation.faults.values()
        for part in binding.plan(element).parts
    }
    for error in contract.business.erreurs.values():
        assert not error.faute or error.faute in typed
    assert set(contract.settings.fautes.values()) <= typed


def test_the_contract_s_six_operations_of_the_order_help_are_ours():
    assert tuple(load_contract("opc-3.0").wsdl.operations) == load_profile().web_service("opc-3.0").operations


def test_only_what_the_annex_prints_of_the_order_help_is_contract():
    facts = load_contract("opc-3.0").facts
    certain = {name for name, worth in facts.items() if worth.confidence is Confidence.CONTRACT}
    assert certain == {*load_profile().web_service("opc-3.0").operations, "operateurCommercial"}


@pytest.mark.parametrize("file", ["commun.xsd", "coeur.xsd", "interaction.xsd", "entete.xsd", "ticket.xsd"])
def test_both_versions_of_sav_share_what_they_share(file):
    folder = schemas_dir() / "soap"
    assert (folder / "sav-2.1" / file).read_bytes() == (folder / "sav-3.0" / file).read_bytes()


def test_sav_2_1_is_3_0_without_what_3_0_added():
    fields = {}
    for service in ("sav-2.1", "sav-3.0"):
        schema = next(node for name, node in load_contract(service).wsdl.schemas if name == "ftth.xsd")
        fields[service] = [one.get("name") for one in schema.iter(f"{{{XSD}}}element")]
    assert [one for one in fields["sav-3.0"] if one in fields["sav-2.1"]] == fields["sav-2.1"]
    assert len(fields["sav-2.1"]) == 43
    assert len(fields["sav-3.0"]) == 56
    assert "escalation" not in fields["sav-2.1"]


def test_every_closure_code_of_the_schema_has_its_label():
    contract = load_contract("sav-3.0")
    schema = next(node for name, node in contract.wsdl.schemas if name == "ftth.xsd")
    listed = schema.find(f"{{{XSD}}}simpleType[@name='CodeCloture']")
    codes = {one.get("value") for one in listed.iter(f"{{{XSD}}}enumeration")}
    assert codes == set(contract.business.codes)


def test_secrets_are_elements_of_some_message():
    assert load_common().masque.secrets <= set().union(*map(declared, SERVICES))


def test_every_rule_of_the_house_has_both_languages():
    for entry in raw_rules().values():
        if entry["house"] == "soap":
            assert entry["statement"]["fr"] != entry["statement"]["en"]
            assert entry["source"]


def test_an_unknown_service_is_told_with_those_that_exist():
    with pytest.raises(UsageError, match=r"sav-2\.1"):
        load_contract("sav-9.9")


def test_a_name_with_two_provenances_is_refused(altered):
    folder = altered("sav-3.0", "provenance.toml", '"managedEntityKey",', '"managedEntityKey", "key",')
    with pytest.raises(ContractError, match="key a deux provenances"):
        read_contract(folder)


def test_a_wrong_key_is_told_with_its_file(altered):
    folder = altered("opc-3.0", "contrat.toml", "famille =", "famile =")
    with pytest.raises(ContractError, match=r"contrat\.toml : famile : clé inconnue"):
        read_contract(folder)
