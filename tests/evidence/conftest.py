"""The hand-written campaign, its evidence written once, and a headless Chromium that may reach nothing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

import sample

from annexe5.campaign.results import CampaignResult
from annexe5.evidence import write_all
from annexe5.evidence.dispute import contest
from annexe5.evidence.dsse import keygen, load_private, load_public
from annexe5.evidence.waivers import Waiver

KEY = b"a key of the tests, thirty-two b"


@dataclass(frozen=True)
class Written:
    """A campaign, its wire and the folder its evidence was written to."""

    result: CampaignResult
    wire: sample.Wire
    folder: Path

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("rapport")
    wire = sample.Wire()
    result = sample.campaign(wire)
    write_all(result, folder, bytes_of=wire.bytes_of, secrets=[sample.SECRET], key=KEY)
    return Written(result, wire, folder)


@pytest.fixture(scope="session")
def contested(written: Written, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same campaign, one clause waived, one contested by the OI, one by somebody unknown."""
    folder = tmp_path_factory.mktemp("conteste")
    now = sample.START + timedelta(days=9)
    evidence = {"bytes_of": written.wire.bytes_of, "key": KEY}
    write_all(written.result, folder, **evidence)
    trusted = {}
    for role in ("OI", "OC"):
        keygen(folder / f"{role}.cle", folder / f"{role}.pub")
        private = load_private(folder / f"{role}.cle")
        text = "Le fichier a été déposé le 8 avril à 18:02, voyez le journal de notre serveur."
        for target in ("ACC-05", written.result.scenarios[2].id):
            contest(folder, private, role=role, target=target, text=text, author="Cellule interop", now=now)
    trusted["OI"] = load_public(folder / "OI.pub")
    waiver = Waiver(
        clause="NAM-08", motif="correctif livré en mai", responsable="OI, exploitation", expire=date(2026, 6, 30)
    )
    write_all(written.result, folder, **evidence, waivers=[waiver], trusted=trusted)
    return folder


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    if CHROMIUM is None:
        pytest.fail("Chromium n'est pas installé (apt-get install chromium)")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
