"""The files of an archive as they come: name, folder, message, documents that go with a file; kept by flow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from annexe5.audit.archive import QUADRIGRAMME, Entry
from annexe5.audit.ledger import Ledger
from annexe5.audit.letters import is_letter, unsealed
from annexe5.audit.moments import UNKNOWN, Clockwork, Moment, Source
from annexe5.contract.companions import CompanionName, read_companion, stray_companion
from annexe5.contract.names import NameJudgement, judge_name, parse_name
from annexe5.contract.profile import FolderName, Profile
from annexe5.contract.rules import rule
from annexe5.findings import Finding
from annexe5.messages.documents import is_whole
from annexe5.tables.api import facts_in, read_rows
from annexe5.tables.schema import load_table
from annexe5.validation.masking import masked

_CLAUSES: Mapping[FolderName, str] = {
    "depose_pm": "TRA-06", "retrait_pm": "TRA-07", "depose_acces": "TRA-08", "retrait_acces": "TRA-09",
}  # fmt: skip
_ARCEP = re.compile(r"[A-Z0-9]{2}")


@dataclass(slots=True)
class File:
    """One file of a flow: what its name says, when it crossed."""

    entry: Entry
    flow: str
    oc: str
    seq: int
    facts: Mapping[str, str]
    moment: Moment

    @property
    def path(self) -> str:
        """Where it stands in the archive."""
        return self.entry.path


@dataclass(frozen=True, slots=True)
class Limits:
    """Which files are looked at: one OC's or all, up to a day (number) or the end; what is told begins on ``since``."""

    oc: str = ""
    since: int = -(1 << 30)
    until: int = 1 << 30
    personal: bool = False


@dataclass(slots=True)
class Shelf:
    """The files of an archive by flow, those left out counted by reason."""

    profile: Profile
    clock: Clockwork
    ledger: Ledger
    limits: Limits
    files: list[File] = field(default_factory=list)
    rows: int = 0
    documents: int = 0
    copies: int = 0
    others: int = 0
    out_of_period: int = 0
    _names: dict[tuple[str, str], Entry] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Judge a file's name and place, and keep the file for its flow; a message gives way to what it carries."""
        if not is_letter(entry):
            self._take(entry, ())
            return
        findings, inside = unsealed(entry, self.profile)
        if inside is not None:
            self._take(inside, findings)
        else:
            self.others += 1
            self._tell(findings, self.clock.of(entry, ""))

    def _take(self, entry: Entry, sealed: Sequence[Finding]) -> None:
        companion = read_companion(self.profile, entry.name)
        if companion is not None:
            self._beside(entry, companion)
            return
        named = judge_name(self.profile, entry.name, oc=entry.account or None)
        if named.flow is None:
            self._no_flow(entry, named)
            return
        oc = named.fields.get("oc", "")
        moment = self._moment(entry, oc, named.fields.get("date", ""))
        if moment is None:
            return
        if self._is_a_copy(entry):
            self.copies += 1
            return
        flow = self.profile.flow(named.flow)
        misplaced = self._misplaced(entry, flow.dossier, named.fields.get("oi", ""), flow.sender, moment)
        used = self._used(entry, flow.requirement)
        self._tell((*sealed, *(one.at(entry.path) for one in (*named.findings, *misplaced, *used))), moment)
        seq = named.fields.get("seq", "")
        number = int(seq) % (1 << 32) if seq.isdigit() else 0
        self.files.append(File(entry, flow.nom, oc or entry.account, number, facts_in(named.fields), moment))

    # --- which files -----------------------------------------------------------------------------------------

    def _moment(self, entry: Entry, oc: str, issued: str) -> Moment | None:
        """Give when a file crossed; None when it is none of those asked for."""
        if self.limits.oc and self.limits.oc not in (oc, entry.account):
            return None
        moment = self.clock.of(entry, issued)
        if moment.source is not Source.NONE and moment.day > self.limits.until:
            self.out_of_period += 1
            return None
        return moment

    def _no_flow(self, entry: Entry, named: NameJudgement) -> None:
        """Tell a file of no flow that was meant for one, by where it stands or what it is; count any other."""
        if not entry.folder and not entry.name.lower().endswith(".csv"):
            self.others += 1
            return
        if self.limits.oc in ("", entry.account):
            astray = stray_companion(self.profile, entry.name, "OC" if entry.folder.startswith("IN") else "OI")
            # Whatever else is wrong with its name, it is no flow.
            findings = named.findings[:1] if astray is None else (astray,)
            self._tell([one.at(entry.path) for one in findings], UNKNOWN)

    def _is_a_copy(self, entry: Entry) -> bool:
        """Tell the very same file found again."""
        known = self._names.get((entry.account, entry.name))
        return known is not None and sha256(known.read()).digest() == sha256(entry.read()).digest()

    def _used(self, entry: Entry, clause: str) -> Iterator[Finding]:
        """Tell a name that serves twice in an account."""
        if self._names.setdefault((entry.account, entry.name), entry) is not entry:
            expected = "un nom encore inemployé"
            yield rule("NOM-DEJA-UTILISE").finding(received=entry.name, expected=expected, requirement=clause)

    def _tell(self, findings: Sequence[Finding], moment: Moment) -> None:
        if moment.source is Source.NONE or moment.day >= self.limits.since:
            for finding in findings:
                self.ledger.add(finding if self.limits.personal else masked(finding, ""))

    # --- what goes with a file -------------------------------------------------------------------------------

    def _beside(self, entry: Entry, named: CompanionName) -> None:
        """Judge a plan, a photograph, an acknowledgement: its folder, its table or whether it opens."""
        file, companion = parse_name(self.profile, named.file), named.companion
        fields = file.fields if file else {}
        moment = self._moment(entry, fields.get("oc", ""), fields.get("date", ""))
        if moment is None:
            return
        self.documents += 1
        found = [*self._misplaced(entry, companion.dossier, fields.get("oi", ""), companion.par, moment)]
        data = entry.read()
        if companion.table:
            found += read_rows(data, load_table(companion.table)).findings
        elif not is_whole(entry.name, data):
            kind = entry.name.rpartition(".")[2].upper()
            found.append(
                rule("PM-PIECE-ILLISIBLE").finding(
                    received=entry.name, expected=kind, piece=companion.fr, requirement=companion.requirement
                )
            )
        self._tell([one.at(entry.path) for one in found], moment)

    # --- places ----------------------------------------------------------------------------------------------

    def _misplaced(
        self, entry: Entry, folder: FolderName, oi: str, sender: Literal["OI", "OC"], moment: Moment
    ) -> Iterator[Finding]:
        due, clause = self._due_folder(entry, folder, oi), _CLAUSES[folder]
        if entry.folder and not _stands_in(entry.folder, due):
            yield rule("DOS-FLUX").finding(received=entry.folder, expected=due, requirement=clause)
        elif not entry.folder and moment.sender and moment.sender != sender:
            received = f"sens {'OC→OI' if moment.sender == 'OC' else 'OI→OC'} (log)"
            yield rule("DOS-FLUX").finding(received=received, expected=due, requirement=clause)

    def _due_folder(self, entry: Entry, folder: FolderName, oi: str) -> str:
        """Give the folder of a flow; the ARCEP code is the one found, since no name carries it.

        So is the OI's where that of the name is none: the name is told already.
        """
        template = self.profile.folder(folder, "{oi}", "{arcep}").split("/")
        parts = zip(template, entry.folder.split("/"), strict=False)
        found = {place: part for place, part in parts if place.startswith("{")}
        arcep = found.get("{arcep}", "")
        return self.profile.folder(
            folder,
            oi if QUADRIGRAMME.fullmatch(oi) else found.get("{oi}", ""),
            arcep if _ARCEP.fullmatch(arcep) else "",
        )


def _stands_in(folder: str, due: str) -> bool:
    """Tell whether a folder is the one due, one above it (a flat copy), or one below it that is no other flow's."""
    found, wanted = folder.split("/"), due.split("/")
    if len(found) <= len(wanted):
        return found == wanted[: len(found)]
    return found[: len(wanted)] == wanted and found[len(wanted)] != "PM"
