"""Our side of e-mail (MAIL-01 to MAIL-03): sending by SMTP, reading a real mailbox by IMAP.

A message is sent again when its server defers it or hangs up before having it whole. Once it has it whole and no answer
comes, nobody can know: that is reported, never sent a second time. A message read is deleted alone.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from imap_tools import BaseMailBox, MailBox, MailboxLoginError, MailBoxStartTls, MailBoxUnencrypted, MailMessage
from imap_tools.errors import ImapToolsError
from typing_extensions import override

from annexe5.errors import TargetError
from annexe5.transport.remote import (
    HostKeyError,
    LoginError,
    MissingFolderError,
    RefusedError,
    TransferError,
    UnreachableError,
    reaching,
    wait_for,
)

_LATER = range(400, 500)  # replies that ask for another try


class Tls(StrEnum):
    """How a mail server is reached."""

    NONE = "none"  # in clear
    STARTTLS = "starttls"
    IMPLICIT = "implicit"  # from the first byte


class UnknownFateError(TransferError):
    """The server had the message whole and did not answer: it may have taken it."""


class _DeferredError(Exception):
    """The server asks for another try, or hung up before it had the message whole."""


class SmtpSender:
    """A mail server that takes our messages.

    ``login`` and ``password`` when it asks for them; ``ca_file`` the authority of its certificate (the system's when
    None). ``delays`` are the seconds between the tries of a deferred message, ``wait`` what waits them out.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: Tls = Tls.NONE,
        login: str | None = None,
        password: str | None = None,
        ca_file: Path | None = None,
        timeout: float = 20,
        delays: Sequence[float] = (1, 10, 60),
        wait: Callable[[float], None] = wait_for,
    ) -> None:
        self.where = f"smtp://{host}:{port}"
        self._host = host
        self._port = port
        self._tls = tls
        self._login = login
        self._password = password
        self._ca_file = ca_file
        self._timeout = timeout
        self._delays = delays
        self._wait = wait

    def send(self, sender: str, recipients: Sequence[str], message: bytes) -> None:
        """Send a message once. Raises a ``TargetError``: refused, deferred too often, or of unknown fate."""
        for delay in (*self._delays, None):
            try:
                self._try(sender, recipients, message)
            except _DeferredError as error:
                if delay is None:
                    raise TransferError(
                        f"{self.where} : message différé {len(self._delays) + 1} fois ({error}) ; il n'est pas parti, "
                        "renvoyez-le plus tard ou voyez avec l'opérateur du serveur."
                    ) from error
                self._wait(delay)
            else:
                return

    def refused(self, sender: str, recipients: Sequence[str]) -> tuple[str, ...]:
        """Tell which mailboxes the server does not take, without sending anything. Raises a ``TargetError``."""
        turned = []
        try:
            with reaching(self.where, self._host):
                smtp = self._connect()
            with smtp:
                self._introduce(smtp)
                _ask(smtp.mail(sender), sender)
                for recipient in recipients:
                    code, _ = smtp.rcpt(recipient)
                    if code // 100 != 2:  # noqa: PLR2004 -- SMTP's own yes
                        turned.append(recipient)
                smtp.rset()
        except (_DeferredError, smtplib.SMTPServerDisconnected, ssl.SSLError) as error:
            raise UnreachableError(f"{self.where} : session refusée ou coupée ({error}).") from error
        except smtplib.SMTPNotSupportedError as error:
            raise UnreachableError(f"{self.where} : {error}") from error
        except smtplib.SMTPException as error:
            refusal = self._refused(error)
            if isinstance(refusal, _DeferredError):
                raise UnreachableError(f"{self.where} : le serveur diffère ({refusal}).") from error
            raise refusal from error
        return tuple(turned)

    def _try(self, sender: str, recipients: Sequence[str], message: bytes) -> None:
        with reaching(self.where, self._host):
            smtp = self._connect()
        try:
            self._introduce(smtp)
            _ask(smtp.mail(sender, _options(smtp, message)), sender)
            for recipient in recipients:
                _ask(smtp.rcpt(recipient), recipient)
            _ask(smtp.docmd("DATA"), "DATA", wanted=3)
            smtp.send(_on_the_wire(message))
        except smtplib.SMTPServerDisconnected as error:
            smtp.close()
            raise _DeferredError(str(error)) from error
        except (smtplib.SMTPException, ssl.SSLError) as error:
            smtp.close()
            raise self._refused(error) from error
        except OSError as error:
            smtp.close()
            raise _DeferredError(str(error)) from error
        except BaseException:
            smtp.close()
            raise
        self._conclude(smtp)

    def _conclude(self, smtp: smtplib.SMTP) -> None:
        """Hear the answer to a message sent whole."""
        try:
            _ask(smtp.getreply(), "DATA")
        except smtplib.SMTPResponseException as error:
            raise self._refused(error) from error
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise UnknownFateError(
                f"{self.where} : le serveur a reçu tout le message et n'a pas répondu ({error}) ; il l'a peut-être "
                "pris. Vérifiez auprès de son opérateur avant de le renvoyer."
            ) from error
        finally:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        try:
            if self._tls is Tls.IMPLICIT:
                return smtplib.SMTP_SSL(
                    self._host,
                    self._port,
                    timeout=self._timeout,
                    context=self._context(),
                    local_hostname="annexe5.invalid",
                )
            return smtplib.SMTP(self._host, self._port, timeout=self._timeout, local_hostname="annexe5.invalid")
        except smtplib.SMTPServerDisconnected as error:
            raise _DeferredError(str(error)) from error
        except smtplib.SMTPConnectError as error:
            raise self._refused(error) from error
        except ssl.SSLCertVerificationError as error:
            raise _untrusted(self.where, error) from error

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        try:
            if self._tls is Tls.STARTTLS:
                smtp.starttls(context=self._context())
            smtp.ehlo_or_helo_if_needed()
            if self._login is not None:
                smtp.login(self._login, self._password or "")
        except ssl.SSLCertVerificationError as error:
            raise _untrusted(self.where, error) from error
        except smtplib.SMTPAuthenticationError as error:
            raise LoginError(
                f"{self.where} : le serveur refuse le compte « {self._login} » ({_reason(error)}) ; "
                "vérifiez l'identifiant et le mot de passe."
            ) from error

    def _context(self) -> ssl.SSLContext:
        return _tls_context(self.where, self._ca_file)

    def _refused(self, error: Exception) -> Exception:
        if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code in _LATER:
            return _DeferredError(_reason(error))
        return RefusedError(
            f"{self.where} : message refusé ({_reason(error)}) ; vérifiez la boîte, l'expéditeur et la taille."
        )


def _options(smtp: smtplib.SMTP, message: bytes) -> list[str]:
    options = [f"size={len(message)}"] if smtp.has_extn("size") else []
    if not message.isascii() and smtp.has_extn("8bitmime"):
        options.append("body=8bitmime")
    return options


def _ask(answer: tuple[int, bytes], what: str, *, wanted: int = 2) -> None:
    code, text = answer
    if code == -1:
        raise smtplib.SMTPServerDisconnected("connexion coupée")
    if code // 100 != wanted:
        raise smtplib.SMTPResponseException(code, f"{what} : {text.decode('utf-8', 'replace')}")


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
    return str(error)


def _on_the_wire(message: bytes) -> bytes:
    """Write line ends and leading dots as SMTP wants them, and the end."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    stuffed = re.sub(rb"(?m)^\.", b"..", lines)
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"


class ImapMailbox:
    """A real mailbox, read by IMAP; a context manager.

    ``folder`` is the one read; ``ca_file`` the authority of its server's certificate (the system's when None).
    """

    def __init__(
        self,
        host: str,
        port: int,
        login: str,
        password: str,
        *,
        tls: Tls = Tls.IMPLICIT,
        folder: str = "INBOX",
        ca_file: Path | None = None,
        timeout: float = 20,
    ) -> None:
        self.where = f"imap://{login}@{host}:{port}"
        self._host = host
        self._port = port
        self._login = login
        self._password = password
        self._tls = tls
        self._folder = folder
        self._ca_file = ca_file
        self._timeout = timeout
        self._box: BaseMailBox | None = None

    def __enter__(self) -> Self:
        with reaching(self.where, self._host):
            box = self._connect()
        try:
            self._log_in(box)
        except BaseException:
            with suppress(Exception):  # the first error is the one to tell
                box.logout()
            raise
        self._box = box
        return self

    def __exit__(self, *_: object) -> None:
        box, self._box = self._box, None
        if box:
            with suppress(Exception):  # a dead connection has nothing more to say
                box.logout()

    def _log_in(self, box: BaseMailBox) -> None:
        try:
            box.login(self._login, self._password, initial_folder=None)
            if not box.folder.exists(self._folder):
                raise MissingFolderError(f"{self.where} : pas de dossier « {self._folder} » dans cette boîte.")
            box.folder.set(self._folder)
        except MailboxLoginError as error:
            raise LoginError(
                f"{self.where} : la boîte refuse l'identifiant ou le mot de passe ({error}) ; vérifiez-les."
            ) from error
        except (ImapToolsError, OSError) as error:
            raise UnreachableError(f"{self.where} : session refusée ({error}).") from error

    def messages(self) -> list[tuple[str, bytes]]:
        """Give the messages as they crossed, oldest first, by their lasting number; none is marked as seen."""
        with self._talking() as box:
            return [(message.uid or "", message.raw) for message in box.fetch(mark_seen=False)]  # type: ignore[attr-defined]

    def delete(self, uid: str) -> None:
        """Delete one message and no other, whatever somebody else has marked for deletion."""
        with self._talking() as box:
            box.client.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
            _, [known] = box.client.capability()  # what it can do once logged in
            if b"UIDPLUS" in known.upper().split():
                box.client.uid("EXPUNGE", uid)
            else:
                box.expunge()

    def collect(self, *, keep: Callable[[bytes], None] | None = None) -> Iterator[bytes]:
        """Take the messages one by one; each is deleted once ``keep`` has it (an exception leaves it in its box)."""
        for uid, raw in self.messages():
            if keep:
                keep(raw)
            self.delete(uid)
            yield raw

    @contextmanager
    def _talking(self) -> Iterator[BaseMailBox]:
        if self._box is None:
            raise UnreachableError(f"{self.where} : la boîte n'est pas ouverte.")
        try:
            yield self._box
        except (ImapToolsError, OSError, EOFError, self._box.client.abort, self._box.client.error) as error:
            raise TransferError(f"{self.where} : session perdue ({error}) ; relancez.") from error

    def _connect(self) -> BaseMailBox:
        try:
            if self._tls is Tls.NONE:
                box: BaseMailBox = MailBoxUnencrypted(self._host, self._port, timeout=self._timeout)
            else:
                context = _tls_context(self.where, self._ca_file)
                kind = MailBox if self._tls is Tls.IMPLICIT else MailBoxStartTls
                box = kind(self._host, self._port, timeout=self._timeout, ssl_context=context)
        except ssl.SSLCertVerificationError as error:
            raise _untrusted(self.where, error) from error
        box.email_message_class = _RawMessage
        return box


class _RawMessage(MailMessage):
    """A message and the bytes it came in."""

    @override
    def __init__(self, fetch_data: Any) -> None:
        super().__init__(fetch_data)
        self.raw: bytes = self._get_message_data_parts(fetch_data)[0]


def _tls_context(where: str, ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise TargetError(f"{where} : autorité {ca_file} illisible ({error}).") from error


def _untrusted(where: str, error: ssl.SSLCertVerificationError) -> HostKeyError:
    return HostKeyError(
        f"{where} : le certificat n'est signé par aucune autorité admise ({error.verify_message}) ; "
        "déclarez celle qui l'a signé."
    )
