"""``resume.md``: the summary that stands in a merge request, French first."""

from __future__ import annotations

import re
from collections import Counter

from annexe5.campaign.results import CampaignResult, ScenarioResult
from annexe5.evidence.overview import count_by_level, count_scenarios, failures, missing, sentence, stake, worst_first
from annexe5.evidence.wording import LEVELS, VERDICTS, when
from annexe5.findings import Text, Verdict

_MOST = 20


def summary(result: CampaignResult, lang: str = "fr") -> str:
    """Write the verdict, the counts, what is missing and the first failures, in one language."""
    look = VERDICTS[result.verdict]
    counts = count_scenarios(result)
    title = _say(lang, "recette", "certification")
    scenarios = ", ".join(f"{VERDICTS[one].sign} {count} {VERDICTS[one].name[lang]}" for one, count in counts.items())
    period = f"{when(result.started)} → {when(result.ended)}"
    parts = [
        f"## {look.sign} Annexe 5 – {title} {result.party.upper()} {result.oi} ⇄ {result.oc} : {look.name[lang]}",
        "",
        f"{sentence(result)[lang]} {stake(result)[lang]}",
        "",
        f"{_say(lang, 'Profil', 'Profile')} `{result.profile}`, {period}. {_cell(result.target)}",
        "",
        f"{_say(lang, 'Scénarios', 'Scenarios')} : {scenarios}",
        "",
        *_levels(result, lang),
        *_missing(result, lang),
        *_failures(result, lang),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _say(lang: str, fr: str, en: str) -> str:
    return Text(fr, en)[lang]


def _levels(result: CampaignResult, lang: str) -> list[str]:
    counts = count_by_level(result)
    seen = [verdict for verdict in Verdict if any(by[verdict] for by in counts.values())]
    if not seen:
        return []
    heads = [_say(lang, "Exigences", "Requirements"), *(VERDICTS[verdict].name[lang] for verdict in seen)]
    rows = [[LEVELS[level][lang], *(str(by[verdict] or "") for verdict in seen)] for level, by in counts.items() if by]
    return [*(_row(row) for row in (heads, ["---"] * len(heads), *rows)), ""]


def _missing(result: CampaignResult, lang: str) -> list[str]:
    """Name the clauses that ended badly or wait; those that nobody tried are only counted by reason."""
    lacking = missing(result)
    if not lacking:
        return []
    told = [one for one in lacking if one.verdict is not Verdict.NON_TESTE]
    untried = Counter(one.result.reason for one in lacking if one.verdict is Verdict.NON_TESTE)
    lines = [f"### {_say(lang, 'Clauses obligatoires qui manquent', 'Mandatory clauses missing')}", ""]
    lines += [
        f"- **{one.requirement.id}** {VERDICTS[one.verdict].sign} {VERDICTS[one.verdict].name[lang]} – "
        f"{_cell(one.requirement.text[lang])}" + (f" ({_cell(one.result.reason)})" if one.result.reason else "")
        for one in told[:_MOST]
    ]
    lines += _rest(len(told), lang)
    look = VERDICTS[Verdict.NON_TESTE]
    lines += [
        f"- {look.sign} {count} {look.name[lang]}" + (f" – {_cell(reason)}" if reason else "")
        for reason, count in untried.most_common()
    ]
    return [*lines, ""]


def _failures(result: CampaignResult, lang: str) -> list[str]:
    failed = failures(result)
    if not failed:
        return []
    lines = [f"### {_say(lang, 'Scénarios à regarder', 'Scenarios to look at')}", ""]
    for one in failed[:_MOST]:
        lines += _scenario(one, lang)
    return [*lines, *_rest(len(failed), lang), ""]


def _scenario(one: ScenarioResult, lang: str) -> list[str]:
    lines = [f"- {VERDICTS[one.verdict].sign} **{_cell(one.name)}** ({', '.join(one.requirements)})"]
    for finding in worst_first(one.findings)[:3]:
        where = f" `{finding.where}`" if finding.where else ""
        lines.append(f"  - {finding.requirement} : {_cell(finding.message[lang])}{where}")
    if not one.findings and one.message:
        lines.append(f"  - {_cell(one.message)}")
    if one.replay:
        lines.append(f"  - `{one.replay}`")
    return lines


def _rest(count: int, lang: str) -> list[str]:
    return [f"- … {count - _MOST} {_say(lang, 'de plus, voir', 'more, see')} `rapport.html`"] if count > _MOST else []


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    """Keep a value from being read as Markdown or HTML, on one line."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))
