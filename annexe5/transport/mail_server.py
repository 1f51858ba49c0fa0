"""The twin's mailboxes (MAIL-01 to MAIL-03): an SMTP server in a thread, aiosmtpd, that hands over what it receives.

A message is acknowledged only once ``on_mail`` has returned: what fails there is deferred (451), and sent again.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
import logging
import ssl
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from annexe5.errors import ConfigurationError
from annexe5.transport.edge import Clock, utc_now
from annexe5.transport.loop import LoopThread

logger = logging.getLogger(__name__)
_REMEMBERED = 10_000  # messages known again when they are sent twice


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One message in one mailbox, as it crossed. ``repeated``: it came before, and its sender could not be sure."""

    mailbox: str
    sender: str
    recipients: tuple[str, ...]
    at: datetime
    raw: bytes = field(repr=False)
    repeated: bool = False


class MailServer:
    """Mailboxes behind one SMTP server; a context manager, or ``start`` and ``stop``.

    ``mailboxes`` are addresses, any other is refused (550). ``answer`` may give another reply than 250 to a message
    (``451 …`` defers it), from its sender and recipients. ``certificate`` is a PEM file with its key, for STARTTLS;
    ``credentials`` a login and password then required. ``max_size`` is in bytes.
    """

    def __init__(
        self,
        mailboxes: Sequence[str],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        on_mail: Callable[[ReceivedMail], None],
        answer: Callable[[str, Sequence[str]], str | None] = lambda _sender, _recipients: None,
        certificate: Path | None = None,
        credentials: tuple[str, str] | None = None,
        max_size: int = 40_000_000,
        clock: Clock = utc_now,
    ) -> None:
        self.host = host
        self.port = port
        self._mailboxes = {mailbox.lower(): mailbox for mailbox in mailboxes}
        self._on_mail = on_mail
        self._answer = answer
        self._credentials = credentials
        self._max_size = max_size
        self._clock = clock
        self._known: OrderedDict[str, None] = OrderedDict()
        self._context = _context(certificate) if certificate else None
        self._loop: LoopThread | None = None
        self._server: asyncio.AbstractServer | None = None

    def start(self) -> Self:
        """Serve. Raises ConfigurationError when the port is taken."""
        loop = LoopThread("annexe5-mail")
        try:
            loop.run(self._listen())
        except OSError as error:
            loop.stop()
            raise ConfigurationError(
                f"Serveur SMTP : {self.host}:{self.port} pris ou interdit ({error}) ; choisissez un autre port."
            ) from error
        self._loop = loop
        return self

    def stop(self) -> None:
        """Cut the connections and free the port; a message under way was not acknowledged."""
        loop, self._loop = self._loop, None
        if loop:
            if self._server:
                loop.call(self._server.close)
            loop.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: self._session(loop), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _session(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        return SMTP(
            self,
            data_size_limit=self._max_size,
            enable_SMTPUTF8=True,
            hostname="annexe5.invalid",
            ident="ESMTP",
            tls_context=self._context,
            require_starttls=self._context is not None,
            authenticator=self._authenticate if self._credentials else None,
            auth_required=self._credentials is not None,
            auth_require_tls=self._context is not None,
            loop=loop,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        right = isinstance(given, LoginPassword) and self._credentials == (
            given.login.decode("utf-8", "replace"),
            given.password.decode("utf-8", "replace"),
        )
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take what is for a mailbox of ours."""
        if address.lower() not in self._mailboxes:
            return "550 5.1.1 Boite inconnue"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Hand a message over, then acknowledge it."""
        sender, recipients = envelope.mail_from or "", tuple(envelope.rcpt_tos)
        reply = self._answer(sender, recipients)
        if reply is not None:
            return reply
        raw = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        # a message keeps its identity when it is sent again; one that has none is known by its bytes
        identity, at = _message_id(raw) or hashlib.sha256(raw).hexdigest(), self._clock()
        try:
            for mailbox in dict.fromkeys(self._mailboxes[recipient.lower()] for recipient in recipients):
                key = f"{identity} {mailbox}"
                self._on_mail(ReceivedMail(mailbox, sender, recipients, at, raw, key in self._known))
                self._known[key] = None
        except Exception:
            logger.exception("on_mail failed")
            return "451 4.3.0 Erreur de traitement, recommencez"
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return "250 OK"


def _message_id(raw: bytes) -> str:
    written = email.message_from_bytes(raw, policy=email.policy.compat32)["Message-ID"]
    return str(written or "").strip()


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"Certificat illisible : {certificate} ({error}) ; attendu un PEM avec sa clé."
        ) from error
    return context
