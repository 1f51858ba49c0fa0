"""Orders by the thousand over SFTP: each is answered once in each flow, and nothing stays on the server."""

import gc

import pytest

from annexe5.campaign.standing import utc_now
from annexe5.campaign.twins import DEFAULT_OC, simulated_oi
from annexe5.contract.calendar import PARIS
from annexe5.contract.profile import load_profile
from tests.benchmarks.order_files import order_files, play, wrong_answers

FILES, ROWS = 10, 200


def test_ten_files_of_orders_lose_nothing():
    with simulated_oi(load_profile(), size=4000) as oi:
        day = utc_now().astimezone(PARIS).date()
        files = order_files(oi.twin.network, DEFAULT_OC, FILES, ROWS, day=day, shuffled=True)
        answers, _ = play(oi, files, FILES * ROWS, patience=30)
        assert oi.twin.incidents == []
    assert wrong_answers(answers, FILES * ROWS) == []
    assert len({name for name, _ in answers}) == 3 * FILES


@pytest.mark.parametrize("at_work", [True, False])
def test_an_answer_leaves_the_collector_as_it_found_it(talk, at_work):
    before = gc.isenabled()
    try:
        (gc.enable if at_work else gc.disable)()
        talk.send("Cmd_Acces", talk.order("eligible"))
        assert gc.isenabled() is at_work
    finally:
        (gc.enable if before else gc.disable)()
