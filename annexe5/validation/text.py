"""The outcome for a person: each file's verdict, then rule by rule what broke, where first, and what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from annexe5.contract.requirements import load_requirements
from annexe5.contract.rules import load_rules
from annexe5.findings import Finding, Severity, Verdict
from annexe5.validation.run import Judged, Outcome

_REMEDIES = 3
_SIGNS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.CONFORME: ("✓", "32"),
    Verdict.RESERVE: ("~", "33"),
    Verdict.NON_CONFORME: ("✗", "31"),
    Verdict.NON_APPLICABLE: ("–", "36"),
}
_ORDER = (Severity.ERROR, Severity.RESERVE, Severity.INFO)
_FR = {
    "conforme": "conforme", "réserve": "réserve", "non conforme": "non conforme",
    "non applicable": "aucune des règles retenues ne le juge",
    "error": "erreur", "reserve": "réserve", "info": "information",
    "no_flow": "aucun flux reconnu", "row": "ligne", "rows": "lignes", "time": "fois",
    "lines": "lignes", "clause": "Clause", "line": "ligne",
    "column": "colonne", "received": "reçu", "expected": "attendu",
    "more": "… et {count} autre(s)", "do": "À faire", "ignored": "ignorée", "only": "Règles retenues",
    "files": "fichier(s)", "found": "constat(s)", "of": "de", "rules": "règle(s)",
    "masked": "Données personnelles masquées (•••) ; --show-personal les montre.",
    "plural": {
        "conforme": "conforme(s)", "réserve": "avec réserve", "non conforme": "non conforme(s)",
        "non applicable": "que rien ne juge",
    },
}  # fmt: skip
_EN = {
    "conforme": "compliant", "réserve": "compliant with reserve", "non conforme": "not compliant",
    "non applicable": "none of the rules kept judges it",
    "error": "error", "reserve": "reserve", "info": "information",
    "no_flow": "no flow recognised", "row": "row", "rows": "rows", "time": "times",
    "lines": "lines", "clause": "Clause", "line": "line",
    "column": "column", "received": "received", "expected": "expected",
    "more": "… and {count} more", "do": "To do", "ignored": "ignored", "only": "Rules kept",
    "files": "file(s)", "found": "finding(s)", "of": "of", "rules": "rule(s)",
    "masked": "Personal data is masked (•••); --show-personal shows it.",
    "plural": {
        "conforme": "compliant", "réserve": "with reserve", "non conforme": "not compliant",
        "non applicable": "that nothing judges",
    },
}  # fmt: skip


def as_text(outcome: Outcome, lang: str, *, samples: int, colour: bool = False) -> str:
    """Give the text; ``samples`` is how many places are told of each rule in each file."""
    teller = _Teller("en" if lang == "en" else "fr", samples, colour=colour)
    return "\n".join(teller.all(outcome)) + "\n"


class _Teller:
    def __init__(self, lang: str, samples: int, *, colour: bool) -> None:
        self.lang = lang
        self.words: Mapping[str, str] = {key: one for key, one in _of(lang).items() if isinstance(one, str)}
        self.plural: Mapping[str, str] = _of(lang)["plural"]  # type: ignore[assignment]
        self.samples = samples
        self.colour = colour

    def all(self, outcome: Outcome) -> Iterator[str]:
        for one in outcome.files:
            yield from self.file(one, outcome.reasons)
        yield ""
        yield from self.summary(outcome)

    # --- one file --------------------------------------------------------------------------------------------

    def file(self, one: Judged, reasons: Mapping[str, str]) -> Iterator[str]:
        words = self.words
        sign, paint = _SIGNS[one.verdict]
        what = one.flow or words["no_flow"]
        if one.flow and one.table:
            what += f", {self.rows(one)}"
        yield f"{self.paint(sign, paint)} {plain(one.path)} · {what} : {self.paint(words[one.verdict.value], paint)}"
        for group in _groups(one.findings):
            yield from self.group(group)
        for group in _groups(one.ignored):
            count = sum(finding.count for finding in group)
            rule = group[0].rule
            yield f"    {rule}  ({words['ignored']}, {count} {words['time']}) : {plain(reasons[rule])}"

    def rows(self, one: Judged) -> str:
        return f"{one.rows} {self.words['rows' if one.rows > 1 else 'row']}"

    def group(self, group: Sequence[Finding]) -> Iterator[str]:
        words, first = self.words, group[0]
        count = sum(one.count for one in group)
        paint = {Severity.ERROR: "31", Severity.RESERVE: "33", Severity.INFO: "36"}[first.severity]
        rule = load_rules().get(first.rule)
        statement = rule.statement[self.lang] if rule else ""
        times = f", {count} {words['time']}" if count > 1 else ""
        yield f"    {self.paint(first.rule, paint)}  ({words[first.severity.value]}{times})  {statement}"
        clause = load_requirements().get(first.requirement)
        if clause:
            yield f"        {words['clause']} {clause.id} ({clause.level}) : {clause.text[self.lang]}"
        shown = sorted(group, key=lambda one: one.line or 0)[: self.samples]
        for told, lines in self.places(shown):
            where = words["line"] if len(lines) == 1 else words["lines"]
            yield f"        {where} {', '.join(map(str, lines))}{told}" if lines else f"        {told}"
        if count > len(shown):
            yield "        " + words["more"].format(count=count - len(shown))
        for remedy in list(dict.fromkeys(one.remedy[self.lang] for one in shown if one.remedy[self.lang]))[:_REMEDIES]:
            yield f"        {words['do']} : {plain(remedy)}"

    def places(self, shown: Sequence[Finding]) -> Iterator[tuple[str, list[int]]]:
        """Give what each place has to say, once for the places that say the same, with their lines."""
        lines: dict[tuple[str, bool], list[int]] = defaultdict(list)
        for one in shown:
            lines[self.place(one), bool(one.line)] += [one.line] if one.line else []
        return ((told, where) for (told, _placed), where in lines.items())

    def place(self, one: Finding) -> str:
        """Tell one place, after its line where it has one."""
        words, message = self.words, one.message[self.lang]
        column = one.column if one.column and not message.startswith(one.column) else ""
        told = f"{words['column']} {plain(column)} : {plain(message)}" if column else plain(message)
        if one.line:
            told = f", {told}" if column else f" : {told}"
        beside = []
        if one.value and one.value not in message:
            beside.append(f"{words['received']} « {plain(one.value)} »")
        if one.expected and one.expected not in message and one.expected not in one.remedy[self.lang]:
            beside.append(f"{words['expected']} : {plain(one.expected)}")
        return f"{told} ({', '.join(beside)})" if beside else told

    # --- all of them -----------------------------------------------------------------------------------------

    def summary(self, outcome: Outcome) -> Iterator[str]:
        words = self.words
        verdicts: dict[Verdict, int] = defaultdict(int)
        counts: dict[str, int] = defaultdict(int)
        for file in outcome.files:
            verdicts[file.verdict] += 1
            for one in file.findings:
                counts[one.rule] += one.count
        parts = [f"{verdicts[one]} {self.plural[one.value]}" for one in _SIGNS if verdicts[one]]
        yield f"{len(outcome.files)} {words['files']} : {', '.join(parts)}"
        if counts:
            yield (
                f"{sum(counts.values())} {words['found']} {words['of']} {len(counts)} {words['rules']} : "
                + ", ".join(
                    f"{rule} × {count}" for rule, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
                )
            )
        if outcome.only:
            yield f"{words['only']} : {', '.join(outcome.only)}"
        yield from (one[self.lang] for one in outcome.idle)
        for rule, reason in outcome.reasons.items():
            yield f"{rule} ({words['ignored']}) : {plain(reason)}"
        if any(one.value == "•••" for file in outcome.files for one in file.findings):
            yield words["masked"]

    def paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour else text


def plain(text: str) -> str:
    """Give a text that a terminal can only print: what files and names hold moves no cursor."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _groups(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Group findings by rule, the gravest first, then in the order of the file."""
    groups: dict[tuple[str, Severity], list[Finding]] = defaultdict(list)
    for one in findings:
        groups[one.rule, one.severity].append(one)
    return sorted(groups.values(), key=lambda group: _ORDER.index(group[0].severity))


def _of(lang: str) -> Mapping[str, object]:
    return _EN if lang == "en" else _FR
