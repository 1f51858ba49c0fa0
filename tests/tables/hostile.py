"""The hostile corpus: orders of 300 rows, one anomaly each, three ordinary errors after it that must still be found.

``expected`` is what is told of the anomaly; ``shift`` how many physical lines it adds before the ordinary errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from annexe5.tables import load_table
from annexe5.tables.testing import Told, file_of

KEY = "ReferenceCommandePriseInterneOC"
ROWS = 300
# Physical lines (header = 1) of the ordinary errors in a file without anomaly, and what they are.
ORDINARY: Told = [
    ("CEL-VALEUR", 152, "PriseExistante"),
    ("CEL-ENTIER", 202, "NumeroVoieImmeuble"),
    ("CMD-REFERENCE-UNIQUE", 252, KEY),
]


@dataclass(frozen=True)
class Hostile:
    """One file of the corpus; ``ordinary`` is false where the anomaly leaves nothing to judge."""

    name: str
    data: bytes
    expected: Told
    shift: int = 0
    ordinary: bool = True

    @property
    def told(self) -> Told:
        """Everything that must be told of the file, in order."""
        rest = [(rule, (line or 0) + self.shift, column) for rule, line, column in ORDINARY] if self.ordinary else []
        return in_order([*self.expected, *rest])


def in_order(findings: Told) -> Told:
    """Sort findings in an order that a test can state."""
    return sorted(findings, key=lambda one: (one[1] or 0, one[0], one[2]))


@cache
def base() -> bytes:
    """Give the file without anomaly."""
    rows = [{KEY: f"CMD-{number:05d}"} for number in range(1, ROWS + 1)]
    rows[150]["PriseExistante"] = "?"
    rows[200]["NumeroVoieImmeuble"] = " 12"
    rows[250][KEY] = "CMD-00004"
    return file_of(load_table("Cmd_Acces"), *rows)


def _line(number: int, change: Callable[[bytes], bytes], data: bytes | None = None) -> bytes:
    lines = (data or base()).split(b"\n")
    lines[number - 1] = change(lines[number - 1])
    return b"\n".join(lines)


def _every(change: Callable[[bytes], bytes]) -> bytes:
    return b"".join(change(line) + b"\n" for line in base().split(b"\n")[:-1])


def _bat(new: bytes) -> Callable[[bytes], bytes]:
    return lambda line: line.replace(b";BAT A;", b";" + new + b";")


def _quoted(line: bytes) -> bytes:
    return b'"' + line.replace(b";", b'";"') + b'"'


def _header(change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    return _line(1, lambda line: b";".join(change(line.split(b";"))))


def _without(place: int) -> bytes:
    return _every(lambda line: b";".join(cell for at, cell in enumerate(line.split(b";")) if at != place))


def corpus() -> Iterator[Hostile]:
    """Give every file of the corpus."""
    yield from _quotes()
    yield from _line_ends()
    yield from _encodings()
    yield from _rows()
    yield from _headers()
    yield from _values()


def _quotes() -> Iterator[Hostile]:
    bat = "Batiment"
    yield Hostile("everything quoted", _every(_quoted), [])
    yield Hostile("header quoted", _line(1, _quoted), [])
    yield Hostile("separator in quotes", _line(50, _bat(b'"BAT;A"')), [])
    yield Hostile("doubled quotes", _line(50, _bat(b'"BAT ""A"""')), [])
    yield Hostile("empty quotes", _line(50, lambda line: line.replace(b";0420;", b';"";')), [])
    yield Hostile("line break in quotes", _line(50, _bat(b'"BAT\nA"')), [("STR-SAUT-DE-LIGNE", 50, bat)], shift=1)
    row = base().split(b"\n")[60]
    yield Hostile(
        "a whole row in quotes",
        _line(50, _bat(b'"BAT\n' + row + b'\nA"')),
        [("STR-SAUT-DE-LIGNE", 50, bat), ("CEL-LONGUEUR", 50, bat)],
        shift=2,
    )
    yield Hostile("stray quote", _line(50, _bat(b'5" DE DIAM')), [("STR-GUILLEMET-PARASITE", 50, bat)])
    yield Hostile("quote after a blank", _line(50, _bat(b'X "BAT A"')), [("STR-GUILLEMET-PARASITE", 50, bat)])
    yield Hostile("text after the closing quote", _line(50, _bat(b'"BAT" A')), [("STR-GUILLEMET-SUITE", 50, bat)])
    yield Hostile("unterminated quote", _line(50, _bat(b'"BAT A')), [("STR-GUILLEMET-OUVERT", 50, bat)])
    yield Hostile(
        "unterminated quote, another one later",
        _line(60, _bat(b'"BAT A"'), _line(50, _bat(b'"BAT A'))),
        [("STR-GUILLEMET-OUVERT", 50, bat)],
    )
    yield Hostile(
        "unterminated quotes on two rows",
        _line(60, _bat(b'"BAT A'), _line(50, _bat(b'"BAT A'))),
        [("STR-GUILLEMET-OUVERT", 50, bat), ("STR-GUILLEMET-OUVERT", 60, bat)],
    )
    yield Hostile(
        "unterminated quote on the last row",
        _line(301, _bat(b'"BAT A')),
        [("STR-GUILLEMET-OUVERT", 301, bat)],
    )
    yield Hostile("ten megabytes in quotes, on many lines", _line(50, _bat(b'"' + (b"A" * 99 + b"\n") * 100_000 + b'"')), [
        ("STR-SAUT-DE-LIGNE", 50, bat), ("CEL-LONGUEUR", 50, bat),
    ], shift=100_000)  # fmt: skip


def _line_ends() -> Iterator[Hostile]:
    crlf = base().replace(b"\n", b"\r\n")
    yield Hostile("CRLF", crlf, [])
    yield Hostile("CRLF and line breaks in quotes", _line(50, _bat(b'"BAT\r\nA"'), crlf), [("STR-SAUT-DE-LIGNE", 50, "Batiment")], shift=1)  # fmt: skip
    yield Hostile("LF in quotes in a CRLF file", _line(50, _bat(b'"BAT\nA"'), crlf), [("STR-SAUT-DE-LIGNE", 50, "Batiment")], shift=1)  # fmt: skip
    yield Hostile("one CRLF", _line(50, lambda line: line + b"\r"), [("OCT-FIN-LIGNE-MIXTE", 50, "")])
    yield Hostile("one LF in a CRLF file", _line(50, lambda line: line[:-1], crlf), [("OCT-FIN-LIGNE-MIXTE", 50, "")])
    yield Hostile("CRLF after an LF header", _line(1, lambda line: line[:-1], crlf), [("OCT-FIN-LIGNE-MIXTE", 2, "")])
    yield Hostile("CR in a cell", _line(50, _bat(b"BAT\rA")), [("OCT-CR-SEUL", 50, "Batiment")])
    yield Hostile("CR CR LF", _line(50, lambda line: line + b"X\r\r"), [
        ("OCT-FIN-LIGNE-MIXTE", 50, ""), ("OCT-CR-SEUL", 50, "Info Cmd Accès 8"),
    ])  # fmt: skip
    yield Hostile("CR only", base().replace(b"\n", b"\r"), [("OCT-SANS-FIN", None, ""), ("OCT-CR-FIN", 1, "")])
    yield Hostile("no final line end", base()[:-1], [("OCT-SANS-FIN", None, "")])
    yield Hostile("no final line end, CRLF", crlf[:-2], [("OCT-SANS-FIN", None, "")])
    yield Hostile("blank lines", _line(50, lambda line: b"\n\n" + line), [("STR-LIGNE-VIDE", 50, ""), ("STR-LIGNE-VIDE", 51, "")], shift=2)  # fmt: skip
    yield Hostile("blank line first", b"\n" + base(), [("STR-LIGNE-VIDE", 1, "")], shift=1)
    yield Hostile("blank line last", base() + b"\n", [("STR-LIGNE-VIDE", 302, "")])
    yield Hostile("other separators of lines", _line(50, _bat("BAT\u2028A".encode())), [])


def _encodings() -> Iterator[Hostile]:
    yield Hostile("BOM", b"\xef\xbb\xbf" + base(), [("OCT-BOM", 1, "")])
    yield Hostile("BOM in the middle", _line(50, lambda line: b"\xef\xbb\xbf" + line), [])
    yield Hostile("Windows-1252", base().decode().encode("cp1252"), [("OCT-ENCODAGE", 1, "")])
    yield Hostile("Latin-1 with its own controls", _line(50, _bat(b"BAT\x81A"), base().decode().encode("latin-1")), [
        ("OCT-ENCODAGE", 1, ""), ("OCT-CONTROLE", 50, "Batiment"),
    ])  # fmt: skip
    yield Hostile("one bad byte", _line(50, _bat(b"BAT\xc9A")), [("OCT-OCTET", 50, "Batiment")])
    yield Hostile("one bad byte in the header", _line(1, lambda line: line.replace("è".encode(), b"\xe8", 1)), [
        ("OCT-OCTET", 1, "Info Cmd Accès 1"), ("STR-ENTETE-RENOMMEE", 1, "Info Cmd Accès 1"),
    ])  # fmt: skip
    yield Hostile("UTF-16", base().decode().encode("utf-16"), [("OCT-UTF16", 1, "")])
    yield Hostile("UTF-16 without mark", base().decode().encode("utf-16-be"), [("OCT-UTF16", 1, "")])
    yield Hostile("NUL", _line(50, _bat(b"BAT\x00A")), [("OCT-NUL", 50, "Batiment")])
    yield Hostile("tab and escape", _line(50, _bat(b"BAT\t\x1bA")), [("OCT-CONTROLE", 50, "Batiment")])
    yield Hostile("lost character", _line(50, _bat("BAT\ufffdA".encode())), [("OCT-REMPLACEMENT", 50, "Batiment")])
    yield Hostile("ten megabytes in a cell", _line(50, _bat(b"B" * 10_000_000)), [
        ("OCT-LIGNE-LONGUE", 50, ""), ("CEL-LONGUEUR", 50, "Batiment"),
    ])  # fmt: skip
    yield Hostile("twenty megabytes in a line", _line(50, _bat(b"B" * 20_000_000)), [("OCT-LIGNE-DEMESUREE", 50, "")])
    yield Hostile("empty file", b"", [("OCT-VIDE", None, "")], ordinary=False)
    yield Hostile("mark only", b"\xef\xbb\xbf", [("OCT-VIDE", None, "")], ordinary=False)
    yield Hostile("blank lines only", b"\n\n", [
        ("STR-LIGNE-VIDE", 1, ""), ("OCT-VIDE", 1, ""), ("STR-LIGNE-VIDE", 2, ""),
    ], ordinary=False)  # fmt: skip


def _rows() -> Iterator[Hostile]:
    cut = lambda line: line.rsplit(b";", 3)[0]  # noqa: E731
    yield Hostile("short row", _line(50, cut), [("STR-CHAMPS-MANQUANTS", 50, "")])
    yield Hostile("row of one cell", _line(50, lambda line: line.split(b";")[0]), [("STR-CHAMPS-MANQUANTS", 50, "")])
    yield Hostile("extra empty cell", _line(50, lambda line: line + b";"), [("STR-SEPARATEUR-FINAL", 50, "")])
    yield Hostile("extra cell", _line(50, lambda line: line + b";X"), [("STR-CHAMPS-EN-TROP", 50, "")])
    yield Hostile("a short and a long row make it even", _line(51, lambda line: line + b";X", _line(50, lambda line: line[:-1])), [
        ("STR-CHAMPS-MANQUANTS", 50, ""), ("STR-CHAMPS-EN-TROP", 51, ""),
    ])  # fmt: skip
    hollow = lambda line: b";" * line.count(b";")  # noqa: E731
    yield Hostile("row with nothing in it", _line(50, hollow), [("STR-LIGNE-CREUSE", 50, "")])
    quotes = lambda line: b'"";' * line.count(b";") + b'""'  # noqa: E731
    yield Hostile("row of empty quotes", _line(50, quotes), [("STR-LIGNE-CREUSE", 50, "")])
    yield Hostile("unquoted separator", _line(50, _bat(b"BAT;A")), [("STR-CHAMPS-EN-TROP", 50, "")])
    yield Hostile(
        "trailing separators everywhere", _every(lambda line: line + b";;"), [("STR-SEPARATEUR-FINAL", 1, "")]
    )


def _headers() -> Iterator[Hostile]:
    def swap(names: list[bytes]) -> list[bytes]:
        return [*names[:11], names[12], names[11], *names[13:]]

    yield Hostile("columns swapped with their header", _every(lambda line: b";".join(swap(line.split(b";")))), [
        ("STR-ENTETE-ORDRE", 1, "Escalier"),
    ])  # fmt: skip
    yield Hostile("column missing", _without(12), [("STR-ENTETE-MANQUANTE", 1, "Etage")])
    yield Hostile("column given twice", _every(lambda line: line + b";" + line.split(b";")[12]), [
        ("STR-ENTETE-DOUBLON", 1, "Etage"),
    ])  # fmt: skip
    yield Hostile("column unknown", _every(lambda line: line + b";X"), [("STR-ENTETE-INCONNUE", 1, "X")])
    yield Hostile("column renamed", _header(lambda names: [*names[:12], b"Niveau", *names[13:]]), [
        ("STR-ENTETE-RENOMMEE", 1, "Etage"),
    ])  # fmt: skip
    yield Hostile("header in capitals", _header(lambda names: [*names[:12], b"ETAGE", *names[13:]]), [
        ("STR-ENTETE-ECRITURE", 1, "Etage"),
    ])  # fmt: skip
    yield Hostile("header only", base().split(b"\n")[0] + b"\n", [("STR-SANS-COMMANDE", None, "")], ordinary=False)
    yield Hostile("next version", _every(lambda line: line + (b";IdentifiantImmeuble;OffreAccesCommandee" if line.startswith(b"Ref") else b";;ACCES_FTTH")), [
        ("STR-VERSION-COMPATIBLE", 1, ""),
    ])  # fmt: skip
    yield Hostile("commas", base().replace(b";", b","), [("STR-SEPARATEUR", 1, "")])
    yield Hostile("tabs", base().replace(b";", b"\t"), [("STR-SEPARATEUR", 1, "")])
    yield Hostile("no header", base().split(b"\n", 1)[1], [("STR-ENTETE-ABSENT", 1, "")], shift=-1)
    yield Hostile("not a table", b"Bonjour,\nvoici le fichier.\n", [("STR-ENTETE-ABSENT", 1, "")], ordinary=False)


def _values() -> Iterator[Hostile]:
    number = lambda new: lambda line: line.replace(b";12;", b";" + new + b";")  # noqa: E731
    at = "NumeroVoieImmeuble"
    for value in ("1_000", "+12", "1e3", "٤٢", "12.0", "0x1F", "½"):
        yield Hostile(f"number {value}", _line(50, number(value.encode())), [("CEL-ENTIER", 50, at)])
    yield Hostile("number 012", _line(50, number(b"012")), [("CEL-ENTIER-ZEROS", 50, at)])
    day = lambda new: lambda line: line.replace(b"20170407 09:00", new)  # noqa: E731
    for value in (
        "2017047 09:00",
        "20170230 09:00",
        "20170407 9:00",
        "20170407T09:00",
        "20170407 09:00:00",
        "20170407",
    ):
        yield Hostile(f"date {value}", _line(50, day(value.encode())), [("CEL-DATE-HEURE", 50, "DateCommandePrise")])
    yield Hostile("leap day", _line(50, day(b"20160229 09:00")), [])
    yield Hostile("blanks around", _line(50, _bat(b"BAT A ")), [("CEL-ESPACES", 50, "Batiment")])
    yield Hostile("blanks around everything", _every(lambda line: line if line.startswith(b"Ref") else line.replace(b";BAT A;", b"; BAT A;")), [
        ("CEL-ESPACES", line, "Batiment") for line in range(2, ROWS + 2)
    ])  # fmt: skip
    yield Hostile("lower case", _line(50, _bat("Bât a".encode())), [("CEL-MAJUSCULES", 50, "Batiment")])
    yield Hostile("letters beyond Latin-1", _line(50, _bat("ŁÓDŹ Ω".encode())), [])
    yield Hostile("mandatory cell empty", _line(50, lambda line: line.replace(b";77590;", b";;")), [
        ("CEL-OBLIGATOIRE", 50, "CodePostalImmeuble"),
    ])  # fmt: skip
    yield Hostile("wrong everywhere", _every(lambda line: line.replace(b";STOC;", b";stoc;")), [
        ("CEL-MAJUSCULES", line, "TypeRacco") for line in range(2, ROWS + 2)
    ])  # fmt: skip
    yield Hostile("rule broken on two rows", _line(60, lambda line: line.replace(b";;N;LOCA;", b";CV-0001-0001;N;LOCA;"), _line(50, lambda line: line.replace(b";;N;LOCA;", b";CV-0001-0002;N;LOCA;"))), [
        ("CMD-PRISE-ABSENTE", 50, "ReferencePrise"), ("CMD-PRISE-ABSENTE", 60, "ReferencePrise"),
    ])  # fmt: skip
