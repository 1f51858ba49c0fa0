"""``rapport.html``: one file, no server, no network, for a manager, an integrator and an auditor.

Both languages stand in the page, one shown. Style and script are inline and named by their digests in the page's
content security policy, so that nothing an exchange carried can run, and nothing is fetched.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from annexe5.campaign.results import CampaignResult, FileResult, OrderResult, ScenarioResult
from annexe5.contract.profile import Profile, load_profile
from annexe5.contract.requirements import load_requirements
from annexe5.contract.rules import load_rules
from annexe5.errors import ConfigurationError
from annexe5.evidence import overview, wording
from annexe5.evidence.contents import Line, Piece
from annexe5.evidence.dispute import SIDES, Contestation, laid_on, scenario_laid_on
from annexe5.evidence.sequence import deadlines, draw
from annexe5.evidence.waivers import Waiver
from annexe5.findings import Finding, Text, Verdict, verdict_of

_TEMPLATES = Path(__file__).parent / "templates"
_MOST_FINDINGS = 40
_MOST_ORDERS = 400
_INLINE_LINES = 12
_INLINE_CHARACTERS = 6_000
_INLINE_BUDGET = 4_500_000


@dataclass(frozen=True, slots=True)
class Shown:
    """One file as the page shows it: some lines, and where the rest stands (``href``, empty when all is here)."""

    file: FileResult
    piece: Piece
    lines: tuple[Line, ...]
    marked: frozenset[int]
    href: str = ""

    @property
    def anchor(self) -> str:
        """The id of the file in the page."""
        return f"piece-{self.file.exchange}"


@dataclass
class Shelf:
    """Decides what of each file stands in the page, and writes the rest beside it, in ``preuves/``."""

    folder: Path
    spent: int = 0
    written: list[Path] = field(default_factory=list)

    def place(self, file: FileResult, piece: Piece) -> Shown:
        """Show the beginning of a file and the lines of its findings; write it whole beside when that is not all."""
        marked = frozenset(finding.line for finding in file.findings if finding.line)
        near = marked | {number - 1 for number in marked} | {number + 1 for number in marked}
        lines = []
        size = 0
        for place, line in enumerate(piece.lines):
            if place < _INLINE_LINES or line.number in near:
                room = min(_INLINE_CHARACTERS - size, _INLINE_BUDGET - self.spent)
                if room <= 0:
                    break
                shown = line if len(line.text) <= room else Line(line.number, line.text[:room] + " …")
                lines.append(shown)
                size += len(shown.text)
                self.spent += len(shown.text)
        href = "" if tuple(lines) == piece.lines else self._write(file, piece)
        return Shown(file, piece, tuple(lines), marked, href)

    def _write(self, file: FileResult, piece: Piece) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", file.name)[:120] or "sans_nom"
        path = self.folder / f"{file.exchange:06d}_{safe}.txt"
        whole = piece.total == len(piece.lines)
        text = piece.text if whole else "\n".join(f"{line.number}\t{line.text}" for line in piece.lines)
        path.write_text(text + "\n", encoding="utf-8")
        self.written.append(path)
        return f"{self.folder.name}/{path.name}"


@dataclass(frozen=True, slots=True)
class DrawnOrder:
    """One order with its diagram (empty beyond the number that a page can hold)."""

    order: OrderResult
    diagram: Markup
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was decided once the campaign was over: waivers granted, verdicts contested."""

    waivers: tuple[Waiver, ...] = ()
    contestations: tuple[Contestation, ...] = ()


def render(
    result: CampaignResult,
    shown: Iterable[Shown],
    *,
    lang: str = "fr",
    redacted: bool = True,
    after: Aftermath | None = None,
) -> str:
    """Give the page of a campaign already masked; ``shown`` are its files in journal order."""
    files = tuple(shown)
    page = _Page(result, {one.file.exchange: one for one in files})
    style, script = _asset("report.css"), _asset("report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            r=result,
            page=page,
            files=files,
            orders=page.orders(),
            lang="en" if lang == "en" else "fr",
            redacted=redacted,
            after=after or Aftermath(),
            style=style,
            script=script,
            style_hash=_digest(style),
            script_hash=_digest(script),
            o=overview,
        )
    )


class _Page:
    """What the template asks of a campaign: links between its parts."""

    def __init__(self, result: CampaignResult, files: Mapping[int, Shown]) -> None:
        self.result = result
        self.files = files
        self.by_name = {one.file.name: one for one in files.values()}
        self.scenarios = {one.id: one for one in result.scenarios}
        self.references = {one.reference for one in result.orders}
        self.listed = {one.id for one in result.requirements}
        self.channels = {one.file.exchange: one.file.channel for one in files.values()}
        self.profile = _profile(result.profile)

    def orders(self) -> tuple[DrawnOrder, ...]:
        """Draw the orders, those with findings first where there are more than a page can hold."""
        chosen = sorted(range(len(self.result.orders)), key=lambda i: not self.result.orders[i].findings)[:_MOST_ORDERS]
        drawn = set(chosen)
        return tuple(
            DrawnOrder(one, self._draw(one, f"m{index}") if index in drawn else Markup(""), self.order_verdict(one))
            for index, one in enumerate(self.result.orders)
        )

    def order_verdict(self, order: OrderResult) -> Verdict:
        """An order is what its own findings make it."""
        return verdict_of(order.findings)

    def _draw(self, order: OrderResult, ident: str) -> Markup:
        due = deadlines(order, self.profile, now=self.result.ended) if self.profile else ()
        return draw(
            order,
            oc=self.result.oc,
            oi=self.result.oi,
            due=due,
            channels=self.channels,
            clauses=self.listed,
            ident=ident,
        )

    def place(self, finding: Finding) -> Markup:
        """Write ``file:line:column``, with a link to the line where the file stands in the page."""
        shown = self.by_name.get(finding.path)
        if shown is None:
            return escape(finding.where)
        line = finding.line if finding.line and any(one.number == finding.line for one in shown.lines) else None
        target = f"{shown.anchor}-L{line}" if line else shown.anchor
        rest = finding.where.removeprefix(finding.path)
        return Markup('<a href="#{}">{}</a>{}').format(target, finding.path, rest)

    def command(self, finding: Finding, scenario: ScenarioResult | None) -> str:
        """Give the command that shows this finding again: the scenario's, else the validation of the file alone."""
        if scenario is not None and scenario.replay:
            return scenario.replay
        shown = self.by_name.get(finding.path)
        if shown is None:
            return ""
        flow = f" --flow {shown.file.flow}" if shown.file.flow else ""
        return f"annexe5 validate {shown.file.name}{flow}"

    def laid_on(self, finding: Finding) -> Text:
        """Say on whom a finding is laid."""
        return SIDES[laid_on(finding, self.result)]

    def scenario_sides(self, scenario: ScenarioResult) -> tuple[Text, ...]:
        """Say on whom a scenario's failure is laid."""
        return tuple(SIDES[side] for side in scenario_laid_on(scenario, self.result))

    def clause_text(self, ident: str) -> Text | None:
        """Give a clause in the contract's words."""
        clause = load_requirements().get(ident)
        return clause.text if clause else None

    def rule_source(self, ident: str) -> str:
        """Say where a rule comes from."""
        rule = load_rules().get(ident)
        return rule.source if rule else ""


def _profile(ident: str) -> Profile | None:
    """A profile file that has moved since the campaign costs the deadlines on the diagrams, not the report."""
    try:
        return load_profile(ident)
    except ConfigurationError:
        return None


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        t=_both,
        tt=lambda text: _both(text.fr, text.en),
        VERDICTS=wording.VERDICTS,
        LEVELS=wording.LEVELS,
        KINDS=wording.CLAUSES_OF,
        CONFIDENCES=wording.CONFIDENCES,
        SEVERITIES=wording.SEVERITIES,
        Verdict=Verdict,
        most_findings=_MOST_FINDINGS,
    )
    filters: dict[str, Callable[..., Any]] = {
        "when": wording.when,
        "seconds": wording.seconds,
        "slug": overview.slug,
        "worst_first": overview.worst_first,
        "size": _size,
        "sentence": _capital,
    }
    environment.filters.update(filters)
    return environment


def _both(fr: str, en: str) -> Markup:
    """Write a text in both languages, of which the style sheet shows one."""
    if fr == en or not en:
        return escape(fr)
    return Markup('<span class="fr" lang="fr">{}</span><span class="en" lang="en">{}</span>').format(fr, en)


def _size(octets: int) -> str:
    if octets < 1000:  # noqa: PLR2004
        return f"{octets} o"
    if octets < 1_000_000:  # noqa: PLR2004
        return f"{octets / 1000:.1f} ko".replace(".", ",")
    return f"{octets / 1_000_000:.1f} Mo".replace(".", ",")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
