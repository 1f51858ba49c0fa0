"""The catalogues as a terminal, a script or a spreadsheet wants them: clauses, rejections, rules, defects, roles."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text as RichText

from annexe5.contract.rejects import load_rejects
from annexe5.contract.requirements import Requirement, load_requirements
from annexe5.contract.rules import asked_rule, load_rules, raw_rules
from annexe5.errors import UsageError
from annexe5.findings import Rule

_FORMATS = ("text", "json", "csv")
Row = Sequence[str]


def requirements(found: Sequence[Requirement], *, output: str, lang: str) -> None:
    """Print clauses."""
    if output == "json":
        _json([{**asdict(one), "text": one.text[lang]} for one in found])
        return
    rows = [(one.id, one.level.value, ",".join(one.parties), ",".join(one.flows), one.text[lang]) for one in found]
    titles = ("id", "level", "party", "flow", "text") if lang == "en" else ("id", "niveau", "partie", "flux", "texte")
    _print(titles, rows, output, lang)


def coverage(found: Sequence[Requirement], *, output: str, lang: str) -> None:
    """Print what tests each clause, or why nothing does."""
    from annexe5.contract.coverage import coverage as judge  # noqa: PLC0415 -- reads every feature

    classed = [judge()[one.id] for one in found]
    if output == "json":
        _json([{**asdict(one), "reason": one.reason[lang]} for one in classed])
        return
    kinds = {"tested": "testée", "manual": "manuelle", "not testable": "non testable"}
    rows = [
        (
            one.id,
            one.kind if lang == "en" else kinds[one.kind],
            " ".join(one.scenarios) or one.reason[lang],
            " ".join(one.rules),
        )
        for one in classed
    ]
    titles = ("id", "class", "scenarios", "rules") if lang == "en" else ("id", "classe", "scénarios", "règles")
    _print(titles, rows, output, lang)


def rejects(*, output: str, lang: str) -> None:
    """Print rejection codes and how each is reached."""
    found = load_rejects().values()
    if output == "json":
        _json([asdict(one) for one in found])
        return
    titles = ("code", "label", "given at", "why") if lang == "en" else ("code", "libellé", "donné au", "raison")
    _print(titles, [(one.code, one.label, one.produced_by, one.reason) for one in found], output, lang)


def rules(ident: str, *, output: str, lang: str) -> None:
    """Print the rules, or explain one."""
    catalogue = load_rules()
    if not ident:
        if output == "json":
            _json([_as_plain(one, lang) for one in catalogue.values()])
            return
        titles = ("id", "severity", "clauses", "rule") if lang == "en" else ("id", "gravité", "clauses", "règle")
        rows = [
            (one.id, one.effective_severity.value, ", ".join(one.requirements), one.statement[lang])
            for one in catalogue.values()
        ]
        _print(titles, rows, output, lang)
        return
    one = asked_rule(ident)
    if output == "json":
        _json(_as_plain(one, lang))
    else:
        _explain(one, lang)


def defects(party: str, *, lang: str) -> None:
    """Print the defects of a twin."""
    from annexe5.parties.defects import load_defects, load_planted  # noqa: PLC0415

    known = [*load_defects().values(), *load_planted().values()]
    found = [one for one in known if not party or one.party == party]
    titles = ("id", "party", "clauses", "behaviour") if lang == "en" else ("id", "partie", "clauses", "comportement")
    _print(titles, [(one.id, one.party, ", ".join(one.requirements), one.text[lang]) for one in found], "text", lang)


def roles(*, lang: str) -> None:
    """Print the roles that a target file may declare."""
    from annexe5.network.roles import load_roles  # noqa: PLC0415

    titles = ("role", "what", "unlocks") if lang == "en" else ("rôle", "ce que c'est", "débloque")
    _print(titles, [(one.id, one.text[lang], ", ".join(one.unlocks)) for one in load_roles().values()], "text", lang)


def _as_plain(one: Rule, lang: str) -> dict[str, object]:
    raw = raw_rules()[one.id]
    return {
        "id": one.id,
        "house": raw["house"],
        "severity": one.effective_severity.value,
        "confidence": one.confidence.value,
        "requirements": list(one.requirements),
        "source": one.source,
        "statement": one.statement[lang],
        "message": one.message[lang],
        "remedy": one.remedy[lang],
        "good": list(one.good),
        "bad": list(one.bad),
    }


def _explain(one: Rule, lang: str) -> None:
    words = {
        "fr": ("Règle", "Clauses", "Gravité", "Source", "Message", "Que faire", "Bon exemple", "Mauvais exemple"),
        "en": ("Rule", "Clauses", "Severity", "Source", "Message", "What to do", "Good example", "Bad example"),
    }["en" if lang == "en" else "fr"]
    console = Console()
    console.print(RichText(f"{one.id}  {one.statement[lang]}", style="bold"))
    console.print()
    for ident in one.requirements:
        clause = load_requirements()[ident]
        console.print(RichText(f"{words[1]} {ident} ({clause.level}) : {clause.text[lang]}"))
    console.print(RichText(f"{words[2]} : {one.effective_severity} ({one.confidence})"))
    console.print(RichText(f"{words[3]} : {one.source}"))
    console.print(RichText(f"{words[4]} : {one.message[lang]}"))
    if one.remedy[lang]:
        console.print(RichText(f"{words[5]} : {one.remedy[lang]}"))
    for label, examples in ((words[6], one.good), (words[7], one.bad)):
        for example in examples:
            console.print(RichText(f"{label} : {example}"))


def _print(titles: Row, rows: Iterable[Row], output: str, lang: str) -> None:
    if output not in _FORMATS or lang not in ("fr", "en"):
        raise UsageError(f"--format {output} --lang {lang} : formats {', '.join(_FORMATS)} ; langues fr, en.")
    if output == "csv":
        writer = csv.writer(sys.stdout, delimiter=";", lineterminator="\n")
        writer.writerow(titles)
        writer.writerows(rows)
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for index, title in enumerate(titles):
        table.add_column(title, no_wrap=index == 0, overflow="fold")
    count = 0
    for row in rows:
        table.add_row(*(RichText(cell) for cell in row))
        count += 1
    # Piped output is for grep: no folding at 80 columns.
    console = Console(width=None if sys.stdout.isatty() else 4000)
    console.print(table)
    console.print(RichText(f"{count}"), style="dim")


def _json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))  # noqa: T201
