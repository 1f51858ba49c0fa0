"""Flows by mail for real: the twin's mailboxes, a mailbox read by IMAP, servers that defer, drop or turn away."""

import imaplib
import json
import smtplib
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from annexe5.campaign.doctor import State, as_text, examine
from annexe5.campaign.journal import IN_MEMORY, Journal
from annexe5.campaign.mail_desk import MailDesk
from annexe5.campaign.observe import observe
from annexe5.campaign.post import Post, RemoteMailbox, ServedMailbox, no_mailbox
from annexe5.campaign.standing import StandingOi, file_accounts, new_accounts
from annexe5.campaign.target import Imap, Target
from annexe5.campaign.twins import make_twin
from annexe5.contract.profile import load_profile
from annexe5.exchange import Channel, Exchange
from annexe5.messages.mail import dissect
from annexe5.tables import load_table, write_rows
from annexe5.transport.certificate import self_signed
from annexe5.transport.edge import Edge
from annexe5.transport.mail_client import SmtpSender, UnknownFateError
from annexe5.transport.mail_server import MailServer
from annexe5.transport.remote import TransferError
from annexe5.transport.testing import Cutter, DovecotServer
from tests.campaign.conftest import certify, standing, write_target

PROFILE = load_profile()
OC_BOX = "flux@zzzz.invalid"
NAME = "COVG_ZZZZ_CMD_ACCES_V12_20261123_{}.csv"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def network():
    return make_twin(PROFILE, ocs=["ZZZZ"], size=600).network


class Oi:
    """The twin, its folders and its mailboxes, with or without a relay for its answers."""

    def __init__(self, network, root, relay=None, answer=lambda _sender, _to: None):
        self.twin = make_twin(PROFILE, ocs=["ZZZZ"], size=600)
        self.seen = []
        self.standing = StandingOi(self.twin, on_exchange=self.seen.append)
        self.edge = Edge(root, file_accounts(new_accounts(["ZZZZ"]), self.twin), on_event=self.standing.listener())
        self.standing.attach(self.edge, Channel.FOLDER)
        self.desk = MailDesk(self.standing, ["ZZZZ"], relay=relay, answer=answer)
        rows = network.roles("ZZZZ")["eligible"]
        self.rows = [dict(one["commande"]) for one in rows]

    def __enter__(self):
        self.desk.__enter__()
        self.standing.start()
        return self

    def __exit__(self, *_):
        self.desk.__exit__()
        self.standing.stop()

    def order(self, number):
        row = dict.fromkeys(load_table("Cmd_Acces").names, "") | self.rows[0]
        row |= {"ReferenceCommandePriseInterneOC": f"REF{number}", "DateCommandePrise": "20261123 10:00"}
        return write_rows(load_table("Cmd_Acces"), [row])

    def out(self):
        folder = PROFILE.folder("retrait_acces", self.twin.oi, self.twin.arcep)
        return [one.name for one in self.edge.list("ZZZZ", folder) if not one.is_dir]

    def orders(self):
        return [one.name for one in self.seen if one.sender == "ZZZZ" and one.name.endswith(".csv")]

    def rest(self):
        """Wait until all that was received is answered."""
        done = threading.Event()

        def last():
            done.set()
            return ()

        self.standing.post(last)
        assert done.wait(20)


def post_to(port, mailbox=None, waits=None):
    sender = SmtpSender("127.0.0.1", port, timeout=5, wait=(waits if waits is not None else []).append)
    return Post(OC_BOX, PROFILE.boites, sender, mailbox or no_mailbox())


def mail_order(oi, post, number=1, kind=""):
    raw = post.letter(NAME.format(number), oi.order(number), PROFILE.boites.acces, NOW, kind=kind)
    post.send(PROFILE.boites.acces, raw)


def test_an_order_by_mail_is_answered_in_out_where_nobody_gave_a_relay(network, tmp_path):
    with Oi(network, tmp_path) as oi:
        mail_order(oi, post_to(oi.desk.server.port))
        oi.rest()
        assert oi.orders() == [NAME.format(1)]
        assert any("ARCMD" in name for name in oi.out())


def test_an_order_by_mail_is_answered_by_mail_through_the_relay(network, tmp_path):
    with ServedMailbox(OC_BOX) as box:
        relay = SmtpSender(box.server.host, box.server.port)
        with Oi(network, tmp_path, relay) as oi:
            mail_order(oi, post_to(oi.desk.server.port))
            oi.rest()
            letters = []
            box.collect(letters.append)
            assert oi.out() == []
        [first, *_] = letters
        assert "ARCMD" in dissect(first).subject
        told = Exchange(NOW, Channel.MAIL, "COVG", "ZZZZ", dissect(first).subject, OC_BOX, first)
        seen = observe(told, PROFILE, batch=1, oi="COVG", arcep="CV", oc="ZZZZ")
        assert (seen.flow, seen.findings, [one.kind for one in seen.events]) == ("AR_Cmd_Acces", (), ["AR_OK"])


@pytest.mark.parametrize(
    "kind", ["sans pièce jointe", "dont le fichier est dans une archive", "dont le fichier est dans le corps"]
)
def test_what_carries_no_file_is_left_and_the_next_order_is_taken(network, tmp_path, kind):
    with Oi(network, tmp_path) as oi:
        post = post_to(oi.desk.server.port)
        mail_order(oi, post, 1, kind)
        mail_order(oi, post, 2)
        oi.rest()
        assert oi.orders() == [NAME.format(2)]


# --- servers that defer, drop, or turn away -------------------------------------------------------------------------


def test_a_message_deferred_is_sent_again_and_its_order_is_taken_once(network, tmp_path):
    replies = ["451 4.7.1 Plus tard", "451 4.7.1 Plus tard", None]
    waits = []
    with Oi(network, tmp_path, answer=lambda _sender, _to: replies.pop(0)) as oi:
        mail_order(oi, post_to(oi.desk.server.port, waits=waits))
        oi.rest()
        assert oi.orders() == [NAME.format(1)]
    assert waits == [1, 10]


def test_a_message_deferred_for_ever_is_reported_and_its_order_is_not_taken(network, tmp_path):
    with Oi(network, tmp_path, answer=lambda _sender, _to: "451 4.7.1 Plus tard") as oi:
        with pytest.raises(TransferError, match="différé 4 fois"):
            mail_order(oi, post_to(oi.desk.server.port))
        oi.rest()
        assert oi.orders() == oi.out() == []


def test_a_server_that_drops_before_it_has_the_message_gets_it_again_once(network, tmp_path):
    with Oi(network, tmp_path) as oi, Cutter(oi.desk.server.port, [60]) as line:
        mail_order(oi, post_to(line.port))
        oi.rest()
        assert line.connections == 2
        assert oi.orders() == [NAME.format(1)]


def test_a_message_of_unknown_fate_is_reported_never_sent_again_and_known_when_it_comes_again(network, tmp_path):
    with Oi(network, tmp_path) as oi:
        length = len(post_to(0).letter(NAME.format(1), oi.order(1), PROFILE.boites.acces, NOW))
        silent = _Silent(oi.desk.server.port, length)
        with silent:
            with pytest.raises(UnknownFateError, match="peut-être"):
                mail_order(oi, post_to(silent.port))
            assert silent.connections == 1
        mail_order(oi, post_to(oi.desk.server.port))
        oi.rest()
        assert oi.orders() == [NAME.format(1)]


class _Silent(Cutter):
    """A line that lets everything through but the server's last word."""

    def __init__(self, target, length):
        super().__init__(target, [])
        self.length = length

    def _accept(self):
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        self.connections += 1
        server = socket.create_connection(("127.0.0.1", self._target))
        sent = b""
        with client, server:
            while True:
                told = b""
                while not told.endswith(b"\r\n") or told.splitlines()[-1][3:4] == b"-":
                    told += server.recv(4096)
                if b"\r\n.\r\n" in sent:
                    return  # the server has spoken, its client never hears it
                client.sendall(told)
                data = client.recv(4096)
                while b"DATA" in sent and b"\r\n.\r\n" not in data:
                    data += client.recv(65536)
                sent += data
                server.sendall(data)


def test_an_answer_that_its_relay_defers_leaves_once(network, tmp_path):
    replies, waits, letters = ["451 4.7.1 Plus tard", None], [], []
    with MailServer([OC_BOX], on_mail=letters.append, answer=lambda *_: replies.pop(0) if replies else None) as box:
        relay = SmtpSender("127.0.0.1", box.port, wait=waits.append)
        with Oi(network, tmp_path, relay) as oi:
            mail_order(oi, post_to(oi.desk.server.port))
            oi.rest()
            assert oi.out() == []
    subjects = [dissect(one.raw).subject for one in letters]
    assert len(subjects) == len(set(subjects)) > 0
    assert waits == [1]


def test_an_answer_that_cannot_leave_by_mail_waits_in_out(network, tmp_path):
    with MailServer(["autre@zzzz.invalid"], on_mail=lambda _: None) as box:
        with Oi(network, tmp_path, SmtpSender("127.0.0.1", box.port)) as oi:
            mail_order(oi, post_to(oi.desk.server.port))
            oi.rest()
            assert any("ARCMD" in name for name in oi.out())
            assert oi.desk.lost == []


# --- a real mailbox ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dovecot():
    with DovecotServer() as server:
        yield server


def way_of(dovecot, **changes):
    way = {"hote": "127.0.0.1", "port": dovecot.tls_port, "login": dovecot.login, "mot_de_passe": "env:BOITE"}
    return Imap.model_validate(way | {"certificat": dovecot.certificate} | changes)


def put(dovecot, raw):
    with imaplib.IMAP4("127.0.0.1", dovecot.port) as box:
        box.login(dovecot.login, dovecot.password)
        assert box.append("INBOX", "", "", raw)[0] == "OK"


@contextmanager
def delivering(dovecot):
    """A mail server that delivers into Dovecot's mailbox, as an operator's relay does."""
    with MailServer([OC_BOX], on_mail=lambda letter: put(dovecot, letter.raw)) as relay:
        yield relay


def test_what_stood_in_the_mailbox_stays_and_what_comes_is_taken_once(dovecot):
    put(dovecot, b"Subject: ancien\r\n\r\nx\r\n")
    box = RemoteMailbox(way_of(dovecot), dovecot.password)
    box.look()
    put(dovecot, b"Subject: neuf\r\n\r\nx\r\n")
    kept = []
    box.collect(kept.append)
    box.collect(kept.append)
    box.close()
    assert [dissect(raw).subject for raw in kept] == ["neuf"]


def test_a_real_oi_is_certified_by_mail_and_its_answers_read_by_imap(tmp_path, dovecot, monkeypatch):
    monkeypatch.setenv("BOITE", dovecot.password)
    with delivering(dovecot) as relay, standing("--smtp-relay", f"127.0.0.1:{relay.port}") as (said, _):
        monkeypatch.setenv("MDP", said["accounts"][0]["password"])
        sftp = {
            key: said["sftp"][name]
            for key, name in (("hote", "host"), ("port", "port"), ("empreinte_sha256", "host_key_sha256"))
        }
        target = write_target(
            tmp_path / "oi.toml", said, sftp | {"login": "ZZZZ", "mot_de_passe": "env:MDP"}, roles=["eligible"]
        )
        boxes = "".join(f"{name} = {json.dumps(one)}\n" for name, one in said["smtp"]["mailboxes"].items())
        target.write_text(
            f'[courriel]\nexpediteur = "{OC_BOX}"\n[courriel.boites]\n{boxes}'
            f'[courriel.smtp]\nhote = "127.0.0.1"\nport = {said["smtp"]["port"]}\nchiffrement = "aucun"\n'
            f'[courriel.imap]\nhote = "127.0.0.1"\nport = {dovecot.tls_port}\nlogin = "{dovecot.login}"\n'
            f'mot_de_passe = "env:BOITE"\ncertificat = {json.dumps(str(dovecot.certificate))}\n' + target.read_text()
        )
        done = certify(
            "--target", str(target), "--report", "r", "--", "features/transport/courriel.feature", cwd=tmp_path
        )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "r" / "campagne.json").read_text(encoding="utf-8"))
    assert {one["verdict"] for one in result["scenarios"]} == {"conforme"}
    mailed = [one for one in result["files"] if one["channel"] == "mail" and one["sender"] == "COVG"]
    assert {one["flow"] for one in mailed} >= {"AR_Cmd_Acces", "CR_Cmd_Acces"}
    assert not any(dovecot.password in path.read_text("utf-8", "replace") for path in (tmp_path / "r").rglob("*.html"))


# --- before anything is judged ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def oi_mail():
    boxes = [PROFILE.boites.acces, PROFILE.boites.pm, PROFILE.boites.echange]
    with MailServer(boxes, on_mail=lambda _: None) as server:
        yield server


def examined(tmp_path, oi_mail, dovecot, *, smtp=(), imap=(), mail=()):
    smtp = {"hote": "127.0.0.1", "port": oi_mail.port, "chiffrement": "aucun"} | dict(smtp)
    imap = json.loads(way_of(dovecot).model_dump_json()) | dict(imap)
    mail = {"expediteur": OC_BOX} | dict(mail)
    lines = [
        '[codes]\noi = "COVG"\narcep = "CV"\noc = "ZZZZ"\n[ftp]\nhote = "127.0.0.1"\nport = 1\nlogin = "ZZZZ"\nmot_de_passe = "env:BOITE"'
    ]
    for name, held in (("courriel", mail), ("courriel.smtp", smtp), ("courriel.imap", imap)):
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in held.items())]
    (tmp_path / "oi.toml").write_text("\n".join(lines) + "\n")
    checks = examine(tmp_path / "oi.toml", environment={"BOITE": dovecot.password, "FAUX": "faux"})
    return {one.id: one for one in checks if one.id in ("smtp", "boites", "imap")}, checks


def test_mail_that_can_come_and_go_is_sound(tmp_path, oi_mail, dovecot):
    found, checks = examined(tmp_path, oi_mail, dovecot)
    assert {ident: one.state for ident, one in found.items()} == dict.fromkeys(("smtp", "boites", "imap"), State.OK), (
        as_text(checks, "fr")
    )


@pytest.mark.parametrize(
    ("changes", "ident", "remedy"),
    [
        ({"smtp": {"port": 1}}, "smtp", ""),
        ({"smtp": {"chiffrement": "starttls"}}, "smtp", "chiffrement"),
        ({"imap": {"mot_de_passe": "env:ABSENT"}}, "imap", ""),
        ({"imap": {"mot_de_passe": "env:FAUX"}}, "imap", "mot de passe"),
        ({"imap": {"dossier": "ABSENT"}}, "imap", "courriel.imap.dossier"),
        ({"imap": {"certificat": None}}, "imap", "courriel.imap.certificat"),
        ({"mail": {"boites": None}}, "boites", "courriel.boites"),
    ],
)
def test_what_keeps_mail_from_coming_or_going_is_named(tmp_path, oi_mail, dovecot, changes, ident, remedy):
    changes = {section: dict(held) for section, held in changes.items()}
    if "boites" in changes.get("mail", {}):
        del changes["mail"]["boites"]
        other = MailServer([PROFILE.boites.acces], on_mail=lambda _: None)
        with other:
            found, checks = examined(tmp_path, other, dovecot)
    else:
        imap = changes.get("imap", {})
        certificate = imap.pop("certificat", "")
        if certificate is None:
            found, checks = _untrusted(tmp_path, oi_mail, dovecot)
        else:
            found, checks = examined(tmp_path, oi_mail, dovecot, **changes)
    assert found[ident].state in (State.PROBLEM, State.UNCHECKED), as_text(checks, "fr")
    assert remedy in found[ident].mend.fr


def _untrusted(tmp_path, oi_mail, dovecot):
    (tmp_path / "autre.pem").write_bytes(self_signed().certificate)
    return examined(tmp_path, oi_mail, dovecot, imap={"certificat": str(tmp_path / "autre.pem")})


# --- simulate oi ------------------------------------------------------------------------------------------------------


def test_the_standing_oi_takes_orders_by_mail_from_a_stranger(tmp_path):
    with standing("--root", str(tmp_path / "arbre")) as (said, _):
        row = json.loads(Path(said["test_data"]).read_text(encoding="utf-8"))["ZZZZ"]["eligible"][0]
        row = dict.fromkeys(load_table("Cmd_Acces").names, "") | row
        row |= {"ReferenceCommandePriseInterneOC": "REF1", "DateCommandePrise": "20261123 10:00"}
        raw = post_to(0).letter(
            NAME.format(1), write_rows(load_table("Cmd_Acces"), [row]), said["smtp"]["mailboxes"]["acces"], NOW
        )
        with smtplib.SMTP(said["smtp"]["host"], said["smtp"]["port"]) as smtp:
            smtp.sendmail(OC_BOX, said["smtp"]["mailboxes"]["acces"], raw)
        out = tmp_path / "arbre" / "ZZZZ" / said["accounts"][0]["out"]
        for _ in range(200):
            if any("ARCMD" in one.name for one in out.iterdir()):
                return
            threading.Event().wait(0.05)
    raise AssertionError("no AR came")


def test_a_target_keeps_its_secrets_out_of_its_file(tmp_path):
    smtp = {"hote": "m.example", "login": "a", "mot_de_passe": "clair"}
    codes = {"oi": "COVG", "arcep": "CV", "oc": "ZZZZ"}
    ftp = {"hote": "oi.example", "login": "ZZZZ", "mot_de_passe": "env:X"}
    with pytest.raises(ValueError, match="référence"):
        Target.model_validate({"codes": codes, "ftp": ftp, "courriel": {"expediteur": OC_BOX, "smtp": smtp}})


def test_the_journal_keeps_the_message_as_it_crossed():
    raw = post_to(0).letter(NAME.format(1), b"A;B\r\n", PROFILE.boites.acces, NOW)
    with Journal(IN_MEMORY) as journal:
        kept = journal.record(
            Exchange(NOW, Channel.MAIL, "ZZZZ", "COVG", NAME.format(1), PROFILE.boites.acces, raw), batch=1
        )
        assert journal.data(kept.number) == raw
