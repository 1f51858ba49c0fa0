"""axe on the page: no serious fault in any of its states."""

from __future__ import annotations

from importlib.resources import files

import pytest

pytest.importorskip("axe_playwright_python")

STATES = {
    "folded": "",
    "unfolded": "document.querySelectorAll('details').forEach(one => { one.open = true })",
    "English": "document.querySelector('#langue').click()",
}


def _faults(browser, path, *, width, scheme, prepare):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.as_uri())
    if prepare:
        page.evaluate(prepare)
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    context.close()
    return [
        f"{one['impact']} {one['id']} ×{len(one['nodes'])}: {one['nodes'][0]['target']}"
        f" {one['nodes'][0]['failureSummary']}"
        for one in found["violations"]
    ]


@pytest.mark.parametrize(
    ("state", "width", "scheme"),
    [
        ("folded", 1280, "light"),
        ("unfolded", 1280, "light"),
        ("unfolded", 390, "light"),
        ("unfolded", 1280, "dark"),
        ("English", 390, "dark"),
    ],
)
def test_axe_finds_no_fault(browser, written, state, width, scheme):
    path = written.folder / "rapport.html"

    assert _faults(browser, path, width=width, scheme=scheme, prepare=STATES[state]) == []


def test_axe_finds_no_fault_in_what_was_waived_and_contested(browser, contested):
    path = contested / "rapport.html"

    assert _faults(browser, path, width=1280, scheme="light", prepare=STATES["unfolded"]) == []


def test_axe_sees_a_fault_when_there_is_one(browser, written):
    spoil = "document.querySelector('#langue').textContent = ''"

    found = _faults(browser, written.folder / "rapport.html", width=1280, scheme="light", prepare=spoil)

    assert any("button-name" in one for one in found)
