"""``annexe5 certify oc``: our OI opens its door, and the OC under test comes to it.

Without a target file the OC is the twin on this machine, over SFTP with a key of its own, or over FTP with a password.
With one, our OI listens where the file says, and the OC is made to act as the file says.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import asyncssh

from annexe5.campaign.clock import Clock, LeapingClock
from annexe5.campaign.conducted import ConductedOi
from annexe5.campaign.drivers import CommandDriver, Driver, FreeDriver, Herald, HttpDriver, PersonDriver, TwinDriver
from annexe5.campaign.instrument import Instrument
from annexe5.campaign.journal import Journal
from annexe5.campaign.oc_calls import OcCalls
from annexe5.campaign.oc_mail import open_mail
from annexe5.campaign.oc_target import (
    Door,
    OcCampaign,
    OcCapabilities,
    OcMail,
    OcTarget,
    Pilot,
    TestNetwork,
    load_oc_target,
)
from annexe5.campaign.post import Post, no_mailbox
from annexe5.campaign.service_desk import open_desk, places
from annexe5.campaign.standing import OcAccount, StandingOi, file_accounts, utc_now
from annexe5.campaign.standing_oc import StandingOc
from annexe5.campaign.target import Codes, Party, Services, secret
from annexe5.campaign.twins import DEFAULT_OC, role_rows
from annexe5.campaign.ways import channel_of
from annexe5.campaign.works import NoticeBoard
from annexe5.contract.calendar import PARIS
from annexe5.contract.names import judge_name
from annexe5.contract.profile import Profile, load_profile
from annexe5.errors import TargetError
from annexe5.exchange import Exchange
from annexe5.network import generate
from annexe5.parties.oc import SUR_ORDRE, OcTwin
from annexe5.parties.oc_defects import Habits, OcDefect, habits_of, make_oc
from annexe5.parties.pm_oi import PmPace
from annexe5.transport.edge import Account, OnEvent
from annexe5.transport.ftp_client import FtpClient
from annexe5.transport.ftp_server import FtpServer
from annexe5.transport.mail_client import SmtpSender
from annexe5.transport.remote import RemoteClient
from annexe5.transport.sftp_client import connect
from annexe5.transport.sftp_server import SftpServer

ADDRESSES_FILE = "adresses.json"
_DOCUMENTS = timedelta(minutes=5)  # what an OC is left to send the documents of a notification after it
Server = SftpServer | FtpServer


@dataclass(frozen=True, slots=True)
class Opening:
    """What the command line asked for, of an OC."""

    target: Path | None = None
    profile: str = "covage-zmd-1.0"
    seed: int = 5
    defects: tuple[str, ...] = ()
    channel: str = ""


@contextmanager
def open_instrument(wanted: Opening, journal: Journal) -> Iterator[tuple[Instrument, bool, tuple[str, ...]]]:
    """Open our OI and let the OC come: gives the instrument, whether the OC is the twin, and what must be masked."""
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="annexe5-oi-")))
        if wanted.target is None:
            defects = make_oc(wanted.defects)
            target, key = _twin_target(wanted, work, defects)
            clock = LeapingClock()
            instrument, server = _seat(target, work, journal, stack, clock)
            instrument.driver = _bring_twin(instrument, server, key, defects, stack, clock)
            yield instrument, True, ()
            return
        target = _by_channel(load_oc_target(wanted.target), wanted.channel)
        masked = (secret(target.serveur.mot_de_passe),) if target.serveur.mot_de_passe else ()
        instrument, _ = _seat(target, work, journal, stack, Clock())
        instrument.driver = _driver(target.pilote, instrument.herald, wanted.target.resolve().parent)
        yield instrument, False, masked


def _by_channel(target: OcTarget, channel: str) -> OcTarget:
    """Open another door than the one of the target file."""
    if not channel:
        return target
    door = target.serveur.model_copy(update={"canal": channel_of(channel)})
    return target.model_copy(update={"serveur": Door.model_validate(door.model_dump())})


def _seat(target: OcTarget, work: Path, journal: Journal, stack: ExitStack, clock: Clock) -> tuple[Instrument, Server]:
    """Build the OI, its servers and the instrument around them, and open the doors."""
    profile, codes = load_profile(target.profil), target.codes
    today = utc_now().astimezone(PARIS).date()
    network = generate(
        target.reseau.graine, target.reseau.taille, oi=codes.oi, ocs=(codes.oc,), today=today, bigramme=codes.arcep
    )
    herald = Herald()
    stack.callback(herald.close)
    instrument = Instrument(target, profile, journal, role_rows(network, codes.oc), clock=clock.now, herald=herald)
    twin = ConductedOi(network, profile, codes.oi, codes.arcep)
    twin.join_pm(PmPace(pieces=_DOCUMENTS))
    standing = StandingOi(twin, clock=clock.now, on_exchange=instrument.on_exchange)
    server = _server(target, twin, work, instrument.on_event, clock)
    instrument.sit(standing, server, standing.listener(), FreeDriver(), {})
    standing.attach(server, instrument.channel)
    stack.enter_context(server)
    stack.enter_context(standing)
    services = open_desk(instrument, target, work, stack, clock.now)
    instrument.place = _place(target, profile, server) | (places(services, work) if services is not None else {})
    instrument.place |= open_mail(instrument, target, stack)
    return instrument, server


def _server(target: OcTarget, twin: ConductedOi, work: Path, on_event: OnEvent, clock: Clock) -> Server:
    door, tree, accounts, now = target.serveur, work / "comptes", [_account(target, twin)], clock.now
    if door.canal == "sftp":
        return SftpServer(
            tree, accounts, host=door.hote, port=door.port, host_key=door.cle_hote, on_event=on_event, clock=now
        )
    certificate = (door.certificat or work / "ftps.pem") if door.canal == "ftps" else None
    return FtpServer(
        tree, accounts, host=door.hote, port=door.port, certificate=certificate, on_event=on_event, clock=now
    )


def _account(target: OcTarget, twin: ConductedOi) -> Account:
    door = target.serveur
    keys = (public_line(door.cle_publique),) if door.cle_publique else ()
    password = secret(door.mot_de_passe) if door.mot_de_passe else ""
    [account] = file_accounts([OcAccount(target.codes.oc, password, keys)], twin)
    return account if password else replace(account, password=None)


def _place(target: OcTarget, profile: Profile, server: Server) -> dict[str, str | int]:
    """Tell how to reach our OI; never a secret."""
    codes = target.codes
    return {
        "oi": codes.oi,
        "arcep": codes.arcep,
        "oc": codes.oc,
        "canal": target.serveur.canal,
        "hote": server.host,
        "port": server.port,
        "login": codes.oc,
        **_fingerprints(server),
        "depose": profile.folder("depose_acces", codes.oi, codes.arcep),
        "retrait": profile.folder("retrait_acces", codes.oi, codes.arcep),
        "depose_pm": profile.folder("depose_pm", codes.oi, codes.arcep),
        "retrait_pm": profile.folder("retrait_pm", codes.oi, codes.arcep),
    }


def _fingerprints(server: Server) -> dict[str, str]:
    if isinstance(server, SftpServer):
        return {"empreinte_md5": server.host_key_md5, "empreinte_sha256": server.host_key_sha256}
    return {"empreinte_sha256": server.certificate_sha256} if server.certificate else {}


def public_line(path: Path) -> str:
    """Read an OpenSSH public key."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TargetError(f"serveur.cle_publique : {path} illisible ({error}).") from None


# --- the twin ------------------------------------------------------------------------------------------------------


def _twin_target(wanted: Opening, work: Path, defects: tuple[OcDefect, ...]) -> tuple[OcTarget, Path]:
    """Write what a target file would say of the twin, and the key it comes with."""
    profile = load_profile(wanted.profile)
    key = asyncssh.generate_private_key("ssh-rsa", key_size=habits_of(defects).key_bits)
    path = work / "cle_oc"
    path.write_bytes(key.export_private_key("openssh"))
    path.chmod(0o600)
    public = work / "cle_oc.pub"
    public.write_bytes(key.export_public_key("openssh"))
    channel = channel_of(wanted.channel or "sftp")
    given = "" if channel == "sftp" else f"file:{work / 'mot_de_passe'}"
    if given:
        (work / "mot_de_passe").write_text(secrets.token_urlsafe(12), encoding="utf-8")
    target = OcTarget(
        profil=wanted.profile,
        partie=Party(nom="Jumeau OC"),
        codes=Codes(
            oi=profile.oi.quadrigramme.valeur, arcep=profile.oi.bigramme_arcep.valeur, oc=DEFAULT_OC
        ),
        capacites=OcCapabilities(ar_pm_par_fichier=True, services=("sav-2.1", "sav-3.0", "opc-3.0", "structure-2.0")),
        serveur=Door(canal=channel, cle_publique=public if channel == "sftp" else None, mot_de_passe=given),
        courriel=OcMail(),
        campagne=OcCampaign(reponse_sous_s=20, patience_s=20, silence_s=1, intervalle_s=0.01),
        reseau=TestNetwork(graine=wanted.seed),
    )  # fmt: skip
    return target, path


def _bring_twin(
    instrument: Instrument, server: Server, key: Path, defects: tuple[OcDefect, ...], stack: ExitStack, clock: Clock
) -> TwinDriver:
    codes = instrument.target.codes
    twin = OcTwin(instrument.profile, codes.oi, codes.arcep, codes.oc, terrain=SUR_ORDRE, defects=defects)
    client = _client(instrument.target, server, key)
    place = {name: str(value) for name, value in instrument.place.items()}
    urls: dict[str, str] = {
        one: place[f"url_{one.replace('-', '_').replace('.', '_')}"] for one in instrument.target.capacites.services
    }
    calls = OcCalls(codes, Services(urls=urls), instrument.profile, twin.habits, clock=clock)
    instrument.notices = stack.enter_context(NoticeBoard(instrument.profile, clock.now)).url
    standing = StandingOc(twin, client, interval=0.05, clock=clock.now, calls=calls)
    standing.post = _post(instrument, codes.oc, twin.habits)
    stack.enter_context(standing)
    return TwinDriver(standing)


def _post(instrument: Instrument, oc: str, habits: Habits) -> Callable[[Exchange], None]:
    """Let the twin send by mail what it is asked to."""
    place, boxes = instrument.place, instrument.boxes or instrument.profile.boites
    sender = SmtpSender(str(place["smtp_hote"]), int(place["smtp_port"]), delays=(0.01, 0.05, 0.1))
    post = Post(f"flux@{oc.lower()}.invalid", boxes, sender, no_mailbox())

    def send(file: Exchange) -> None:
        if file.folder in ("pm", "acces", "echange"):  # a word to the OI's people
            box: str = getattr(boxes, file.folder)
            post.send(box, post.letter(file.name, file.data, box, file.at, kind="dont le fichier est dans le corps"))
            return
        flow = instrument.profile.flow(judge_name(instrument.profile, file.name).flow or "Cmd_Acces")
        right = boxes.pm if (flow.protocole == "PM") is not habits.mails_elsewhere else boxes.acces
        post.send(right, post.letter(file.name, file.data, right, file.at, kind=habits.letters))

    return send


def _client(target: OcTarget, server: Server, key: Path) -> RemoteClient:
    login, door = target.codes.oc, target.serveur
    if isinstance(server, SftpServer):
        return connect(server.host, server.port, login, key=key, host_key_sha256=server.host_key_sha256)
    tls = server.certificate is not None
    return FtpClient(
        server.host,
        server.port,
        login,
        password=secret(door.mot_de_passe),
        tls=tls,
        certificate_sha256=server.certificate_sha256 if tls else None,
    )


# --- a real OC ---------------------------------------------------------------------------------------------------


def _driver(pilot: Pilot | None, herald: Herald, folder: Path) -> Driver:
    if pilot is None or pilot.libre:
        return FreeDriver()
    if pilot.commande:
        return CommandDriver(pilot.commande, pilot.able, folder, pilot.delai_s)
    if pilot.http:
        return HttpDriver(pilot.http, pilot.able, pilot.delai_s)
    return PersonDriver(herald, pilot.able)


def announce(instrument: Instrument, report: Path) -> None:
    """Say how to reach our OI, and write down the addresses that the campaign will order for."""
    place = instrument.place
    path = report / ADDRESSES_FILE
    path.write_text(json.dumps(dict(instrument.rows), ensure_ascii=False, indent=1), encoding="utf-8")
    instrument.herald.tell(
        f"Notre OI {place['oi']} attend l'OC {place['oc']} sur {place['canal']}://{place['login']}@{place['hote']}:{place['port']}\n"
        f"{_shown(place)}"
        f"  dépose {place['depose']}, récupération {place['retrait']}\n"
        f"  adresses du réseau d'essai : {path}"
        + "".join(f"\n  {name.removeprefix('url_')} : {url}" for name, url in place.items() if name.startswith("url_"))
    )


def _shown(place: Mapping[str, str | int]) -> str:
    if place["canal"] == "sftp":
        return f"  clé d'hôte {place['empreinte_sha256']} (MD5 {place['empreinte_md5']})\n"
    return f"  certificat {place['empreinte_sha256']}\n" if place["canal"] == "ftps" else "  en clair\n"
