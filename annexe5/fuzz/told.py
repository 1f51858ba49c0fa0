"""A catch written for the counterpart: one folder a breach, with the smallest case, its files and the clause.

Files come masked; the case itself (``cas.json``) plays again elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annexe5.contract.requirements import load_requirements
from annexe5.findings import Finding
from annexe5.fuzz.case import Case, Ordered, Place, told, write_case
from annexe5.fuzz.hunt import Catch

CASE_FILE = "cas.json"
READ_ME = "constat.md"
FEATURE = "scenario.feature"


def write_catch(
    folder: Path, what: str, catch: Catch[Any], lines: Sequence[str], files: Sequence[tuple[str, bytes]], *,
    scenario: bool = False,
) -> Path:  # fmt: skip
    """Write one breach in its folder, and give the folder; ``files`` are what crossed, in order, as may be shown."""
    folder.mkdir(parents=True, exist_ok=True)
    write_case(catch.case, folder / CASE_FILE)
    names = []
    for number, (name, data) in enumerate(files, start=1):
        path = folder / f"{number:02}_{Path(name).name}"
        path.write_bytes(data)
        names.append(path.name)
    (folder / READ_ME).write_text(_words(what, catch, lines, names), encoding="utf-8")
    if scenario and isinstance(catch.case, Case):
        (folder / FEATURE).write_text(feature(catch, folder), encoding="utf-8")
    return folder


def _words(what: str, catch: Catch[Any], told_case: Sequence[str], names: Sequence[str]) -> str:
    finding = catch.finding
    lines = [f"# {finding.message.fr}", "", _clause(finding.requirement), "", "## Le cas", "", *told_case, ""]
    if not catch.shrunk:
        lines += ["*Le temps a manqué pour réduire ce cas, ou la partie n'a pas fait deux fois la même chose.*", ""]
    lines += ["## Attendu, reçu", "", *(f"- {_said(one)}" for one in catch.findings), ""]
    lines += ["## Les fichiers, dans l'ordre", "", *(f"- `{name}`" for name in names), ""]
    if finding.remedy.fr:
        lines += ["## Que faire", "", finding.remedy.fr, ""]
    lines += [f"Rejouer : `annexe5 fuzz {what} --replay {CASE_FILE}` (avec le même `--target`)", ""]
    return "\n".join(lines)


def _said(finding: Finding) -> str:
    where = f" ({finding.where})" if finding.where else ""
    clause = f"{finding.requirement} : " if finding.requirement else ""
    return f"{clause}{finding.message.fr}{where} [{finding.rule}]"


def _clause(ident: str) -> str:
    clause = load_requirements().get(ident)
    return f"**{ident}** – {clause.text.fr}" if clause else "Aucune clause : c'est un défaut de cette suite."


def feature(catch: Catch[Case], folder: Path) -> str:
    """Write a case as a scenario: one row in the words of the features, a longer story as the case played again."""
    title = "Cas réduit, " + " ; ".join(told(catch.case.steps)).replace("\n", " ").replace('"', "”")
    lines = [
        "# language: fr",
        "@oi",
        f"Fonctionnalité: Ce que le fuzz a trouvé ({folder.name})",
        "",
        f"  @{catch.finding.requirement}",
        f"  Scénario: {title[:160]}",
        *(f"    {one}" for one in _steps(catch, folder)),
        "",
    ]
    return "\n".join(lines)


def _steps(catch: Catch[Case], folder: Path) -> list[str]:
    row = _single(catch.case)
    accepted = catch.finding.rule == "CYC-REPONSE-ABSENTE" or catch.finding.expected == "AR_OK"
    if row is None or not accepted:
        return [
            f'Quand l\'OC rejoue le cas "{(folder / CASE_FILE).resolve()}"',
            "Alors l'OI le traite comme le dit le contrat",
        ]
    return [
        'Étant donné une commande sur une adresse du rôle "eligible"',
        *(f'Et sa colonne "{column}" vaut "{value}"' for column, value in row.changes),
        "Quand l'OC dépose la commande",
        "Alors l'OI accuse réception OK",
    ]


def _single(case: Case) -> Ordered | None:
    """Give the row of a case that is one ordinary file of one order, sayable in a step."""
    if len(case.steps) != 1 or not isinstance(case.steps[0], Place):
        return None
    place = case.steps[0]
    if place.form != "ordinaire" or len(place.orders) != 1 or place.orders[0].suffix:
        return None
    row = place.orders[0]
    sayable = all('"' not in value and value.isprintable() for _, value in row.changes)
    return row if sayable else None
