"""A standing twin in a process of its own, and the target file that leads to it."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def standing(*arguments: str):
    """Start ``annexe5 simulate oi``; give its announcement and its process."""
    command = [sys.executable, "-m", "annexe5", "simulate", "oi", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        try:
            yield json.loads(line), process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


def write_target(path: Path, said: dict, sftp: dict, *, roles=None, answer_in: float | None = 20) -> Path:
    """Write the target file of a standing twin."""
    account = said["accounts"][0]
    data = json.loads(Path(said["test_data"]).read_text(encoding="utf-8"))[account["oc"]]
    lines = ["[partie]", 'nom = "OI sous essai"', "[codes]", f'oi = "{said["oi"]}"', 'arcep = "CV"']
    lines += [f'oc = "{account["oc"]}"', "[sftp]", *(f"{key} = {json.dumps(value)}" for key, value in sftp.items())]
    lines += ["[campagne]", "patience_s = 30", "intervalle_s = 0.02"]
    lines += [f"reponse_sous_s = {answer_in}"] if answer_in else []
    for role, rows in data.items():
        if roles is None or role in roles:
            for row in rows:
                lines += [f"[[test_data.{role}]]"]
                lines += [f"{json.dumps(key)} = {json.dumps(value, ensure_ascii=False)}" for key, value in row.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def certify(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run ``annexe5 certify oi``."""
    command = [sys.executable, "-m", "annexe5", "certify", "oi", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300, env={**os.environ, **environment}
    )


@pytest.fixture(scope="session")
def standing_oi():
    """One twin for the tests that only read its announcement or drop files of their own."""
    with standing() as (said, _):
        yield said
