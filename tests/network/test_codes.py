from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annexe5.network.codes import ALPHABET, brouilleur, chiffreur, tirage

seeds = st.integers(0, 2**32)


@given(seed=seeds, signes=st.integers(2, 8), numero=st.integers(0, 32**2 - 1))
def test_a_text_gives_its_counter_back(seed, signes, numero):
    code = brouilleur(signes, seed)
    texte = code.texte(numero)
    assert len(texte) == signes
    assert set(texte) <= set(ALPHABET)
    assert code.numero(texte) == numero


@given(seed=seeds)
def test_no_two_counters_share_a_text(seed):
    code = brouilleur(2, seed)
    assert len({code.texte(numero) for numero in range(32**2)}) == 32**2


@given(seed=seeds, numero=st.integers(0, 996))
def test_digits_give_their_counter_back(seed, numero):
    code = chiffreur(3, 1, 997, seed)
    assert code.numero(code.texte(numero)) == numero
    assert len({code.texte(un) for un in range(997)}) == 997


@given(texte=st.text(max_size=6))
def test_any_text_is_read_or_refused_without_error(texte):
    lu = brouilleur(4, 1).numero(texte)
    assert lu is None or brouilleur(4, 1).texte(lu) == texte
    chiffres = chiffreur(3, 1, 997, 1).numero(texte)
    assert chiffres is None or chiffreur(3, 1, 997, 1).texte(chiffres) == texte


def test_draws_depend_on_the_key_alone():
    assert tirage(1, "a").random() == tirage(1, "a").random()
    assert tirage(1, "a").random() != tirage(1, "b").random()
