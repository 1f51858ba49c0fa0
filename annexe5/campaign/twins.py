"""The simulated party, ready to be met: its network, its accounts, its server, and the target that leads to it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import asyncssh

from annexe5.campaign.clock import Clock
from annexe5.campaign.doors import DOORS, AnyPassword
from annexe5.campaign.mail_desk import MailDesk
from annexe5.campaign.post import ServedMailbox
from annexe5.campaign.standing import OcAccount, StandingOi, file_accounts, lock_out, new_accounts, utc_now
from annexe5.campaign.target import (
    Campaign,
    Canal,
    Capabilities,
    Codes,
    Courriel,
    Ftp,
    Ftps,
    Notices,
    Party,
    PmTarget,
    RoleRows,
    Services,
    Sftp,
    Smtp,
    Target,
)
from annexe5.campaign.web_services import WebServices, web_services
from annexe5.contract.calendar import PARIS
from annexe5.contract.profile import Profile
from annexe5.exchange import Channel
from annexe5.network import Network, generate
from annexe5.parties.defects import make
from annexe5.parties.oi import OiTwin
from annexe5.parties.pace import Pace
from annexe5.parties.sav import SavPace
from annexe5.transport.ftp_server import FtpServer
from annexe5.transport.mail_client import SmtpSender
from annexe5.transport.sftp_server import SftpServer

DEFAULT_OC = "ZZZZ"
DEFAULT_SEED = 5
DEFAULT_SIZE = 2000
# Rows of IPE written to all accounts together, past which an OI that nobody asked keeps its IPE to itself.
_DIFFUSED = 50_000
# How many addresses a campaign may use up; a real target declares as many as it can spare.
_ELIGIBLE = 200
_NEIGHBOUR = "VOIS"
# Long enough for an OC that keeps two requests a second to cancel a ticket before it is taken in charge.
SERVICE_PACE = SavPace(timedelta(seconds=3), timedelta(seconds=1), timedelta(seconds=1))


class _OpenFtpDoor(FtpServer):
    """A server that looks at no password (defect ``mot-de-passe-quelconque``), by FTP."""

    def admits(self, login: str, password: str) -> bool:
        return login in self.accounts and bool(password)


@dataclass(frozen=True, slots=True)
class SimulatedOi:
    """A standing OI and how to reach it; ``target`` is what a target file would say for the first OC."""

    twin: OiTwin
    standing: StandingOi
    server: SftpServer
    accounts: tuple[OcAccount, ...]
    services: WebServices
    target: Target
    mailbox: ServedMailbox

    def leap(self, clock: Clock, moment: datetime) -> None:
        """Take everybody to a later moment; what has come due meanwhile leaves at once."""
        while (due := self.twin.next_due) is not None and due <= moment:
            self._go(clock, due)
        self._go(clock, moment)

    def _go(self, clock: Clock, moment: datetime) -> None:
        clock.pause((moment - clock.now()).total_seconds())
        self.standing.post(lambda: self.twin.tick(clock.now()))
        self.standing.rest()


def make_twin(
    profile: Profile,
    *,
    ocs: Sequence[str],
    seed: int = DEFAULT_SEED,
    size: int = DEFAULT_SIZE,
    defects: Sequence[str] = (),
    pace: Pace | None = None,
    now: datetime | None = None,
) -> OiTwin:
    """Build an OI on a generated network, its PM desk open; the network's day is ``now``'s in Paris."""
    oi, arcep = profile.oi.quadrigramme.valeur, profile.oi.bigramme_arcep.valeur
    today = (now or utc_now()).astimezone(PARIS).date()
    network = generate(seed, size, oi=oi, ocs=tuple(ocs), today=today, bigramme=arcep)
    twin = OiTwin(network, profile, oi, arcep, pace=pace or Pace(), defects=make(defects, "oi"))
    twin.join_pm()
    return twin


def diffuse(twin: OiTwin, now: datetime) -> None:
    """Let an OI send its IPE and CPN of itself, where all accounts together get no more than a few files' rows."""
    if twin.pm is not None and twin.network.size * len(twin.network.ocs) <= _DIFFUSED:
        twin.pm.open(now)


def role_rows(network: Network, oc: str, eligible: int = _ELIGIBLE) -> RoleRows:
    """Give the network's addresses by role, as a target file declares them."""
    rows = {role: [dict(one["commande"]) for one in found] for role, found in network.roles(oc).items()}
    rows["eligible"] = rows.get("eligible", []) + [
        dict(one.commande) for one in islice(network.iter_eligible(oc), eligible)
    ]
    return {role: found for role, found in rows.items() if found}


@contextmanager
def simulated_oi(
    profile: Profile,
    *,
    ocs: Sequence[str] = (DEFAULT_OC,),
    seed: int = DEFAULT_SEED,
    size: int = DEFAULT_SIZE,
    defects: Sequence[str] = (),
    port: int = 0,
    root: Path | None = None,
    host_key: Path | None = None,
    accounts: Sequence[OcAccount] = (),
    quota_mo: int | None = None,
    clock: Callable[[], datetime] = utc_now,
    channel: Canal = "sftp",
    pace: Pace | None = None,
) -> Iterator[SimulatedOi]:
    """Serve an OI on loopback until the block ends: over SFTP, and FTP or FTPS beside where that is the ``channel``.

    ``root`` is kept when given.
    """
    twin = make_twin(profile, ocs=ocs, seed=seed, size=size, defects=defects, pace=pace, now=clock())
    diffuse(twin, clock())
    with tempfile.TemporaryDirectory(prefix="annexe5-oi-") as name:
        work = Path(name)
        tree = root or work / "comptes"
        keys = _new_keys(profile, work)
        holders = tuple(accounts) or _with_keys(new_accounts(ocs), keys)
        # Another OC stands beside those of the campaign: nobody may come near it.
        served = file_accounts([*holders, *new_accounts([_NEIGHBOUR])], twin, quota_mo=quota_mo)
        standing = StandingOi(twin, clock=clock)
        habits = frozenset[str]().union(*(one.edge for one in twin.defects))
        door = next((DOORS[one] for one in habits if one in DOORS), SftpServer)
        server = door(
            tree, served, port=port, host_key=host_key, on_event=standing.listener(), clock=clock,
            lockout=lock_out(profile), sha1_only="sha1 only" in habits,
        )  # fmt: skip
        standing.attach(server, Channel.SFTP)
        beside = None
        if channel != "sftp":
            beside = (_OpenFtpDoor if door is AnyPassword else FtpServer)(
                tree, served, certificate=work / "ftps.pem" if channel == "ftps" else None,
                on_event=standing.listener(), clock=clock, lockout=lock_out(profile), beside=server,
            )  # fmt: skip
            standing.attach(beside, Channel(channel))
        services = oi_services(twin, holders, clock=clock)
        mailbox = ServedMailbox(f"flux@{holders[0].oc.lower()}.invalid")
        certificate = work / "services.pem"
        certificate.write_bytes(services.server.certificate.certificate)
        with mailbox, server, beside or nullcontext(), services.server, ExitStack() as stack:
            relay = SmtpSender(mailbox.server.host, mailbox.server.port)
            desk = stack.enter_context(MailDesk(standing, [one.oc for one in holders], relay=relay))
            stack.enter_context(standing)
            target = _target(profile, twin, server, holders[0], services, certificate, tuple(keys), quota_mo)
            target = target.model_copy(update={"courriel": _mail(mailbox, desk)})
            if beside is not None:
                target = _by_ftp(target, beside)
            yield SimulatedOi(twin, standing, server, holders, services, target, mailbox)


def _new_keys(profile: Profile, folder: Path) -> dict[Path, str]:
    """Make a client key of each size that the contract admits: private file, and public line."""
    made = {}
    for bits in profile.serveur_fichiers.cles_client.bits:
        key = asyncssh.generate_private_key("ssh-rsa", key_size=bits)
        path = folder / f"cle_{bits}"
        path.touch(0o600)
        path.write_bytes(key.export_private_key("openssh"))
        made[path] = key.export_public_key("openssh").decode().strip()
    return made


def _with_keys(accounts: Sequence[OcAccount], keys: Mapping[Path, str]) -> tuple[OcAccount, ...]:
    """Let the keys open the first account, that of the OC whose chair the campaign sits in."""
    first, *others = accounts
    return (replace(first, public_keys=tuple(keys.values())), *others)


def oi_services(
    twin: OiTwin,
    accounts: Sequence[OcAccount],
    *,
    secret: bool = True,
    wsdls: Mapping[str, Path] | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> WebServices:
    """Give the web services of a twin: its network, its orders, its accounts and, if ``secret``, their passwords."""
    passwords = {one.oc: one.password if secret else None for one in accounts}
    return web_services(
        twin.profile,
        twin.network,
        passwords,
        book=twin.book,
        pace=SERVICE_PACE,
        clock=clock,
        wsdls=wsdls,
        defects=twin.defects,
    )


def _declared(twin: OiTwin, fingerprint: str) -> str:
    """Give what the OI published of its host key; one that changed its key since shows another."""
    stale = any("stale host key" in one.edge for one in twin.defects)
    return fingerprint[:-1] + ("0" if fingerprint[-1] != "0" else "1") if stale else fingerprint


def _target(
    profile: Profile,
    twin: OiTwin,
    server: SftpServer,
    account: OcAccount,
    services: WebServices,
    certificate: Path,
    keys: tuple[Path, ...],
    quota_mo: int | None,
) -> Target:
    return Target(
        profil=profile.id,
        partie=Party(nom="Jumeau OI"),
        codes=Codes(oi=twin.oi, arcep=twin.arcep, oc=account.oc),
        sftp=Sftp(
            hote=server.host,
            port=server.port,
            login=account.oc,
            mot_de_passe="env:ANNEXE5_JUMEAU",
            cles=keys,
            empreinte_md5=_declared(twin, server.host_key_md5),
            empreinte_sha256=_declared(twin, server.host_key_sha256),
        ),
        capacites=Capabilities(isolement=True, verrouillage=True, quota_mo=quota_mo),
        services=Services(
            urls=services.urls("https"),
            autre_canal=services.urls("http"),
            certificat=certificate,
            mot_de_passe="env:ANNEXE5_JUMEAU",
            avis=Notices(),
        ),
        pm=PmTarget(ar_par_fichier=True),
        campagne=Campaign(reponse_sous_s=5, patience_s=10, intervalle_s=0.005),
        test_data=role_rows(twin.network, account.oc),
    )


def _mail(mailbox: ServedMailbox, desk: MailDesk) -> Courriel:
    smtp = Smtp(hote=desk.server.host, port=desk.server.port, chiffrement="aucun")
    return Courriel(expediteur=mailbox.address, boites=desk.boxes, smtp=smtp)


def _by_ftp(target: Target, server: FtpServer) -> Target:
    """Lead to the FTP server in the place of the SFTP one."""
    assert target.sftp is not None  # noqa: S101 -- built so above
    way = {
        "hote": server.host,
        "port": server.port,
        "login": target.sftp.login,
        "mot_de_passe": target.sftp.mot_de_passe,
    }
    if server.certificate is None:
        return target.model_copy(update={"canal": "ftp", "ftp": Ftp.model_validate(way)})
    ftps = Ftps.model_validate(way | {"certificat": server.certificate, "empreinte_sha256": server.certificate_sha256})
    return target.model_copy(update={"canal": "ftps", "ftps": ftps})
