"""The journal: append-only, content-addressed, shared by processes, whole after any death."""

import json
import multiprocessing
import os
import signal
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from annexe5.campaign.journal import Journal
from annexe5.errors import ConfigurationError
from annexe5.exchange import Channel, Exchange

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def exchange(number: int, data: bytes = b"x") -> Exchange:
    return Exchange(AT + timedelta(seconds=number), Channel.SFTP, "ZZZZ", "COVG", f"f{number}.csv", "IN/COVG/CV", data)


def test_what_was_recorded_comes_back_in_order(tmp_path):
    with Journal(tmp_path / "j") as journal:
        recorded = [journal.record(exchange(number, bytes([number])), batch=number) for number in range(3)]
    with Journal(tmp_path / "j") as journal:
        assert [(one, batch) for one, batch in journal.exchanges()] == [(one, i) for i, one in enumerate(recorded)]
        assert [one.name for one, _ in journal.exchanges(after=2)] == ["f2.csv"]
        assert journal.data(2) == b"\x01"
        assert journal.names("ZZZZ") == {"f0.csv", "f1.csv", "f2.csv"}


def test_the_same_bytes_are_kept_once(tmp_path):
    with Journal(tmp_path / "j") as journal:
        for number in range(5):
            journal.record(exchange(number, b"same"), batch=0)
    assert sqlite3.connect(tmp_path / "j").execute("SELECT count(*) FROM content").fetchone() == (1,)


@pytest.mark.parametrize("statement", ["UPDATE exchange SET name = 'x'", "DELETE FROM exchange", "DELETE FROM content"])
def test_nothing_is_changed_or_taken_away(tmp_path, statement):
    with Journal(tmp_path / "j") as journal:
        journal.record(exchange(1), batch=0)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(tmp_path / "j").execute(statement)


def test_notes_are_kept_beside(tmp_path):
    with Journal(tmp_path / "j") as journal:
        journal.note(AT, "cible", {"nom": "é"})
        assert journal.notes("cible") == [(AT, {"nom": "é"})]
        assert journal.notes("autre") == []


def test_it_exports_json_lines_without_the_bytes(tmp_path):
    with Journal(tmp_path / "j") as journal:
        journal.record(exchange(1, b"secret"), batch=4)
        (line,) = journal.json_lines()
    told = json.loads(line)
    assert (told["name"], told["size"], told["batch"]) == ("f1.csv", 6, 4)
    assert "secret" not in line


def test_an_unknown_number_is_told(tmp_path):
    with Journal(tmp_path / "j") as journal, pytest.raises(KeyError):
        journal.data(1)


def test_a_file_that_is_no_journal_is_a_configuration_error(tmp_path):
    (tmp_path / "j").write_bytes(b"not a database, by far" * 100)
    with pytest.raises(ConfigurationError, match="journal illisible"):
        Journal(tmp_path / "j")


def _write(path, first, count):
    with Journal(path) as journal:
        for number in range(first, first + count):
            journal.record(exchange(number), batch=0)


def _write_and_die(path, ready):
    journal = Journal(path)
    for number in range(1000):
        journal.record(exchange(number), batch=0)
        ready.set()


def test_two_processes_write_in_turn(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(tmp_path / "j", first, 50)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    with Journal(tmp_path / "j") as journal:
        assert len({one.name for one, _ in journal.exchanges()}) == 100


def test_a_killed_writer_leaves_whole_exchanges(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    writer = spawn.Process(target=_write_and_die, args=(tmp_path / "j", ready))
    writer.start()
    assert ready.wait(60)
    os.kill(writer.pid, signal.SIGKILL)
    writer.join(60)
    with Journal(tmp_path / "j") as journal:
        kept = [one.number for one, _ in journal.exchanges()]
        assert kept == list(range(1, len(kept) + 1))
        journal.record(exchange(5000), batch=0)
