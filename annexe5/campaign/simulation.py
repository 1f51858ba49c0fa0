"""``annexe5 simulate``: a twin that stands until it is told to stop, and says in one JSON line how to reach it."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from annexe5.campaign.mail_desk import MailDesk
from annexe5.campaign.standing import OcAccount, StandingOi, file_accounts, lock_out, new_accounts, utc_now
from annexe5.campaign.twins import diffuse, make_twin, oi_services, role_rows
from annexe5.contract.profile import load_profile
from annexe5.errors import UsageError
from annexe5.exchange import Channel
from annexe5.messages.contract import service_names
from annexe5.parties.oi import OiTwin
from annexe5.transport.folder import FolderEdge
from annexe5.transport.ftp_server import FtpServer
from annexe5.transport.mail_client import SmtpSender
from annexe5.transport.sftp_server import SftpServer


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for."""

    profile: str
    ocs: tuple[str, ...]
    defects: tuple[str, ...] = ()
    port: int = 0
    host_key: Path | None = None
    authorized_keys: Path | None = None
    root: Path | None = None
    folder: Path | None = None
    seed: int = 5
    size: int = 2000
    services: bool = True
    smtp_relay: str = ""
    wsdls: Mapping[str, Path] = field(default_factory=dict)


def wsdl_files(given: tuple[str, ...]) -> dict[str, Path]:
    """Read ``SERVICE=FICHIER`` as the command line gives them; UsageError for what is none."""
    known = service_names()
    files = {}
    for one in given:
        service, mark, path = one.partition("=")
        if not mark or service not in known:
            raise UsageError(f"--wsdl {one} : SERVICE=FICHIER est attendu ; services : {', '.join(known)}.")
        if not Path(path).is_file():
            raise UsageError(f"--wsdl {one} : {path} n'est pas un fichier.")
        files[service] = Path(path)
    return files


def run(party: str, wanted: Wanted, *, stop: threading.Event | None = None) -> None:
    """Serve until SIGINT or SIGTERM, or until ``stop`` is set."""
    if party != "oi":
        raise UsageError(f"partie inconnue : {party!r}. Les jumeaux : oi, oc.")
    for oc in wanted.ocs:
        if not (len(oc) == 4 and oc.isalnum() and oc == oc.upper()):  # noqa: PLR2004
            raise UsageError(f"--oc {oc} : un quadrigramme a 4 lettres majuscules ou chiffres.")
    ending = stop or threading.Event()
    with signals(ending) if stop is None else ExitStack(), ExitStack() as stack:
        announcement = _serve(wanted, stack)
        print(json.dumps(announcement, ensure_ascii=False), flush=True)  # noqa: T201
        ending.wait()


def _serve(wanted: Wanted, stack: ExitStack) -> dict[str, Any]:
    profile = load_profile(wanted.profile)
    twin = make_twin(profile, ocs=wanted.ocs, seed=wanted.seed, size=wanted.size, defects=wanted.defects)
    diffuse(twin, utc_now())
    accounts = tuple(
        OcAccount(one.oc, one.password, _public_keys(wanted.authorized_keys)) for one in new_accounts(wanted.ocs)
    )
    work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="annexe5-")))
    standing = StandingOi(twin)
    announcement: dict[str, Any] = {"profile": profile.id, "oi": twin.oi}
    if wanted.folder is not None:
        folder = FolderEdge(wanted.folder, file_accounts(accounts, twin), on_event=standing.listener())
        standing.attach(folder, Channel.FOLDER)
        stack.enter_context(folder)
        announcement["folder"] = str(wanted.folder)
    else:
        announcement |= _file_servers(wanted, standing, accounts, work, stack)
    if wanted.services:
        announcement |= _web_services(wanted, twin, accounts, work, stack)
    announcement["smtp"] = _mail_server(wanted, standing, stack)
    stack.enter_context(standing)
    announcement["accounts"] = [_account(twin, one, with_password=wanted.folder is None) for one in accounts]
    announcement["test_data"] = str(_write_roles(twin, wanted.ocs, work if wanted.root is None else wanted.root))
    return announcement


def _file_servers(
    wanted: Wanted, standing: StandingOi, accounts: tuple[OcAccount, ...], work: Path, stack: ExitStack
) -> dict[str, Any]:
    """Serve one tree over SFTP, FTP and FTPS; what is dropped by one door is answered for all."""
    tree, holders = wanted.root or work / "comptes", file_accounts(accounts, standing.twin)
    closing = lock_out(standing.twin.profile)
    sftp = SftpServer(
        tree, holders, port=wanted.port, host_key=wanted.host_key, on_event=standing.listener(), lockout=closing
    )
    standing.attach(sftp, Channel.SFTP)
    ftp = FtpServer(tree, holders, on_event=standing.listener(), lockout=closing, beside=sftp)
    standing.attach(ftp, Channel.FTP)
    ftps = FtpServer(
        tree, holders, certificate=work / "ftps.pem", on_event=standing.listener(), lockout=closing, beside=sftp
    )
    standing.attach(ftps, Channel.FTPS)
    for server in (sftp, ftp, ftps):
        stack.enter_context(server)
    return {
        "sftp": {
            "host": sftp.host,
            "port": sftp.port,
            "host_key_md5": sftp.host_key_md5,
            "host_key_sha256": sftp.host_key_sha256,
        },
        "ftp": {"host": ftp.host, "port": ftp.port},
        "ftps": {"host": ftps.host, "port": ftps.port, "certificate_sha256": ftps.certificate_sha256},
    }


def _mail_server(wanted: Wanted, standing: StandingOi, stack: ExitStack) -> dict[str, Any]:
    """Serve the OI's mailboxes; orders that come there are answered by mail through the relay, in OUT without one."""
    relay = None
    if wanted.smtp_relay:
        host, _, port = wanted.smtp_relay.rpartition(":")
        if not host or not port.isdecimal():
            raise UsageError(f"--smtp-relay {wanted.smtp_relay} : HÔTE:PORT est attendu.")
        relay = SmtpSender(host, int(port))
    desk = stack.enter_context(MailDesk(standing, wanted.ocs, relay=relay))
    return {"host": desk.server.host, "port": desk.server.port, "mailboxes": desk.boxes.model_dump()}


def _web_services(
    wanted: Wanted, twin: OiTwin, accounts: tuple[OcAccount, ...], work: Path, stack: ExitStack
) -> dict[str, Any]:
    """Serve the web services on http and https; the SAV header wants the account's password where one is announced."""
    services = oi_services(twin, accounts, secret=wanted.folder is None, wsdls=wanted.wsdls)
    stack.enter_context(services.server)
    certificate = work / "services.pem"
    certificate.write_bytes(services.server.certificate.certificate)
    return {"soap": services.urls(), "soap_https": {**services.urls("https"), "certificate": str(certificate)}}


def _account(twin: OiTwin, account: OcAccount, *, with_password: bool) -> dict[str, str]:
    names = {"in": "depose_acces", "out": "retrait_acces", "in_pm": "depose_pm", "out_pm": "retrait_pm"}
    folders = {key: twin.profile.folder(name, twin.oi, twin.arcep) for key, name in names.items()}  # type: ignore[arg-type]
    secret = {"password": account.password} if with_password else {}
    return {"oc": account.oc, "user": account.oc, **secret, **folders}


def _write_roles(twin: OiTwin, ocs: tuple[str, ...], folder: Path) -> Path:
    """List the addresses by the part they play; eligible ones, to order by the thousand: a quarter of the buildings."""
    path, network = folder / "test_data.json", twin.network
    data = {oc: role_rows(network, oc, network.size // 4) for oc in ocs}
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def _public_keys(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"--authorized-keys {path} : illisible ({error.strerror}).") from None
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@contextmanager
def signals(ending: threading.Event) -> Iterator[None]:
    """Stop cleanly on SIGINT and SIGTERM; a second one is for the impatient."""

    def on_signal(number: int, _: FrameType | None) -> None:
        if ending.is_set():
            sys.exit(128 + number)
        ending.set()

    before: dict[signal.Signals, Callable[[int, FrameType | None], Any] | int | None] = {}
    for one in (signal.SIGINT, signal.SIGTERM):
        before[one] = signal.signal(one, on_signal)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
