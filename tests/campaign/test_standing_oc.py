"""A standing OC on a real connection: rounds, rest, what it cannot deposit, what a cut must not lose or double."""

import threading
from datetime import UTC, datetime

import pytest

from annexe5.campaign.standing_oc import StandingOc
from annexe5.campaign.twins import simulated_oi
from annexe5.contract.profile import load_profile
from annexe5.errors import UsageError
from annexe5.exchange import Exchange
from annexe5.parties.oc import Instruction, OcTwin
from annexe5.parties.oc_defects import make_oc
from annexe5.transport.edge import EventKind
from annexe5.transport.sftp_client import connect

PROFILE = load_profile()


@pytest.fixture
def oi():
    with simulated_oi(PROFILE, size=700) as served:
        yield served


@pytest.fixture
def make_oc_before(oi):
    made = []

    def make(*defects: str, **options) -> tuple[StandingOc, list[Exchange]]:
        account = oi.accounts[0]
        client = connect(
            oi.server.host, oi.server.port, account.oc, password=account.password,
            host_key_sha256=oi.server.host_key_sha256, wait=lambda _: None,
        )  # fmt: skip
        twin = OcTwin(PROFILE, oi.twin.oi, oi.twin.arcep, account.oc, defects=make_oc(defects))
        crossed: list[Exchange] = []
        standing = StandingOc(twin, client, interval=0.02, on_exchange=crossed.append, **options)
        made.append(standing.start())
        return standing, crossed

    yield make
    for one in made:
        one.stop()


def order(oi, count: int = 1, start: int = 0) -> Instruction:
    return Instruction("commander", tuple(oi.target.test_data["eligible"][start : start + count]))


def come_to_rest(oi, oc: StandingOc, crossed: list[Exchange]) -> None:
    """Go on until a whole round of the OC found nothing, the OI having nothing to say before nor after."""
    while True:
        seen = len(crossed)
        if oi.standing.idle and oc.rest() and oi.standing.idle and seen == len(crossed):
            return


def in_out(oi) -> list[str]:
    return [one.name for one in oi.server.list("ZZZZ", "OUT/COVG/CV") if not one.is_dir]


def test_orders_live_to_their_end_and_out_is_left_empty(oi, make_oc_before):
    oc, crossed = make_oc_before()
    oc.do(order(oi, 5))
    come_to_rest(oi, oc, crossed)
    assert {one.state for one in oc.twin.orders.values()} == {"EN_SERVICE"}
    assert len(crossed) == len({one.name for one in crossed})
    assert in_out(oi) == []


def test_it_rests_when_there_is_nothing_to_do(oi, make_oc_before):
    oc, crossed = make_oc_before()
    come_to_rest(oi, oc, crossed)  # the IPE and the CPN are there already
    assert oc.rest()
    oc.do(order(oi))
    come_to_rest(oi, oc, crossed)
    assert oc.rest()


def test_what_the_twin_refuses_is_told_to_whoever_asked(oi, make_oc_before):
    oc, _ = make_oc_before()
    with pytest.raises(UsageError, match="JAMAIS"):
        oc.do(Instruction("annuler", reference="JAMAIS"))
    oc.do(order(oi))


def test_cut_connections_neither_lose_nor_double_anything(oi, make_oc_before):
    oc, crossed = make_oc_before()
    cutting = threading.Event()
    whole = oi.server._on_event

    def cut_now_and_then(event) -> None:
        whole(event)
        if not cutting.is_set() and event.kind in (EventKind.READ, EventKind.STORED):
            cutting.set()
            oi.server.drop_sessions()

    oi.server._on_event = cut_now_and_then
    for number in range(5):
        cutting.clear()
        oc.do(order(oi, start=number))
        come_to_rest(oi, oc, crossed)
    assert [one.state for one in oc.twin.orders.values()] == ["EN_SERVICE"] * 5
    assert in_out(oi) == []
    sent = [one.name for one in crossed if one.sender == "ZZZZ"]
    assert len(sent) == len(set(sent))


def test_a_server_that_comes_back_gets_what_had_to_wait(oi, make_oc_before):
    oc, crossed = make_oc_before()
    oi.server.stop()
    oc.do(order(oi))
    oc.rest()
    assert oc.trouble is not None
    oi.server.start()
    come_to_rest(oi, oc, crossed)
    assert oc.trouble is None
    assert {one.state for one in oc.twin.orders.values()} == {"EN_SERVICE"}


@pytest.mark.parametrize(
    ("defect", "events"),
    [
        ("oc-sans-suppression", lambda seen: EventKind.REMOVED not in seen and EventKind.READ in seen),
        ("oc-reprend-son-depot", lambda seen: EventKind.STORED in seen),
    ],
)
def test_a_defect_shows_on_the_server(oi, make_oc_before, defect, events):
    seen = []
    told = oi.server._on_event
    oi.server._on_event = lambda event: (seen.append(event.kind), told(event))
    oc, crossed = make_oc_before(defect)
    oc.do(order(oi))
    come_to_rest(oi, oc, crossed)
    assert events(seen)


def test_time_is_the_clock_s(oi, make_oc_before):
    then = datetime(2026, 1, 5, 12, tzinfo=UTC)
    oc, crossed = make_oc_before(clock=lambda: then)
    oc.do(order(oi))
    come_to_rest(oi, oc, crossed)
    assert {one.at for one in crossed} == {then}
