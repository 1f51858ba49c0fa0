"""The fuzzer's judge: the good twin has nothing against it, each planted mistake shows in its smallest case."""

import pytest

from annexe5.campaign.certification import Wanted, open_bench
from annexe5.campaign.journal import IN_MEMORY, Journal
from annexe5.fuzz.case import FORMS, Again, Case, Next, Ordered, Place
from annexe5.fuzz.palette import palette
from annexe5.fuzz.player import ExhaustedError, Player
from annexe5.parties.defects import load_planted
from annexe5.parties.oi_planted import PLANTED

ONE = Place((Ordered(),))


def said(**columns):
    return Case((Place((Ordered(tuple(columns.items())),)),))


STOC, MES, ANNUL = (Next(flow, 0) for flow in ("CR_STOC", "CR_MES_LigneFTTH", "Annul_Acces"))
SMALLEST = {
    "lecture-guillemet": said(NomClient='"'),
    "lecture-apostrophe": said(NomClient="D'ARC"),
    "lecture-accent": said(PrenomClient="É"),
    "lecture-commentaire-255": said(CommentaireCmdAcces="X" * 256),
    "lecture-separateur": said(NomClient="A;B"),
    "lecture-trois-lignes": Case((Place((Ordered(),) * 4),)),
    "lecture-derniere-ligne": Case((Place((Ordered(),), "sans fin de ligne finale"),)),
    "lecture-date-impossible": said(DateCommandePrise="20260230 10:00"),
    "cycle-mes-precoce": Case((ONE, MES)),
    "cycle-stoc-apres-annulation": Case((ONE, ANNUL, STOC)),
    "cycle-annulation-en-service": Case((ONE, STOC, MES, ANNUL)),
    "cycle-annulation-inconnue": Case((ONE, Next("Annul_Acces", -1))),
}
MORE = {
    **{form: Case((Place((Ordered(), Ordered()), form), Again(0))) for form in FORMS},
    "une référence longue": Case((Place((Ordered(suffix="ABCDEFGHIJK"),)), STOC)),
    "une référence trop longue": Case((Place((Ordered(suffix="ABCDEFGHIJKL"),)), ANNUL)),
    "un champ obligatoire vide": said(TypeRacco=""),
    "des blancs autour d'une valeur": said(TypeCommandeDemande="AUTO  ", PriseExistante=" N"),
    "une lettre minuscule": said(NomClient="dupont", TypeCommandeDemande="auto"),
    "un autre ordre de travail": Case((ONE, Next("CR_STOC", 0, wrong=True), STOC, MES, MES)),
    "des suites sur des inconnues": Case(tuple(Next(one.flow, -1) for one in (STOC, MES, ANNUL))),
    "tout deux fois": Case((ONE, Again(0), STOC, STOC, MES, MES, ANNUL, ANNUL)),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    with met(tmp_path_factory.mktemp("bon")) as player:
        yield player


def met(folder, *defects):
    """Give a player in front of a twin, as a context manager."""
    from contextlib import contextmanager

    @contextmanager
    def meeting():
        with (
            Journal(IN_MEMORY) as journal,
            open_bench(Wanted("oi", None, folder, defects=defects), journal) as (bench, _, _),
        ):
            yield Player(bench)

    return meeting()


def test_every_planted_mistake_is_described_and_tried():
    assert set(load_planted()) == set(PLANTED) == set(SMALLEST)


@pytest.mark.parametrize("name", [*SMALLEST, *MORE])
def test_the_good_twin_has_nothing_against_it(good, name):
    found = good.play({**SMALLEST, **MORE}[name])

    assert not found, [one.message.fr for one in found]


@pytest.mark.parametrize("ident", SMALLEST)
def test_a_planted_mistake_shows_in_its_smallest_case(tmp_path, ident):
    with met(tmp_path, ident) as player:
        assert player.play(said()) == ()
        found = player.play(SMALLEST[ident])

    assert {one.requirement for one in found} & {*load_planted()[ident].requirements}, [one.message.fr for one in found]


def test_an_address_serves_again_once_its_order_is_cancelled(good):
    free = len(good._free)

    good.play(Case((Place((Ordered(), Ordered())), STOC)))

    assert len(good._free) == free


def test_no_address_left_is_told(good):
    taken = [good.take() for _ in range(len(good._free))]

    with pytest.raises(ExhaustedError):
        good.play(said())
    for one in taken:
        good.give_back(one)


def test_what_may_be_changed_freely_is_a_column_of_the_flow():
    from annexe5.tables import load_table

    assert set(palette().neutral) <= set(load_table("Cmd_Acces").names)
