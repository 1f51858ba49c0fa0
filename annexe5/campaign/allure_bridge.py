"""Makes allure-pytest 2.16.2 speak Gherkin, from the scenario's result: rule, steps, parameters, clauses, files.

allure-pytest-bdd cannot be installed beside allure-pytest, drops rules, and writes every fixture's value, passwords
among them. Here nothing but what the campaign recorded is written: no captured output, no argument, no local variable.
Active only under ``--alluredir``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from hashlib import md5
from typing import Any
from uuid import uuid4

import allure_commons
import pytest
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import (
    Attachment,
    Label,
    Link,
    Parameter,
    Status,
    StatusDetails,
    TestResult,
    TestResultContainer,
    TestStepResult,
)
from allure_commons.types import LabelType, LinkType, Severity
from allure_pytest.utils import format_allure_link

from annexe5.campaign import recording
from annexe5.campaign.gherkin import ScenarioItem, sentence
from annexe5.campaign.plugin import RECORD, RESULT
from annexe5.campaign.results import ScenarioResult, StepResult, StepStatus
from annexe5.contract.requirements import load_requirements
from annexe5.findings import Level, Verdict

MASK: pytest.StashKey[Callable[[str, bytes], bytes]] = pytest.StashKey()
"""Masks personal data in a file, given its name and bytes; without it no file is attached."""

_STATUS = {
    Verdict.CONFORME: Status.PASSED,
    Verdict.RESERVE: Status.PASSED,
    Verdict.NON_CONFORME: Status.FAILED,
    Verdict.ERREUR_CONFIGURATION: Status.BROKEN,
    Verdict.EN_ATTENTE: Status.SKIPPED,
    Verdict.NON_APPLICABLE: Status.SKIPPED,
    Verdict.BLOQUE: Status.SKIPPED,
    Verdict.NON_TESTE: Status.SKIPPED,
}
_STEP = {StepStatus.PASSED: Status.PASSED, StepStatus.FAILED: Status.FAILED, StepStatus.NOT_RUN: Status.SKIPPED}
_SEVERITY = {
    Level.MUST: Severity.CRITICAL,
    Level.SHOULD: Severity.NORMAL,
    Level.MAY: Severity.MINOR,
    Level.INFO: Severity.TRIVIAL,
}
_REPLACED = {
    LabelType.PARENT_SUITE,
    LabelType.SUITE,
    LabelType.SUB_SUITE,
    LabelType.FEATURE,
    LabelType.STORY,
    LabelType.SEVERITY,
}


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Stand between allure-pytest and its files, when it writes any."""
    folder = config.option.allure_report_dir
    if not folder or config.option.collectonly:
        return
    config.option.attach_capture = False
    files: Any = _Files  # its base class has no types
    bridge = Bridge(config, files(folder))
    loggers = allure_commons.plugin_manager
    for theirs in [one for one in loggers.get_plugins() if isinstance(one, AllureFileLogger)]:
        loggers.unregister(theirs)
        config.add_cleanup(partial(loggers.register, theirs))  # allure-pytest unregisters it itself, and insists
    for ours in (bridge.files, bridge):
        loggers.register(ours)
        config.add_cleanup(partial(loggers.unregister, ours))
    config.pluginmanager.register(bridge, "annexe5-allure")


class _Files(AllureFileLogger):
    """Allure's own writer, less the fixtures of scenarios: a file a step definition, 12,000 for 1,000 scenarios."""

    quiet = False

    @allure_commons.hookimpl
    def report_container(self, container: TestResultContainer) -> None:
        """Write the fixtures of an ordinary test only: those of a scenario are how it is played, not what it says."""
        if not self.quiet:
            super().report_container(container)  # type: ignore[no-untyped-call]


class Bridge:
    """Rewrites each test result of Allure from the scenario that ran, just before it is written."""

    def __init__(self, config: pytest.Config, files: Any) -> None:
        self.config = config
        self.files = files
        self._item: pytest.Item | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Know whose result Allure writes next."""
        self._item = item
        self.files.quiet = isinstance(item, ScenarioItem)

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: TestResult) -> None:
        """Say in Allure's words what the campaign recorded."""
        item = self._item
        if not isinstance(item, ScenarioItem) or RESULT not in item.stash:
            return
        scenario = item.stash[RESULT]
        describe(result, scenario, self._link)
        result.attachments = [self._attach(one) for one in self._masked(item.stash[RECORD].attachments)]

    def _link(self, requirement: str) -> str:
        url: str = format_allure_link(self.config, requirement, LinkType.TEST_CASE)
        return url if url != requirement else f"#{requirement}"

    def _masked(self, attachments: Iterable[recording.Attachment]) -> Iterable[recording.Attachment]:
        mask = self.config.stash.get(MASK, None)
        if mask is None:
            return
        for one in attachments:
            yield recording.Attachment(one.name, mask(one.name, one.content), one.media_type)

    def _attach(self, one: recording.Attachment) -> Attachment:
        source = f"{uuid4()}-attachment.{one.name.rpartition('.')[2] if '.' in one.name else 'txt'}"
        self.files.report_attached_data(body=one.content, file_name=source)
        return Attachment(name=one.name, source=source, type=one.media_type)


def describe(result: TestResult, scenario: ScenarioResult, link: Callable[[str], str]) -> None:
    """Rewrite an Allure result from a scenario; ``link`` gives the address of a clause."""
    result.name = scenario.name
    result.fullName = f"{scenario.feature_path}#{scenario.name}"
    result.testCaseId = _digest(f"{scenario.feature_path}#{scenario.name}")
    result.historyId = _digest(scenario.id)
    result.titlePath = [one for one in (scenario.feature, scenario.rule) if one]
    result.description = scenario.description
    result.status = _STATUS[scenario.verdict]
    result.statusDetails = StatusDetails(message=scenario.message) if scenario.message else None
    result.parameters = [Parameter(name=name, value=value) for name, value in scenario.parameters]
    result.labels = [one for one in result.labels if one.name not in _REPLACED] + _labels(scenario)
    result.links = [_clause(one, link) for one in scenario.requirements]
    result.steps = _steps(scenario.steps, int(scenario.started.timestamp() * 1000))


def _labels(scenario: ScenarioResult) -> list[Label]:
    labels = [
        Label(LabelType.EPIC, "Annexe 5"),
        Label(LabelType.PARENT_SUITE, "Annexe 5"),
        Label(LabelType.SUITE, scenario.feature),
        Label(LabelType.FEATURE, scenario.feature),
        Label(LabelType.SEVERITY, _severity(scenario).value),
        Label("verdict", str(scenario.verdict)),
    ]
    if scenario.rule:
        labels += [Label(LabelType.SUB_SUITE, scenario.rule), Label(LabelType.STORY, scenario.rule)]
    if scenario.verdict not in (Verdict.CONFORME, Verdict.NON_CONFORME):
        labels.append(Label(LabelType.TAG, str(scenario.verdict)))
    return labels


def _severity(scenario: ScenarioResult) -> Severity:
    """Give the weight of the most binding clause of a scenario."""
    clauses = load_requirements()
    levels = {clauses[one].level for one in scenario.requirements}
    return next((severity for level, severity in _SEVERITY.items() if level in levels), Severity.NORMAL)


def _clause(requirement: str, link: Callable[[str], str]) -> Link:
    text = load_requirements()[requirement].text.fr
    return Link(type=LinkType.TEST_CASE, url=link(requirement), name=f"{requirement} – {text}")


def _steps(steps: Iterable[StepResult], start: int) -> list[TestStepResult]:
    told = []
    for step in steps:
        stop = start + round(step.duration * 1000)
        told.append(
            TestStepResult(
                name=sentence(step),
                status=_STEP[step.status],
                statusDetails=StatusDetails(message=step.error) if step.error else None,
                start=start,
                stop=stop,
            )
        )
        start = stop
    return told


def _digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
