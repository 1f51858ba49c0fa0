"""Writing a result whole or not at all: beside its place first, then renamed into it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from annexe5.errors import UsageError


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file; UsageError when its folder cannot take it. What stood there stays until all is written.

    A device or a pipe (``/dev/null``, ``/dev/stdout``) is written to, never replaced by a file.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("wb") as stream:
            stream.writelines(pieces)
        return
    try:
        held, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as reason:
        raise UsageError(f"{path} : écriture impossible : {reason.strerror}.") from None
    temporary = Path(name)
    try:
        with os.fdopen(held, "wb") as stream:
            stream.writelines(pieces)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as reason:
        raise UsageError(f"{path} : écriture impossible : {reason.strerror}.") from None
    finally:
        temporary.unlink(missing_ok=True)


def deliver(name: str, pieces: Iterable[bytes], to: str) -> str:
    """Write a file as ``to``, or under its own name in the folder ``to``; tell where, nothing for ``-``."""
    if to == "-":
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.flush()
        return ""
    place = Path(to) / name if Path(to).is_dir() else Path(to)
    write_whole(place, pieces)
    return str(place)


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file."""
    write_whole(path, [json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"])


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
