"""From lines to records: separators and quotes, strictly, with a way back after each anomaly.

A cell is quoted when its first character is a quote; its closing quote stands before a separator or an end of line.
A quote that never closes so, or whose record would not have the header's number of cells, is told and taken as a
character, and reading goes on at the next line: one stray quote must not hide the rest of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STRAY = "STR-GUILLEMET-PARASITE"
AFTER = "STR-GUILLEMET-SUITE"
OPEN = "STR-GUILLEMET-OUVERT"

# A quoted cell that spans more characters than this is a quote left open: reading ahead stays bounded.
LONGEST_CELL = 16 << 20


@dataclass(frozen=True, slots=True)
class Reading:
    """One record: its cells, how many physical lines it takes, its end of line, and (rule id, cell) anomalies."""

    cells: list[str]
    lines: int
    ending: str
    problems: tuple[tuple[str, int], ...] = ()


class _MoreLines(Exception):  # noqa: N818  # a signal between two functions of this module, not an error
    """A quoted cell reaches beyond the lines at hand."""


def read_record(lines: Sequence[str], start: int, width: int, separator: str, *, complete: bool) -> Reading | None:
    """Read the record that begins at ``lines[start]``.

    ``lines`` are physical lines without their LF (a CRLF leaves its CR); ``width`` is the header's number of cells,
    0 while it is not known; ``complete`` says that no line follows. None: a quoted cell reaches beyond the lines.
    """
    text, ending = _body(lines[start])
    if '"' not in text:
        return Reading(text.split(separator), 1, ending)
    try:
        whole = _read(lines, start, separator, complete=complete, across=True)
    except _MoreLines:
        return None
    if whole.lines > 1 and width and len(whole.cells) != width:
        return _read(lines, start, separator, complete=True, across=False)
    return whole


def _read(lines: Sequence[str], start: int, separator: str, *, complete: bool, across: bool) -> Reading:
    cells: list[str] = []
    problems: list[tuple[str, int]] = []
    here, at = start, 0
    text, ending = _body(lines[here])
    while at <= len(text):
        if not text.startswith('"', at):
            value, at = _bare(text, at, separator)
            if '"' in value:
                problems.append((STRAY, len(cells)))
        elif (quoted := _quoted(text, at + 1, separator)) is not None:
            value, at, trailing = quoted
            if trailing:
                problems.append((AFTER, len(cells)))
        elif across and (far := _far(lines, here, at + 1, separator, complete=complete)) is not None:
            value, here, at = far
            text, ending = _body(lines[here])
        else:
            problems.append((OPEN, len(cells)))
            value, at = _bare(text, at, separator)
        cells.append(value)
    return Reading(cells, here - start + 1, ending, tuple(problems))


def _body(line: str) -> tuple[str, str]:
    return (line[:-1], "\r\n") if line.endswith("\r") else (line, "\n")


def _bare(text: str, at: int, separator: str) -> tuple[str, int]:
    """Read an unquoted cell; the place given is after its separator, beyond the text's end when none follows."""
    end = text.find(separator, at)
    if end < 0:
        return text[at:], len(text) + 1
    return text[at:end], end + 1


def _quoted(text: str, begin: int, separator: str) -> tuple[str, int, bool] | None:
    """Read a quoted cell whose content begins at ``begin``; None when it does not close on this line."""
    close = _closing(text, begin)
    if close is None:
        return None
    value = text[begin:close].replace('""', '"')
    after = close + 1
    if after == len(text) or text.startswith(separator, after):
        return value, after + 1, False
    rest, place = _bare(text, after, separator)
    return value + rest, place, True


def _far(
    lines: Sequence[str], first: int, begin: int, separator: str, *, complete: bool
) -> tuple[str, int, int] | None:
    """Follow a quoted cell over line ends: its value, the line it closes on, the place after; None if it does not."""
    value = [lines[first][begin:]]
    size = len(value[0])
    for here in range(first + 1, len(lines)):
        line = lines[here]
        close = _closing(line, 0)
        if close is not None:
            body, _ending = _body(line)
            if close + 1 < len(body) and not body.startswith(separator, close + 1):
                return None
            value.append(line[:close])
            return "\n".join(value).replace('""', '"'), here, close + 2
        value.append(line)
        size += len(line) + 1
        if size > LONGEST_CELL:
            return None
    if not complete:
        raise _MoreLines
    return None


def _closing(text: str, at: int) -> int | None:
    """Give the place of the first quote that is not doubled."""
    while (close := text.find('"', at)) >= 0:
        if not text.startswith('"', close + 1):
            return close
        at = close + 2
    return None
