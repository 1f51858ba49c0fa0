"""Where the suite's data stands: beside the package in a checkout, under ``annexe5/_suite`` in a wheel."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from annexe5.errors import ContractError

_PACKAGE = Path(__file__).resolve().parent.parent


@lru_cache(maxsize=1)
def suite_root() -> Path:
    """Give the folder that holds features/, steps/, schemas/ and conftest.py."""
    for root in (_PACKAGE / "_suite", _PACKAGE.parent):
        if (root / "schemas").is_dir():
            return root
    raise ContractError(
        f"schemas/ est introuvable près de {_PACKAGE} : réinstallez annexe5 (pip install --force-reinstall annexe5)."
    )


def schemas_dir() -> Path:
    """Give the folder of the contract as data."""
    return suite_root() / "schemas"
