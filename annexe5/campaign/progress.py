"""What one sees while a campaign runs: a line as each scenario ends, with its verdict, name and clauses.

Takes the place of pytest's own terminal reporter, which speaks to the author of the tests, not to an operator.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from annexe5.campaign.plugin import scenario_of
from annexe5.campaign.results import ScenarioResult
from annexe5.findings import Verdict

_SIGNS = {
    Verdict.CONFORME: ("✔", "green"),
    Verdict.RESERVE: ("≈", "yellow"),
    Verdict.NON_CONFORME: ("✘", "bold red"),
    Verdict.EN_ATTENTE: ("…", "cyan"),
    Verdict.NON_APPLICABLE: ("–", "dim"),
    Verdict.BLOQUE: ("■", "magenta"),
    Verdict.NON_TESTE: ("○", "dim"),
    Verdict.ERREUR_CONFIGURATION: ("!", "bold red"),
}
_DEFECT = "Défaut de la suite"


class Progress:
    """A pytest plugin; ``begin`` may be called before pytest starts, so that something shows at once.

    ``mask`` hides the personal values of a message before it is shown.
    """

    def __init__(
        self,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
        mask: Callable[[str], str] = str,
    ) -> None:
        self.console = console or Console(highlight=False)
        self._mask = mask
        self._clock = clock
        self._started: float | None = None
        self._total = 0
        self._done = 0
        self._counts: Counter[Verdict] = Counter()
        self._failures: dict[str, str] = {}
        self._explained: set[str] = set()

    def begin(self, title: str) -> None:
        """Show the first line, and start the clock."""
        if self._started is None:
            self._started = self._clock()
            self.console.print(Text(title), soft_wrap=True)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Silence pytest's own reporter; its options keep their meaning."""
        self.begin("annexe5 : collecte des scénarios…")
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn how many scenarios will run."""
        self._expect(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Learn the same from a worker."""
        self._expect(len(ids))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Show why a feature is refused."""
        if report.failed:
            self._line(Text(f"! {report.nodeid}", style="bold red"))
            self._line(Text(report.longreprtext))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Show what runs, on a terminal, until its own line replaces it."""
        if self.console.is_terminal:
            name = nodeid.rpartition("::")[2]
            running = Text(f"{self._count(self._done + 1)}   {name}", style="dim")
            self.console.print(running, end="", no_wrap=True, overflow="ellipsis", crop=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Show a scenario as it ends."""
        if report.failed:
            self._failures[report.nodeid] = report.longreprtext
        if (result := scenario_of(report)) is not None:
            self._done += 1
            self._counts[result.verdict] += 1
            self._show(result, self._failures.pop(report.nodeid, ""))

    def pytest_internalerror(self, excrepr: Any) -> None:
        """Show what broke pytest itself."""
        self._line(Text(str(excrepr), style="red"))

    def pytest_keyboard_interrupt(self) -> None:
        """Say that the user stopped."""
        self._line(Text("Campagne interrompue.", style="bold"))

    def pytest_sessionfinish(self) -> None:
        """Count the verdicts."""
        told = ", ".join(f"{self._counts[one]} {one}" for one in Verdict if self._counts[one])
        self._line(Text(f"{self._done} scénarios en {self._elapsed()} : {told or 'aucun joué'}"))

    def _expect(self, total: int) -> None:
        if total != self._total:
            self._total = total
            self._line(Text(f"{total} scénarios à jouer"))

    def _show(self, result: ScenarioResult, failure: str) -> None:
        sign, style = _SIGNS[result.verdict]
        name = result.name
        if result.parameters:
            name += f" [{', '.join(value for _, value in result.parameters)}]"
        line = Text(f"{self._count(self._done)} ")
        line.append(sign, style=style)
        line.append(f" {name}  ")
        line.append(" ".join(result.requirements), style="dim")
        line.append(f"  {self._elapsed()}", style="dim")
        self._line(line)
        if result.message:
            said = self._mask(result.message)
            self._line(Text(f"{' ' * len(self._count(self._done))}   {result.verdict} : {said}", style=style))
        if failure and result.message.startswith(_DEFECT) and result.message not in self._explained:
            self._explained.add(result.message)
            self._line(Text(self._mask(failure), style="dim"))

    def _line(self, text: Text) -> None:
        if self.console.is_terminal:
            self.console.control(Control((ControlType.ERASE_IN_LINE, 2), ControlType.CARRIAGE_RETURN))
        self.console.print(text, soft_wrap=True)

    def _count(self, number: int) -> str:
        width = len(str(self._total))
        return f"{number:>{width}}/{self._total}"

    def _elapsed(self) -> str:
        seconds = int(self._clock() - (self._started or self._clock()))
        return f"{seconds // 60}:{seconds % 60:02}"
