from __future__ import annotations

from datetime import date

import pytest

from annexe5.network import Network, generate

TODAY = date(2026, 3, 2)
OCS = ("OCAA", "OCBB")


@pytest.fixture(scope="session")
def network() -> Network:
    return generate(7, 2_000, oi="COVG", ocs=OCS, today=TODAY, bigramme="CV")
