"""Masking: personal data by stable pseudonyms, secrets by nothing at all (what is personal: ``policy.py``).

A cell of a personal column is masked in its file, whatever it holds; its value is then *known*, and masked in every
sentence that quotes it (messages, steps, logs). What nobody described is masked too. One value has one pseudonym
within one key; a campaign draws its own key, so two campaigns cannot be matched.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from secrets import token_bytes
from urllib.parse import quote
from xml.sax.saxutils import escape

from annexe5.campaign.results import (
    CampaignResult,
    FileResult,
    OrderEvent,
    OrderResult,
    RequirementResult,
    ScenarioResult,
    StepResult,
)
from annexe5.evidence.policy import WORD, Kind, Policy, fold, load_policy, words
from annexe5.findings import Finding, Text

_DIGITS = 8
_SHORT_SECRET = 4
_INDEX = re.compile(r"\[[^\]]*\]")


class Redactor:
    """Masks one campaign.

    ``key`` makes the pseudonyms (drawn when not given), ``secrets`` are values that must appear nowhere, ``public``
    values that are never personal in a sentence (references, operator codes, published mailboxes). With
    ``personal=False`` only secrets are masked.
    """

    def __init__(
        self,
        key: bytes | None = None,
        *,
        secrets: Collection[str] = (),
        public: Iterable[str] = (),
        personal: bool = True,
        policy: Policy | None = None,
    ) -> None:
        self.policy = policy or load_policy()
        self.personal = personal
        self._key = key or token_bytes(32)
        self._secret = self.policy.labels["secret"] + "~~"
        self._secrets = _secret_pattern(secrets)
        self._public = frozenset(words(value) for value in public)
        self._kinds: dict[str, Kind] = {}
        self._starts: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._exact: dict[str, set[str]] = {}
        self.unknown_columns: set[str] = set()

    # --- values ----------------------------------------------------------------------------------------------

    def pseudonym(self, kind: Kind, value: str) -> str:
        """Give ``NOM~7F3A2C1D``: same value, same pseudonym, in lower case if the value held any; a secret has none."""
        normal = _normal(kind, value)
        kind = self._kinds.setdefault(normal, kind)
        if kind == "secret":
            return self._secret
        digest = hmac.new(self._key, normal.encode(), hashlib.sha256).hexdigest()[:_DIGITS]
        name = f"{self.policy.labels[kind]}~{digest}"
        return name.upper() if value == value.upper() else name.lower()

    def cell(self, kind: Kind, value: str) -> str:
        """Mask one cell: its blanks at both ends and its line ends stay, an empty cell stays empty."""
        inner = value.strip()
        if not self.personal and kind != "secret":
            return self.secret_free(value)
        if not inner or _MASKED.fullmatch(inner):
            return value
        if kind != "secret" and (inner in self.policy.keep_values or words(inner) in self._public):
            return value
        self.learn(kind, inner)
        start = value.index(inner)
        breaks = "\n" * inner.count("\n")
        return value[:start] + self.pseudonym(kind, inner) + breaks + value[start + len(inner) :]

    def unknown(self, value: str) -> str:
        """Mask a cell of a column that nobody described, unless it cannot be personal (a date, a code, a rank)."""
        inner = value.strip()
        if not self.personal or self.policy.keeps(inner) or words(inner) in self._public or self._contract_word(inner):
            return self.secret_free(value)
        return self.cell("unknown", value)

    def learn(self, kind: Kind, value: str) -> None:
        """Remember a personal value, to mask it wherever a sentence quotes it."""
        known = words(value)
        if sum(map(len, known)) < self.policy.shortest or known in self._public or self._contract_word(value):
            return
        self._exact.setdefault(" ".join(known), set()).add(value)
        candidates = self._starts.setdefault(known[0], [])
        if all(candidate != known for candidate, _ in candidates):
            self._kinds.setdefault(_normal(kind, value), kind)
            candidates.append((known, value))
            candidates.sort(key=lambda one: -len(one[0]))

    def _contract_word(self, value: str) -> bool:
        known = words(value)
        return len(known) == 1 and known[0] in self.policy.public

    # --- sentences -------------------------------------------------------------------------------------------

    def secret_free(self, text: str) -> str:
        """Take the secrets out of a text, as they are or as base64, URL, HTML and JSON write them."""
        if self._secrets is None or not text:
            return text
        return self._secrets.sub(self._secret, text)

    def text(self, text: str) -> str:
        """Mask a sentence: secrets, what looks like a mail address or a telephone, and every value known."""
        if not text:
            return text
        text = self.secret_free(text)
        for pattern, kind in self.policy.text_patterns:
            if kind == "secret" or self.personal:
                text = pattern.sub(self._masked_match(kind), text)
        return self._known(text) if self.personal and self._starts else text

    def _masked_match(self, kind: Kind) -> Callable[[re.Match[str]], str]:
        def mask(match: re.Match[str]) -> str:
            return match[0] if words(match[0]) in self._public else self.pseudonym(kind, match[0])

        return mask

    def _known(self, text: str) -> str:
        found = list(WORD.finditer(text))
        folded = [fold(one[0]) for one in found]
        parts: list[str] = []
        done = index = 0
        while index < len(found):
            hit = self._match(text, found, folded, index)
            if hit is None:
                index += 1
                continue
            count, value = hit
            first, last = found[index], found[index + count - 1]
            parts += [
                text[done : first.start()],
                self.pseudonym(self._kinds.get(_normal("name", value), "name"), value),
            ]
            done = last.end()
            index += count
        return "".join([*parts, text[done:]])

    def _match(self, text: str, found: list[re.Match[str]], folded: list[str], index: int) -> tuple[int, str] | None:
        if found[index].start() and text[found[index].start() - 1] == "~":
            return None
        for known, value in self._starts.get(folded[index], ()):
            length = _common(known, folded, index)
            if length == len(known) and self._is_quoted(
                known, text[found[index].start() : found[index + length - 1].end()]
            ):
                return length, value
            if length and _cut_short(text, found, index + length, known[length:]):
                return length + (
                    index + length < len(found)
                    and found[index + length].end() < len(text)
                    and text[found[index + length].end()] == "…"
                ), value
        return None

    def _is_quoted(self, known: tuple[str, ...], seen: str) -> bool:
        """A one-word value that is also a word of the contract's prose counts only as it was written."""
        return len(known) > 1 or known[0] not in self.policy.vocabulary or seen in self._exact[known[0]]

    # --- what the campaign recorded --------------------------------------------------------------------------

    def finding(self, finding: Finding) -> Finding:
        """Mask one finding: its value when its column is personal, and whatever its sentences quote."""
        if not self.personal:
            return self._told(finding, self.secret_free, finding.value and self.secret_free(finding.value))
        kind = self.kind_of(finding.column)
        value = finding.value
        if kind == "unknown" and finding.column not in self.unknown_columns:
            kind = None
        if value is None or kind is None:
            return self._told(finding, self.text, value and self.text(value))
        masked = self.unknown(value) if kind == "unknown" else self.cell(kind, value)
        if masked == value:
            return self._told(finding, self.text, self.text(value))
        quoted = _bounded(value.strip())
        return self._told(
            finding, lambda said: self.text(quoted.sub(masked.strip().replace("\\", r"\\"), said)), masked
        )

    def kind_of(self, column: str) -> Kind | None:
        """Give the kind of a finding's column: a CSV column, or the last step of an XPath."""
        if "/" in column:
            step = _INDEX.sub("", column).rstrip("/").rpartition("/")[2].lstrip("@")
            return self.policy.element(step.rpartition(":")[2])
        return self.policy.column(column) if column else None

    def _told(self, finding: Finding, mask: Callable[[str], str], value: str | None) -> Finding:
        return replace(
            finding,
            message=Text(mask(finding.message.fr), mask(finding.message.en)),
            remedy=Text(mask(finding.remedy.fr), mask(finding.remedy.en)),
            expected=mask(finding.expected),
            path=mask(finding.path),
            column=self.secret_free(finding.column),
            value=value,
            orders=tuple(self.secret_free(order) for order in finding.orders),
        )

    def learn_from(self, findings: Iterable[Finding]) -> None:
        """Remember the personal values that findings quote, before any sentence is masked."""
        for finding in findings:
            kind = self.kind_of(finding.column)
            if finding.value and kind not in (None, "unknown") and finding.value.strip() not in self.policy.keep_values:
                self.learn(kind, finding.value)

    def campaign(self, result: CampaignResult) -> CampaignResult:
        """Mask a whole campaign; files must have been read before (``contents.Reader``), so that values are known."""
        self.learn_from(every_finding(result))
        mask = self.text
        return replace(
            result,
            target=mask(result.target),
            command=mask(result.command),
            notes=tuple(mask(note) for note in result.notes),
            scenarios=tuple(self._scenario(one) for one in result.scenarios),
            orders=tuple(self._order(one) for one in result.orders),
            files=tuple(self._file(one) for one in result.files),
            requirements=tuple(self._requirement(one) for one in result.requirements),
        )

    def _scenario(self, one: ScenarioResult) -> ScenarioResult:
        return replace(
            one,
            id=self.secret_free(one.id),
            name=self.text(one.name),
            description=self.text(one.description),
            parameters=tuple((name, self.parameter(name, value)) for name, value in one.parameters),
            steps=tuple(self._step(step) for step in one.steps),
            findings=tuple(self.finding(finding) for finding in one.findings),
            message=self.text(one.message),
            replay=self.text(one.replay),
        )

    def parameter(self, name: str, value: str) -> str:
        """Mask the value of a named parameter: as a cell when the name is that of a personal column."""
        kind = self.policy.column(name)
        return self.text(value) if kind in (None, "unknown") or not self.personal else self.cell(kind, value)

    def _step(self, step: StepResult) -> StepResult:
        return replace(step, text=self.text(step.text), error=self.text(step.error))

    def _order(self, one: OrderResult) -> OrderResult:
        return replace(
            one,
            reference=self.secret_free(one.reference),
            events=tuple(self._event(event) for event in one.events),
            findings=tuple(self.finding(finding) for finding in one.findings),
            scenario=self.secret_free(one.scenario),
        )

    def _event(self, event: OrderEvent) -> OrderEvent:
        return replace(event, outcome=self.text(event.outcome), file=self.text(event.file))

    def _file(self, one: FileResult) -> FileResult:
        return replace(
            one,
            name=self.text(one.name),
            folder=self.text(one.folder),
            findings=tuple(self.finding(finding) for finding in one.findings),
        )

    def _requirement(self, one: RequirementResult) -> RequirementResult:
        return replace(
            one,
            scenarios=tuple(self.secret_free(ident) for ident in one.scenarios),
            findings=tuple(self.finding(finding) for finding in one.findings),
            reason=self.text(one.reason),
        )


_MASKED = re.compile(r"[A-Za-z]+~(?:~|[0-9A-Fa-f]{8})")


def every_finding(result: CampaignResult) -> Iterator[Finding]:
    """Give all findings of a campaign, those told twice included."""
    for told in (result.scenarios, result.orders, result.files, result.requirements):
        for one in told:
            yield from one.findings


@lru_cache(maxsize=65536)
def _normal(kind: Kind, value: str) -> str:
    """Give what two writings of one value share; a telephone is its national digits."""
    digits = re.sub(r"\D", "", value)
    if kind == "phone" and digits and not re.search(r"[^\W\d_]", value):
        return re.sub(r"^(?:00)?(?:33|262|590|594|596)(?:0)?(?=\d{9}$)", "0", digits)
    return " ".join(words(value)) or value


def _common(known: tuple[str, ...], folded: list[str], index: int) -> int:
    length = 0
    while length < len(known) and index + length < len(folded) and folded[index + length] == known[length]:
        length += 1
    return length


def _cut_short(text: str, found: list[re.Match[str]], index: int, rest: tuple[str, ...]) -> bool:
    """A sentence that quotes the beginning of a known value and an ellipsis quotes that value."""
    if not rest:
        return False
    before = found[index - 1]
    if text[before.end() : before.end() + 2].lstrip().startswith("…"):
        return True
    if index >= len(found):
        return False
    cut = found[index]
    return rest[0].startswith(fold(cut[0])) and text[cut.end() : cut.end() + 1] == "…"


def _bounded(value: str) -> re.Pattern[str]:
    """Find a value quoted in a sentence, not inside a longer word."""
    before = r"(?<![^\W_])" if value[:1].isalnum() else ""
    after = r"(?![^\W_])" if value[-1:].isalnum() else ""
    return re.compile(before + re.escape(value) + after)


def _secret_pattern(secrets: Collection[str]) -> re.Pattern[str] | None:
    forms: set[str] = set()
    for secret in secrets:
        if not secret:
            continue
        encoded = secret.encode()
        forms |= {
            secret,
            quote(secret, safe=""),
            quote(secret),
            html.escape(secret),
            escape(secret),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            base64.b64encode(encoded).decode(),
            base64.b64encode(encoded).decode().rstrip("="),
            base64.urlsafe_b64encode(encoded).decode().rstrip("="),
            encoded.hex(),
        }
    written = sorted((form for form in forms if form), key=lambda form: (-len(form), form))
    if not written:
        return None
    return re.compile("|".join(_bounded(f).pattern if len(f) < _SHORT_SECRET else re.escape(f) for f in written))
