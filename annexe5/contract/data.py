"""Reading TOML and CSV of ``schemas/`` with errors that name the file and the key."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from annexe5.errors import ContractError

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, error: type[Exception] = ContractError) -> dict[str, Any]:
    """Give the content of a TOML file; a missing or malformed file is told with its line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error(f"{path} : fichier introuvable.") from None
    except IsADirectoryError:
        raise error(f"{path} : un fichier TOML est attendu, c'est un dossier.") from None
    except UnicodeDecodeError as reason:
        raise error(f"{path} : le fichier doit être en UTF-8 ({reason}).") from None
    except tomllib.TOMLDecodeError as reason:
        raise error(f"{path} : TOML illisible : {reason}.") from None


def build(model: type[Model], data: Any, path: Path, where: str = "", error: type[Exception] = ContractError) -> Model:
    """Type a mapping as ``model``; every wrong key is told as ``file: key: why``."""
    try:
        return model.model_validate(data)
    except ValidationError as reason:
        raise error(explain(reason, path, where)) from None


def explain(reason: ValidationError, path: Path, where: str = "") -> str:
    """Write one line a wrong key: file, dotted key, what is wrong, what was there."""
    lines = []
    for item in reason.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"])
        dotted = ".".join(part for part in (where, key) if part)
        seen = "" if item["type"] == "missing" else f" (reçu : {_short(item['input'])})"
        lines.append(f"{path} : {dotted} : {_french(item)}{seen}")
    return "\n".join(lines)


def _short(value: Any, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _french(item: Any) -> str:
    known = {"missing": "clé obligatoire absente", "extra_forbidden": "clé inconnue"}
    return known.get(item["type"], str(item["msg"]))


def read_csv(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    """Give the rows of a ``;`` separated catalogue; a missing column or a ragged row is an error."""
    expected = tuple(columns)
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream, delimiter=";", restkey="", restval=None)
        missing = [name for name in expected if name not in (reader.fieldnames or [])]
        if missing:
            raise ContractError(f"{path} : ligne 1 : colonnes absentes : {', '.join(missing)}.")
        rows = []
        for row in reader:
            if "" in row or None in row.values():
                raise ContractError(f"{path} : ligne {reader.line_num} : nombre de champs inattendu.")
            rows.append({name: row[name] for name in expected})
    return rows
