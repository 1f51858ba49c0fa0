"""The outcome for a person: rule by rule what broke, how often, where first, what to do; then the orders in all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from annexe5.audit.ledger import Group
from annexe5.audit.moments import Source, day_of
from annexe5.audit.run import Outcome
from annexe5.contract.requirements import load_requirements
from annexe5.contract.rules import load_rules
from annexe5.findings import Finding, Severity, Verdict
from annexe5.orders import load_cycle
from annexe5.validation.text import plain

_REMEDIES = 3
_SIGNS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.CONFORME: ("✓", "32"),
    Verdict.RESERVE: ("~", "33"),
    Verdict.NON_CONFORME: ("✗", "31"),
}
_PAINT = {Severity.ERROR: "31", Severity.RESERVE: "33", Severity.INFO: "36"}
_FR = {
    "conforme": "conforme", "réserve": "conforme avec réserve", "non conforme": "non conforme",
    "error": "erreur", "reserve": "réserve", "info": "information", "time": "fois", "clause": "Clause",
    "more": "… et {count} autre(s)", "do": "À faire", "only": "Règles retenues", "ignored": "ignorée",
    "archive": "{files} fichier(s), {rows} ligne(s), {orders} commande(s){period}", "period": ", du {first} au {last}",
    "times": "Heures", "nom": "{count} fichier(s) au jour de leur nom", "journal": "{count} à l'heure d'un journal",
    "log": "{count} à l'heure du log", "aucune": "{count} sans aucune date",
    "states": "Commandes", "broken": "{count} commande(s) en faute", "awaited": "En attente",
    "until": "jusqu'au {day}", "endless": "sans délai au contrat",
    "overdue": "en retard de {late} jour(s) ouvré(s), attendu(s) pour le {day}", "to": "{first} à {last}",
    "documents": "{count} document(s) joint(s) aux fichiers, jugé(s) avec eux",
    "copies": "{count} copie(s) du même fichier laissée(s) de côté",
    "others": "{count} fichier(s) qui ne sont pas des fichiers de flux : annexe5 validate juge les messages",
    "beyond": "{count} fichier(s) après --until", "or": " ou ",
    "undated": "{count} commande(s) non jugée(s) : un de leurs fichiers n'a pas de date ; donnez un log (--log)",
    "before": "{count} commande(s) ouverte(s) avant l'archive (--partial), non jugées",
    "hint": "Si l'archive commence en cours de route, --partial met de côté les commandes qu'elle ne voit pas naître.",
    "masked": "Données personnelles masquées (•••) ; --show-personal les montre.",
}  # fmt: skip
_EN = {
    "conforme": "compliant", "réserve": "compliant with reserve", "non conforme": "not compliant",
    "error": "error", "reserve": "reserve", "info": "information", "time": "times", "clause": "Clause",
    "more": "… and {count} more", "do": "To do", "only": "Rules kept", "ignored": "ignored",
    "archive": "{files} file(s), {rows} row(s), {orders} order(s){period}", "period": ", from {first} to {last}",
    "times": "Times", "nom": "{count} file(s) by the day of their name", "journal": "{count} by a journal",
    "log": "{count} by the log", "aucune": "{count} with no date at all",
    "states": "Orders", "broken": "{count} order(s) at fault", "awaited": "Awaited",
    "until": "until {day}", "endless": "no deadline in the contract",
    "overdue": "late by {late} working day(s), due {day}", "to": "{first} to {last}",
    "documents": "{count} document(s) that go with files, judged with them",
    "copies": "{count} copy(ies) of the same file left aside",
    "others": "{count} file(s) that are no flow files: annexe5 validate judges messages",
    "beyond": "{count} file(s) after --until", "or": " or ",
    "undated": "{count} order(s) not judged: one of their files has no date; give a log (--log)",
    "before": "{count} order(s) opened before the archive (--partial), not judged",
    "hint": "If the archive begins halfway, --partial leaves aside the orders whose birth it does not hold.",
    "masked": "Personal data is masked (•••); --show-personal shows it.",
}  # fmt: skip


def as_text(outcome: Outcome, lang: str, *, samples: int, colour: bool = False) -> str:
    """Give the text; ``samples`` is how many places are told of each rule."""
    teller = _Teller("en" if lang == "en" else "fr", samples, colour=colour)
    return "\n".join(teller.all(outcome)) + "\n"


class _Teller:
    def __init__(self, lang: str, samples: int, *, colour: bool) -> None:
        self.lang, self.samples, self.colour = lang, samples, colour
        self.words = _EN if lang == "en" else _FR

    def all(self, outcome: Outcome) -> Iterator[str]:
        words = self.words
        for group in outcome.groups:
            yield from self.group(group)
            yield ""
        yield from self.orders(outcome)
        yield from self.aside(outcome)
        sign, paint = _SIGNS[outcome.verdict]
        period = ""
        if outcome.first and outcome.today:
            period = words["period"].format(first=self.day(outcome.first), last=self.day(outcome.today))
        told = words["archive"].format(
            files=_number(outcome.files),
            rows=_number(outcome.rows),
            orders=_number(outcome.orders.count),
            period=period,
        )
        yield f"{self.paint(sign, paint)} {told} : {self.paint(words[outcome.verdict.value], paint)}"

    def group(self, group: Group) -> Iterator[str]:
        words, rule = self.words, load_rules()[group.rule]
        severity = words[group.severity.value]
        times = f"{severity}, {_number(group.count)} {words['time']}"
        yield f"{self.paint(group.rule, _PAINT[group.severity])}  ({times})  {rule.statement[self.lang]}"
        clause = load_requirements().get(group.requirement)
        if clause:
            yield f"    {words['clause']} {clause.id} ({clause.level}) : {clause.text[self.lang]}"
        shown = group.samples[: self.samples]
        for one in shown:
            yield f"    {self.place(one)}"
        hidden = group.count - sum(one.count for one in shown)
        if hidden > 0:
            yield "    " + words["more"].format(count=_number(hidden))
        for remedy in list(dict.fromkeys(one.remedy[self.lang] for one in shown if one.remedy[self.lang]))[:_REMEDIES]:
            yield f"    {words['do']} : {plain(remedy)}"

    def place(self, one: Finding) -> str:
        line = f":{one.line}" if one.line else ""
        return f"{plain(one.path)}{line} : {plain(one.message[self.lang])}"

    def orders(self, outcome: Outcome) -> Iterator[str]:
        words, orders = self.words, outcome.orders
        if orders.states:
            states = load_cycle().states
            told = (f"{_number(count)} {states[one].label[self.lang]}" for one, count in orders.states.most_common())
            yield f"{words['states']} : {' · '.join(told)}"
        if orders.broken:
            yield "    " + words["broken"].format(count=_number(orders.broken))
        for flows in sorted({flows for flows, _due, _late in orders.overdue}):
            some = {(due, late): count for (one, due, late), count in orders.overdue.items() if one == flows}
            late = self.span(*(str(one) for one in _ends(late for _due, late in some)))
            due = self.span(*(self.day(day_of(one)) for one in _ends(due for due, _late in some)))
            when = words["overdue"].format(late=late, day=due)
            yield f"    {_number(sum(some.values()))} {words['or'].join(flows)} {when}"
        for (flows, last), count in sorted(orders.awaited.items(), key=lambda one: (one[0][1] or 1 << 30, one[0][0])):
            until = words["endless"] if last is None else words["until"].format(day=self.day(day_of(last)))
            yield f"    {words['awaited']} : {_number(count)} {words['or'].join(flows)} {until}"

    def aside(self, outcome: Outcome) -> Iterator[str]:
        words, orders = self.words, outcome.orders
        used = [
            words[one.value].format(count=_number(outcome.sources[one])) for one in Source if outcome.sources.get(one)
        ]
        yield f"{words['times']} : {', '.join(used)}"
        for name, count in (
            ("documents", outcome.documents),
            ("copies", outcome.copies),
            ("others", outcome.others),
            ("beyond", outcome.out_of_period),
            ("undated", orders.undated),
            ("before", orders.opened_before),
        ):
            if count:
                yield words[name].format(count=_number(count))
        if not outcome.asked.partial and any(one.rule == "CYC-REFERENCE-INCONNUE" for one in outcome.groups):
            yield words["hint"]
        if outcome.only:
            yield f"{words['only']} : {', '.join(outcome.only)}"
        for rule, reason, count in outcome.ignored:
            yield f"{rule} ({words['ignored']}, {_number(count)} {words['time']}) : {plain(reason)}"
        if any(one.value == "•••" for group in outcome.groups for one in group.samples):
            yield words["masked"]

    def span(self, first: str, last: str) -> str:
        return first if first == last else self.words["to"].format(first=first, last=last)

    def day(self, day: date) -> str:
        return day.isoformat() if self.lang == "en" else day.strftime("%d/%m/%Y")

    def paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour else text


def _ends(numbers: Iterable[int]) -> tuple[int, int]:
    some = list(numbers)
    return min(some), max(some)


def _number(count: int) -> str:
    return f"{count:,}".replace(",", " ")
