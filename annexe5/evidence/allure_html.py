"""Allure's own HTML from ``allure-results``, on demand: Allure 3 by npx, in one file that asks nothing of the network.

Allure 3.18 embeds a tag manager that no setting removes: its scripts are taken out here, and a content security policy
refuses whatever a later version would fetch. Results are masked first, with the pseudonyms of the report.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from annexe5.errors import ConfigurationError, UsageError
from annexe5.evidence.redaction import Redactor

ALLURE = "allure@3.18.0"
ALLURE_FILE = "allure.html"
_TIMEOUT = 300
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_THIRD_PARTY = re.compile(r"googletagmanager|google-analytics|\bgtag\s*\(|dataLayer")
_REMOTE = re.compile(r"""\bsrc\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE)
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline' 'unsafe-eval' data: blob:; style-src 'unsafe-inline' data: blob:; "
    'img-src data: blob:; font-src data:; media-src data: blob:; frame-src data: blob:; connect-src data: blob:">'
)
_INSTALL = (
    "npx est introuvable : installez Node.js 20 ou plus récent (apt-get install nodejs npm, ou https://nodejs.org), "
    "puis recommencez. rapport.html dit la même chose sans Node.js."
)


def write_allure(
    results: Path,
    report: Path,
    *,
    lang: str = "fr",
    title: str = "Annexe 5",
    history: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Path:
    """Make one HTML file of a folder of Allure results, and give its path.

    ``history`` is a file that keeps the runs (trends, flaky tests); ``environment`` is that of npx (the process's own
    by default). ConfigurationError when Node.js is missing or Allure fails, UsageError when there are no results.
    """
    if not any(results.glob("*-result.json")):
        raise UsageError(f"{results} : aucun résultat Allure (*-result.json) ; lancez d'abord annexe5 certify.")
    known = dict(os.environ if environment is None else environment) | {"ALLURE_NO_ANALYTICS": "1"}
    npx = shutil.which("npx", path=known.get("PATH", ""))
    if npx is None:
        raise ConfigurationError(_INSTALL)
    with tempfile.TemporaryDirectory(prefix="annexe5-allure-") as scratch:
        command = [
            npx, "--yes", ALLURE, "awesome", "--single-file", "--lang", lang, "--name", title, "--output", scratch,
            *(["--history-path", str(history.resolve())] if history else []), str(results.resolve()),
        ]  # fmt: skip
        _run(command, known)
        page = Path(scratch) / "index.html"
        if not page.is_file():
            raise ConfigurationError(f"{ALLURE} n'a pas écrit de page ; rapport.html reste le rapport de référence.")
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(strip(page.read_text(encoding="utf-8"), lang), encoding="utf-8")
    return report


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 -- npx, found on PATH, with arguments of ours
            command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise ConfigurationError(
            f"{ALLURE} n'a pas répondu en {_TIMEOUT} s : vérifiez l'accès au registre npm."
        ) from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        last = " ".join(line for line in said if "npm warn" not in line)[-400:]
        raise ConfigurationError(f"{ALLURE} a échoué (code {done.returncode}) : {last or 'sans message'}")


def strip(page: str, lang: str = "fr") -> str:
    """Take third parties' scripts out of a page, and forbid it the network."""

    def keep(match: re.Match[str]) -> str:
        attributes, body = match.groups()
        foreign = _REMOTE.search(attributes) or _THIRD_PARTY.search(attributes) or _THIRD_PARTY.search(body)
        return "" if foreign and "allureReportData" not in body else match[0]

    stripped = _SCRIPT.sub(keep, page)
    stripped = re.sub(r"<html\b([^>]*)\blang=\"\w+\"", rf'<html\1lang="{lang}"', stripped, count=1)
    return re.sub(r"(<head\b[^>]*>)", lambda head: head[0] + _POLICY, stripped, count=1)


def mask_results(folder: Path, redactor: Redactor) -> int:
    """Mask a folder of Allure results in place, with the report's own pseudonyms; give how many files changed.

    Identifiers and file names stay; what cannot be read as text is dropped rather than shared.
    """
    changed = 0
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        before = path.read_bytes()
        after = _masked(path, before, redactor)
        if after != before:
            path.write_bytes(after)
            changed += 1
    return changed


_KEPT = {"uuid", "historyId", "testCaseId", "source", "type", "status", "stage", "fullName", "titlePath"}


def _masked(path: Path, data: bytes, redactor: Redactor) -> bytes:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return b"" if redactor.personal else data
    if path.suffix != ".json":
        return redactor.text(text).encode()
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        return redactor.text(text).encode()
    return json.dumps(_walk(content, redactor), ensure_ascii=False).encode()


def _walk(value: object, redactor: Redactor) -> object:
    if isinstance(value, dict):
        if value.keys() >= {"name", "value"} and value.keys() <= {"name", "value", "excluded", "mode"}:
            return value | {"value": redactor.parameter(str(value["name"]), str(value["value"]))}
        return {key: one if key in _KEPT else _walk(one, redactor) for key, one in value.items()}
    if isinstance(value, list):
        return [_walk(one, redactor) for one in value]
    return redactor.text(value) if isinstance(value, str) else value
