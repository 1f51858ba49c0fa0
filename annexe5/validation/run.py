"""Judge every file the command line names, alone and then with its neighbours; say what was set aside, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from annexe5.contract.names import NameJudgement, human_template, judge_name
from annexe5.contract.profile import Profile, load_profile
from annexe5.contract.rules import asked_rule, rule
from annexe5.errors import UsageError
from annexe5.findings import Confidence, Finding, Text, Verdict, exit_code, roll_up, verdict_of
from annexe5.tables.api import Engine, TableReport, facts_of, judge_source
from annexe5.tables.octets import Source
from annexe5.tables.schema import load_table, unnamed_tables
from annexe5.validation.kept import idle, ignored, judges
from annexe5.validation.masking import masked, masked_message
from annexe5.validation.progress import Progress
from annexe5.validation.recognise import flow_of_header, is_xml
from annexe5.validation.report import Report
from annexe5.validation.sources import MAIL, MOST_OF_A_MAIL, STDIN, Found, find, told

_XML = (".xml", ".xsd", ".wsdl")
_ENGINES: Mapping[str, Engine] = MappingProxyType({"exact": "exact", "fast": "fast", "auto": "auto"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; ``ignore`` holds ``RULE:reason``, ``samples`` caps the findings of a rule on a column."""

    paths: tuple[str, ...]
    profile: str = "covage-zmd-1.0"
    flow: str = ""
    engine: str = "auto"
    samples: int = 1000
    rules: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    show_personal: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """One file: its flow ("" when it is none), number of rows, what was found, and what was found but set aside.

    ``table`` is false for XML and mail, which have no rows. With ``--rule``, a file that none of the rules kept judges
    is ``non applicable``.
    """

    path: str
    flow: str
    rows: int
    verdict: Verdict
    findings: tuple[Finding, ...]
    ignored: tuple[Finding, ...] = ()
    table: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """All the files, the rules set aside with their reasons, and the rules kept when only some were asked for.

    ``idle`` tells the rules kept that judge none of the files.
    """

    files: tuple[Judged, ...]
    reasons: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    idle: tuple[Text, ...] = ()

    @property
    def exit_code(self) -> int:
        """Give 0 when no file is refused, 1 otherwise."""
        return exit_code(roll_up(one.verdict for one in self.files))


def run(wanted: Wanted, stdin: BinaryIO, progress: Progress | None = None) -> Outcome:
    """Judge everything; UsageError for what cannot be asked or read, with nothing told of the rest."""
    profile = load_profile(wanted.profile)
    only = tuple(asked_rule(one).id for one in wanted.rules)
    reasons = ignored(wanted.ignore)
    wanted = replace(wanted, flow=_flow_asked(wanted.flow))
    if wanted.engine not in _ENGINES:
        raise UsageError(f"--engine {wanted.engine} : moteurs : {', '.join(_ENGINES)}.")
    if wanted.samples < 1:
        raise UsageError(f"--max-samples {wanted.samples} : au moins 1.")
    if STDIN in wanted.paths and not wanted.flow:
        raise UsageError("- : dites par --flow de quel flux est l'entrée standard.")
    with ExitStack() as stack:
        found = find(wanted.paths, stack, stdin)
        reports = [_judge(one, wanted, profile, progress) for one in found]
        reports = _compared(reports, found, wanted, profile)
        if any(one.documents for one in reports):
            from annexe5.validation.services import with_their_wsdl  # noqa: PLC0415  # XML libraries are heavy

            reports = with_their_wsdl(reports, found)
    if progress:
        progress.clear()
    files = tuple(_settled(one, wanted, only, reasons, together=len(reports) > 1) for one in reports)
    return Outcome(files, reasons, only, idle(only, reports))


# --- what is asked -------------------------------------------------------------------------------------------


def _flow_asked(flow: str) -> str:
    """Give the flow as the contract spells it, or the name of a web service."""
    if not flow:
        return ""
    try:
        return load_table(flow).flow
    except UsageError as unknown:
        from annexe5.messages.contract import service_names  # noqa: PLC0415  # only for a flow that is no table

        if flow in service_names():
            return flow
        raise UsageError(f"--flow : {unknown} Services : {', '.join(service_names())}.") from None


# --- one file ------------------------------------------------------------------------------------------------


def _judge(one: Found, wanted: Wanted, profile: Profile, progress: Progress | None) -> Report:
    with told(one.source.name):
        if one.suffix == MAIL:
            return _mail(one, profile)
        if _is_service(wanted.flow) or (not wanted.flow and (one.suffix in _XML or is_xml(one.source))):
            from annexe5.validation.services import judge_xml  # noqa: PLC0415  # XML libraries are heavy

            return judge_xml(one, wanted.flow)
        return _table(one, wanted, profile, progress)


def _is_service(flow: str) -> bool:
    if not flow:
        return False
    try:
        load_table(flow)
    except UsageError:
        return True
    return False


def _table(one: Found, wanted: Wanted, profile: Profile, progress: Progress | None) -> Report:
    path = one.source.name
    named = judge_name(profile, one.name, oi=_oi(profile)) if one.name else None
    flow = wanted.flow or (named.flow if named else None) or flow_of_header(one.source)
    names = _named_by_header(named, flow, profile) if named else ()
    if not flow and not named:
        raise UsageError(f"{path} : sans nom ni en-tête connus ; dites par --flow de quel flux il s'agit.")
    if not flow:  # whatever else is wrong with its name, it is no flow
        findings = tuple(finding.at(path) for finding in names[:1])
        return Report(TableReport("", path, 0, findings, verdict_of(findings)))
    facts = facts_of(one.name, profile) if named and named.flow == flow else {}
    report = judge_source(
        progress.watch(one.source) if progress else one.source,
        load_table(flow),
        encoding=profile.csv.encodages[0],
        max_samples=wanted.samples,
        facts=facts,
        engine=_ENGINES[wanted.engine],
    )
    findings = (*(finding.at(path) for finding in names), *report.findings)
    return Report(replace(report, flow=flow, path=path, findings=findings, verdict=verdict_of(findings)))


def _named_by_header(named: NameJudgement, flow: str, profile: Profile) -> tuple[Finding, ...]:
    """Give what is wrong with a name; where the flow is known otherwise, its own naming is what was expected."""
    if flow in unnamed_tables():
        return ()  # the contract prints no name for it: any will do
    if named.flow or not flow:
        return named.findings
    shape = human_template(profile.flow(flow))
    unknown = rule("NOM-FLUX-INCONNU").finding(received=named.name, expected=shape)
    return tuple(unknown if one.rule == unknown.rule else one for one in named.findings)


def _oi(profile: Profile) -> str | None:
    """Give the operator code a name must carry; one that is only supposed refuses no file."""
    code = profile.oi.quadrigramme
    return None if code.confidence is Confidence.ASSUMED else code.valeur


def _mail(one: Found, profile: Profile) -> Report:
    """Judge a message as it crossed; its table comes next, as a file of its own."""
    from annexe5.messages.mail_judge import judge_mail  # noqa: PLC0415  # for messages only

    path = one.source.name
    with one.source.open() as stream:
        judged = judge_mail(stream.read(MOST_OF_A_MAIL), profile, path=path)
    return Report(TableReport(judged.flow, path, 0, judged.findings, verdict_of(judged.findings)), kind="mail")


# --- together ------------------------------------------------------------------------------------------------


def _compared(reports: Sequence[Report], found: Sequence[Found], wanted: Wanted, profile: Profile) -> list[Report]:
    """Add what the rules between files find; polars is loaded only when there is something to compare."""
    places = [
        place for place, (one, made) in enumerate(zip(found, reports, strict=True))
        if one.name and made.report.flow and made.is_table
    ]  # fmt: skip
    if len(places) < 2:  # noqa: PLR2004
        return list(reports)
    from annexe5.tables.crossfile.together import together  # noqa: PLC0415

    sources: list[Source | Path] = [found[place].source for place in places]
    with told(", ".join(wanted.paths)):
        more = together([reports[place].report for place in places], sources, profile, samples=wanted.samples)
    result = list(reports)
    for place, report in zip(places, more, strict=True):
        result[place] = replace(reports[place], report=report)
    return result


def _settled(
    made: Report, wanted: Wanted, only: Sequence[str], reasons: Mapping[str, str], *, together: bool
) -> Judged:
    """Keep what was asked for, set aside what is ignored, mask what is personal."""
    report = made.report
    kept = [one for one in report.findings if not only or one.rule in only]
    if not wanted.show_personal:
        kept = list(_masked(kept, report.flow, message=not made.is_table))
    findings = tuple(one for one in kept if one.rule not in reasons)
    ignored = tuple(one for one in kept if one.rule in reasons)
    verdict = verdict_of(findings)
    if only and not any(judges(one, made, together=together) for one in only):
        verdict = Verdict.NON_APPLICABLE
    return Judged(report.path, report.flow, report.rows, verdict, findings, ignored, table=made.is_table)


def _masked(findings: Iterable[Finding], flow: str, *, message: bool) -> Iterator[Finding]:
    for one in findings:
        yield masked_message(one) if message else masked(one, flow)
