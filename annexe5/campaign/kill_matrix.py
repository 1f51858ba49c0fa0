"""The kill matrix: requirement × scenario × defect, as the last proof saw it (``docs/kill-matrix.json``).

What counts as caught stands here, and what makes the matrix stale: a twin, a scenario or a rule it does not know.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from annexe5.campaign.gherkin import runs_of
from annexe5.campaign.trials import GOOD, Fall, Key, Party, Trial, features
from annexe5.contract.coverage import coverage
from annexe5.contract.paths import suite_root
from annexe5.contract.requirements import load_requirements
from annexe5.contract.rules import load_rules
from annexe5.findings import Level
from annexe5.parties.defects import DefectEntry, load_defects, unusual, without_defect

MATRIX = Path("docs/kill-matrix.json")
PARTIES: tuple[Party, ...] = ("oi", "oc")
Clauses = Mapping[str, tuple[str, ...]]


def twins(party: Party) -> tuple[str, ...]:
    """Give every twin of a party to be certified: the good one, the good but unusual ones, the defective ones."""
    return GOOD, *unusual(party), *(one.id for one in load_defects().values() if one.party == party)


@cache
def scenarios(party: Party) -> Clauses:
    """Give every run of every scenario for a party, with the clauses it bears."""
    found = [(ident, tags) for path in features(party) for ident, tags in runs_of(path).items() if party in tags]
    return {ident: tuple(tag for tag in tags if tag in load_requirements()) for ident, tags in found}


def played(key: Key, seed: str) -> tuple[str, ...]:
    """Give the features a twin plays: all of its side's for a good one, and for one defect in ten, others each day.

    A defect of the OI's files plays the features of files, one of its web services those of services: neither can touch
    what the other is judged by, and playing everything for everyone would take twice as long.
    """
    party, ident = key
    entry = load_defects().get(ident)
    if entry is None or party == "oc" or _place(seed, ident) % 10 == 0:
        return features(party)
    of_services = any(clause.startswith(_SERVICES) for clause in entry.requirements)
    return tuple(one for one in features(party) if one.startswith(_OF_SERVICES) == of_services)


_SERVICES = ("SAV-", "OPC-")
_OF_SERVICES = ("features/sav/", "features/aide_commande/")


def _place(seed: str, ident: str) -> int:
    return int(hashlib.sha256(f"{seed}/{ident}".encode()).hexdigest(), 16)


# --- what counts as caught --------------------------------------------------------------------------------------


def wrong_with(seen: Trial) -> str:
    """Say why a trial did not end as it should; empty when it did."""
    entry = load_defects().get(seen.id)
    if entry is not None and entry.ends != 1:
        return "" if seen.code == entry.ends else f"fin {seen.code}, {entry.ends} attendue"
    if seen.error:
        return seen.error
    if entry is None:
        return "" if seen.code == 0 else f"fausse alerte (fin {seen.code}) : {' '.join(seen.broken)}"
    why = _not_caught(entry, seen)
    if entry.survives:
        return "" if why else "est tué : ôtez « survives » de defects.toml"
    return why


def _not_caught(entry: DefectEntry, seen: Trial) -> str:
    if seen.code != 1:
        return f"survit (fin {seen.code})"
    if not set(entry.requirements) & set(seen.broken):
        return f"sous une autre exigence : {' '.join(seen.broken)}"
    unrelated = set(seen.broken) - {*entry.requirements, *entry.also}
    return f"exigences sans rapport : {' '.join(sorted(unrelated))}" if unrelated else ""


def killed_under(trials: Iterable[Trial]) -> Clauses:
    """Give, by clause, the defects that fall under it as they say they do."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in trials:
        entry = load_defects().get(one.id)
        if entry is not None and not wrong_with(one) and not entry.survives:
            for clause in one.broken if entry.ends == 1 else entry.requirements:
                if clause in entry.requirements:
                    found[clause].append(one.id)
    return {clause: tuple(idents) for clause, idents in found.items()}


def without_a_kill(trials: Iterable[Trial], party: Party) -> tuple[str, ...]:
    """Give the clauses (MUST) that scenarios try on a party and under which no defect falls: they prove nothing yet."""
    killed = killed_under(one for one in trials if one.party == party)
    tried = {clause for clauses in scenarios(party).values() for clause in clauses}
    return tuple(
        one.id
        for one in load_requirements().values()
        if one.level is Level.MUST
        and party.upper() in one.parties
        and one.id in tried
        and coverage()[one.id].kind == "tested"
        and one.id not in killed
        and (party, one.id) not in without_defect()
    )


# --- written and read -----------------------------------------------------------------------------------------------


def written(trials: Iterable[Trial]) -> str:
    """Write trials as the matrix: by party the twins with their falls, then each scenario with who fails it."""
    seen = list(trials)
    return _json({party: _side(party, [one for one in seen if one.party == party]) for party in PARTIES})


def _side(party: Party, trials: Sequence[Trial]) -> dict[str, Any]:
    cube: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in trials:
        for fall in one.falls:
            for scenario in fall.scenarios:
                cube[scenario][fall.requirement].append(one.id)
    return {
        "twins": {
            one.id: {"end": one.code, "falls": {fall.requirement: list(fall.rules) for fall in one.falls}}
            for one in trials
        },
        "scenarios": {
            ident: {"clauses": list(clauses), "fails": cube.get(ident, {})}
            for ident, clauses in scenarios(party).items()
        },
    }


def _json(sides: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Write one line a twin and one a scenario: a change is then seen where it is."""

    def line(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    blocks = []
    for party, side in sides.items():
        inner = [
            f"  {line(name)}: {{\n" + ",\n".join(f"   {line(key)}: {line(one)}" for key, one in part.items()) + "\n  }"
            for name, part in side.items()
        ]
        blocks.append(f" {line(party)}: {{\n" + ",\n".join(inner) + "\n }")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def recorded(text: str | None = None) -> dict[Key, Trial]:
    """Read the committed matrix, or one given, back into the trials it was written from."""
    sides = json.loads((suite_root() / MATRIX).read_text(encoding="utf-8") if text is None else text)
    found = {}
    for party, side in sides.items():
        where: dict[tuple[str, str], list[str]] = defaultdict(list)
        for scenario, told in side["scenarios"].items():
            for clause, idents in told["fails"].items():
                for ident in idents:
                    where[ident, clause].append(scenario)
        for ident, told in side["twins"].items():
            falls = tuple(
                Fall(clause, tuple(rules), tuple(sorted(where[ident, clause])))
                for clause, rules in told["falls"].items()
            )
            found[party, ident] = Trial(party, ident, told["end"], falls)
    return found


# --- drift ----------------------------------------------------------------------------------------------------------


def drift(text: str | None = None) -> list[str]:
    """Say where the matrix no longer tells of the twins, scenarios and rules there are; none when it does."""
    told = (suite_root() / MATRIX).read_text(encoding="utf-8") if text is None else text
    sides, trials = json.loads(told), recorded(told)
    wrong = []
    for party in PARTIES:
        wrong += _differing(f"jumeaux {party.upper()}", sides[party]["twins"], twins(party))
        played = {ident: tuple(one["clauses"]) for ident, one in sides[party]["scenarios"].items()}
        wrong += _differing(f"scénarios {party.upper()}", played, scenarios(party))
        wrong += [
            f"{ident} : ses exigences ont changé ({' '.join(played[ident])} → {' '.join(clauses)})"
            for ident, clauses in scenarios(party).items()
            if ident in played and played[ident] != clauses
        ]
        wrong += [f"{ident} : aucun défaut tué sous cette exigence" for ident in without_a_kill(trials.values(), party)]
    gone = {one for trial in trials.values() for fall in trial.falls for one in fall.rules} - set(load_rules())
    wrong += [f"règle disparue : {ident}" for ident in sorted(gone)]
    wrong += [f"{one.id or 'bon jumeau'} : {why}" for one in trials.values() if (why := wrong_with(one))]
    return wrong


def _differing(what: str, told: Iterable[str], there: Iterable[str]) -> list[str]:
    old, new = set(told), set(there)
    return [f"{what} : {one or 'bon jumeau'} manque à la matrice" for one in sorted(new - old)] + [
        f"{what} : {one or 'bon jumeau'} n'existe plus" for one in sorted(old - new)
    ]


def sample(seed: str, each: Mapping[Party, int]) -> list[Key]:
    """Draw a few twins of each party; another seed, other twins."""
    return [
        (party, ident)
        for party, count in each.items()
        for ident in sorted(twins(party), key=lambda ident: _place(seed, ident))[:count]
    ]


def unlike(seen: Trial, row: Trial | None) -> str:
    """Say how a trial differs from its row of the matrix; empty when it does not."""
    if row is None:
        return "absent de la matrice"
    if seen.code != row.code:
        return f"fin {seen.code} {seen.error}, la matrice dit {row.code}"
    entry = load_defects().get(seen.id)
    also = set(entry.also) if entry else set()  # what falls with a defect may depend on the moment
    now, then = ({one.requirement for one in each.falls} - also for each in (seen, row))
    if now != then:
        return f"tombe sous {' '.join(sorted(now)) or 'rien'}, la matrice dit {' '.join(sorted(then)) or 'rien'}"
    return wrong_with(seen)
