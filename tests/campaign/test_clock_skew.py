"""A party whose clock is ten minutes off: what it sends is judged as ever, and the difference is told before."""

from datetime import timedelta
from functools import partial

import pytest

from annexe5.campaign import certification, oc_certification
from annexe5.campaign.bench import Bench
from annexe5.campaign.journal import IN_MEMORY, Journal
from annexe5.campaign.oc_scene import OcScene
from annexe5.campaign.scene import Scene
from annexe5.campaign.standing import utc_now
from annexe5.campaign.standing_oc import StandingOc
from annexe5.campaign.twins import simulated_oi
from annexe5.contract.profile import load_profile
from annexe5.findings import Severity
from annexe5.transport.sftp_client import SftpClient


@pytest.mark.parametrize("minutes", [-10, 10])
def test_an_oi_ten_minutes_off_is_no_worse_for_it(minutes):
    skew = timedelta(minutes=minutes)
    with simulated_oi(load_profile(), clock=lambda: utc_now() + skew) as oi, Journal(IN_MEMORY) as journal:
        account = oi.accounts[0]
        client = SftpClient(
            oi.server.host, oi.server.port, account.oc, password=account.password, host_key_md5=oi.server.host_key_md5
        )
        with client:
            bench = Bench(oi.target, oi.twin.profile, client, journal, utc_now, certification.Clock().pause)
            bench.idle = lambda: oi.standing.idle
            bench.look_around()
            scene = Scene(bench)
            scene.prepare("eligible")
            scene.place()
            scene.acknowledged()
            scene.routed()
            scene.work_order()
            scene.report("OK")
            scene.made_available()
            scene.in_service()
            scene.in_time("CR_CMD")
            scene.state_is("en service")
            told = [one for seen in bench.observations for one in seen.findings]
            told += bench.judge(bench.references, final=True)[scene.order.reference].findings
    assert [one.message.fr for one in told if one.severity is Severity.ERROR] == []


@pytest.mark.parametrize("minutes", [-10, 10])
def test_an_oc_ten_minutes_off_is_no_worse_for_it(minutes, monkeypatch):
    skew = timedelta(minutes=minutes)
    monkeypatch.setattr(oc_certification, "StandingOc", partial(StandingOc, clock=lambda: utc_now() + skew))
    with (
        Journal(IN_MEMORY) as journal,
        oc_certification.open_instrument(oc_certification.Opening(), journal) as (instrument, _, _),
    ):
        scene = OcScene(instrument)
        scene.ask_for("eligible")
        scene.made_available()
        scene.plug()
        scene.says("MES")
        scene.lives_in_order()
        scene.collected()
        told = [*scene.findings, *(one for seen in scene.files() for one in seen.findings)]
    assert [one.message.fr for one in told if one.severity is Severity.ERROR] == []
