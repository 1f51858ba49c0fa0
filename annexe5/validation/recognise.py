"""Which flow a file is, by its header when its name does not tell; XML by its first bytes."""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import lru_cache

from annexe5.tables.octets import Source, glance
from annexe5.tables.schema import load_tables, neighbours, unnamed_tables

_HEAD = 1 << 16
_SEPARATORS = (";", ",", "\t", "|", ":")
_WORD = re.compile(r"[^a-z0-9]+")
_MOSTLY = 0.5


def is_xml(source: Source) -> bool:
    """Tell whether the first bytes are those of an XML document."""
    return _head(source).lstrip().startswith("<")


def flow_of_header(source: Source) -> str:
    """Give the flow whose columns the first line holds, in any version known; empty when it is none, or two alike."""
    line = next((one for one in _head(source).splitlines() if one.strip()), "")
    best = max(({_fold(cell) for cell in line.split(separator)} - {""} for separator in _SEPARATORS), key=_known)
    if not best:
        return ""
    scores = sorted(((_likeness(best, columns), flow) for columns, flow in _tables()), reverse=True)
    (first, flow), others = scores[0], [score for score, other in scores if other != scores[0][1]]
    return flow if first >= _MOSTLY and first > max(others, default=0) else ""


def _likeness(cells: set[str], columns: frozenset[str]) -> float:
    return len(cells & columns) / len(cells | columns)


def _known(cells: set[str]) -> int:
    return max(len(cells & columns) for columns, _flow in _tables())


@lru_cache(maxsize=1)
def _tables() -> tuple[tuple[frozenset[str], str], ...]:
    current = (*load_tables().values(), *unnamed_tables().values())
    every = [(one, table.flow) for table in current for one in (table, *neighbours(table))]
    return tuple((frozenset(map(_fold, one.names)), flow) for one, flow in every)


def _head(source: Source) -> str:
    seen = glance(source)
    with source.open() as stream:
        data = stream.read(_HEAD)
    if seen.wide:
        return data[seen.skip :].decode(seen.wide, "replace")
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name)
    return _WORD.sub("", "".join(char for char in plain if not unicodedata.combining(char)).casefold())
