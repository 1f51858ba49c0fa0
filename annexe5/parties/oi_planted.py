"""How each planted mistake of the OI twin acts (ids, clauses and words: ``schemas/planted.toml``).

Each waits for particular data or for a deep sequence: no scenario of the features plays it, the fuzzer draws it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from annexe5.parties.defects import Defect, Row
from annexe5.tables.conditions import is_datetime

KEY = "ReferenceCommandePriseInterneOC"
_AR, _CMD = "AR_Cmd_Acces", "Cmd_Acces"
_SERVICE, _STOC, _ANNUL = "CR_MES_LigneFTTH", "CR_STOC", "Annul_Acces"
_DATED = re.compile(r"\d{8} \d\d:\d\d")
Maker = Callable[[], Defect]
Test = Callable[[Row], bool]


def _noted(test: Test) -> tuple[Callable[[str, Row], Mapping[str, str]], set[str]]:
    """Note the references of the orders that a test is true of, as they are read."""
    noted: set[str] = set()

    def read(flow: str, row: Row) -> Mapping[str, str]:
        if flow == _CMD and test(row):
            noted.add(row[KEY].strip())
        return {}

    return read, noted


def lost(test: Test) -> Maker:
    """Say nothing of the orders that a test is true of."""

    def make() -> Defect:
        read, noted = _noted(test)
        return Defect(read=read, rows=lambda _, found: [row for row in found if row.get(KEY) not in noted])

    return make


def rejected(test: Test, motive: str) -> Maker:
    """Reject the orders that a test is true of, and stay silent about them afterwards."""

    def make() -> Defect:
        read, noted = _noted(test)

        def rows(flow: str, found: list[Row]) -> list[Row]:
            told = []
            for row in found:
                if row.get(KEY) not in noted:
                    told.append(row)
                elif flow == _AR:
                    told.append(row | {"EtatArCommandePrise": "KO", "MotifKoArCommandePrise": motive})
            return told

        return Defect(read=read, rows=rows)

    return make


def _accepted_blindly(test: Test) -> Maker:
    """Acknowledge OK the orders that a test is true of; the network then has nothing for them."""

    def make() -> Defect:
        read, noted = _noted(test)

        def rows(flow: str, found: list[Row]) -> list[Row]:
            return [
                row | {"EtatArCommandePrise": "OK", "MotifKoArCommandePrise": ""}
                if flow == _AR and row.get(KEY) in noted
                else row
                for row in found
            ]

        return Defect(read=read, rows=rows)

    return make


def _impossible_date(row: Row) -> bool:
    date = row.get("DateCommandePrise", "")
    return _DATED.fullmatch(date) is not None and not is_datetime(date)


def _no_last_line(data: bytes) -> bytes:
    return data if data.endswith(b"\n") else data[: data.rfind(b"\n") + 1]


def _first_lines(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[:4])


def _available(row: Row, service: str) -> tuple[str, Row]:
    said = {
        KEY: row[KEY],
        "ReferencePrestationPrise": service or row.get("ReferencePrestationPrise", ""),
        "EtatMadLigne": "OK",
        "DateMadLigne": "20260105",
    }
    return "CR_MAD_LigneFTTH", said


def _available_too_soon() -> Defect:
    """Make available upon a CR_MES, unless the line is available already."""
    available: set[str] = set()

    def rows(flow: str, found: list[Row]) -> list[Row]:
        available.update(row[KEY] for row in found if flow == "CR_MAD_LigneFTTH" and row.get("EtatMadLigne") == "OK")
        return found

    def react(flow: str, row: Row) -> Iterable[tuple[str, Row]]:
        if flow == _SERVICE and row[KEY].strip() not in available:
            yield _available(row, "")

    return Defect(rows=rows, react=react)


def _available_once_cancelled() -> Defect:
    cancelled: set[str] = set()

    def react(flow: str, row: Row) -> Iterable[tuple[str, Row]]:
        if flow == _ANNUL:
            cancelled.add(row[KEY].strip())
        elif flow == _STOC and row[KEY].strip() in cancelled:
            yield _available(row, "")

    return Defect(react=react)


def _terminated_as_cancelled() -> Defect:
    served: set[str] = set()

    def read(flow: str, row: Row) -> Mapping[str, str]:
        if flow == _SERVICE:
            served.add(row[KEY].strip())
        return {}

    def rows(flow: str, found: list[Row]) -> list[Row]:
        return [
            row | {"TypeOperation": "ANNUL"}
            if flow == "CR_Annulation_Acces" and row.get(KEY) in served and row.get("TypeOperation") == "RESIL"
            else row
            for row in found
        ]

    return Defect(read=read, rows=rows)


def _cancels_another() -> Defect:
    """Answer the cancellation of an unknown reference under that of the last order."""
    known: list[str] = []

    def read(flow: str, row: Row) -> Mapping[str, str]:
        reference = row[KEY].strip()
        if flow == _CMD:
            known.append(reference)
        return {KEY: known[-1]} if flow == _ANNUL and known and reference not in known else {}

    return Defect(read=read)


PLANTED: Mapping[str, Maker] = MappingProxyType(
    {
        "lecture-guillemet": lost(lambda row: any('"' in value for value in row.values())),
        "lecture-apostrophe": lost(lambda row: "'" in row.get("NomClient", "")),
        "lecture-accent": rejected(
            lambda row: any(one in value for value in row.values() for one in "ÀÂÇÉÈÊËÎÏÔŒÙÛÜ"), "FIMP16"
        ),
        "lecture-commentaire-255": rejected(lambda row: len(row.get("CommentaireCmdAcces", "")) > 255, "FIMP16"),  # noqa: PLR2004
        "lecture-separateur": rejected(lambda row: any(";" in value for value in row.values()), "FIMP15"),
        "lecture-trois-lignes": lambda: Defect(octets=_first_lines),
        "lecture-derniere-ligne": lambda: Defect(octets=_no_last_line),
        "lecture-date-impossible": _accepted_blindly(_impossible_date),
        "cycle-mes-precoce": _available_too_soon,
        "cycle-stoc-apres-annulation": _available_once_cancelled,
        "cycle-annulation-en-service": _terminated_as_cancelled,
        "cycle-annulation-inconnue": _cancels_another,
    }
)
