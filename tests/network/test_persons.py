from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annexe5.network import client, est_fictif


@given(seed=st.integers(), rang=st.integers(0, 10**9))
def test_customers_are_the_same_each_time_and_can_be_called_by_nobody(seed, rang):
    une = client(seed, rang)
    assert une == client(seed, rang)
    assert est_fictif(une.contact1)
    assert est_fictif(une.contact2)
    assert une.nom == une.nom.upper() != ""


def test_an_ordinary_number_is_not_fictional():
    assert est_fictif("01 99 00 12 34")
    assert not est_fictif("0142000000")
    assert not est_fictif("019900")
