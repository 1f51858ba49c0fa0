"""A folder judged as a whole: what each file is worth, with what only its neighbours show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from annexe5.contract.profile import Profile, load_profile
from annexe5.findings import Finding, verdict_of
from annexe5.tables.api import TableReport
from annexe5.tables.crossfile.batch import SAMPLES, cross_check
from annexe5.tables.crossfile.reading import open_batch
from annexe5.tables.octets import Source


def together(
    reports: Sequence[TableReport],
    sources: Iterable[Source | Path],
    profile: Profile | None = None,
    *,
    samples: int | None = SAMPLES,
) -> list[TableReport]:
    """Add to the reports of a batch what the rules between its files find; verdicts follow.

    ``reports`` and ``sources`` are the files of one folder or archive, a report's ``path`` being its source's name;
    files whose name stands for no flow are left as they are.
    """
    profile = profile or load_profile()
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in cross_check(open_batch(sources, profile), profile, samples=samples):
        found[finding.path].append(finding)
    return [_with(report, found[report.path]) for report in reports]


def _with(report: TableReport, more: Sequence[Finding]) -> TableReport:
    findings = (*report.findings, *more)
    return replace(report, findings=findings, verdict=verdict_of(findings)) if more else report
