"""The command as a user runs it, in this process: arguments in, exit code and both outputs back."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from annexe5 import cli
from annexe5.contract.names import build_name
from annexe5.contract.profile import load_profile
from annexe5.tables import load_table, write_rows


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture
def annexe5(monkeypatch, capfdbinary) -> Command:
    def command(*arguments: object, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["annexe5", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        out, err = capfdbinary.readouterr()
        return Ran(code if isinstance(code, int) else 0, out.decode(), err.decode())

    return command


def name_of(flow: str, seq: int = 1, *, oi: str = "COVG", oc: str = "ZZZZ", date: str = "20170407") -> str:
    return build_name(load_profile(), flow, oi=oi, oc=oc, date=date, seq=seq, pm="77011616R", insee="77023")


def content(flow: str, *patches: dict[str, str]) -> bytes:
    table = load_table(flow)
    return write_rows(table, [{**table.example, **patch} for patch in patches or ({},)])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / name_of("Cmd_Acces")
    path.write_bytes(content("Cmd_Acces"))
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / name_of("Cmd_Acces", 2)
    path.write_bytes(content("Cmd_Acces", {"ReferenceCommandePriseInterneOC": "CMD-9", "PriseExistante": "X"}))
    return path
