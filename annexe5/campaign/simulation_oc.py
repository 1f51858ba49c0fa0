"""``annexe5 simulate oc``: the OC twin before any OI, described by the target file that ``certify oi`` takes.

It orders for addresses of the target's test data and follows its orders to the end by itself; with ``--http`` it does
as it is told by JSON requests, those that ``certify oc`` posts to a real OC (``annexe5.campaign.drivers``).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from annexe5.campaign.oc_calls import OcCalls
from annexe5.campaign.oc_target import COLLECT
from annexe5.campaign.simulation import signals
from annexe5.campaign.standing_oc import StandingOc
from annexe5.campaign.target import Target, load_target, secret
from annexe5.campaign.ways import dial, later
from annexe5.contract.profile import load_profile
from annexe5.errors import ConfigurationError, UsageError
from annexe5.exchange import Exchange
from annexe5.network.roles import load_roles
from annexe5.parties.oc import ACTIONS, SUR_ORDRE, Instruction, OcTwin, Terrain
from annexe5.parties.oc_defects import make_oc
from annexe5.parties.oc_services import TICKET_ACTIONS
from annexe5.parties.pm_oc import PM_ACTIONS

_MAX_BODY = 10_000_000


@dataclass(frozen=True, slots=True)
class WantedOc:
    """What the command line asked for: how many orders, on which role; ``http`` a port, None for no hook."""

    target: Path | None
    defects: tuple[str, ...] = ()
    orders: int = 1
    role: str = "eligible"
    http: int | None = None


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- what the command is for


def run(wanted: WantedOc, *, stop: threading.Event | None = None, tell: Callable[[str], None] = _print) -> None:
    """Stand until SIGINT or SIGTERM, or until ``stop`` is set.

    The first line told is how it stands, then one a file as it crosses, and in the end the state of each order.
    """
    if wanted.target is None:
        raise UsageError("simulate oc : --target dit devant quel OI se tenir (le fichier cible de certify oi).")
    target = load_target(wanted.target)
    ending = stop or threading.Event()
    with signals(ending) if stop is None else ExitStack(), ExitStack() as stack:
        standing = stack.enter_context(_standing(target, wanted, tell))
        said: dict[str, Any] = {
            "profile": target.profil,
            "oi": target.codes.oi,
            "oc": target.codes.oc,
            target.by: {"host": target.way.hote, "port": target.way.port},
        }
        if wanted.http is not None:
            said["http"] = stack.enter_context(_hook(standing, wanted.http))
        rows = _rows(target, wanted) if wanted.http is None else ()
        _say(tell, said)
        if rows:
            standing.do(Instruction("commander", rows))
        ending.wait()
        _say(tell, {"orders": {one.reference: one.state for one in standing.twin.orders.values()}})


@contextmanager
def _standing(target: Target, wanted: WantedOc, tell: Callable[[str], None]) -> Iterator[StandingOc]:
    profile, codes, way = load_profile(target.profil), target.codes, target.way
    terrain = Terrain() if wanted.http is None else SUR_ORDRE
    twin = OcTwin(profile, codes.oi, codes.arcep, codes.oc, terrain=terrain, defects=make_oc(wanted.defects))
    password = secret(way.mot_de_passe) if way.mot_de_passe else None
    # Told by HTTP, it may stand before its OI does: the first round connects, and the next ones until it holds.
    client = dial(way, password=password) if wanted.http is None else later(way, password=password)

    def crossed(exchange: Exchange) -> None:
        _say(tell, {"at": exchange.at.isoformat(), "from": exchange.sender, "file": exchange.name})

    def called(exchange: Exchange, *_: object) -> int:
        crossed(exchange)
        return 0

    interval = max(target.campagne.intervalle_s, 0.01)
    calls = None
    if target.services.urls:
        word = target.services.mot_de_passe
        calls = OcCalls(
            codes, target.services, profile, twin.habits, password=secret(word) if word else "", record=called
        )
    with StandingOc(twin, client, root=way.racine, interval=interval, on_exchange=crossed, calls=calls) as standing:
        yield standing


def _rows(target: Target, wanted: WantedOc) -> tuple[dict[str, str], ...]:
    if wanted.role not in load_roles():
        raise UsageError(f"--role {wanted.role} : rôle inconnu ; connus : {', '.join(load_roles())}.")
    rows = target.test_data.get(wanted.role, [])
    if len(rows) < wanted.orders:
        raise UsageError(
            f"--orders {wanted.orders} : le fichier cible déclare {len(rows)} adresses pour le rôle « {wanted.role} »."
        )
    return tuple(dict(row) for row in rows[: wanted.orders])


def _say(tell: Callable[[str], None], what: dict[str, Any]) -> None:
    tell(json.dumps(what, ensure_ascii=False))


# --- told by HTTP --------------------------------------------------------------------------------------------------


@contextmanager
def _hook(standing: StandingOc, port: int) -> Iterator[str]:
    """Take requests on loopback; gives the address to post to."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            status, said = _obey(standing, self.rfile.read(min(length, _MAX_BODY)))
            body = said.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's own name
            """Keep the console for what matters."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Hook)
    except OSError as error:
        raise ConfigurationError(f"--http {port} : port pris ou interdit ({error}) ; choisissez-en un autre.") from None
    thread = threading.Thread(target=server.serve_forever, name="annexe5-oc-http", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _obey(standing: StandingOc, body: bytes) -> tuple[int, str]:
    """Carry out a request; give the HTTP status and what to say."""
    try:
        asked = json.loads(body)
        action = asked["action"]
        instruction = Instruction(
            action,
            tuple(dict(one) for one in asked.get("commandes", ())),
            asked.get("reference", ""),
            asked.get("code", ""),
            asked.get("commentaire", ""),
            jour=datetime.strptime(asked["jour"], "%Y%m%d").date() if asked.get("jour") else None,  # noqa: DTZ007 -- a day
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return 400, f"requête illisible : {error}"
    if action == COLLECT:
        standing.wake()
        return 204, ""
    if action not in (*ACTIONS, *TICKET_ACTIONS, *PM_ACTIONS):
        return 501, f"action inconnue : {action}"
    try:
        standing.do(instruction)
    except UsageError as error:
        return 409, str(error)
    return 204, ""
