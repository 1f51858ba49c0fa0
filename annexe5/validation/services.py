"""XML among the files to judge (annexe5.txt §4, §5): SOAP messages, WSDL, and the schemas that a WSDL brings along.

A schema says nothing alone: it is judged with the WSDL that includes it, where that one is among the files.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePosixPath

from annexe5.contract.rules import rule
from annexe5.findings import Finding, Verdict, verdict_of
from annexe5.messages.settings import load_common
from annexe5.messages.validate import validate_file, validate_message
from annexe5.messages.wsdl import WsdlError, load_wsdl
from annexe5.tables.api import TableReport
from annexe5.validation.report import Report
from annexe5.validation.sources import Found

_WSDL = ".wsdl"
_DOCUMENTS = (".xsd", ".xml", _WSDL)
_HEAD = 4096
_SCHEMA = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?schema[\s>]")


def judge_xml(one: Found, service: str) -> Report:
    """Judge an XML file; ``service`` ("" for what its content suggests) names the contract it belongs to."""
    with one.source.open() as stream:
        raw = stream.read(load_common().limites.reponse_octets + 1)
    head = raw[:_HEAD]
    if one.suffix == _WSDL or (b"definitions" in head and b"Envelope" not in head):
        return _wsdl(one, service)
    if one.suffix == ".xsd" or (_SCHEMA.search(head) and b"Envelope" not in head):
        return _report(one, "", (rule("WSDL-SCHEMA-SEUL").finding(received=one.name),))
    judged = validate_message(raw, service=service)
    return _report(one, judged.flow, judged.findings)


def with_their_wsdl(reports: Sequence[Report], found: Sequence[Found]) -> list[Report]:
    """Settle the schemas that a WSDL among the files includes: what is wrong with them is told of the WSDL."""
    services = {place: made.report.flow for made in reports for place in made.documents if made.report.flow}
    result = list(reports)
    for at, (made, one) in enumerate(zip(reports, found, strict=True)):
        place = _place(one)
        if not made.report.flow and place in services:
            flow = f"{services[place].removesuffix(' wsdl')} xsd"
            result[at] = replace(made, report=replace(made.report, flow=flow, findings=(), verdict=Verdict.CONFORME))
    return result


def _wsdl(one: Found, service: str) -> Report:
    with _on_disk(one) as place:
        judged = validate_file(place, service=service)
        try:
            names = [*load_wsdl(place).documents]
        except WsdlError:  # told by the judgement
            names = []
    made = _report(one, judged.flow, judged.findings)
    return replace(made, documents=frozenset(_beside(one, name) for name in names))


def _report(one: Found, flow: str, found: Sequence[Finding]) -> Report:
    path = one.source.name
    findings = tuple(finding.at(path) for finding in found)
    return Report(TableReport(flow, path, 0, findings, verdict_of(findings)), kind="soap")


# --- places --------------------------------------------------------------------------------------------------


def _place(one: Found) -> str:
    """Tell a file from all others, on disk or in an archive."""
    if one.beside is not None:
        return f"{one.beside[0].filename}!{one.beside[1]}"
    return str(one.local.resolve()) if one.local is not None else ""


def _beside(one: Found, name: str) -> str:
    """Give the place of a document that a WSDL includes by a relative path."""
    if one.beside is not None:
        return f"{one.beside[0].filename}!{PurePosixPath(one.beside[1]).parent / name}"
    return str((one.local.resolve().parent / name).resolve()) if one.local is not None else ""


class _on_disk:  # noqa: N801  # a context manager reads as a function
    """Gives a WSDL a place on disk with the documents around it, which it includes by relative paths."""

    def __init__(self, one: Found) -> None:
        self._one = one
        self._stack = ExitStack()

    def __enter__(self) -> Path:
        if self._one.local is not None:
            return self._one.local
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="annexe5-")))
        if self._one.beside is None:
            place = folder / "service.wsdl"
            with self._one.source.open() as stream:
                place.write_bytes(stream.read())
            return place
        archive, wsdl = self._one.beside
        for member in archive.namelist():
            name = PurePosixPath(member)
            if name.suffix.lower() in _DOCUMENTS and ".." not in name.parts and not name.is_absolute():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(archive.read(member))
        return folder / wsdl

    def __exit__(self, *_reason: object) -> None:
        self._stack.close()
