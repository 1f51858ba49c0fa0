"""Batches of files in memory, written as crossfile.toml writes its examples."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from annexe5.contract.names import judge_name
from annexe5.contract.profile import load_profile
from annexe5.tables.crossfile import CrossFile, cross_file
from annexe5.tables.octets import from_bytes
from annexe5.tables.schema import load_table


@pytest.fixture
def batch_of():
    """Give a batch from its examples."""
    return _batch_of


@pytest.fixture
def file_of():
    """Give one file from patches over the example row of its flow, or from rows as they are."""
    return _file_of


def _batch_of(written: Sequence[Mapping[str, Any]]) -> list[CrossFile]:
    return [_file_of(one["name"], one.get("rows"), one.get("as_is")) for one in written]


def _file_of(
    name: str, patches: Sequence[Mapping[str, str]] | None = None, as_is: Sequence[Mapping[str, str]] | None = None
) -> CrossFile:
    """``patches`` change the example row of the flow's table; ``as_is`` are rows with no other column."""
    named = judge_name(load_profile(), name)
    assert named.ok, named.findings
    if as_is is None:
        example = load_table(named.flow).example
        rows = [{**example, **patch} for patch in patches or ()]
        header = tuple(example)
    else:
        rows = list(as_is)
        header = tuple(dict.fromkeys(column for row in rows for column in row))
    text = "".join(";".join(cells) + "\n" for cells in [header, *([row.get(c, "") for c in header] for row in rows)])
    file = cross_file(from_bytes(text.encode(), name), load_profile())
    assert file is not None
    assert set(file.header) == set(header)
    return file
