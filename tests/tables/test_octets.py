from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annexe5.tables import octets
from annexe5.tables.octets import Encoding, blocks, from_bytes, look
from annexe5.tables.tally import Tally

DATA = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\xc9", b"xxxxxxxxxxxx"]), max_size=40).map(b"".join)


def cut(data: bytes, size: int, longest: int = 1 << 30) -> list[tuple[int, bytes | None]]:
    """Give (line, content) of every physical line, None for one that was given up."""
    lines: list[tuple[int, bytes | None]] = []
    with patch.object(octets, "LONGEST_LINE", longest):
        for block in blocks(from_bytes(data), Encoding(), size):
            if block.overlong:
                lines.append((block.line, None))
                continue
            assert block.counted in (None, block.data.count(b"\n"))
            content = block.data.split(b"\n")
            content = content if content[-1] else content[:-1]
            lines.extend((block.line + at, line) for at, line in enumerate(content))
    return lines


@given(DATA, st.integers(1, 30))
def test_blocks_of_any_size_hold_every_line_under_its_number(data: bytes, size: int) -> None:
    expected = data.split(b"\n")
    expected = expected if expected[-1] else expected[:-1]
    assert cut(data, size) == list(enumerate(expected, start=1))


@given(DATA, st.integers(1, 8))
def test_a_line_is_given_up_by_its_length_alone(data: bytes, size: int) -> None:
    expected = [(number, None if line is not None and len(line) > 8 else line) for number, line in cut(data, 1 << 20)]
    assert cut(data, size, longest=8) == expected


@given(DATA, st.integers(1, 30))
def test_the_last_block_says_so(data: bytes, size: int) -> None:
    lasts = [block.last for block in blocks(from_bytes(data), Encoding(), size)]
    assert lasts[-1]
    assert not any(lasts[:-1])


@pytest.mark.parametrize(
    ("data", "codec", "told"),
    [
        (b"A;B\n1;2\n", "utf-8", []),
        ("É;B\n".encode(), "utf-8", []),
        ("É;B\n".encode("cp1252"), "cp1252", ["OCT-ENCODAGE"]),
        (b"\x81\xc9;B\n", "latin-1", ["OCT-ENCODAGE"]),
        ("É;È;Ê\n".encode() + b"\xc9\n", "utf-8", []),
        ("É;B\n".encode("utf-16"), "utf-16-le", ["OCT-UTF16"]),
        (b"\xef\xbb\xbfA;B\n", "utf-8", ["OCT-BOM"]),
    ],
)
def test_the_encoding_is_found_and_told_once(data: bytes, codec: str, told: list[str]) -> None:
    tally = Tally()
    assert look(from_bytes(data), "utf-8", tally).codec == codec
    assert [one.rule for one in tally.findings()] == told


def test_a_declared_encoding_that_is_not_used_is_told() -> None:
    tally = Tally()
    assert look(from_bytes("É;B\n".encode()), "cp1252", tally).codec == "utf-8"
    assert [one.rule for one in tally.findings()] == ["OCT-ENCODAGE"]


def test_the_first_wrong_byte_is_placed() -> None:
    tally = Tally()
    look(from_bytes(b"A;B\n1;2\n\xc9;4\n\xc8;6\n"), "utf-8", tally)
    assert [(one.line, one.value) for one in tally.findings()] == [(3, "octet C9")]
