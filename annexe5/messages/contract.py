"""One web service as a contract: its WSDL and schemas, where the caller is named, what each fact is worth.

``schemas/soap/<service>/contrat.toml`` names the parts; ``provenance.toml`` says where each name comes from, so that an
assumed one never refuses; ``metier.toml`` holds what the lenient schema does not say; ``mapping.toml``, where there is
one, ties the words of the house to the names on the wire. An operator's own WSDL takes the place of ours without a
line of code (``for_wsdl``): it is then the contract between the parties.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.errors import ContractError, UsageError
from annexe5.findings import Confidence, Rule
from annexe5.messages.binding import Binding
from annexe5.messages.mapping import Mapping as WireMapping
from annexe5.messages.mapping import read_mapping
from annexe5.messages.schemas import SchemaSet
from annexe5.messages.wsdl import Wsdl, load_wsdl

Direction = Literal["requete", "reponse"]
REQUEST: Direction = "requete"
REPLY: Direction = "reponse"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Neighbour(_Model):
    """A family of namespaces of which ours is one guess: another member is read as ours, and told."""

    motif: str
    confidence: Confidence
    source: str


class Settings(_Model):
    """``contrat.toml``.

    ``oc`` is the wire path (local names, ``@`` for an attribute) of the caller's quadrigramme, from the SOAP header
    when ``oc_dans`` is ``entete``, else from the body element; ``mot_de_passe`` is that of its password, empty where
    there is none. ``version`` is what the messages say of themselves. ``fautes`` names the typed exception that tells a
    malformed argument, a technical failure, a refused quota; empty where the contract has none.
    """

    service: str
    version: str
    titre: str
    famille: Literal["sav", "aide"]
    wsdl: str
    requirement: str
    requirement_entete: str
    oc: str
    oc_dans: Literal["entete", "corps"]
    mot_de_passe: str = ""
    confidence: Confidence
    source: str
    fautes: Mapping[str, str] = {}
    voisin: Neighbour | None = None


class Condition(_Model):
    """When a rule applies: a field's value is (``dans``), or is there and is not (``hors``), one of these.

    ``sauf``: it is none of these, be it there or not; ``present`` asks for a value at all.
    """

    champ: str
    dans: tuple[str, ...] = ()
    hors: tuple[str, ...] = ()
    sauf: tuple[str, ...] = ()
    present: bool = False


class BusinessRule(_Model):
    """One line of ``metier.toml``: what must hold of a message beyond its schema.

    ``controle``: ``obligatoire`` (each of ``champs`` has a value), ``un_de`` (one of them has), ``interdit`` (none
    has), ``liste`` (values among ``valeurs``), ``forme`` (values match ``motif``), ``code_libelle`` (the second of
    ``champs`` begins with the first and ``#``), ``libelle`` (the label is the one ``codes`` gives to the code),
    ``oc`` (the value holds the caller's quadrigramme), ``egal`` (two fields agree), ``echo`` (the reply repeats the
    request's field).
    """

    rule: str
    requirement: str = ""
    operations: tuple[str, ...] = ()
    direction: Direction | None = None
    si: tuple[Condition, ...] = ()
    controle: Literal[
        "obligatoire", "un_de", "interdit", "liste", "forme", "code_libelle", "libelle", "oc", "egal", "echo"
    ]
    champs: tuple[str, ...]
    valeurs: tuple[str, ...] = ()
    motif: str = ""
    confidence: Confidence
    source: str


class Error(_Model):
    """One way a twin refuses: typed fault where the contract has some, code and label, and the clause behind it."""

    faute: str = ""
    code: str
    fr: str
    requirement: str = ""
    confidence: Confidence
    source: str


class Business(_Model):
    """``metier.toml``: rules, refusals, and the lists that go with them."""

    regle: tuple[BusinessRule, ...] = ()
    erreurs: Mapping[str, Error] = {}
    codes: Mapping[str, str] = {}


class _Fact(_Model):
    noms: tuple[str, ...]
    confidence: Confidence
    source: str


class _Worth(_Model):
    confidence: Confidence
    source: str


class _Provenance(_Model):
    defaut: _Worth
    fait: tuple[_Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Worth:
    """What a fact is worth: its confidence and where it was read."""

    confidence: Confidence
    source: str


_TRUST: Final = (Confidence.CONTRACT, Confidence.PUBLIC, Confidence.INFERRED, Confidence.ASSUMED)


def weakened(breached: Rule, worth: Worth | None) -> Rule:
    """Give a rule no more trust than the fact it leans on."""
    if worth is None or _TRUST.index(worth.confidence) <= _TRUST.index(breached.confidence):
        return breached
    return replace(breached, confidence=worth.confidence, source=f"{breached.source} ; {worth.source}")


@dataclass(frozen=True)
class SoapContract:
    """One service, ready to judge, serve and call. Build it with ``load_contract``."""

    name: str
    settings: Settings
    wsdl: Wsdl
    business: Business
    facts: Mapping[str, Worth]
    default_worth: Worth
    mapping: WireMapping | None

    @cached_property
    def schemas(self) -> SchemaSet:
        """The schemas of the WSDL, built at first use (65 ms and more)."""
        return SchemaSet(self.wsdl)

    @cached_property
    def binding(self) -> Binding:
        """Its reader and writer of messages; plans are made once for all who share the contract."""
        return Binding(self.schemas)

    def worth(self, name: str) -> Worth:
        """Give what is known of a name of the contract: element, ``@attribute``, operation or namespace."""
        return self.facts.get(name, self.default_worth)

    @cached_property
    def guessed_namespace(self) -> str:
        """The namespace of ours that is one guess of a family (``voisin``), empty for none."""
        neighbour = self.settings.voisin
        targets = (node.get("targetNamespace", "") for _, node in self.wsdl.schemas)
        return next((one for one in targets if neighbour and re.fullmatch(neighbour.motif, one)), "")

    def is_neighbour(self, uri: str) -> bool:
        """Tell whether a namespace is another member of the guessed family."""
        neighbour = self.settings.voisin
        if neighbour is None or not self.guessed_namespace or uri == self.guessed_namespace:
            return False
        return re.fullmatch(neighbour.motif, uri) is not None

    def for_wsdl(self, wsdl: Wsdl, source: str = "WSDL remis par l'opérateur") -> SoapContract:
        """Give the same service under an operator's WSDL: its names and forms are then contract."""
        worth = Worth(Confidence.CONTRACT, source)
        settings = self.settings.model_copy(update={"voisin": None})
        return replace(self, wsdl=wsdl, settings=settings, facts=MappingProxyType({}), default_worth=worth)


def service_names() -> tuple[str, ...]:
    """List the services that have a contract."""
    return tuple(sorted(path.parent.name for path in (schemas_dir() / "soap").glob("*/contrat.toml")))


@lru_cache(maxsize=16)
def load_contract(service: str) -> SoapContract:
    """Load one of our contracts by name (``sav-2.1``, ``sav-3.0``, ``opc-3.0``, ``structure-2.0``)."""
    folder = schemas_dir() / "soap" / service
    if service not in service_names():
        raise UsageError(f"service inconnu : {service!r}. Connus : {', '.join(service_names())}.")
    return read_contract(folder)


def read_contract(folder: Path) -> SoapContract:
    """Read the contract of any folder laid out like ours: a real annex replaces ours this way."""
    path = folder / "contrat.toml"
    settings = build(Settings, read_toml(path), path)
    provenance_path = folder / "provenance.toml"
    provenance = build(_Provenance, read_toml(provenance_path), provenance_path)
    facts: dict[str, Worth] = {}
    for fact in provenance.fait:
        for name in fact.noms:
            if name in facts:
                raise ContractError(f"{provenance_path} : {name} a deux provenances.")
            facts[name] = Worth(fact.confidence, fact.source)
    mapping_path = folder / "mapping.toml"
    return SoapContract(
        name=settings.service,
        settings=settings,
        wsdl=load_wsdl(folder / settings.wsdl),
        business=_business(folder),
        facts=MappingProxyType(facts),
        default_worth=Worth(provenance.defaut.confidence, provenance.defaut.source),
        mapping=read_mapping(mapping_path) if mapping_path.is_file() else None,
    )


def _business(folder: Path) -> Business:
    """Read ``metier.toml`` over the one it extends (``base``): two versions share what they share.

    A rule of the same id, check and fields takes the place of the one below.
    """
    path = folder / "metier.toml"
    data = read_toml(path)
    base = data.pop("base", "")
    if not base:
        return build(Business, data, path)
    below: dict[str, Any] = read_toml(folder.parent / base)
    own = {_same(rule) for rule in data.get("regle", ())}
    kept = [rule for rule in below.get("regle", ()) if _same(rule) not in own]
    return build(
        Business,
        {
            "regle": [*kept, *data.get("regle", ())],
            "erreurs": {**below.get("erreurs", {}), **data.get("erreurs", {})},
            "codes": {**below.get("codes", {}), **data.get("codes", {})},
        },
        path,
    )


def _same(rule: Mapping[str, Any]) -> tuple[str, ...]:
    return (rule.get("rule", ""), rule.get("controle", ""), *rule.get("operations", ()), *rule.get("champs", ()))
