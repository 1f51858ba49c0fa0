"""What an exchange tells: its flow, the events of the orders it speaks of, and all that is wrong with it.

A pure function: the same for a live run, a resumed one and an archive.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from annexe5.contract.names import judge_name
from annexe5.contract.profile import Flow, Mailboxes, Profile
from annexe5.contract.rules import rule
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Finding
from annexe5.messages.mail_judge import judge_mail
from annexe5.orders import Event, load_cycle
from annexe5.tables import load_table, read_rows

KEY = "ReferenceCommandePriseInterneOC"


@dataclass(frozen=True, slots=True)
class Observation:
    """One exchange read: ``flow`` empty when its name is none of the contract's."""

    exchange: Exchange
    batch: int
    flow: str
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]


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
    judged = judge_name(profile, exchange.name, oi=oi, oc=oc, used=used)
    findings = [finding.at(exchange.name) for finding in judged.findings]
    if judged.flow is None:
        return Observation(exchange, batch, "", (), tuple(findings))
    flow = profile.flow(judged.flow)
    due = profile.folder(flow.dossier, oi, arcep)
    if exchange.folder != due:
        clause = {"depose_pm": "TRA-06", "retrait_pm": "TRA-07", "depose_acces": "TRA-08", "retrait_acces": "TRA-09"}
        findings.append(
            rule("DOS-FLUX").finding(
                path=exchange.name, received=exchange.folder, expected=due, requirement=clause[flow.dossier]
            )
        )
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
    read = read_rows(data, load_table(flow.nom))
    findings = tuple(finding.at(exchange.name) for finding in read.findings)
    events: tuple[Event, ...] = ()
    if flow.protocole == "ACCES":
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
