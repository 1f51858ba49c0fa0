"""A campaign's evidence in its folder: HTML, JUnit, JSON, SARIF, Markdown, heavy files beside (``preuves/``)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from annexe5.campaign.results import CampaignResult, FileResult
from annexe5.contract.profile import load_profile
from annexe5.errors import ConfigurationError
from annexe5.evidence.allure_html import mask_results
from annexe5.evidence.contents import read_piece
from annexe5.evidence.dispute import Role, load_contestations
from annexe5.evidence.layout import (
    ALLURE_RESULTS,
    JSON_FILE,
    JUNIT_FILE,
    KEY_FILE,
    PIECES_FOLDER,
    REPORT_FILE,
    SARIF_FILE,
    SUMMARY_FILE,
)
from annexe5.evidence.machine import campaign_json, junit
from annexe5.evidence.redaction import Redactor
from annexe5.evidence.report import Aftermath, Shelf, render
from annexe5.evidence.sarif import sarif
from annexe5.evidence.summary import summary
from annexe5.evidence.waivers import Waiver


def write_all(
    result: CampaignResult,
    folder: Path,
    *,
    bytes_of: Callable[[int], bytes],
    lang: str = "fr",
    redact: bool = True,
    secrets: Collection[str] = (),
    key: bytes | None = None,
    waivers: Sequence[Waiver] = (),
    trusted: Mapping[Role, Ed25519PublicKey] | None = None,
) -> tuple[Path, ...]:
    """Write every form of a campaign's evidence and give their paths, the HTML report first.

    ``bytes_of`` gives the raw bytes of an exchange by its number (KeyError when the journal lacks it). ``secrets``
    are written nowhere, redacted or not; Allure results found in the folder are masked in place. ``key`` makes the
    pseudonyms; by default the folder's own, so that writing again gives the same. ``waivers`` are shown, and so are
    the contestations that the folder holds, checked with the parties' ``trusted`` keys.
    """
    folder.mkdir(parents=True, exist_ok=True)
    key = key or pseudonym_key(folder)
    redactor = redactor_for(result, bytes_of=bytes_of, redact=redact, secrets=secrets, key=key)
    masked = redactor.campaign(result)
    told = redactor.secret_free(campaign_json(masked, redacted=redact))
    contested = load_contestations(folder, trusted or {}, sha256(told.encode()).hexdigest())
    shelf = Shelf(_emptied(folder / PIECES_FOLDER))
    shown = [
        shelf.place(hidden, read_piece(file, _data(file, bytes_of), redactor))
        for file, hidden in zip(result.files, masked.files, strict=True)
    ]
    after = Aftermath(tuple(waivers), contested)
    texts = {
        REPORT_FILE: render(masked, shown, lang=lang, redacted=redact, after=after),
        JUNIT_FILE: junit(masked),
        JSON_FILE: told,
        SUMMARY_FILE: summary(masked, lang),
        SARIF_FILE: sarif((finding for file in masked.files for finding in file.findings), lang=lang),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(redactor.secret_free(text).encode(errors="backslashreplace"))
    mask_results(folder / ALLURE_RESULTS, redactor)
    return (*(folder / name for name in texts), *shelf.written)


def pseudonym_key(folder: Path) -> bytes:
    """Give the key of a campaign's pseudonyms, drawn once and kept in its folder, readable by its owner alone."""
    path = folder / KEY_FILE
    try:
        return path.read_bytes()
    except FileNotFoundError:
        key = token_bytes(32)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(key)
    return key


def _emptied(folder: Path) -> Path:
    """A report written again leaves none of the former's pieces."""
    for path in folder.glob("[0-9]*_*.txt"):
        path.unlink()
    return folder


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
