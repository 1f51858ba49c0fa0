from __future__ import annotations

import json
import os
import shutil
import stat

import pytest

from annexe5.errors import ConfigurationError, UsageError
from annexe5.evidence.allure_html import mask_results, strip, write_allure
from annexe5.evidence.redaction import Redactor

TRACKED = (
    '<!DOCTYPE html>\n<html dir="ltr" lang="en"><head><title>a</title>'
    '<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>'
    "<script>window.dataLayer = []; gtag('config', 'G-1')</script>"
    "<script>window.allureReportData = {};</script></head><body></body></html>"
)


def _results(folder):
    folder.mkdir()
    for number, status in enumerate(("passed", "failed", "skipped")):
        content = {
            "uuid": f"00000000-0000-4000-8000-00000000000{number}",
            "historyId": f"h{number}",
            "name": f"Scénario {number}",
            "fullName": f"features/a.feature#Scénario {number}",
            "status": status,
            "statusDetails": {"message": "AR absent pour CHANTEMARE"},
            "stage": "finished",
            "start": 1_700_000_000_000,
            "stop": 1_700_000_001_000,
            "labels": [{"name": "feature", "value": "Commande"}, {"name": "suite", "value": "Commande"}],
            "parameters": [{"name": "NomClient", "value": "CHANTEMARE"}],
            "steps": [{"name": "Alors CHANTEMARE est acquittée", "status": status, "steps": []}],
            "attachments": [{"name": "a.csv", "source": f"{number}-attachment.csv", "type": "text/csv"}],
        }
        (folder / f"{number}-result.json").write_text(json.dumps(content), encoding="utf-8")
        (folder / f"{number}-attachment.csv").write_text("NomClient\nCHANTEMARE\n", encoding="utf-8")
    return folder


def test_third_parties_are_taken_out_and_the_network_forbidden():
    page = strip(TRACKED)

    assert "googletagmanager" not in page
    assert "gtag" not in page
    assert "allureReportData" in page
    assert "default-src 'none'" in page
    assert '<html dir="ltr" lang="fr">' in page


def test_without_node_it_says_what_to_install(tmp_path):
    with pytest.raises(ConfigurationError, match="installez Node.js"):
        write_allure(_results(tmp_path / "r"), tmp_path / "a.html", environment={"PATH": str(tmp_path)})


def test_without_results_it_says_what_to_run(tmp_path):
    with pytest.raises(UsageError, match="annexe5 certify"):
        write_allure(tmp_path, tmp_path / "a.html")


def test_what_allure_says_when_it_fails_is_told(tmp_path):
    npx = tmp_path / "npx"
    npx.write_text("#!/bin/sh\necho 'npm error 404 registre muet' >&2\nexit 3\n")
    npx.chmod(npx.stat().st_mode | stat.S_IXUSR)

    with pytest.raises(ConfigurationError, match=r"code 3\) : npm error 404 registre muet"):
        write_allure(_results(tmp_path / "r"), tmp_path / "a.html", environment={"PATH": f"{tmp_path}:/usr/bin:/bin"})


def test_results_are_masked_in_place_with_the_report_s_pseudonyms(tmp_path):
    folder = _results(tmp_path / "r")
    redactor = Redactor(b"k" * 32)
    redactor.learn("name", "CHANTEMARE")

    assert mask_results(folder, redactor) == 6
    assert all("CHANTEMARE" not in path.read_text(encoding="utf-8") for path in folder.iterdir())
    first = json.loads((folder / "0-result.json").read_text(encoding="utf-8"))
    assert first["parameters"][0]["value"] == redactor.pseudonym("name", "CHANTEMARE")
    assert first["uuid"].startswith("00000000")
    assert mask_results(folder, redactor) == 0


def test_an_attachment_that_is_no_text_is_dropped(tmp_path):
    (tmp_path / "x-attachment.png").write_bytes(b"\x89PNG CHANTEMARE \xff")

    mask_results(tmp_path, Redactor())

    assert (tmp_path / "x-attachment.png").read_bytes() == b""


@pytest.mark.skipif(shutil.which("npx") is None, reason="Node.js absent : npx fait la page d'Allure")
def test_allure_renders_a_run_with_failures_and_asks_nothing(browser, tmp_path):
    results = _results(tmp_path / "r")
    history = tmp_path / "historique.jsonl"

    page = write_allure(results, tmp_path / "allure.html", history=history, environment=dict(os.environ))

    assert history.is_file()
    opened = browser.new_page()
    asked, errors = [], []
    opened.on("request", lambda request: asked.append(request.url) if request.url.startswith("http") else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(page.as_uri())
    opened.get_by_text("Scénario 1").first.wait_for(timeout=20_000)
    assert asked == []
    assert errors == []
