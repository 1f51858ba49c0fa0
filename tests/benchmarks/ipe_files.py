"""IPE files of any size for the benchmarks: right by construction, then spoilt in known ways.

Shaped like real ones (pm-formats.md §11): 65 columns, some 430 bytes a row, PMs of 400 addresses or so, accents in a few
names, optional columns empty more often than not. Same seed, same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from annexe5.tables import load_table

ROWS_BY_PM = 400
_VOIES = ("RUE", "AVENUE", "CHEMIN", "PLACE", "IMPASSE", "ALLEE")
_NOMS = (
    "DES TILLEULS",
    "DU MARECHAL FOCH",
    "DE L'ÉGLISE",
    "DU CHÂTEAU D'EAU",
    "JEAN JAURES",
    "DES ECOLES",
    "DU MOULIN",
)
_COMMUNES = tuple((f"77{number:03d}", f"77{number % 90 + 100}", f"COMMUNE {number}") for number in range(1, 400))
_ETATS = ("DEPLOYE",) * 7 + ("EN COURS DE DEPLOIEMENT", "CIBLE", "SIGNE")
# Ten kinds of wrong cell: column, what it becomes.
SPOILS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("CodeInseeImmeuble", lambda value: value[:4]),
    ("CodePostalImmeuble", lambda _value: ""),
    ("CodeAdresseImmeuble", lambda value: value + "X"),
    ("NumeroVoieImmeuble", lambda _value: "12 BIS"),
    ("NombreLogementsAdresseIPE", lambda value: f"+{value}"),
    ("DateDerniereModification", lambda _value: "2017407"),
    ("TypeImmeuble", lambda _value: "MAISON"),
    ("CoordonneeImmeubleX", lambda _value: "NaN"),
    ("TypeZone", lambda _value: "4"),
    ("ComplementNumeroVoieImmeuble", lambda _value: "BIS"),
)

Row = list[str]


def rows(count: int, seed: int = 1) -> Iterator[Row]:
    """Give ``count`` right rows."""
    names = load_table("IPE").names
    draw = random.Random(seed)  # data for a benchmark
    made = 0
    while made < count:
        size = min(ROWS_BY_PM, count - made)
        yield from _zone(names, draw, made, size)
        made += size


def _zone(names: tuple[str, ...], draw: random.Random, first: int, size: int) -> Iterator[Row]:
    """Give the rows behind one PM, whose number of dwellings is their sum."""
    insee, postal, commune = _COMMUNES[first // ROWS_BY_PM % len(_COMMUNES)]
    dwellings = [draw.choice((1, 1, 1, 2, 4, 8, 12)) for _ in range(size)]
    pm = _pm(first // ROWS_BY_PM, insee, postal, commune, sum(dwellings))
    for offset, number in enumerate(dwellings):
        row = {**pm, **_address(draw, first + offset, insee, postal, commune, number)}
        yield [row.get(name, "") for name in names]


def _pm(number: int, insee: str, postal: str, commune: str, dwellings: int) -> dict[str, str]:
    return {
        "ReferencePM": f"PM-{insee}-{number:07d}", "EtatPM": "DEPLOYE", "DateInstallationPM": "20160201",
        "TypeEmplacementPM": "PME-Armoire de rue", "CapaciteMaxPM": "720", "CodeVoieRivoliPM": f"{number % 9000 + 1000}",
        "CodeInseePM": insee, "CodePostalPM": postal, "CommunePM": commune, "TypeVoiePM": "RUE", "NomVoiePM": "DES TILLEULS",
        "NumeroVoiePM": "1", "TypeIngenierie": "MONO", "NombreLogementsPM": str(dwellings), "NombrePMTechniques": "1",
        "DateMiseEnServiceCommercialePM": "20160510", "DatePremiereMADPM": "20160210", "EmplacementActifDisponible": "N",
        "QualiteAdressePM": "PRECISE", "RefRegroupementPM": "LOT-77-01", "TypeProjectionGeographique": "RGF93",
        "CoordonneePMX": f"{600000 + number * 7 % 99999}.21", "CoordonneePMY": f"{6800000 + number * 11 % 99999}.10",
    }  # fmt: skip


def _address(draw: random.Random, number: int, insee: str, postal: str, commune: str, dwellings: int) -> dict[str, str]:
    state = draw.choice(_ETATS)
    agreed = state == "SIGNE" or draw.random() < 0.3
    row = {
        "IdentifiantImmeuble": f"IMB/{insee}/X/{number:08X}", "CodeVoieRivoliImmeuble": f"{number % 9000 + 1000}",
        "CodeInseeImmeuble": insee, "CodePostalImmeuble": postal, "CommuneImmeuble": commune,
        "CodeAdresseImmeuble": f"{number:010X}", "TypeVoieImmeuble": draw.choice(_VOIES), "NomVoieImmeuble": draw.choice(_NOMS),
        "NumeroVoieImmeuble": str(number % 180), "NombreLogementsAdresseIPE": str(dwellings), "EtatImmeuble": state,
        "ComplementNumeroVoieImmeuble": draw.choice(("", "", "", "", "B", "T")),
        "BatimentImmeuble": draw.choice(("", "", "BAT A", "BÂTIMENT DES CÈDRES")),
        "DateDerniereModification": f"2017{draw.randint(1, 3):02d}{draw.randint(1, 28):02d}",
        "DateCablageAdresse": f"2016{draw.randint(1, 12):02d}{draw.randint(1, 28):02d}",
        "FibreDedieeLibre": draw.choice("ON"), "TypeImmeuble": "IMMEUBLE" if dwellings > 1 else "PAVILLON",
        "CoordonneeImmeubleX": f"{600000 + number * 13 % 99999}.{number % 100:02d}",
        "CoordonneeImmeubleY": f"{6800000 + number * 17 % 99999}.{number * 3 % 100:02d}",
        "AccordGestionnaireImmeubleNecessaire": "O" if agreed else "N", "TypeZone": "3", "ImmeubleNeuf": "N",
    }  # fmt: skip
    if agreed and state != "CIBLE":
        row |= {
            "DateSignatureConvention": "20160104", "GestionnaireImmeuble": "SYNDIC DES TILLEULS", "CodePostalGestionnaire": "77300",
            "CommuneGestionnaire": "VILLE-TEST", "TypeVoieGestionnaire": "PLACE", "NomVoieGestionnaire": "DU MARCHE",
            "NumeroVoieGestionnaire": "3",
        }  # fmt: skip
    return row


def write(path: Path, made: Iterator[Row], *, quoted: bool = False) -> Path:
    """Write rows with their header; ``quoted`` puts every cell between quotes."""
    names = load_table("IPE").names
    with path.open("w", encoding="utf-8", newline="") as stream:
        for row in (names, *()):
            stream.write(_line(row, quoted=quoted))
        stream.writelines(_line(row, quoted=quoted) for row in made)
    return path


def _line(cells: object, *, quoted: bool) -> str:
    return '"' + '";"'.join(cells) + '"\n' if quoted else ";".join(cells) + "\n"  # type: ignore[arg-type]


def spoilt(made: Iterator[Row], share: float, seed: int = 2) -> Iterator[Row]:
    """Spoil a share of all cells, in ten kinds."""
    names = load_table("IPE").names
    draw = random.Random(seed)
    chance = share * len(names)
    for row in made:
        if draw.random() < chance:
            column, change = draw.choice(SPOILS)
            place = names.index(column)
            row[place] = change(row[place])
        yield row


def systemic(made: Iterator[Row]) -> Iterator[Row]:
    """Write one enumeration wrongly on every row."""
    place = load_table("IPE").names.index("TypeImmeuble")
    for row in made:
        row[place] = row[place].capitalize()
        yield row
