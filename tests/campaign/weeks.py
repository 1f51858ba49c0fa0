"""A campaign of three weeks on a virtual clock, in one process: our side may be killed at any point, the OI lives on.

What a point is: before and after each write of the journal, each act on the OI's folders.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from annexe5.campaign.bench import Bench
from annexe5.campaign.clock import VirtualClock
from annexe5.campaign.fixtures import record_scene
from annexe5.campaign.journal import JOURNAL_FILE, Journal
from annexe5.campaign.recording import ScenarioRecord
from annexe5.campaign.results import ScenarioResult
from annexe5.campaign.resuming import ended, keep, results_in
from annexe5.campaign.scene import Scene
from annexe5.campaign.target import Campaign, Codes, Sftp, Target
from annexe5.campaign.twins import role_rows
from annexe5.campaign.verdicts import Ending
from annexe5.contract.profile import load_profile
from annexe5.errors import Annexe5Error
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Verdict
from annexe5.network import generate
from annexe5.parties.defects import make
from annexe5.parties.oi import OiTwin
from annexe5.parties.pace import Pace, make_pace
from annexe5.transport.edge import RemoteFile
from annexe5.transport.remote import RemoteClient
from annexe5.transport.temporary import is_temporary, temporary_name

START = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
PROFILE = load_profile()
NETWORK = generate(5, 400, oi="COVG", ocs=("ZZZZ",), today=START.date(), bigramme="CV")
ROLES = role_rows(NETWORK, "ZZZZ", 20)
IN, OUT = PROFILE.folder("depose_acces", "COVG", "CV"), PROFILE.folder("retrait_acces", "COVG", "CV")
Play = Callable[[Scene], None]


class Killed(BaseException):
    """Our side dies here: nothing of ours runs any more, not even what handles errors."""


@dataclass
class Fate:
    """Counts the points passed, and kills at some of them."""

    deadly: Collection[int] = ()
    passed: int = 0

    def point(self) -> None:
        self.passed += 1
        if self.passed in self.deadly:
            raise Killed


class MortalJournal(Journal):
    """A journal whose writer may die before or after each write; it syncs nothing: the machine does not die here."""

    def __init__(self, path: Path, fate: Fate) -> None:
        super().__init__(path)
        self._base.execute("PRAGMA synchronous=OFF")
        for name in ("record", "reach", "note"):
            setattr(self, name, _between(getattr(self, name), fate))


class MortalClient(RemoteClient):
    """An account in a folder at hand; whoever acts on it may die before or after. ``peer`` acts before it is listed."""

    def __init__(self, root: Path, fate: Fate, peer: Callable[[], None], *, openly: bool = False) -> None:
        super().__init__(str(root), upload_name=None if openly else temporary_name)
        self.root, self.peer = root, peer
        for name in ("_write", "_rename", "_remove", "_read"):
            setattr(self, name, _between(getattr(self, name), fate))

    def _connect(self) -> None: ...

    def _disconnect(self) -> None: ...

    def _write(self, path: str, data: bytes) -> None:
        (self.root / path).write_bytes(data)

    def _read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def _mark(self, path: str) -> tuple[int, float | None]:
        return (self.root / path).stat().st_size, None

    def _rename(self, old: str, new: str) -> None:
        (self.root / old).rename(self.root / new)

    def _remove(self, path: str) -> None:
        (self.root / path).unlink()

    def _names(self, folder: str) -> list[RemoteFile]:
        self.peer()
        return [RemoteFile(one.name, one.stat().st_size, one.is_dir()) for one in (self.root / folder).iterdir()]


def _between(act: Callable[..., object], fate: Fate) -> Callable[..., object]:
    def mortal(*args: object, **kwargs: object) -> object:
        fate.point()
        done = act(*args, **kwargs)
        fate.point()
        return done

    return mortal


@dataclass
class Peer:
    """The OI: a twin that looks into its folders whenever somebody lists them; it never dies."""

    root: Path
    clock: VirtualClock
    pace: Pace
    defects: tuple[str, ...] = ()
    received: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.twin = OiTwin(NETWORK, PROFILE, "COVG", "CV", pace=self.pace, defects=make(self.defects, "oi"))
        for folder in (IN, OUT):
            (self.root / folder).mkdir(parents=True)

    def act(self) -> None:
        for path in sorted((self.root / IN).iterdir()):
            if not is_temporary(path.name) and path.is_file():
                one = Exchange(self.clock.now(), Channel.FOLDER, "ZZZZ", "COVG", path.name, IN, path.read_bytes())
                path.unlink()
                self.received.append(one)
                self._deliver(self.twin.receive(one))
        self._deliver(self.twin.tick(self.clock.now()))

    def _deliver(self, files: list[Exchange]) -> None:
        for one in files:
            place = self.root / one.folder / one.name
            assert not place.exists(), place
            place.write_bytes(one.data)

    @property
    def idle(self) -> bool:
        return self.twin.next_due is None


@dataclass
class Weeks:
    """The whole of it: sessions of one campaign until every scenario has ended."""

    folder: Path
    pace: str = "juste"
    defects: tuple[str, ...] = ()
    openly: bool = False
    sessions: int = 0

    def __post_init__(self) -> None:
        self.clock = VirtualClock(START)
        self.peer = Peer(self.folder / "oi", self.clock, make_pace(self.pace, PROFILE), self.defects)
        way = Sftp(hote="127.0.0.1", login="ZZZZ", mot_de_passe="env:X", empreinte_sha256="SHA256:x")
        codes = Codes(oi="COVG", arcep="CV", oc="ZZZZ")
        campaign = Campaign(patience_s=1, intervalle_s=0)
        self.target = Target(codes=codes, sftp=way, campagne=campaign, test_data=ROLES)

    @property
    def journal(self) -> Path:
        return self.folder / JOURNAL_FILE

    def campaign(self, scenarios: Mapping[str, Play], fate: Fate | None = None) -> dict[str, ScenarioResult]:
        """Play session after session, over deaths, the clock leaping to what is due next."""
        fate = fate or Fate()
        while True:
            self.sessions += 1
            assert self.sessions < 60, "the campaign does not end"
            try:
                results = self.session(scenarios, fate)
            except Killed:
                continue
            if len(ended(results)) == len(scenarios):
                return results
            self.clock.leap_to(self._next(results))

    def session(self, scenarios: Mapping[str, Play], fate: Fate) -> dict[str, ScenarioResult]:
        """Sit down, play what has not ended, get up."""
        with closing(MortalJournal(self.journal, fate)) as journal:
            client = MortalClient(self.folder / "oi", fate, self.peer.act, openly=self.openly)
            bench = Bench(self.target, PROFILE, client, journal, self.clock.now, self.clock.pause)
            bench.idle, bench.later = lambda: self.peer.idle, lambda: self.peer.twin.next_due
            bench.look_around()
            bench.remember(journal)
            for ident, play in scenarios.items():
                if ident not in ended(results_in(journal)):
                    keep(journal, self.clock.now(), self._play(bench, ident, play))
            bench.rest()
            return results_in(journal)

    def _play(self, bench: Bench, ident: str, play: Play) -> ScenarioResult:
        planned = ScenarioResult(ident, "", "", 0, ident, Verdict.NON_TESTE, START, 0.0)
        record = ScenarioRecord(planned, self.clock.now())
        bench.memory.turn_to(ident)
        scene = Scene(bench)
        try:
            play(scene)
        except (Ending, Annexe5Error) as error:
            record.ended_by(error)
        record_scene(scene, record)
        return record.result()

    def _next(self, results: Mapping[str, ScenarioResult]) -> datetime:
        waiting = [one.until + timedelta(microseconds=1) for one in results.values() if one.until]
        due = [self.peer.twin.next_due] if self.peer.twin.next_due else []
        ahead = [moment for moment in (*waiting, *due) if moment > self.clock.now()]
        assert ahead, [(one.id, one.verdict, one.message) for one in results.values()]
        return min(ahead)

    def sane(self) -> bool:
        """Tell whether the journal is whole."""
        with closing(sqlite3.connect(self.journal)) as base:
            return base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
