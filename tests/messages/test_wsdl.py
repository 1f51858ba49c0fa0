from __future__ import annotations

import pytest

from annexe5.contract.paths import schemas_dir
from annexe5.messages.schemas import SchemaSet
from annexe5.messages.wsdl import WsdlError, load_wsdl, read_wsdl

HEAD = (
    '<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" '
    'xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t">'
)
INLINE = (
    HEAD
    + """<w:types>
<x:schema targetNamespace="urn:t" elementFormDefault="qualified" xmlns:u="urn:u"><x:import namespace="urn:u"/>
  <x:element name="q" type="u:Texte"/></x:schema>
<x:schema targetNamespace="urn:t"><x:element name="r" type="x:int"/></x:schema>
<x:schema targetNamespace="urn:u"><x:simpleType name="Texte"><x:restriction base="x:string"><x:maxLength value="3"/>
  </x:restriction></x:simpleType></x:schema>
</w:types>
<w:message name="in"><w:part name="p" element="t:q"/></w:message>
<w:message name="out"><w:part name="p" element="t:r"/></w:message>
<w:portType name="P"><w:operation name="o"><w:input message="t:in"/><w:output message="t:out"/></w:operation></w:portType>
<w:binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
 <w:operation name="o"><s:operation soapAction="act"/><w:input><s:body use="literal"/></w:input>
 <w:output><s:body use="literal"/></w:output></w:operation></w:binding>
<w:service name="S"><w:port name="Q" binding="t:B"><s:address location="http://x/"/></w:port></w:service>
</w:definitions>"""
)


def read(text: str, **others: str):
    documents = {"m.wsdl": text, **others}

    def fetch(name: str) -> bytes:
        if name not in documents:
            raise WsdlError("introuvable", name)
        return documents[name].encode()

    return read_wsdl("m.wsdl", fetch)


def test_operations_of_our_contract_are_read_with_action_header_and_faults():
    wsdl = load_wsdl(schemas_dir() / "soap" / "sav-2.1" / "sav.wsdl")
    create = wsdl.operations["createTroubleTicketByValue"]
    assert wsdl.port == wsdl.port_type == "JVTTroubleTicketSessionWSPort"
    assert create.action == "createTroubleTicketByValue"
    assert create.header("requete").endswith("}TroubleTicketHeaderRequest")
    assert create.header("reponse") == ""
    assert next(iter(create.faults.values())).endswith("}createTroubleTicketByValueException")
    assert (create.style, create.use) == ("document", "literal")


def test_inline_schemas_sharing_a_namespace_and_importing_each_other_are_built():
    schemas = SchemaSet(read(INLINE))
    assert schemas.element("{urn:t}q") is not None
    assert schemas.element("{urn:t}r") is not None
    assert schemas.fast is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<html/>", "WSDL 1.1"),
        (HEAD + "</w:definitions>", "aucun port SOAP 1.1"),
        (INLINE.replace('binding="t:B"', 'binding="t:Z"'), "binding 't:Z' introuvable"),
        (INLINE.replace('type="t:P"', 'type="t:Z"'), "portType 't:Z' introuvable"),
        (INLINE.replace('message="t:in"', 'message="t:Z"'), "message 't:Z' introuvable"),
        (INLINE.replace('<w:part name="p" element="t:q"/>', '<w:part name="p" type="x:string"/>'), "document/literal"),
        (INLINE.replace('<w:operation name="o"><s:', '<w:operation name="z"><s:'), "absente du portType"),
        (INLINE.replace('<x:import namespace="urn:u"/>', '<x:include schemaLocation="no.xsd"/>'), "introuvable"),
        ("<!DOCTYPE a><a/>", "dtd"),
        (INLINE[:-20], "malformé"),
    ],
)
def test_a_wsdl_that_nobody_can_call_says_why(text, reason):
    with pytest.raises(WsdlError, match=reason):
        read(text)


def test_imports_that_go_round_in_circles_end():
    inner = f'<x:schema xmlns:x="{XSD}" targetNamespace="urn:u"><x:import namespace="urn:t" schemaLocation="a.xsd"/>'
    first = inner.replace("urn:u", "urn:v").replace("urn:t", "urn:u").replace("a.xsd", "b.xsd") + "</x:schema>"
    text = INLINE.replace(
        "<w:types>", '<w:types><x:schema><x:import namespace="urn:v" schemaLocation="a.xsd"/></x:schema>'
    )
    wsdl = read(text, **{"a.xsd": first, "b.xsd": inner.replace("urn:t", "urn:v") + "</x:schema>"})
    assert set(wsdl.documents) == {"m.wsdl", "a.xsd", "b.xsd"}


XSD = "http://www.w3.org/2001/XMLSchema"


def test_an_import_outside_the_folder_is_not_opened(tmp_path):
    (tmp_path / "dans").mkdir()
    (tmp_path / "dehors.xsd").write_text("<a/>")
    main = tmp_path / "dans" / "m.wsdl"
    main.write_text(INLINE.replace('<x:import namespace="urn:u"/>', '<x:include schemaLocation="../dehors.xsd"/>'))
    with pytest.raises(WsdlError, match="hors du dossier"):
        load_wsdl(main)


def test_a_remote_import_is_not_fetched_from_a_file(tmp_path):
    main = tmp_path / "m.wsdl"
    main.write_text(INLINE.replace('<x:import namespace="urn:u"/>', '<x:include schemaLocation="http://x/a.xsd"/>'))
    with pytest.raises(WsdlError, match="hors du dossier"):
        load_wsdl(main)


def test_an_incoherent_schema_is_told():
    with pytest.raises(WsdlError, match="incohérent"):
        SchemaSet(read(INLINE.replace('type="u:Texte"', 'type="u:Absent"')))
