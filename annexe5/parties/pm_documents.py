"""The documents that the twins send with PM files: the plan of a PM (Annexe 5d), a photograph, a technical sheet.

Small, whole and real: PDF 1.4 with its fonts and cross-reference, PNG. What they show comes from the generated network.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from datetime import date

from annexe5.network.model import Batiment, Pm

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 50  # A4, in points
_LEADING, _LINES = 13, 54
_MAP = (60, 330, 475, 300)  # left, bottom, width, height of the drawing


def plan(pm: Pm, batiments: Sequence[Batiment], jour: date) -> bytes:
    """Draw the plan of a PM: where it stands, its rear zone, then the list of its deployed addresses."""
    place = pm.adresse
    head = [
        f"PLAN DU PM {pm.reference}",
        f"{pm.type_emplacement} - {place.numero or ''} {place.voie.type} {place.voie.libelle}".replace("  ", " "),
        f"{place.commune.code_postal} {place.commune.nom} - INSEE {place.commune.code_insee}",
        f"NRO {pm.nro.reference} - {pm.ingenierie} - {pm.type_materiel}",
        f"{pm.logements} logements, {pm.logements_deployes} mis a disposition, au {jour:%d/%m/%Y}",
    ]
    lines = [_address(one) for one in batiments if one.etat == "DEPLOYE"]
    pages = [[*_text(head, 780), *_drawing(pm, batiments)]]
    pages += [
        _text(["Adresses deployees", "", *lines[start : start + _LINES]], 790)
        for start in range(0, len(lines) or 1, _LINES)
    ]
    return pdf(pages)


def sheet(pm: str, works: date, notified: date) -> bytes:
    """Write the technical sheet of an adduction: the equipment installed and what was measured."""
    lines = [
        f"FICHE TECHNIQUE - PM {pm}",
        f"Travaux du {works:%d/%m/%Y}, notifies le {notified:%d/%m/%Y}",
        "",
        "Equipements installes sur l'emplacement de l'OC",
        "  tiroir optique 48 positions SC/APC, hauteur 1U",
        "  cable d'adduction 48 fibres G.657.A2, longueur 120 m",
        "",
        "Verifications et mesures",
        "  attenuation maximale relevee a 1310 nm : 0,31 dB",
        "  attenuation maximale relevee a 1550 nm : 0,27 dB",
        "  reflectance des connecteurs : inferieure a -60 dB",
        "  mise a la terre controlee, etiquetage pose : conforme aux normes en vigueur",
    ]
    return pdf([_text(lines, 780)])


def photograph(seed: str) -> bytes:
    """Give a picture of a rack with its drawers and leads, drawn from a text; 160 × 120, PNG."""
    width, height, noise = 160, 120, zlib.crc32(seed.encode())
    rows = []
    for y in range(height):
        row = bytearray(b"\0")
        for x in range(width):
            row += bytes(_colour(x, y, noise))
        rows.append(bytes(row))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _colour(x: int, y: int, noise: int) -> tuple[int, int, int]:
    drawer = y // 20
    if x % 160 < 8 or x >= 152:  # the uprights  # noqa: PLR2004
        return 70, 72, 76
    if y % 20 < 2:  # noqa: PLR2004 -- between two drawers
        return 30, 30, 32
    if y % 20 in range(8, 14) and x % 12 in range(4, 9):
        return (230, 200, 40) if (noise >> ((x // 12 + drawer) % 24)) & 1 else (40, 120, 70)
    return 190 - 6 * drawer, 192 - 6 * drawer, 196 - 6 * drawer


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


# --- PDF -------------------------------------------------------------------------------------------------------


def pdf(pages: Iterable[Sequence[str]]) -> bytes:
    """Write a PDF of A4 pages, each given as its content operators (font F1: Helvetica)."""
    contents = ["\n".join(page).encode("cp1252", "replace") for page in pages]
    kids = " ".join(f"{4 + 2 * rank} 0 R" for rank in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for rank, content in enumerate(contents):
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * rank} 0 R >>".encode(),
            f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream",
        ]
    written, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(written)
    written += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    written += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    written += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(written)


def _text(lines: Iterable[str], top: int) -> list[str]:
    told = ["BT", "/F1 10 Tf", f"{_LEADING} TL", f"{_MARGIN} {top} Td"]
    told += [f"({_escaped(line)}) Tj T*" for line in lines]
    return [*told, "ET"]


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _drawing(pm: Pm, batiments: Sequence[Batiment]) -> list[str]:
    """Place the PM (square) and the buildings (dots, filled where deployed) on a map of its rear zone."""
    left, bottom, width, height = _MAP
    xs, ys = [pm.x, *(one.x for one in batiments)], [pm.y, *(one.y for one in batiments)]
    scale = min(width / max(max(xs) - min(xs), 1.0), height / max(max(ys) - min(ys), 1.0))

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (x - min(xs)) * scale, bottom + (y - min(ys)) * scale

    told = ["0.6 w", f"{left - 8} {bottom - 8} {width + 16} {height + 16} re S"]
    here = at(pm.x, pm.y)
    for one in batiments:
        x, y = at(one.x, one.y)
        told.append(f"0.2 w {here[0]:.1f} {here[1]:.1f} m {x:.1f} {y:.1f} l S")
        told.append(f"{x - 2:.1f} {y - 2:.1f} 4 4 re {'f' if one.etat == 'DEPLOYE' else 'S'}")
    return [*told, f"{here[0] - 5:.1f} {here[1] - 5:.1f} 10 10 re B"]


def _address(batiment: Batiment) -> str:
    place = batiment.adresse
    number = f"{place.numero or ''}{place.complement}"
    name = f" - {batiment.nom}" if batiment.nom else ""
    return f"{place.hexacle}  {number} {place.voie.type} {place.voie.libelle}{name} - {batiment.logements} logement(s)"
