"""A campaign's evidence in its folder: HTML, JUnit, JSON, SARIF, Markdown, heavy files beside (``preuves/``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from annexe5.campaign.results import CampaignResult, FileResult
from annexe5.contract.profile import load_profile
from annexe5.errors import ConfigurationError
from annexe5.evidence.allure_html import mask_results
from annexe5.evidence.contents import read_piece
from annexe5.evidence.machine import campaign_json, junit
from annexe5.evidence.redaction import Redactor
from annexe5.evidence.report import Shelf, render
from annexe5.evidence.sarif import sarif
from annexe5.evidence.summary import summary

REPORT_FILE, JUNIT_FILE, JSON_FILE, SUMMARY_FILE = "rapport.html", "junit.xml", "campagne.json", "resume.md"
SARIF_FILE = "constats.sarif"
PIECES_FOLDER, ALLURE_RESULTS = "preuves", "allure-results"


def write_all(
    result: CampaignResult,
    folder: Path,
    *,
    bytes_of: Callable[[int], bytes],
    lang: str = "fr",
    redact: bool = True,
    secrets: Collection[str] = (),
    key: bytes | None = None,
) -> tuple[Path, ...]:
    """Write every form of a campaign's evidence and give their paths, the HTML report first.

    ``bytes_of`` gives the raw bytes of an exchange by its number (KeyError when the journal lacks it). ``secrets``
    are written nowhere, redacted or not; Allure results found in the folder are masked in place. ``key`` makes the
    pseudonyms; drawn for this campaign when not given.
    """
    redactor = redactor_for(result, bytes_of=bytes_of, redact=redact, secrets=secrets, key=key)
    masked = redactor.campaign(result)
    folder.mkdir(parents=True, exist_ok=True)
    shelf = Shelf(folder / PIECES_FOLDER)
    shown = [
        shelf.place(hidden, read_piece(file, _data(file, bytes_of), redactor))
        for file, hidden in zip(result.files, masked.files, strict=True)
    ]
    texts = {
        REPORT_FILE: render(masked, shown, lang=lang, redacted=redact),
        JUNIT_FILE: junit(masked),
        JSON_FILE: campaign_json(masked, redacted=redact),
        SUMMARY_FILE: summary(masked, lang),
        SARIF_FILE: sarif((finding for file in masked.files for finding in file.findings), lang=lang),
    }
    paths = []
    for name, text in texts.items():
        path = folder / name
        path.write_text(redactor.secret_free(text), encoding="utf-8", errors="backslashreplace")
        paths.append(path)
    mask_results(folder / ALLURE_RESULTS, redactor)
    return (*paths, *shelf.written)


def redactor_for(
    result: CampaignResult,
    *,
    bytes_of: Callable[[int], bytes],
    redact: bool = True,
    secrets: Collection[str] = (),
    key: bytes | None = None,
) -> Redactor:
    """Give a redactor that knows every personal value of a campaign: all its files are read first."""
    redactor = Redactor(key, secrets=secrets, public=_public(result), personal=redact)
    if redact:
        for file in result.files:
            read_piece(file, _data(file, bytes_of), redactor)
    return redactor


def _data(file: FileResult, bytes_of: Callable[[int], bytes]) -> bytes | None:
    try:
        return bytes_of(file.exchange)
    except KeyError:
        return None


def _public(result: CampaignResult) -> Iterator[str]:
    """What is never personal: operators, order references, file names, and the mailboxes that the profile publishes."""
    yield from (result.oi, result.oc, result.profile)
    yield from (order.reference for order in result.orders)
    yield from (file.name for file in result.files)
    try:
        boxes = load_profile(result.profile).boites
    except ConfigurationError:
        return
    yield from (boxes.pm, boxes.acces, boxes.echange)
