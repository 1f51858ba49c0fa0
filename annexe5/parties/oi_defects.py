"""How each named wrong behaviour of the OI twin acts (ids, clauses and words: ``schemas/defects.toml``).

Each stands at one place: the rows of an answer, an answer too many, the code decided, the files on their way out,
what was read, or a habit of the edge. A good twin has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from annexe5.exchange import Exchange
from annexe5.parties.answers import HOTLINE
from annexe5.parties.defects import Defect, More, Row
from annexe5.parties.pm_defects import PM_MAKERS, PmDefect
from annexe5.parties.service_defects import SERVICE_MAKERS
from annexe5.tables import load_table

KEY = "ReferenceCommandePriseInterneOC"
_AR, _CR, _STOC, _REPROV = "AR_Cmd_Acces", "CR_Cmd_Acces", "Cmd_STOC", "Notif_Reprov"
_RACC, _MAD, _ANNUL = "Notif_Racc_Ko", "CR_MAD_LigneFTTH", "CR_Annulation_Acces"
_MOTIVE = {
    _AR: "MotifKoArCommandePrise",
    _CR: "MotifKoCrCommandePrise",
    _MAD: "MotifKoMadLigne",
    _ANNUL: "MotifKoCrAnnResCommandePrise",
    _RACC: "MotifKoRaccordementPrise",
}
_STATE = {
    _AR: "EtatArCommandePrise",
    _CR: "EtatCrCommandePrise",
    _MAD: "EtatMadLigne",
    _ANNUL: "EtatCrAnnResCommandePrise",
}
Maker = Callable[[], Defect]


# --- the rows of an answer -----------------------------------------------------------------------------------


def doubled(flow: str) -> Maker:
    """Say each row of a flow twice."""
    return lambda: Defect(rows=lambda name, found: [row for row in found for _ in (0, 1)] if name == flow else found)


def changed(flow: str, change: Callable[[Row], Mapping[str, str]]) -> Maker:
    """Say something else in some columns of a flow."""
    return lambda: Defect(rows=lambda name, found: [{**row, **change(row)} for row in found] if name == flow else found)


def dropped(flow: str, which: Callable[[Row], bool] = lambda _: True) -> Maker:
    """Say nothing of some rows of a flow."""
    return lambda: Defect(rows=lambda name, found: [row for row in found if name != flow or not which(row)])


def emptied(flow: str, column: str, which: Callable[[Row], bool] = lambda _: True) -> Maker:
    """Leave a column of a flow empty."""
    return changed(flow, lambda row: {column: ""} if which(row) else {})


def ok(row: Row) -> bool:
    """Tell an OK from a KO, whatever the flow."""
    return any(row.get(column) == "OK" for column in _STATE.values())


def ko(row: Row) -> bool:
    """Tell a KO."""
    return any(row.get(column) == "KO" for column in _STATE.values())


def _one_in_three_forgotten() -> Defect:
    count = 0

    def rows(flow: str, found: list[Row]) -> list[Row]:
        nonlocal count
        kept = []
        for row in found:
            count += flow == _AR
            if flow != _AR or count % 3:
                kept.append(row)
        return kept

    return Defect(rows=rows)


def _for_the_order_before() -> Defect:
    before = ""

    def rows(flow: str, found: list[Row]) -> list[Row]:
        nonlocal before
        if flow != _AR:
            return found
        told = []
        for row in found:
            told.append(row | {KEY: before or row[KEY]})
            before = row[KEY]
        return told

    return Defect(rows=rows)


def _with_the_column_before(flow: str, *columns: str) -> Maker:
    """Repeat in some columns what the row before said."""

    def make() -> Defect:
        first: Row = {}

        def rows(name: str, found: list[Row]) -> list[Row]:
            if name != flow:
                return found
            told = []
            for row in found:
                mine = {one: row[one] for one in row if one.endswith(columns) and row[one]}
                if mine:
                    first.update({one: value for one, value in mine.items() if one not in first})
                told.append(row | {one: first[one] for one in mine})
            return told

        return Defect(rows=rows)

    return make


def _first_route_again(target: str) -> Maker:
    """Give again, in Notif_Reprov or CR_MAD, the route and outlet of the CR."""

    def make() -> Defect:
        routes: dict[str, Row] = {}

        def rows(flow: str, found: list[Row]) -> list[Row]:
            for row in found:
                if flow == _CR:
                    routes[row[KEY]] = {
                        name: row.get(name, "") for name in row if re.search(r"N°\d|C \d|ReferencePrise$", name)
                    }
            return [row | routes.get(row[KEY], {}) if flow == target and not ko(row) else row for row in found]

        return Defect(rows=rows)

    return make


def _hotline_refused() -> Defect:
    """Refuse at the CR what calls for the hotline, and say no more of it."""
    refused: set[str] = set()

    def rows(flow: str, found: list[Row]) -> list[Row]:
        if flow != _CR:
            return [row for row in found if row[KEY] not in refused]
        refused.update(row[KEY] for row in found if row.get("ReferencePrise") == HOTLINE)
        return [_refused(row, "FIMP02") if row[KEY] in refused else row for row in found]

    return Defect(rows=rows)


def _refused(row: Row, code: str) -> Row:
    return {KEY: row[KEY], _STATE[_CR]: "KO", _MOTIVE[_CR]: code, "DateCrCommandePrise": row["DateCrCommandePrise"]}


def _first_block_empty(row: Row) -> Mapping[str, str]:
    moved = {name: row[name] for name in row if name.endswith(("N°1", "C 1"))}
    filled = {name.removesuffix("1") + "2": value for name, value in moved.items() if value}
    return {**dict.fromkeys(moved, ""), **filled}


# --- an answer too many, or too early ----------------------------------------------------------------------------


def _also(flow: str, more: Callable[[Row], Iterable[tuple[str, Row]]], which: Callable[[Row], bool]) -> Maker:
    return lambda: Defect(more=lambda name, row: more(row) if name == flow and which(row) else ())


def _mad_at(trigger: str) -> Maker:
    """Make available at an earlier flow, on the route of the CR."""

    def make() -> Defect:
        routes: dict[str, Row] = {}

        def more(flow: str, row: Row) -> Iterable[tuple[str, Row]]:
            if flow == _CR and ok(row):
                routes[row[KEY]] = row
            if flow != trigger or row[KEY] not in routes:
                return ()
            route = routes[row[KEY]]
            date = route["DateCrCommandePrise"]
            columns = load_table(_MAD).names
            kept = {name: value for name, value in route.items() if name in columns}
            return [(_MAD, kept | {"EtatMadLigne": "OK", "DateMadLigne": date, "DateRaccordementPrise": date})]

        return Defect(more=more)

    return make


def _work_order_of(row: Row) -> list[tuple[str, Row]]:
    date = row.get("DateCrCommandeAnnulPrise") or row.get("DateArCommandePrise") or row.get("DateMadLigne", "")
    return [
        (
            _STOC,
            {
                KEY: row[KEY],
                "ReferencePrestationPrise": row.get("ReferencePrestationPrise") or "PRE999999999",
                "ReferenceCommandeSousTraitantOI": "ST999999999",
                "DateCommandeSousTraitantOI": date,
            },
        )
    ]


def _route_refused(row: Row) -> Row:
    date = row["DateArCommandePrise"]
    return {KEY: row[KEY], _STATE[_CR]: "KO", _MOTIVE[_CR]: "FINT02", "DateCrCommandePrise": date}


def _cancellation_of(row: Row, kind: str) -> list[tuple[str, Row]]:
    return [
        (
            _ANNUL,
            {
                KEY: row[KEY],
                "DateCrCommandeAnnulPrise": row["DateMadLigne"],
                _STATE[_ANNUL]: "OK",
                "TypeOperation": kind,
            },
        )
    ]


def _late(flow: str) -> Maker:
    """Keep each file of a flow for the next time something is sent."""

    def make() -> Defect:
        kept: list[Exchange] = []

        def files(found: list[Exchange]) -> list[Exchange]:
            before, kept[:] = list(kept), [one for one in found if _flow_word(flow) in one.name]
            return [*(one for one in found if one not in kept), *before]

        return Defect(files=files)

    return make


def _flow_word(flow: str) -> str:
    return {_AR: "_ARCMD_", _CR: "_CrCMD_", _STOC: "_CMDSTOC_"}[flow]


# --- what is decided -----------------------------------------------------------------------------------------------


def accepts(*codes: str) -> Maker:
    """Accept what calls for some codes."""
    return lambda: Defect(decision=lambda _, code: "" if code in codes else code)


def says(instead: Mapping[str, str]) -> Maker:
    """Say another code."""
    return lambda: Defect(decision=lambda _, code: instead.get(code, code))


def _rejects_eligible() -> Defect:
    return Defect(decision=lambda stage, code: code or ("FADR01" if stage == "AR" else ""))


# --- the files on their way out --------------------------------------------------------------------------------


def renamed(change: Callable[[str], str]) -> Maker:
    """Name files otherwise."""
    return lambda: Defect(files=lambda found: [replace(one, name=change(one.name)) for one in found])


def moved(change: Callable[[str], str]) -> Maker:
    """Deposit elsewhere."""
    return lambda: Defect(files=lambda found: [replace(one, folder=change(one.folder)) for one in found])


def rewritten(change: Callable[[bytes], bytes]) -> Maker:
    """Write other bytes."""
    return lambda: Defect(files=lambda found: [replace(one, data=change(one.data)) for one in found])


def recoded(change: Callable[[str], str], encoding: str = "utf-8") -> Maker:
    """Write another text."""
    return rewritten(lambda data: change(data.decode("utf-8")).encode(encoding))


def in_lines(header: Callable[[str], str] = str, line: Callable[[str], str] = str) -> Maker:
    """Write the header, or each row, otherwise."""

    def change(text: str) -> str:
        first, *others = text.splitlines(keepends=True)
        return "".join([_kept_end(first, header), *(_kept_end(one, line) for one in others)])

    return recoded(change)


def _kept_end(text: str, change: Callable[[str], str]) -> str:
    body = text.rstrip("\r\n")
    return change(body) + text[len(body) :]


def _same_name_twice() -> Defect:
    """Number every file of a flow 1: the second one of a day bears the first one's name."""
    return Defect(files=lambda found: [replace(one, name=re.sub(r"_\d+\.csv$", "_1.csv", one.name)) for one in found])


def _swap_codes(name: str) -> str:
    oi, oc, rest = name.split("_", 2)
    return f"{oc}_{oi}_{rest}"


def _swap_columns(line: str) -> str:
    first, second, *others = line.split(";")
    return ";".join([second, first, *others])


def quoted(line: str) -> str:
    """Put every cell between quotes."""
    return ";".join(cell if cell.startswith('"') else f'"{cell}"' for cell in line.split(";"))


def split_by_order(found: list[Exchange]) -> list[Exchange]:
    """Send one file per row, each under a number of its own."""
    told = []
    for one in found:
        header, *lines = one.data.splitlines(keepends=True)
        for rank, line in enumerate(lines):
            name = one.name if not rank else re.sub(r"_(\d+)\.csv$", rf"_\g<1>0000{rank}.csv", one.name)
            told.append(replace(one, name=name, data=header + line))
    return told


def _labelled(flow: str) -> Maker:
    from annexe5.contract.rejects import load_rejects  # noqa: PLC0415 -- read once a defect is wanted

    column = _MOTIVE[flow]
    return changed(
        flow, lambda row: {column: f"{row[column]} : {load_rejects()[row[column]].label}"} if row.get(column) else {}
    )


def _keeps_slots() -> Defect:
    """Give no appointment twice, whatever became of the order that had it."""
    given: set[str] = set()
    again: list[bool] = []

    def read(flow: str, row: Row) -> Mapping[str, str]:
        if flow == "Cmd_Acces":
            slot = row.get("IdRdv", "")
            again.append(bool(slot) and slot in given)
            given.add(slot)
        return {}

    return Defect(read=read, decision=lambda stage, code: "FRDV04" if stage == "AR" and again and again.pop() else code)


def _habit(name: str) -> Maker:
    return lambda: Defect(edge=frozenset({name}))


def _on_pm(make: Callable[[], PmDefect]) -> Maker:
    return lambda: Defect(pm=make())


def _read_as(change: Callable[[str, Row], Mapping[str, str]]) -> Maker:
    return lambda: Defect(read=change)


_OTHER = {"FADR01": "FIMP07", "FADR02": "FIMP07", "FIMP07": "FADR01", "FIMP13": "FADR01", "FIMP02": "FRDV03"}
MORE_ANNUL: More = lambda flow, row: _cancellation_of(row, "RESIL") if flow == _MAD and ok(row) else ()  # noqa: E731

MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        # AR
        "ar-oublie": _one_in_three_forgotten,
        "ar-ko-oublie": dropped(_AR, ko),
        "ar-double": doubled(_AR),
        "ar-autre-commande": _for_the_order_before,
        "ar-reference-minuscule": changed(_AR, lambda row: {KEY: row[KEY].lower()}),
        "reference-tronquee": changed(_AR, lambda row: {KEY: row[KEY][:-1]}),
        "ar-retarde": _late(_AR),
        "ar-code-faux": changed(_AR, lambda row: {_MOTIVE[_AR]: "FCLI07"} if row.get(_MOTIVE[_AR]) else {}),
        "ar-code-inconnu": changed(_AR, lambda row: {_MOTIVE[_AR]: "FXYZ99"} if row.get(_MOTIVE[_AR]) else {}),
        "ar-sans-motif": emptied(_AR, _MOTIVE[_AR]),
        "ar-ok-avec-motif": changed(_AR, lambda row: {_MOTIVE[_AR]: "FADR01"} if ok(row) else {}),
        "ar-etat-inconnu": changed(_AR, lambda row: {_STATE[_AR]: "ACCEPTE"} if ok(row) else {}),
        "ar-sans-date": emptied(_AR, "DateArCommandePrise"),
        "ar-date-iso": changed(
            _AR, lambda row: {"DateArCommandePrise": f"{row['DateArCommandePrise'][:4]}-01-01T08:00:00"}
        ),
        "ar-ok-puis-ko": lambda: Defect(
            more=lambda flow, row: [(_AR, row | {_STATE[_AR]: "KO", _MOTIVE[_AR]: "FADR01"})]
            if flow == _AR and ok(row)
            else ()
        ),
        # what is decided at the AR
        "accepte-adresse-inconnue": accepts("FADR01"),
        "accepte-batiment-inconnu": accepts("FADR02"),
        "accepte-pm-inconnu": accepts("FIMP07"),
        "accepte-pm-ferme": accepts("FIMP09"),
        "accepte-prise-inconnue": accepts("FIMP02"),
        "accepte-rdv-inconnu": accepts("FRDV03"),
        "accepte-doublon": accepts("FIMP13"),
        "accepte-champ-vide": accepts("FIMP15"),
        "accepte-type-inconnu": accepts("FIMP12"),
        "accepte-adresse-gelee": accepts("FIMP11"),
        "rejette-eligible": _rejects_eligible,
        "code-autre-famille": says(_OTHER),
        "code-meme-famille": says({"FADR02": "FADR03", "FADR03": "FADR04", "FADR04": "FADR02"}),
        # CR
        "cr-oublie": dropped(_CR),
        "cr-ko-oublie": dropped(_CR, ko),
        "cr-double": doubled(_CR),
        "cr-retarde": _late(_CR),
        "cr-bloc-1-vide": changed(_CR, _first_block_empty),
        "cr-route-partagee": _with_the_column_before(_CR, "N°1", "N°2", "N°3", "N°4"),
        "cr-sans-pbo": emptied(_CR, "ReferencePBO", ok),
        "cr-sans-pm": emptied(_CR, "ReferencePm", ok),
        "cr-sans-prise": emptied(_CR, "ReferencePrise", ok),
        "cr-sans-prestation": emptied(_CR, "ReferencePrestationPrise", ok),
        "cr-ko-sans-motif": emptied(_CR, _MOTIVE[_CR]),
        "cr-code-faux": changed(_CR, lambda row: {_MOTIVE[_CR]: "FCLI07"} if row.get(_MOTIVE[_CR]) else {}),
        "cr-libre-sans-commentaire": emptied(_CR, "Commentaire", ko),
        "cr-sur-ar-ko": lambda: Defect(
            more=lambda flow, row: [(_CR, _route_refused(row))] if flow == _AR and ko(row) else ()
        ),
        # Hotline and reprovisioning
        "hotline-refusee": _hotline_refused,
        "reprov-oublie": dropped(_REPROV),
        "reprov-hotline-oublie": dropped(_REPROV, lambda row: "HOTLINE" in row["MotifReprovisioning"]),
        "reprov-prise-hotline": changed(_REPROV, lambda _: {"ReferencePrise": "HOTLINE"}),
        "mad-prise-hotline": changed(_MAD, lambda row: {"ReferencePrise": "HOTLINE"} if ok(row) else {}),
        "reprov-meme-route": _first_route_again(_REPROV),
        "mad-autre-prise": changed(_MAD, lambda row: {"ReferencePrise": "FI-00000-ZZZZ"} if ok(row) else {}),
        "reprov-ignore-mad": _first_route_again(_MAD),
        "reprov-sans-prise": emptied(_REPROV, "ReferencePrise"),
        "reprov-sans-type": emptied(_REPROV, "TypeReprovisioning"),
        # Cmd_STOC
        "stoc-oublie": dropped(_STOC),
        "stoc-double": doubled(_STOC),
        "stoc-sans-reference": emptied(_STOC, "ReferenceCommandeSousTraitantOI"),
        "stoc-autre-prestation": changed(_STOC, lambda _: {"ReferencePrestationPrise": "PRE999999998"}),
        "stoc-mode-oi": _also(_RACC, _work_order_of, lambda _: True),
        "stoc-apres-ar-ko": _also(_AR, _work_order_of, ko),
        "stoc-autre-commande": changed(_STOC, lambda row: {KEY: row[KEY] + "X"}),
        # Connection and service
        "racc-ko-oublie": dropped(_RACC),
        "racc-ko-sans-motif": emptied(_RACC, _MOTIVE[_RACC]),
        "racc-ko-code-faux": changed(_RACC, lambda _: {_MOTIVE[_RACC]: "FADR01"}),
        "mad-oublie": dropped(_MAD),
        "mad-ko-sans-motif": emptied(_MAD, _MOTIVE[_MAD]),
        "mad-ko-code-inconnu": changed(_MAD, lambda row: {_MOTIVE[_MAD]: "FXYZ99"} if ko(row) else {}),
        "mad-avant-stoc": _mad_at(_STOC),
        "mad-autre-prestation": changed(_MAD, lambda _: {"ReferencePrestationPrise": "PRE999999997"}),
        "mad-sans-date": emptied(_MAD, "DateMadLigne"),
        "mad-sur-echec": _read_as(
            lambda flow, _: {"CrRaccordementPrise": "OK"} if flow == "CR_STOC" else {},
        ),
        "mad-autre-ordre-de-travail": lambda: Defect(decision=lambda stage, code: "" if stage == "MAD" else code),
        # Cancellation
        "resil-typee-annul": changed(
            _ANNUL, lambda row: {"TypeOperation": "ANNUL"} if row.get("TypeOperation") == "RESIL" else {}
        ),
        "annul-typee-resil": changed(
            _ANNUL, lambda row: {"TypeOperation": "RESIL"} if row.get("TypeOperation") == "ANNUL" else {}
        ),
        "cr-annul-oublie": dropped(_ANNUL),
        "cr-annul-double": doubled(_ANNUL),
        "cr-annul-spontane": lambda: Defect(more=MORE_ANNUL),
        "cr-annul-sans-type": emptied(_ANNUL, "TypeOperation"),
        "cr-annul-ko-sans-motif": emptied(_ANNUL, _MOTIVE[_ANNUL]),
        "annul-inconnue-acceptee": changed(
            _ANNUL,
            lambda row: {_STATE[_ANNUL]: "OK", _MOTIVE[_ANNUL]: "", "TypeOperation": "ANNUL"}
            if row.get(_MOTIVE[_ANNUL]) == "FIMP14"
            else {},
        ),
        "annul-refusee": changed(
            _ANNUL,
            lambda row: {_STATE[_ANNUL]: "KO", _MOTIVE[_ANNUL]: "FIMP16", "TypeOperation": ""} if ok(row) else {},
        ),
        "travail-apres-annulation": _also(_ANNUL, _work_order_of, ok),
        # Names and folders
        "nom-casse": renamed(lambda name: name.replace("Cr", "CR")),
        "nom-minuscules": renamed(str.lower),
        "nom-version": renamed(lambda name: name.replace("_V12_", "_V13_")),
        "nom-sans-version": renamed(lambda name: name.replace("_V12_", "_")),
        "nom-codes-echanges": renamed(_swap_codes),
        "nom-date-impossible": renamed(lambda name: re.sub(r"_\d{8}_", "_20260230_", name)),
        "nom-sans-sequence": renamed(lambda name: re.sub(r"_\d+\.csv$", ".csv", name)),
        "nom-sequence-heure": renamed(lambda name: re.sub(r"_(\d+)\.csv$", r"_12h\1.csv", name)),
        "nom-extension": renamed(lambda name: name.replace(".csv", ".txt")),
        "nom-espace": renamed(lambda name: name.replace("_ACCES_", "_ACCES _").replace("STOC_", "STOC _")),
        "nom-reemploye": _same_name_twice,
        "dossier-pm": moved(lambda folder: folder + "/PM"),
        # Bytes
        "separateur-virgule": rewritten(lambda data: data.replace(b";", b",")),
        "separateur-tabulation": rewritten(lambda data: data.replace(b";", b"\t")),
        "encodage-utf16": recoded(str, "utf-16"),
        "guillemet-ouvert": in_lines(line=lambda line: '"' + line),
        "entete-absente": rewritten(lambda data: data.split(b"\n", 1)[1]),
        "entete-renommee": in_lines(header=lambda line: line.replace("ReferenceCommandePriseInterneOC", "RefCommande")),
        "entete-tronquee": in_lines(header=lambda line: line.split(";", 1)[1]),
        "colonnes-echangees": in_lines(header=_swap_columns, line=_swap_columns),
        "colonne-absente": in_lines(
            header=lambda line: line.split(";", 1)[1], line=lambda line: line.split(";", 1)[1]
        ),
        "ligne-courte": in_lines(line=lambda line: line.rsplit(";", 1)[0]),
        "ligne-longue": in_lines(line=lambda line: line + ";SURPLUS"),
        "fichier-sans-ligne": rewritten(lambda data: data.split(b"\n", 1)[0] + b"\n"),
        "rdv-garde": _keeps_slots,
        # The edge
        "in-jamais-vide": _habit("keeps"),
        "reprend-ses-reponses": _habit("takes back"),
        "arret-sur-illisible": _habit("stops"),
        "lit-a-moitie": _habit("half"),
        **SERVICE_MAKERS,
        "mot-de-passe-quelconque": _habit("any password"),
        "cle-hote-perimee": _habit("stale host key"),
        "cle-quelconque": _habit("any key"),
        "sans-cle": _habit("no key"),
        "cle-courte-refusee": _habit("no short key"),
        "liens-suivis": _habit("follows links"),
        "hors-de-son-compte": _habit("climbs out"),
        "sans-verrouillage": _habit("no lock-out"),
        "sans-quota": _habit("no quota"),
        "courriel-deux-pieces": _habit("mail: à deux pièces jointes"),
        "courriel-archive": _habit("mail: dont le fichier est dans une archive"),
        "courriel-corps": _habit("mail: dont le fichier est dans le corps"),
        "courriel-objet": _habit("mail: dont l'objet n'est pas le nom du fichier"),
        "courriel-sans-piece": _habit("mail: sans pièce jointe"),
        "courriel-vide": _habit("mail: à la pièce jointe vide"),
        "courriel-winmail": _habit("mail: enfermé dans un winmail.dat"),
        "courriel-jeu": _habit("mail: d'un jeu de caractères inconnu"),
        "courriel-anomalie": _habit("mail: signalant une anomalie"),
        # The PM process: how each acts stands in pm_defects
        **{ident: _on_pm(make) for ident, make in PM_MAKERS.items()},
    }
)  # fmt: skip

# Good but unusual: what the contract leaves free, and what receivers are known to forgive. None may end 1.
UNUSUAL: Mapping[str, Maker] = MappingProxyType(
    {
        "fins-de-ligne-lf": rewritten(lambda data: data.replace(b"\r\n", b"\n")),
        "fins-de-ligne-crlf": rewritten(lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")),
        "sans-fin-de-ligne": rewritten(lambda data: data.rstrip(b"\r\n")),
        "tout-entre-guillemets": in_lines(header=quoted, line=quoted),
        "un-fichier-par-commande": lambda: Defect(files=split_by_order),
        "grands-numeros": renamed(lambda name: re.sub(r"_(\d+)\.csv$", r"_98\1.csv", name)),
        "ar-en-minuscules": changed(_AR, lambda row: {_STATE[_AR]: row[_STATE[_AR]].lower()}),
        "cr-en-minuscules": changed(_CR, lambda row: {_STATE[_CR]: row[_STATE[_CR]].lower()}),
        "libelle-apres-le-code": _labelled(_AR),
        "libelle-apres-le-code-cr": _labelled(_CR),
        "second-cr-mad": lambda: Defect(more=lambda flow, row: [(_MAD, dict(row))] if flow == _MAD and ok(row) else ()),
        "bom-utf8": rewritten(lambda data: b"\xef\xbb\xbf" + data),
        "cp1252": recoded(str, "cp1252"),
        "signatures-sha1": _habit("sha1 only"),
        "commentaire-libre": changed(_CR, lambda row: {"Commentaire": row.get("Commentaire") or "RAS"}),
    }
)  # fmt: skip
