"""What no exchange shows is put to a person: one attended step a manual clause, its answer recorded, or left undone.

Answers come from a TOML file (``[constats.PM-04]``), or are asked on the terminal and written there. A clause nobody
answers for stays « non testé »: silence is never a pass.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from annexe5.campaign.results import ScenarioResult, StepResult, StepStatus
from annexe5.contract.coverage import coverage
from annexe5.contract.data import build
from annexe5.contract.requirements import Requirement, load_requirements
from annexe5.errors import ContractError, UsageError
from annexe5.findings import Level, Verdict

PATH = "schemas/coverage.toml"
Ask = Callable[[str], str]


class Answer(BaseModel):
    """What a person saw: ``par`` is a function in the company, never a name; ``note`` where the document stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    constat: Literal["oui", "non"]
    le: date
    par: str = Field(min_length=1)
    note: str = ""

    @property
    def told(self) -> str:
        """In one line."""
        return f"constaté le {self.le:%d/%m/%Y} par {self.par}" + (f" : {self.note}" if self.note else "")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    constats: Mapping[str, Answer] = Field(default_factory=dict)


Answers = Mapping[str, Answer]


def attended_clauses(party: str) -> tuple[Requirement, ...]:
    """Give the clauses of a party that only a person can see."""
    return tuple(
        one
        for one in load_requirements().values()
        if party.upper() in one.parties and coverage()[one.id].kind == "manual"
    )


def load_answers(path: Path) -> Answers:
    """Read a file of answers; UsageError says what is wrong in it, and where."""
    try:
        found = build(_File, tomllib.loads(path.read_text(encoding="utf-8")), path)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ContractError) as error:
        raise UsageError(f"--answers {path} : {error}") from None
    manual = {ident for ident, one in coverage().items() if one.kind == "manual"}
    if unknown := sorted(set(found.constats) - manual):
        raise UsageError(
            f"--answers {path} : {', '.join(unknown)} : aucune personne ne répond de ces clauses. "
            f"Celles dont on répond : {', '.join(sorted(manual))}."
        )
    return found.constats


def ask(party: str, known: Answers, prompt: Ask, today: date) -> Answers:
    """Ask what is not answered yet; an empty answer leaves the clause undone, an empty function ends the questions."""
    answers = dict(known)
    left = [one for one in attended_clauses(party) if one.id not in answers]
    if not left:
        return answers
    who = prompt(f"{len(left)} clauses sont à constater. Votre fonction (vide : ne rien constater) :").strip()
    for one in left if who else ():
        said = _said(
            prompt, f"{one.id} – {one.text.fr}\n  {coverage()[one.id].reason.fr}\n  Constaté ? oui / non / vide :"
        )
        if said is not None:
            answers[one.id] = Answer(constat=said, le=today, par=who, note=prompt("  Pièce ou remarque :").strip())
    return answers


def _said(prompt: Ask, question: str) -> Literal["oui", "non"] | None:
    while True:
        match prompt(question).strip().lower():
            case "":
                return None
            case "o" | "oui" | "y" | "yes":
                return "oui"
            case "n" | "non" | "no":
                return "non"


def write_answers(answers: Answers, path: Path) -> None:
    """Keep the answers for the next campaign."""
    lines = ["# Constats rendus par une personne : annexe5 certify --answers relit ce fichier.\n"]
    for ident, one in sorted(answers.items()):
        lines.append(
            f"[constats.{ident}]\nconstat = {_text(one.constat)}\nle = {one.le.isoformat()}\n"
            f"par = {_text(one.par)}\nnote = {_text(one.note)}\n"
        )
    path.write_text("\n".join(lines), encoding="utf-8")


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else " " for one in escaped) + '"'


def attended_steps(party: str, answers: Answers, now: datetime) -> tuple[ScenarioResult, ...]:
    """Give one attended scenario a manual clause of the party, answered or not."""
    return tuple(_step(one, answers.get(one.id), party, now) for one in attended_clauses(party))


def _step(clause: Requirement, answer: Answer | None, party: str, now: datetime) -> ScenarioResult:
    verdict, status, message = Verdict.NON_TESTE, StepStatus.NOT_RUN, "aucun constat n'a été rendu"
    if answer is not None and answer.constat == "oui":
        verdict, status, message = Verdict.CONFORME, StepStatus.PASSED, ""
    elif answer is not None:
        verdict = Verdict.NON_CONFORME if clause.level is Level.MUST else Verdict.RESERVE
        status, message = StepStatus.FAILED, f"non {answer.told}"
    asked = StepResult("Alors", f"une personne constate : {clause.text.fr}", status, error=message if answer else "")
    told = (StepResult("Et", f"c'est {answer.told}", status),) if answer and answer.constat == "oui" else ()
    return ScenarioResult(
        id=f"constats::{clause.id}",
        feature="Constats",
        feature_path=PATH,
        line=1,
        name=f"{clause.id} est constatée par une personne",
        description=coverage()[clause.id].reason.fr,
        verdict=verdict,
        started=now,
        duration=0.0,
        requirements=(clause.id,),
        parties=(party.upper(),),
        steps=(asked, *told),
        message=message,
        replay="annexe5 certify … --answers constats.toml",
    )


def collect(party: str, path: Path | None, prompt: Ask | None, today: date) -> Answers:
    """Read the file where there is one, ask the rest where somebody is there to answer, and keep what was said."""
    known = load_answers(path) if path is not None and path.exists() else {}
    if path is not None and not path.exists() and prompt is None:
        raise UsageError(f"--answers {path} : fichier introuvable ; avec --attended il est écrit.")
    answers = ask(party, known, prompt, today) if prompt is not None else known
    if path is not None and answers != known:
        write_answers(answers, path)
    return answers
