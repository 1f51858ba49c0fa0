"""Mail for real: our sender against our mailboxes, against a failing network, and our reader against Dovecot."""

import email
import imaplib
import smtplib
import socket
import ssl
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annexe5.errors import ConfigurationError
from annexe5.messages.mail import Attachment, compose, dissect
from annexe5.transport.certificate import self_signed
from annexe5.transport.mail_client import ImapMailbox, SmtpSender, Tls, _on_the_wire
from annexe5.transport.mail_server import MailServer
from annexe5.transport.remote import (
    HostKeyError,
    LoginError,
    MissingFolderError,
    RefusedError,
    TransferError,
    UnreachableError,
)
from annexe5.transport.testing import Cutter, DovecotServer

ACCES, PM = "acces@oi.example", "pm@oi.example"
SENDER = "flux@oc.example"
DATE = datetime(2017, 4, 13, 8, 0, tzinfo=UTC)
NAME = "COVA_FREE_CMD_ACCES_V12_20170413_1.csv"
CSV = b"R\xe9f;Valeur\r\n.1;x\r\n"


def flow(name=NAME, data=CSV, **options):
    options = {"date": DATE, "message_id": "<1@oc.example>"} | options
    return compose(SENDER, [ACCES], [Attachment(name, data)], **options)


@pytest.fixture
def box():
    """What the mailboxes received, in order."""
    return []


@pytest.fixture
def server(box, clock):
    with MailServer([ACCES, PM], on_mail=box.append, clock=clock) as running:
        yield running


@pytest.fixture
def sender(server):
    waits = []
    made = SmtpSender("127.0.0.1", server.port, wait=waits.append, timeout=5)
    made.waits = waits
    return made


class TestMessages:
    def test_a_flow_is_its_file_and_nothing_else(self):
        mail = dissect(flow())
        assert mail.subject == mail.raw_subject == NAME
        assert mail.bodies == ()
        [part] = mail.attachments
        assert (part.name, part.data, part.content_type) == (NAME, CSV, "text/csv")
        assert part.transfer_encoding == "base64"
        assert (mail.sender, mail.recipients, mail.message_id) == (SENDER, (ACCES,), "<1@oc.example>")
        assert mail.auto_submitted == "auto-generated"

    def test_a_photograph_and_a_sheet_go_with_their_file(self):
        mail = dissect(
            compose(
                SENDER,
                [PM],
                [
                    Attachment("NotifAdduction.csv", CSV, charset="iso-8859-1"),
                    Attachment("photo été.jpg", b"\xff\xd8\xff", "image/jpeg"),
                    Attachment("fiche.pdf", b"%PDF", "application/pdf"),
                ],
                date=DATE,
                message_id="<2@oc.example>",
                text="Bonjour",
            )
        )
        assert [part.name for part in mail.attachments] == ["NotifAdduction.csv", "photo été.jpg", "fiche.pdf"]
        assert [part.charset for part in mail.attachments] == ["iso-8859-1", "", ""]
        assert [part.data.strip() for part in mail.bodies] == [b"Bonjour"]
        assert "photo" in mail.attachments[1].raw_name

    def test_a_long_or_accented_name_is_one_line(self):
        for name in ("COVAGE_ZMD_" + "X" * 150 + ".csv", "été à Évry.csv"):
            mail = dissect(flow(name))
            assert mail.subject == name
            assert mail.attachments[0].name == name

    @settings(deadline=None)  # the machine is shared
    @given(st.binary(max_size=400), st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=60))
    def test_what_is_composed_is_what_is_dissected(self, data, stem):
        name = f"A{stem.strip()}.csv"
        mail = dissect(flow(name, data))
        [part] = mail.attachments
        assert (mail.subject, part.name, part.data) == (name, name, data)

    @settings(deadline=None)  # the machine is shared
    @given(st.binary(max_size=300))
    def test_anything_at_all_is_dissected(self, raw):
        dissect(raw)
        dissect(b"Subject: =?nope?Q?=FF?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + raw)

    def test_what_other_senders_write_is_told(self):
        raw = (
            b"From: x\r\nSubject: =?iso-8859-1?Q?=E9t=E9=2Ecsv?=\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
            b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nVoici le fichier\r\n"
            b'--b\r\nContent-Type: application/zip; name="flux.zip"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\nUEs=\r\n"
            b"--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=m.eml\r\n\r\n"
            b"Subject: dedans\r\n\r\nx\r\n"
            b"--b--\r\n"
        )
        mail = dissect(raw)
        assert mail.subject == "été.csv"
        assert mail.raw_subject == "=?iso-8859-1?Q?=E9t=E9=2Ecsv?="
        assert [part.name for part in mail.attachments] == ["flux.zip", "m.eml"]
        assert mail.attachments[0].data == b"PK"
        assert b"dedans" in mail.attachments[1].data
        assert [part.data for part in mail.bodies] == [b"Voici le fichier"]
        assert mail.auto_submitted == ""


class TestSending:
    def test_a_message_arrives_as_it_was_sent(self, sender, box, clock):
        message = flow(text="")
        sender.send(SENDER, [ACCES], message)
        [mail] = box
        assert (mail.mailbox, mail.sender, mail.at, mail.repeated) == (ACCES, SENDER, clock(), False)
        assert mail.raw == message
        assert dissect(mail.raw).attachments[0].data == CSV

    def test_leading_dots_and_bare_line_ends_survive(self, sender, box):
        sender.send(SENDER, [ACCES], b"Subject: x\r\n\r\n.\n..\nfin")
        assert box[0].raw == b"Subject: x\r\n\r\n.\r\n..\r\nfin\r\n"

    def test_bytes_of_eight_bits_survive(self, sender, box):
        sender.send(SENDER, [ACCES], b"Subject: x\r\n\r\n" + bytes(range(128, 256)) + b"\r\n")
        assert bytes(range(128, 256)) in box[0].raw

    def test_smtplib_itself_is_understood(self, server, box):
        with smtplib.SMTP("127.0.0.1", server.port) as client:
            client.sendmail(SENDER, [ACCES], flow())
        assert dissect(box[0].raw).subject == NAME

    def test_an_unknown_mailbox_is_refused(self, sender, box):
        with pytest.raises(RefusedError, match="550"):
            sender.send(SENDER, ["contact@oi.example"], flow())
        with pytest.raises(RefusedError):
            sender.send(SENDER, [ACCES, "contact@oi.example"], flow())
        assert box == []

    def test_two_mailboxes_get_one_message_each(self, sender, box):
        sender.send(SENDER, [ACCES, PM], flow())
        assert [mail.mailbox for mail in box] == [ACCES, PM]

    def test_a_message_too_big_is_refused(self, box):
        with MailServer([ACCES], on_mail=box.append, max_size=1000) as server, pytest.raises(RefusedError, match="552"):
            SmtpSender("127.0.0.1", server.port, timeout=5).send(SENDER, [ACCES], flow(data=b"x" * 2000))
        assert box == []

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with pytest.raises(UnreachableError, match="pare-feu"):
            SmtpSender("127.0.0.1", port).send(SENDER, [ACCES], flow())

    def test_a_taken_port_is_a_configuration_error(self, server):
        with pytest.raises(ConfigurationError, match=str(server.port)):
            MailServer([], port=server.port, on_mail=print).start()


class TestFailures:
    """Deferred or cut: sent again or reported; never doubled, never lost."""

    def test_a_deferred_message_is_sent_again(self, box):
        replies = ["451 4.7.1 Plus tard", "452 Plus tard", None]
        waits = []
        with MailServer([ACCES], on_mail=box.append, answer=lambda *_: replies.pop(0)) as server:
            SmtpSender("127.0.0.1", server.port, wait=waits.append, timeout=5).send(SENDER, [ACCES], flow())
        assert len(box) == 1
        assert waits == [1, 10]

    def test_a_message_deferred_too_often_is_reported(self, box):
        waits = []
        with (
            MailServer([ACCES], on_mail=box.append, answer=lambda *_: "451 Plus tard") as server,
            pytest.raises(TransferError, match=r"4 fois.*451"),
        ):
            SmtpSender("127.0.0.1", server.port, wait=waits.append, timeout=5).send(SENDER, [ACCES], flow())
        assert box == []
        assert waits == [1, 10, 60]

    def test_a_message_refused_for_good_is_not_tried_again(self, box):
        waits = []
        with (
            MailServer([ACCES], on_mail=box.append, answer=lambda *_: "554 Non") as server,
            pytest.raises(RefusedError, match="554"),
        ):
            SmtpSender("127.0.0.1", server.port, wait=waits.append, timeout=5).send(SENDER, [ACCES], flow())
        assert waits == []

    @pytest.mark.parametrize("after", [5, 60, 500], ids=["at the greeting", "at the envelope", "in the message"])
    def test_a_cut_before_the_end_sends_again_once(self, server, box, after):
        with Cutter(server.port, [after]) as network:
            SmtpSender("127.0.0.1", network.port, wait=lambda _: None, timeout=5).send(
                SENDER, [ACCES], flow(data=b"x" * 8_000_000)
            )
            assert network.connections == 2
        assert len(box) == 1

    def test_a_small_message_that_no_answer_follows_is_reported(self, server, box):
        """It left whole, for all that its sender can see."""
        with (
            Cutter(server.port, [500]) as network,
            pytest.raises(TransferError, match="peut-être"),
        ):
            SmtpSender("127.0.0.1", network.port, timeout=5).send(SENDER, [ACCES], flow(data=b"x" * 5000))
        assert box == []

    def test_a_message_taken_without_an_answer_is_reported_not_doubled(self, box):
        """The server dies between taking and answering."""
        waits = []

        def die(mail):
            box.append(mail)
            cut.set()
            released.wait(10)

        cut, released = threading.Event(), threading.Event()
        with MailServer([ACCES], on_mail=die) as server, Cutter(server.port, []) as network:
            threading.Thread(target=lambda: cut.wait(10) and network.cut(), daemon=True).start()
            with pytest.raises(TransferError, match="peut-être"):
                SmtpSender("127.0.0.1", network.port, wait=waits.append, timeout=5).send(SENDER, [ACCES], flow())
            released.set()
        assert len(box) == 1
        assert waits == []

    def test_a_message_that_could_not_be_kept_is_not_acknowledged(self, box):
        failures = [OSError("journal full")]

        def keep(mail):
            if failures:
                raise failures.pop()
            box.append(mail)

        with MailServer([ACCES], on_mail=keep) as server:
            SmtpSender("127.0.0.1", server.port, wait=lambda _: None, timeout=5).send(SENDER, [ACCES], flow())
        assert [mail.repeated for mail in box] == [False]

    def test_a_message_sent_again_by_an_unsure_sender_is_told_as_such(self, sender, box):
        sender.send(SENDER, [ACCES], flow())
        sender.send(SENDER, [ACCES], flow())
        sender.send(SENDER, [ACCES], flow(message_id="<2@oc.example>"))
        assert [mail.repeated for mail in box] == [False, True, False]


class TestTls:
    @pytest.fixture
    def certificate(self, tmp_path):
        made = self_signed()
        path = tmp_path / "smtp.pem"
        path.write_bytes(made.key + made.certificate)
        return path

    @pytest.fixture
    def secure(self, box, certificate):
        with MailServer([ACCES], on_mail=box.append, certificate=certificate, credentials=("oc", "secret")) as running:
            yield running

    def make(self, server, certificate, **options):
        options = {"tls": Tls.STARTTLS, "login": "oc", "password": "secret"} | options
        return SmtpSender("127.0.0.1", server.port, ca_file=certificate, timeout=5, **options)

    def test_a_login_over_tls(self, secure, certificate, box):
        self.make(secure, certificate).send(SENDER, [ACCES], flow())
        assert len(box) == 1

    def test_a_wrong_password(self, secure, certificate):
        with pytest.raises(LoginError, match="oc"):
            self.make(secure, certificate, password="wrong").send(SENDER, [ACCES], flow())

    def test_an_unknown_authority(self, secure):
        with pytest.raises(HostKeyError, match="autorité"):
            self.make(secure, None).send(SENDER, [ACCES], flow())

    def test_clear_text_is_refused(self, secure):
        with pytest.raises(RefusedError, match="530"):
            SmtpSender("127.0.0.1", secure.port, timeout=5).send(SENDER, [ACCES], flow())

    def test_a_server_without_tls_gets_nothing_in_clear(self, server, box, certificate):
        with pytest.raises(RefusedError, match="STARTTLS"):
            self.make(server, certificate).send(SENDER, [ACCES], flow())
        assert box == []

    def test_tls_from_the_first_byte(self, server, certificate, box):
        with TlsFront(server.port, certificate) as front:
            SmtpSender("127.0.0.1", front.port, tls=Tls.IMPLICIT, ca_file=certificate, timeout=5).send(
                SENDER, [ACCES], flow()
            )
        assert len(box) == 1


class TlsFront:
    """One connection's worth of TLS before a server that speaks in clear."""

    def __init__(self, target, certificate):
        self.target = target
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.listener.close()

    def serve(self):
        raw, _ = self.listener.accept()
        with (
            self.context.wrap_socket(raw, server_side=True) as client,
            socket.create_connection(("127.0.0.1", self.target)) as server,
        ):
            threading.Thread(target=self.pump, args=(server, client), daemon=True).start()
            self.pump(client, server)

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            return


@pytest.fixture(scope="module")
def dovecot():
    with DovecotServer() as running:
        yield running


class TestReading:
    @pytest.fixture
    def imap(self, dovecot):
        """Another reader of the same mailbox, emptied first."""
        with imaplib.IMAP4("127.0.0.1", dovecot.port) as client:
            client.login(dovecot.login, dovecot.password)
            client.select("INBOX")
            client.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
            client.expunge()
            yield client

    def open(self, dovecot, **options):
        options = {"tls": Tls.IMPLICIT, "ca_file": dovecot.certificate, "password": dovecot.password} | options
        port = dovecot.tls_port if options["tls"] is Tls.IMPLICIT else dovecot.port
        return ImapMailbox("127.0.0.1", port, dovecot.login, options.pop("password"), timeout=5, **options)

    @pytest.mark.parametrize("tls", list(Tls))
    def test_messages_are_taken_as_they_crossed_and_deleted(self, dovecot, imap, tls):
        messages = [flow(message_id=f"<{number}@oc.example>") for number in range(3)]
        for message in messages:
            imap.append("INBOX", None, None, message)
        kept = []
        with self.open(dovecot, tls=tls) as box:
            assert list(box.collect(keep=kept.append)) == messages == kept
            assert box.messages() == []

    def test_looking_marks_nothing_as_seen(self, dovecot, imap):
        imap.append("INBOX", None, None, flow())
        with self.open(dovecot) as box:
            [(uid, raw)] = box.messages()
        assert raw == flow()
        imap.noop()
        assert b"\\Seen" not in imap.uid("FETCH", uid, "(FLAGS)")[1][0]

    def test_a_message_that_could_not_be_kept_stays(self, dovecot, imap):
        imap.append("INBOX", None, None, flow())

        def fail(raw):
            raise ValueError("journal full")

        with self.open(dovecot) as box:
            with pytest.raises(ValueError, match="journal"):
                list(box.collect(keep=fail))
            assert len(box.messages()) == 1

    def test_what_somebody_else_marked_for_deletion_stays(self, dovecot, imap):
        for subject in (b"ours", b"theirs"):
            imap.append("INBOX", None, None, b"Subject: " + subject + b"\r\n\r\nx\r\n")
        imap.noop()
        imap.store("2", "+FLAGS", r"(\Deleted)")
        with self.open(dovecot) as box:
            [(ours, _), _] = box.messages()
            box.delete(ours)
            [(_, left)] = box.messages()
        assert email.message_from_bytes(left)["Subject"] == "theirs"

    def test_a_wrong_password(self, dovecot):
        with pytest.raises(LoginError), self.open(dovecot, password="wrong"):
            pass

    def test_an_unknown_authority(self, dovecot):
        with pytest.raises(HostKeyError), self.open(dovecot, ca_file=None):
            pass

    def test_a_missing_folder(self, dovecot):
        with pytest.raises(MissingFolderError, match="Flux"), self.open(dovecot, folder="Flux"):
            pass

    def test_nobody_listens(self, dovecot):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with pytest.raises(UnreachableError), ImapMailbox("127.0.0.1", port, "x", "x", tls=Tls.NONE):
            pass


def test_the_end_of_a_message_is_never_in_its_middle():
    assert _on_the_wire(b"a\n.\nb") == b"a\r\n..\r\nb\r\n.\r\n"
