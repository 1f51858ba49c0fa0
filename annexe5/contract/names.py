"""File names of the nineteen file flows (annexe5.txt §2, §3): one grammar a flow, read from the profile.

``build_name`` writes a name, ``parse_name`` reads an exact one, ``judge_name`` tells everything that is wrong with
any other. ``parse(build(x)) == x`` by construction: a value that would read back as something else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from types import MappingProxyType

from annexe5.contract.profile import Flow, Profile
from annexe5.contract.rules import rule
from annexe5.errors import UsageError
from annexe5.findings import Finding

_PLACE = re.compile(r"\{(\w+)\}")
_STRICT: Mapping[str, str] = {
    "oi": r"[A-Z0-9]{4}",
    "oc": r"[A-Z0-9]{4}",
    "date": r"[0-9]{8}",
    "seq": r"[0-9]+",
    "pm": r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,18}[A-Za-z0-9])?",
    "insee": r"[0-9][0-9AB][0-9]{3}",
}
# What a slot may hold for the name still to be recognised, so that what is wrong with it can be told.
_LOOSE: Mapping[str, str] = {
    "oi": r"[^_]*",
    "oc": r"[^_]*",
    "date": r"[^_]*",
    "seq": r"[^_]*",
    "pm": r".*?",
    "insee": r"[^_]*",
}
_LABELS = {"oi": "CodeOI", "oc": "CodeOC", "pm": "référence PM", "insee": "code INSEE", "date": "aaaammjj",
           "seq": "numsequence"}  # fmt: skip
_FORMS = {"pm": "une référence PM de 20 caractères au plus", "insee": "un code INSEE à 5 caractères"}


@dataclass(frozen=True, slots=True)
class FileName:
    """A name taken apart: ``flow`` name, and the values of the grammar's places (``oi``, ``oc``, ``date`` …)."""

    flow: str
    fields: Mapping[str, str]

    @property
    def issued(self) -> date:
        """The date written in the name."""
        text = self.fields["date"]
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))


@dataclass(frozen=True, slots=True)
class NameJudgement:
    """What a name is worth: the flow it stands for (None: none), its places as far as read, what is wrong."""

    name: str
    flow: str | None
    fields: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Tell whether nothing at all is wrong with the name."""
        return self.flow is not None and not self.findings


def human_template(flow: Flow) -> str:
    """Give the flow's naming as the contract prints it: ``CodeOI_CodeOC_CMD_ACCES_V12_aaaammjj_numsequence.csv``."""
    return _PLACE.sub(lambda place: f"<{label}>" if " " in (label := _LABELS[place[1]]) else label, flow.fichier)


def build_name(profile: Profile, flow: str, **values: str | int | date) -> str:
    """Write the name of a file.

    ``values`` fill the places of the flow's grammar: ``oi``, ``oc`` quadrigrammes, ``date`` a date or ``aaaammjj``,
    ``seq`` an int (padded where the contract's examples are) or digits, ``pm``, ``insee``.
    Raises UsageError when a value is missing, unknown, malformed, or would read back as another name.
    """
    chosen = profile.flow(flow)
    places = _places(chosen.fichier)
    texts = {name: _as_text(chosen, name, value) for name, value in values.items() if name in places}
    missing = [name for name in places if name not in texts]
    if missing:
        raise UsageError(f"{chosen.nom} : il manque au nom de fichier : {', '.join(missing)}.")
    name = chosen.fichier.format(**texts)
    read = parse_name(profile, name)
    if read is None or read.flow != chosen.nom or dict(read.fields) != texts:
        raise UsageError(f"{chosen.nom} : {texts} ne fait pas un nom de fichier lisible ({name!r}).")
    return name


def parse_name(profile: Profile, name: str) -> FileName | None:
    """Read an exact name; None when it is not, to the letter, the name of a flow."""
    for flow, pattern in _grammars(profile.id, profile.flux):
        match = pattern.fullmatch(name)
        if match and _is_date(match["date"]):
            return FileName(flow.nom, MappingProxyType(match.groupdict()))
    return None


def judge_name(
    profile: Profile,
    name: str,
    *,
    oi: str | None = None,
    oc: str | None = None,
    used: Collection[str] = (),
) -> NameJudgement:
    """Tell which flow a name stands for and everything that is wrong with it.

    ``oi`` and ``oc`` are the codes expected (None: any); ``used`` holds names seen before.
    """
    read = parse_name(profile, name)
    if read is not None and not _swapped(read.fields, oi, oc):
        flow = profile.flow(read.flow)
        findings = [*_wrong_values(flow, read.fields, oi, oc), *_used(flow, name, used)]
        return NameJudgement(name, read.flow, read.fields, tuple(findings))
    return _diagnose(profile, name, oi, oc, used)


# --- the grammar -------------------------------------------------------------------------------------------


def _places(template: str) -> tuple[str, ...]:
    return tuple(_PLACE.findall(template))


def _as_text(flow: Flow, place: str, value: str | int | date) -> str:
    if isinstance(value, date):
        return value.strftime("%Y%m%d")
    if isinstance(value, int):
        return f"{value:0{flow.sequence or 1}d}"
    if not re.fullmatch(_STRICT[place], value):
        raise UsageError(f"{flow.nom} : {place} : {value!r} n'a pas la forme attendue dans un nom de fichier.")
    return value


@lru_cache(maxsize=16)
def _grammars(_profile: str, flows: tuple[Flow, ...]) -> tuple[tuple[Flow, re.Pattern[str]], ...]:
    """Most literal first: ``_PM_x_INTERP_V22_`` must not read as a Cmd_Info_Pm on PM ``x_INTERP``."""
    ordered = sorted(flows, key=lambda flow: -len(_PLACE.sub("", flow.fichier)))
    return tuple((flow, re.compile(_regex(flow, _STRICT))) for flow in ordered)


@lru_cache(maxsize=16)
def _loose(_profile: str, flows: tuple[Flow, ...]) -> tuple[tuple[Flow, re.Pattern[str]], ...]:
    ordered = sorted(flows, key=lambda flow: -len(_PLACE.sub("", flow.fichier)))
    return tuple((flow, re.compile(_loose_regex(flow), re.IGNORECASE)) for flow in ordered)


def _regex(flow: Flow, shapes: Mapping[str, str]) -> str:
    parts = []
    for index, piece in enumerate(_PLACE.split(flow.fichier)):
        parts.append(f"(?P<{piece}>{shapes[piece]})" if index % 2 else re.escape(piece))
    return "".join(parts)


def _loose_regex(flow: Flow) -> str:
    """Any version, any letter case, sequence possibly missing, something more at the end."""
    stem = flow.fichier.removesuffix("_{date}_{seq}.csv")
    literal = re.sub(r"_V\d\d$", "", stem)
    parts = []
    for index, piece in enumerate(_PLACE.split(literal)):
        if index == 0 and flow.protocole == "PM":
            parts.append(r"(?P<ref>[^_]*_[^_]*)_")
        else:
            parts.append(f"(?P<{piece}>{_LOOSE[piece]})" if index % 2 else f"(?P<k{index}>{re.escape(piece)})")
    version = r"(?:_(?P<version>V[^_]*))?" if literal != stem else ""
    return "".join(parts) + version + r"(?:_(?P<date>[^_]*))?(?:_(?P<seq>[^_]*))?(?:_(?P<rest>.*))?"


# --- what is wrong -----------------------------------------------------------------------------------------


def _diagnose(profile: Profile, name: str, oi: str | None, oc: str | None, used: Collection[str]) -> NameJudgement:
    findings: list[Finding] = []
    squeezed = re.sub(r"\s+", "", name)
    stem, dot, extension = squeezed.rpartition(".")
    if not dot:
        stem, extension = squeezed, ""
    inner, _, double = stem.partition(".")
    if double or extension != "csv":
        stem = inner
    found = _recognise(profile, stem)
    flow = found[0] if found else None
    clause = flow.requirement if flow else ""
    if squeezed != name:
        findings.append(rule("NOM-ESPACE").finding(received=name, expected=squeezed, requirement=clause))
    whole_extension = f".{double}.{extension}" if double else f".{extension}" if dot else ""
    if whole_extension != ".csv":
        kind = "NOM-CASSE" if whole_extension.lower() == ".csv" else "NOM-EXTENSION"
        findings.append(rule(kind).finding(received=whole_extension or "(aucune)", expected=".csv",
                                           requirement=clause if kind == "NOM-CASSE" else ""))  # fmt: skip
    if flow is None or found is None:
        findings.insert(0, rule("NOM-FLUX-INCONNU").finding(received=name, expected=_nearest(profile, stem)))
        return NameJudgement(name, None, MappingProxyType({}), tuple(findings))
    _, fields, ordered = found
    if not ordered:
        findings.append(rule("NOM-ORDRE").finding(received=stem, expected=human_template(flow), requirement=clause))
        known = {key: value for key, value in fields.items() if value and not key.startswith("k")}
        return NameJudgement(name, flow.nom, MappingProxyType(known), tuple(findings))
    if _swapped(fields, oi, oc):
        findings.append(rule("NOM-ORDRE").finding(received=stem, expected=human_template(flow), requirement=clause))
        fields = {**fields, "oi": fields["oc"], "oc": fields["oi"]}
    findings.extend(_wrong_literals(flow, fields))
    findings.extend(_wrong_values(flow, fields, oi, oc))
    findings.extend(_used(flow, name, used))
    known = {key: value for key, value in fields.items() if value and key in _STRICT}
    return NameJudgement(name, flow.nom, MappingProxyType(known), tuple(findings))


def _recognise(profile: Profile, stem: str) -> tuple[Flow, dict[str, str | None], bool] | None:
    """Give the flow a name stands for, its places, and whether they are in order."""
    for flow, pattern in _loose(profile.id, profile.flux):
        match = pattern.fullmatch(stem)
        if match:
            fields: dict[str, str | None] = dict(match.groupdict())
            if _shuffled_tail(fields):
                return flow, fields, False
            return flow, fields, True
    return _recognise_shuffled(profile, stem)


# How alike a part of a name and a flow's must be for the flow to be meant, and how close behind a second one.
_ALIKE = 0.7
_CLOSE = 0.1
_FEW_WORDS = 8


def _nearest(profile: Profile, stem: str) -> str:
    """Give the naming of the flows that a name may have been meant for; when it is like none, the flows there are."""
    words = [word for one in re.split(r"[^A-Za-z]+", re.sub(r"_V\d\d", "", stem)) if (word := one.casefold())]
    words = words[:_FEW_WORDS]
    parts = {"".join(words[at:end]) for at in range(len(words)) for end in range(at + 1, len(words) + 1)}
    scores = [(_likeness(flow, parts), flow) for flow in profile.flux]
    best = max(score for score, _flow in scores)
    if best < _ALIKE:
        names = ", ".join(flow.nom for flow in profile.flux)
        return f"celle d'un des flux {names} (annexe5 requirements NAM les donne toutes)"
    return " ; ".join(human_template(flow) for score, flow in scores if score >= best - _CLOSE)


def _likeness(flow: Flow, parts: Collection[str]) -> float:
    """Give how much the best part of a name is like what tells a flow from the others, 0 to 1."""
    own = _PLACE.sub("", re.sub(r"_V\d\d_", "_", flow.fichier.removesuffix(".csv"))).split("_")
    meant = {"".join(own[2 if flow.protocole == "PM" else 0 :]), flow.nom.replace("_", "")}
    return max((SequenceMatcher(None, one.casefold(), part).ratio() for one in meant for part in parts), default=0.0)


def _shuffled_tail(fields: Mapping[str, str | None]) -> bool:
    """``…_20170407_V12_1`` or ``…_V12_1_20170407``: all is there, but not where it should be."""
    tail = [fields.get(name) or "" for name in ("date", "seq", "rest")]
    late_version = not fields.get("version") and any(re.fullmatch(r"[Vv]\d\d", part) for part in tail)
    return late_version or (_is_date(tail[1]) and not _is_date(tail[0]) and tail[0].isdigit() and not tail[2])


def _recognise_shuffled(profile: Profile, stem: str) -> tuple[Flow, dict[str, str | None], bool] | None:
    """Same parts in another order: every literal word of a flow is there, with as many other parts."""
    parts = stem.upper().split("_")
    best: tuple[int, Flow] | None = None
    for flow in profile.flux:
        words = [word.upper() for word in _PLACE.sub("", flow.fichier).removesuffix(".csv").split("_") if word]
        rest = list(parts)
        for word in words:
            if word not in rest:
                break
            rest.remove(word)
        else:
            if len(rest) == len(_places(flow.fichier)) and (best is None or len(words) > best[0]):
                best = (len(words), flow)
    if best is None:
        return None
    values: dict[str, str | None] = dict.fromkeys(_places(best[1].fichier))
    return best[1], values, False


def _swapped(fields: Mapping[str, str | None], oi: str | None, oc: str | None) -> bool:
    """Tell whether the two operator codes have changed places."""
    here, there = fields.get("oi"), fields.get("oc")
    if here is None or there is None:
        return False
    return (oi is not None and there == oi != here) or (oc is not None and here == oc != there)


def _wrong_literals(flow: Flow, fields: Mapping[str, str | None]) -> Iterable[Finding]:
    clause = flow.requirement
    expected = _PLACE.split(re.sub(r"_V\d\d$", "", flow.fichier.removesuffix("_{date}_{seq}.csv")))
    for key, received in fields.items():
        if key.startswith("k") and received and received != expected[int(key[1:])]:
            yield rule("NOM-CASSE").finding(
                received=received.strip("_"), expected=expected[int(key[1:])].strip("_"), requirement=clause
            )
    if "ref" in fields and fields["ref"] != (right := "_".join(flow.fichier.split("_")[:2])):
        received = fields["ref"] or ""
        kind = "NOM-CASSE" if received.upper() == right else "NOM-REFINTERNE"
        yield rule(kind).finding(received=received, expected=right)
    printed = re.search(r"_(V\d\d)_\{date\}", flow.fichier)
    version = fields.get("version")
    if printed and version != printed[1]:
        kind = "NOM-VERSION-VXX" if version in flow.versions_tolerees else "NOM-VERSION"
        kind = "NOM-CASSE" if version and version.upper() == printed[1] else kind
        yield rule(kind).finding(received=version or "(absente)", expected=printed[1], requirement=clause)
    if fields.get("rest"):
        yield rule("NOM-ELEMENT").finding(
            column="fin du nom",
            received=fields["rest"],
            expected="rien après numsequence",
            requirement=clause,
        )


def _wrong_values(flow: Flow, fields: Mapping[str, str | None], oi: str | None, oc: str | None) -> Iterable[Finding]:
    clause = flow.requirement
    for place, wanted in (("oi", oi), ("oc", oc)):
        value = fields.get(place)
        if value is None:
            continue
        upper = value.upper()
        if value != upper and upper == (wanted or upper) and re.fullmatch(_STRICT[place], upper):
            yield rule("NOM-CASSE").finding(received=value, expected=upper, requirement=clause)
        elif (wanted is not None and value != wanted) or not re.fullmatch(_STRICT[place], value):
            yield rule("NOM-CODE-OPERATEUR").finding(
                column=_LABELS[place],
                received=value,
                expected=wanted or "4 lettres majuscules ou chiffres",
                requirement=clause,
            )
    for place in ("pm", "insee"):
        value = fields.get(place)
        if value is not None and not re.fullmatch(_STRICT[place], value):
            yield rule("NOM-ELEMENT").finding(
                column=_LABELS[place], received=value, expected=_FORMS[place], requirement=clause
            )
    if not _is_date(fields.get("date") or ""):
        yield rule("NOM-DATE").finding(
            received=fields.get("date") or "(absente)", expected="aaaammjj", requirement=clause
        )
    yield from _wrong_sequence(flow, fields.get("seq"))


def _wrong_sequence(flow: Flow, sequence: str | None) -> Iterable[Finding]:
    clause = flow.requirement
    if not sequence:
        yield rule("NOM-SEQUENCE-ABSENTE").finding(expected="numsequence", requirement=clause)
    elif not re.fullmatch(_STRICT["seq"], sequence):
        yield rule("NOM-SEQUENCE").finding(received=sequence, expected="des chiffres", requirement=clause)
    elif flow.sequence and len(sequence) != flow.sequence:
        yield rule("NOM-SEQUENCE-LONGUEUR").finding(
            received=sequence, expected=f"{flow.sequence} chiffres", requirement=clause
        )


def _used(flow: Flow, name: str, used: Collection[str]) -> Iterable[Finding]:
    if name in used:
        yield rule("NOM-DEJA-UTILISE").finding(
            received=name, expected="un nom encore inemployé", requirement=flow.requirement
        )


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{8}", text):
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True
