"""An OI twin on a small network, and an OC's pen."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from annexe5.campaign.twins import make_twin
from annexe5.contract.names import parse_name
from annexe5.contract.profile import load_profile
from annexe5.exchange import Channel, Exchange
from annexe5.network import generate
from annexe5.parties.oi import OiTwin
from annexe5.parties.pace import Pace
from annexe5.tables import load_table, read_rows, write_rows

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OCS = ("ZZZZ", "YYYY")
PROFILE = load_profile()
NETWORK = generate(5, 2000, oi="COVG", ocs=OCS, today=START.date(), bigramme="CV")


@dataclass
class Talk:
    """An OC that writes files and reads answers, with no wire in between."""

    twin: OiTwin
    oc: str = "ZZZZ"
    now: datetime = START
    count: int = 0
    heard: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def order(self, role: str, rang: int = 0, **changes: str) -> dict[str, str]:
        self.count += 1
        row = dict.fromkeys(load_table("Cmd_Acces").names, "") | dict(NETWORK.role(role, self.oc, rang).commande)
        row |= {"ReferenceCommandePriseInterneOC": f"REF{self.count:04d}", "DateCommandePrise": "20261123 10:00"}
        return row | changes

    def send(self, flow: str, *rows: dict[str, str], data: bytes | None = None, name: str = "") -> list[Exchange]:
        self.count += 1
        content = write_rows(load_table(flow), rows) if data is None else data
        token = PROFILE.flow(flow).fichier.format(oi="COVG", oc=self.oc, date="20261123", seq=self.count)
        folder = PROFILE.folder("depose_acces", "COVG", "CV")
        files = self.twin.receive(Exchange(self.now, Channel.SFTP, self.oc, "COVG", name or token, folder, content))
        self.hear(files)
        return files

    def hear(self, files: list[Exchange]) -> None:
        for one in files:
            read = parse_name(PROFILE, one.name)
            assert read is not None, one.name
            for row in read_rows(one.data, load_table(read.flow)).rows:
                self.heard.append((read.flow, dict(row.values)))

    def pass_time(self, **delta: float) -> None:
        self.now += timedelta(**delta)
        self.hear(self.twin.tick(self.now))

    def answers(self, reference: str) -> list[str]:
        return [flow for flow, row in self.heard if row["ReferenceCommandePriseInterneOC"] == reference]

    def last(self, flow: str) -> dict[str, str]:
        return next(row for name, row in reversed(self.heard) if name == flow)


@pytest.fixture
def make_talk():
    def make(oc: str = "ZZZZ", pace: Pace | None = None, twin: OiTwin | None = None, defects=()) -> Talk:
        if twin is None:
            twin = make_twin(PROFILE, ocs=OCS, now=START, pace=pace, defects=defects)
        return Talk(replace_network(twin), oc)

    return make


def replace_network(twin: OiTwin) -> OiTwin:
    """Share one drawn network between tests: it never changes."""
    return replace(twin, network=NETWORK) if twin.network is not NETWORK else twin


@pytest.fixture
def talk(make_talk) -> Talk:
    return make_talk()
