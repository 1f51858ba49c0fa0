"""The page, opened in headless Chromium from a file: nothing fetched, nothing logged, everything reachable."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sample

from annexe5.evidence import overview, write_all
from annexe5.evidence.overview import slug
from annexe5.findings import Verdict

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


class Opened:
    """A page, with whatever it asked of the network or complained about."""

    def __init__(self, browser, path, *, viewport=DESKTOP, scheme="light"):
        self.context = browser.new_context(viewport=viewport, color_scheme=scheme)
        self.page = self.context.new_page()
        self.noise: list[str] = []
        self.page.on("console", lambda message: self.noise.append(f"console {message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.noise.append(f"error: {error}"))
        self.page.on(
            "request", lambda request: self.noise.append(f"request: {request.url}") if request.url != self.url else None
        )
        self.url = path.as_uri()
        self.page.goto(self.url)

    def close(self):
        self.context.close()

    def visible(self, selector):
        return [one for one in self.page.query_selector_all(selector) if one.is_visible()]


@pytest.fixture
def opened(browser, written):
    page = Opened(browser, written.folder / "rapport.html")
    yield page
    page.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_asks_nothing_and_complains_of_nothing(browser, written, viewport, scheme):
    opened = Opened(browser, written.folder / "rapport.html", viewport=viewport, scheme=scheme)
    opened.page.click("#langue")
    opened.page.fill("#f-texte", "CMD")
    opened.page.wait_for_timeout(150)

    assert opened.noise == []
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    opened.close()


def test_every_failure_is_reached_in_two_clicks(opened, written):
    failed = [one for one in written.result.scenarios if one.verdict is Verdict.NON_CONFORME]
    for one in failed:
        opened.page.click(f"#a-regarder a[href='#scenario-{slug(one.id)}']")
        remedy = opened.page.locator(f"#scenario-{slug(one.id)} .finding dl").first
        assert remedy.is_visible()
        opened.page.click(f"#scenario-{slug(one.id)} .finding a[href^='#piece-']:visible >> nth=0")
        assert opened.page.locator("details[open][id^='piece-'] .raw").first.is_visible()
    assert len(failed) == 2


def test_a_finding_links_to_the_line_it_judges(opened, written):
    opened.page.goto(f"{opened.url}#scenario-{slug(written.result.scenarios[2].id)}")
    opened.page.click("a[href='#piece-3-L2']:visible >> nth=0")

    row = opened.page.locator("#piece-3-L2")
    assert row.is_visible()
    assert row.inner_text().startswith("2\tCMD-0001")


@pytest.mark.parametrize("anchor", ["ACC-05", "AMB-VXX", "piece-4", "commande-cmd-0002-"])
def test_a_deep_link_opens_what_it_names(browser, written, anchor):
    opened = Opened(browser, written.folder / "rapport.html")
    ident = opened.page.locator(f"[id^='{anchor}']").first.get_attribute("id")
    opened.page.goto(f"{opened.url}#{ident}")

    target = opened.page.locator(f"[id='{ident}']")
    assert target.is_visible()
    assert target.evaluate("one => one.tagName !== 'DETAILS' || one.open")
    assert opened.page.evaluate("id => document.getElementById(id).contains(document.activeElement)", ident)
    opened.close()


def test_a_deep_link_wins_over_a_filter_that_hides_it(opened):
    opened.page.fill("#f-texte", "rien de tel")
    opened.page.wait_for_timeout(150)
    opened.page.evaluate("location.hash = 'ACC-05'")

    opened.page.wait_for_selector("#ACC-05:visible")


def test_the_verdict_filter_keeps_that_verdict_only(opened):
    opened.page.check("input[name=verdict][value='non conforme']", force=True)
    opened.page.wait_for_timeout(150)
    kept = {one.get_attribute("data-verdict") for one in opened.visible(".item")}

    assert kept == {"non conforme"}
    assert re.fullmatch(r"\d+ éléments sur \d+", opened.page.inner_text("#f-compte"))


def test_two_verdicts_widen_and_a_clause_narrows(opened):
    opened.page.check("input[name=verdict][value='non conforme']", force=True)
    opened.page.check("input[name=verdict][value='en attente']", force=True)
    opened.page.select_option("#f-exigence", "ACC-10")
    opened.page.wait_for_timeout(150)

    assert {one.get_attribute("id") for one in opened.visible("#exigences .item")} == {"ACC-10"}
    assert len(opened.visible("#scenarios .item")) == 1


def test_the_text_filter_forgives_accents_and_case(opened):
    opened.page.fill("#f-texte", "DISPOSITION mis A")
    opened.page.wait_for_timeout(150)

    assert [one.inner_text().split("\n")[0] for one in opened.visible("#scenarios .item summary .grow")] == [
        "Le raccordement est mis à disposition"
    ]


def test_everything_comes_back_when_filters_are_reset(opened):
    before = len(opened.visible(".item"))
    opened.page.fill("#f-texte", "CMD-0002")
    opened.page.wait_for_timeout(150)
    assert len(opened.visible(".item")) < before

    opened.page.click("button[type=reset]")
    opened.page.wait_for_timeout(150)
    assert len(opened.visible(".item")) == before


def test_the_page_speaks_both_languages(opened):
    assert "Ce qui n’a pas été joué" in opened.page.inner_text("#non-joue h2")
    opened.page.click("#langue")

    assert opened.page.inner_text("#non-joue h2") == "What was not run, and why"
    assert opened.page.get_attribute("html", "lang") == "en"
    assert "mandatory clauses are not kept" in opened.page.inner_text(".lead")
    assert opened.page.inner_text("#langue") == "Français"


def test_the_page_is_walked_with_the_keyboard_alone(opened):
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip"
    opened.page.locator("#scenarios summary").first.focus()
    opened.page.keyboard.press("Enter")

    assert opened.page.locator("#scenarios details").first.evaluate("one => one.open")


def test_what_an_exchange_carries_cannot_run(browser, tmp_path):
    hostile = "<script>document.title='pris'</script><img src=x onerror=\"document.title='pris'\">"
    wire = sample.Wire()
    result = sample.campaign(wire)
    scenario = replace(result.scenarios[1], name=hostile, message=hostile)
    wire.data[4] = hostile.encode()
    result = replace(result, scenarios=(scenario,), target=hostile, notes=(hostile,))
    write_all(result, tmp_path, bytes_of=wire.bytes_of, redact=False)

    opened = Opened(browser, tmp_path / "rapport.html")
    assert opened.noise == []
    assert opened.page.title().startswith("Annexe 5")
    opened.close()


def test_the_printed_page_unfolds_the_scenarios(opened):
    opened.page.emulate_media(media="print")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert opened.page.evaluate("[...document.querySelectorAll('#scenarios details.item')].every(one => one.open)")
    assert not opened.visible("#filtres, .menu")
    assert opened.page.pdf(format="A4")[:4] == b"%PDF"
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not opened.page.evaluate("[...document.querySelectorAll('#scenarios details.item')].some(one => one.open)")


# --- what needs no browser -------------------------------------------------------------------------------------


def test_ids_are_unique_and_every_inner_link_leads_somewhere(written):
    page = written.text("rapport.html")
    idents = re.findall(r'\bid="([^"]+)"', page)
    links = set(re.findall(r'href="#([^"]+)"', page))

    assert len(idents) == len(set(idents))
    assert links - set(idents) == set()


def test_each_finding_tells_clause_place_expected_received_and_what_to_do(written):
    page = written.text("rapport.html")

    for told in (
        "Émettre la réponse manquante",
        "CRCMD",
        "CrCMD",
        "annexe5 validate COVG_ZZZZ_CRCMD",
        "annexe5 certify oi --target",
    ):
        assert told in page


def test_what_was_not_run_is_listed_with_its_reason(written):
    section = written.text("rapport.html").split('id="non-joue"')[1].split("</section>")[0]

    assert "la cible ne déclare pas la capacité rdv" in section
    assert "protocole non joué dans cette campagne" in section


def test_assumptions_and_ambiguities_that_counted_are_named(written):
    section = written.text("rapport.html").split('id="hypotheses"')[1].split("</section>")[0]

    assert "CYC-DELAI" in section
    assert "AMB-CASSE-NOM" in section


def test_a_full_certification_stays_under_ten_megabytes(tmp_path):
    wire = sample.Wire()
    result = sample.campaign(wire)
    scenarios, orders, row = [], [], wire.data[1]
    heavy = row + row.split(b"\r\n")[1] * 400
    for number in range(120):
        one = result.scenarios[number % len(result.scenarios)]
        scenarios.append(replace(one, id=f"{one.id} {number}", name=f"{one.name} {number}"))
        orders.append(replace(result.orders[number % 2], reference=f"CMD-{number:04}", scenario=scenarios[-1].id))
    for number in range(800):
        name = f"COVG_ZZZZ_CMD_ACCES_V12_20260407_{number}.csv"
        wire.put(name, "Cmd_Acces", heavy if number % 10 == 0 else row * 2, after=number)
    result = replace(result, scenarios=tuple(scenarios), orders=tuple(orders), files=tuple(wire.files))

    paths = write_all(result, tmp_path, bytes_of=wire.bytes_of)

    assert paths[0].stat().st_size < 10_000_000
    assert len(list((tmp_path / "preuves").iterdir())) >= 80
    page = paths[0].read_text(encoding="utf-8")
    assert all((tmp_path / link).is_file() for link in re.findall(r'href="(preuves/[^"]+)"', page))


def test_beyond_the_page_s_budget_files_stand_beside_it(tmp_path, monkeypatch):
    monkeypatch.setattr("annexe5.evidence.report._INLINE_BUDGET", 100)
    wire = sample.Wire()

    write_all(sample.campaign(wire), tmp_path, bytes_of=wire.bytes_of)

    assert len(list((tmp_path / "preuves").iterdir())) == len(wire.files)


def test_a_campaign_without_anything_still_makes_a_page(tmp_path):
    result = replace(sample.campaign(), scenarios=(), orders=(), files=(), requirements=(), verdict=Verdict.NON_TESTE)

    paths = write_all(result, tmp_path, bytes_of={}.__getitem__)

    assert "Rien n&#39;a été éprouvé jusqu&#39;au bout." in paths[0].read_text(encoding="utf-8")
    assert overview.sentence(result).en == "Nothing was tried to its end."
