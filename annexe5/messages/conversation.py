"""What a web service conversation takes and gives, without I/O: calls, replies, refusals.

A twin answers ``Call`` with ``Reply``; how a refusal travels (typed fault in SAV, return code in the order help) is the
contract's business, not the twin's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from annexe5.errors import ContractError
from annexe5.findings import Finding
from annexe5.messages.contract import Error, SoapContract

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request understood.

    ``operation`` is the name on the wire, ``method`` the word of the house (empty where the contract has no mapping);
    ``data`` house concepts where there is a mapping, else local names; ``oc`` what the caller says it is;
    ``findings`` the breaches of the business layer, for the twin to weigh.
    """

    service: str
    operation: str
    method: str
    oc: str
    data: Data
    at: datetime
    password: str = field(default="", repr=False)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer: ``data`` in the terms of the call, or a refusal by its key in ``metier.toml`` (``erreurs``)."""

    data: Data = field(default_factory=dict)
    refusal: str = ""
    detail: str = ""


class Conversation(Protocol):
    """Whoever answers the calls of one service."""

    def answer(self, call: Call) -> Reply:
        """Answer one call, at its time."""


def error(contract: SoapContract, key: str) -> Error:
    """Give a refusal of the contract by key."""
    try:
        return contract.business.erreurs[key]
    except KeyError:
        raise ContractError(f"schemas/soap/{contract.name}/metier.toml : erreurs.{key} absent.") from None


def refusal_text(contract: SoapContract, key: str, detail: str = "") -> str:
    """Write a refusal as its peer reads it: ``CODE#label``."""
    refused = error(contract, key)
    return f"{refused.code}#{refused.fr.format(detail=detail)}"
