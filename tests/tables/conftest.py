from __future__ import annotations

import pytest

from annexe5.tables import Table, load_table


@pytest.fixture(scope="session")
def cmd() -> Table:
    return load_table("Cmd_Acces")


@pytest.fixture(scope="session")
def ipe() -> Table:
    return load_table("IPE")
