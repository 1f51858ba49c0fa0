"""Messages written through the contract, and ways to spoil them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from annexe5.contract.paths import schemas_dir
from annexe5.findings import Finding
from annexe5.messages.binding import Binding
from annexe5.messages.contract import REQUEST, SoapContract, load_contract
from annexe5.messages.envelope import wrap
from annexe5.network import Network, generate

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OCS = ("ZZZZ", "YYYY")
CREATION: dict[str, Any] = {
    "serviceProviderID": "123456789",
    "supplierID": "987654321",
    "troubleTicketType": 1,
    "commercialId": "PPR-1",
    "serviceProviderTroubleTicketKey": "OC-1",
    "defectDescription": "PAS DE SIGNAL",
}


class Pen:
    """Writes messages of one contract."""

    def __init__(self, service: str) -> None:
        self.contract: SoapContract = load_contract(service)
        self.binding = Binding(self.contract.schemas)

    def request(self, operation: str, data: dict[str, Any], *, header: bool = True, oc: str = "ZZZZ") -> bytes:
        called = self.contract.wsdl.operations[operation]
        blocks = ()
        if header and called.header(REQUEST):
            blocks = (self.binding.write(called.header(REQUEST), {"LoginName": oc, "Password": "secret"}),)
        return wrap(self.binding.write(called.input, data), blocks)

    def reply(self, operation: str, data: dict[str, Any]) -> bytes:
        return wrap(self.binding.write(self.contract.wsdl.operations[operation].output, data))

    def creation(self, *, state: str = "QUEUED", header: bool = True, **changes: Any) -> bytes:
        """A ticket creation; ``commercialId=...`` changes a field, None leaves it out, ``Nil`` writes xsi:nil."""
        fields = {name: value for name, value in (CREATION | changes).items() if value is not None}
        value = {"troubleTicketKey": None, "troubleTicketState": state, "FTTHMUTTroubleTicket": fields}
        return self.request("createTroubleTicketByValue", {"troubleTicketValue": value}, header=header)

    def ticket(self, state: str, **fields: Any) -> bytes:
        """A reply to getTroubleTicketByKey."""
        restored = fields.pop("serviceRestoredTime", None)
        value: dict[str, Any] = {
            "troubleTicketKey": "SAV1",
            "troubleTicketState": state,
            "FTTHMUTTroubleTicket": CREATION | fields,
        }
        if restored:
            value["serviceRestoredTime"] = restored
        response = {"troubleTicketKey": "SAV1", "returnCode": "0"}
        return self.reply("getTroubleTicketByKey", {"troubleTicketResponse": response, "troubleTicketValue": value})


@pytest.fixture(scope="session")
def sav21() -> Pen:
    return Pen("sav-2.1")


@pytest.fixture(scope="session")
def sav30() -> Pen:
    return Pen("sav-3.0")


@pytest.fixture(scope="session")
def opc() -> Pen:
    return Pen("opc-3.0")


@pytest.fixture(scope="session")
def network() -> Network:
    return generate(5, 2000, oi="COVG", ocs=OCS, today=NOW.date(), bigramme="CV")


@pytest.fixture
def altered(tmp_path: Path) -> Callable[..., Path]:
    """Copy a contract's folder with some text replaced: ``altered("sav-3.0", "ftth.xsd", old, new)``."""

    def alter(service: str, *edits: str) -> Path:
        folder = tmp_path / service
        shutil.copytree(schemas_dir() / "soap" / service, folder, dirs_exist_ok=True)
        for file, old, new in zip(edits[::3], edits[1::3], edits[2::3], strict=True):
            text = (folder / file).read_text(encoding="utf-8")
            assert old in text
            (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return alter


def rules(findings: list[Finding]) -> list[str]:
    return [one.rule for one in findings]


def spoil(raw: bytes, pattern: str, by: str) -> bytes:
    """Replace by regular expression, and make sure that something was."""
    spoilt, count = re.subn(pattern.encode(), by.encode(), raw, flags=re.DOTALL)
    assert count
    return spoilt
