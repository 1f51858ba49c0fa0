"""What an exchange tells: its flow, the events of the orders it speaks of, and all that is wrong with it.

A pure function: the same for a live run, a resumed one and an archive.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from annexe5.contract.companions import CompanionName, read_companion, stray_companion
from annexe5.contract.names import judge_name
from annexe5.contract.profile import Flow, FolderName, Mailboxes, Profile
from annexe5.contract.rules import rule
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Finding
from annexe5.messages.documents import is_whole
from annexe5.messages.mail_judge import judge_mail
from annexe5.orders import Event, load_cycle
from annexe5.tables import load_table, read_rows
from annexe5.tables.api import judge_bytes

KEY = "ReferenceCommandePriseInterneOC"
_SAMPLES = 20  # places told of one rule on one column of a PM table, which may hold thousands of rows


@dataclass(frozen=True, slots=True)
class Observation:
    """One exchange read: ``flow`` empty when its name is none of the contract's.

    ``companion`` says what one that goes with a file is (``plan`` …), ``beside`` the name of that file.
    """

    exchange: Exchange
    batch: int
    flow: str
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]
    companion: str = ""
    beside: str = ""

    def speaks_pm(self, profile: Profile) -> bool:
        """Tell whether it belongs to the PM protocol, be it by its name or by its folder."""
        if self.flow in profile.flows:
            return profile.flow(self.flow).protocole == "PM"
        return bool(self.companion) or self.exchange.folder.endswith("/PM")


def observe(
    exchange: Exchange,
    profile: Profile,
    *,
    batch: int,
    oi: str,
    arcep: str,
    oc: str,
    used: Collection[str] = (),
    boxes: Mailboxes | None = None,
) -> Observation:
    """Read one file: name, folder, bytes, table, and the events of the orders it speaks of.

    A message is read too, with the table it carries; ``boxes`` are the OI's mailboxes (the profile's without them).
    """
    if exchange.channel is Channel.MAIL:
        return _letter(exchange, profile, batch, oi, oc, used, boxes)
    goes_with = read_companion(profile, exchange.name)
    if goes_with is not None:
        return _beside(exchange, profile, goes_with, batch=batch, oi=oi, arcep=arcep)
    astray = stray_companion(profile, exchange.name, "OI" if exchange.sender == oi else "OC")
    if astray is not None:
        return Observation(exchange, batch, "", (), (astray,))
    judged = judge_name(profile, exchange.name, oi=oi, oc=oc, used=used)
    findings = [finding.at(exchange.name) for finding in judged.findings]
    if judged.flow is None:
        return Observation(exchange, batch, "", (), tuple(findings))
    flow = profile.flow(judged.flow)
    findings += _misplaced(exchange, profile, flow.dossier, oi, arcep)
    found, events = _rows(exchange, flow, exchange.data, batch)
    return Observation(exchange, batch, flow.nom, events, (*findings, *found))


def _letter(
    exchange: Exchange,
    profile: Profile,
    batch: int,
    oi: str,
    oc: str,
    used: Collection[str],
    boxes: Mailboxes | None,
) -> Observation:
    """Read a message: how it is written, the name of its file, its table. Mailboxes are the OI's: an OC has its own."""
    theirs = Mailboxes(pm="", acces="", echange="") if exchange.sender == oi else boxes
    mail = judge_mail(
        exchange.data,
        profile,
        mailbox="" if exchange.sender == oi else exchange.folder,
        mailboxes=theirs,
        path=exchange.name,
    )
    if mail.file is None:
        return Observation(exchange, batch, "", (), mail.findings)
    named = judge_name(profile, mail.file.name, oi=oi, oc=oc, used=used)
    findings = (*mail.findings, *(one.at(exchange.name) for one in named.findings))
    if named.flow is None or not mail.file.data:
        return Observation(exchange, batch, named.flow or "", (), findings)
    found, events = _rows(exchange, profile.flow(named.flow), mail.file.data, batch)
    return Observation(exchange, batch, named.flow, events, (*findings, *found))


def _rows(exchange: Exchange, flow: Flow, data: bytes, batch: int) -> tuple[tuple[Finding, ...], tuple[Event, ...]]:
    """Read a table: what is wrong with it, and the events of the orders it speaks of."""
    if flow.protocole == "PM":  # an IPE may be long: it is judged as it streams, and told by its first places
        table = judge_bytes(data, load_table(flow.nom), path=exchange.name, engine="auto", max_samples=_SAMPLES)
        return table.findings, ()
    read = read_rows(data, load_table(flow.nom))
    findings = tuple(finding.at(exchange.name) for finding in read.findings)
    cycle = load_cycle()
    events = tuple(
        Event(
            exchange.at,
            row.values.get(KEY, "").strip(),
            cycle.kind(flow.nom, row.values),
            flow.nom,
            exchange.sender,
            row.values,
            exchange.name,
            row.line,
            batch,
        )
        for row in read.rows
        if row.values.get(KEY, "").strip()
    )
    return findings, events


def _beside(
    exchange: Exchange, profile: Profile, named: CompanionName, *, batch: int, oi: str, arcep: str
) -> Observation:
    """Read what goes with a file: its folder, and whether it opens, or its table."""
    companion = named.companion
    findings = _misplaced(exchange, profile, companion.dossier, oi, arcep)
    if companion.table:
        findings += [one.at(exchange.name) for one in read_rows(exchange.data, load_table(companion.table)).findings]
    elif not is_whole(exchange.name, exchange.data):
        kind = exchange.name.rpartition(".")[2].upper()
        findings.append(
            rule("PM-PIECE-ILLISIBLE").finding(
                path=exchange.name, received=exchange.name, expected=kind, piece=companion.fr,
                requirement=companion.requirement,
            )
        )  # fmt: skip
    return Observation(exchange, batch, "", (), tuple(findings), companion.id, named.file)


def _misplaced(exchange: Exchange, profile: Profile, folder: FolderName, oi: str, arcep: str) -> list[Finding]:
    due = profile.folder(folder, oi, arcep)
    if exchange.folder == due:
        return []
    return [
        rule("DOS-FLUX").finding(
            path=exchange.name, received=exchange.folder, expected=due, requirement=_CLAUSES[folder]
        )
    ]


_CLAUSES: Mapping[FolderName, str] = {
    "depose_pm": "TRA-06", "retrait_pm": "TRA-07", "depose_acces": "TRA-08", "retrait_acces": "TRA-09",
}  # fmt: skip
