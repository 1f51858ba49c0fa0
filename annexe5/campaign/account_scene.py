"""One scenario at the door of the OI's server: what the steps of ``features/transport`` say of keys and accounts.

What is tried is what the target declares that may be tried; what an account holds is left as it was found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import asyncssh

from annexe5.campaign.bench import Bench
from annexe5.campaign.target import Sftp
from annexe5.campaign.verdicts import NonApplicable, NonConforme
from annexe5.contract.rules import rule
from annexe5.errors import TargetError
from annexe5.findings import Finding
from annexe5.transport.attempts import Attempt, offered_means, try_to_leave
from annexe5.transport.remote import LoginError, RefusedError
from annexe5.transport.sftp_client import SftpClient, is_declared

_BIGGEST_BLOCK = 1_000_000


@dataclass
class AccountScene:
    """What a scenario has tried at the door, and what it found."""

    bench: Bench
    findings: list[Finding] = field(default_factory=list)
    admitted: bool = False
    shown: str = ""
    attempts: list[Attempt] = field(default_factory=list)

    # --- the server's key ----------------------------------------------------------------------------------------

    def host_key_declared(self) -> None:
        """See that the key the server showed is the one the target declares, in every form that it is declared in."""
        way, client = self._ssh(), self.bench.client
        shown = (getattr(client, "presented_md5", ""), getattr(client, "presented_sha256", ""))
        for declared in filter(None, (way.empreinte_md5, way.empreinte_sha256)):
            if not is_declared(declared, *shown):
                raise NonConforme(rule("TRA-CLE-HOTE").finding(received=", ".join(shown), expected=declared))

    def signs_well(self) -> None:
        """See that the server is reached without SHA-1; one that is not is a reserve."""
        self._ssh()
        if getattr(self.bench.client, "legacy", False):
            self.findings.append(rule("TRA-SHA1").finding(received="ssh-rsa", expected="rsa-sha2-256"))

    # --- proofs of identity ----------------------------------------------------------------------------------------

    def try_other_password(self) -> None:
        """Knock with a password that is not ours."""
        self._try_password(f"autre-{self.bench.clock():%H%M%S%f}")
        self.shown = "un autre mot de passe"

    def _try_password(self, password: str) -> None:
        if not self.bench.target.way.mot_de_passe or self.bench.dial is None:
            raise NonApplicable("le fichier cible ne déclare pas de connexion par mot de passe (mot_de_passe).")
        with self._knocking():
            self.bench.dial(password).close()

    def try_key(self, bits: int) -> None:
        """Knock with the key of that size that the OI was handed."""
        path = next((one for one in self._keys() if _bits(one) == bits), None)
        if path is None:
            raise NonApplicable(f"le fichier cible ne déclare pas de clé RSA de {bits} bits (sftp.cle, sftp.cles).")
        self.shown = f"RSA {bits}"
        self._try_key(path)

    def try_foreign_key(self) -> None:
        """Knock with a key that nobody was handed."""
        self._ssh()
        key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
        self.shown = "une clé que l'OC n'a pas remise"
        with tempfile.TemporaryDirectory(prefix="annexe5-cle-") as folder:
            path = Path(folder) / "cle"
            path.touch(0o600)
            path.write_bytes(key.export_private_key("openssh"))
            self._try_key(path)

    def _try_key(self, path: Path) -> None:
        assert self.bench.dial_key is not None  # noqa: S101 -- set with the client
        with self._knocking():
            self.bench.dial_key(path).close()

    @contextmanager
    def _knocking(self) -> Iterator[None]:
        self.admitted = False
        with suppress(LoginError):
            yield
            self.admitted = True

    def _keys(self) -> tuple[Path, ...]:
        way = self._ssh()
        return (*way.cles, *([way.cle] if way.cle else []))

    def refused(self) -> None:
        """See that the last attempt was turned away."""
        if self.admitted:
            raise NonConforme(
                rule("TRA-MOT-DE-PASSE").finding(received=self.shown, expected="refus", account=self._login)
            )

    def key_accepted(self) -> None:
        """See that the last key opened the account; a server that refuses a short one earns a reserve, no more."""
        if self.admitted:
            return
        finding = rule("TRA-CLE-OC").finding(received=self.shown, expected="ouverture du compte")
        if self.shown != f"RSA {min(self.bench.profile.serveur_fichiers.cles_client.bits)}":
            raise NonConforme(finding)
        self.findings.append(rule("TRA-CLE-COURTE").finding(received=f"{self.shown} refusée", expected="RSA 2048"))

    def means_offered(self) -> None:
        """See that keys are taken beside passwords (TRA-05)."""
        means = offered_means(self._probe())
        if "publickey" not in means:
            raise NonConforme(
                rule("TRA-CLE-OC").finding(received=", ".join(sorted(means)) or "rien", expected="publickey")
            )

    # --- wrong passwords ------------------------------------------------------------------------------------------

    def lock_out(self) -> None:
        """Give as many wrong passwords as the profile says an account bears, then the right one."""
        if not self.bench.target.capacites.verrouillage:
            raise NonApplicable("le fichier cible ne permet pas d'essayer le verrouillage (capacites.verrouillage).")
        for _ in range(self.bench.profile.serveur_fichiers.verrouillage.essais):
            self.try_other_password()
            self.refused()

    def right_password(self) -> None:
        """Knock with the right password."""
        assert self.bench.password is not None  # noqa: S101 -- declared, or an earlier step has said so
        self._try_password(self.bench.password)

    def locked(self) -> None:
        """See that even the right password is turned away."""
        self.right_password()
        if self.admitted:
            essais = self.bench.profile.serveur_fichiers.verrouillage.essais
            self._reserve(f"ouvert après {essais} mots de passe faux", "fermé")

    def opens_again(self) -> None:
        """See that the account opens by itself once the time of the profile has gone by."""
        minutes = self.bench.profile.serveur_fichiers.verrouillage.minutes
        assert self.bench.skip is not None  # noqa: S101 -- set with the client
        self.bench.skip(timedelta(minutes=minutes).total_seconds() + 1)
        self.right_password()
        if not self.admitted:
            self._reserve(f"encore fermé après {minutes} minutes", "ouvert")

    def _reserve(self, received: str, expected: str) -> None:
        self.findings.append(
            rule("TRA-VERROUILLAGE").finding(received=received, expected=expected, account=self._login)
        )

    # --- the account's tree -----------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Try every way out of the account."""
        if not self.bench.target.capacites.isolement:
            raise NonApplicable("le fichier cible ne permet pas d'essayer de sortir du compte (capacites.isolement).")
        target = self.bench.target
        folder = self.bench.folder("depose_acces")
        try:
            self.attempts = list(try_to_leave(self._probe(), target.way.racine, folder))
        except OSError as error:
            raise TargetError(f"{self.bench.client.where} : l'essai d'isolement n'aboutit pas ({error}).") from error

    def held(self, kind: str) -> None:
        """See that no attempt of a kind (``chemin``, ``lien``, ``renommage``) reached anything."""
        verbs = {"chemin": ("ls", "get"), "lien": ("ln",), "renommage": ("rename",)}[kind]
        wrong = [
            rule("TRA-SORTIE-ARBORESCENCE").finding(
                received=f"{one.what} : {one.reached}", expected="refus", account=self._login
            )
            for one in self.attempts
            if one.reached and one.what.startswith(verbs)
        ]
        if wrong:
            raise NonConforme(wrong)

    def overrun(self) -> None:
        """Deposit more than the account may hold, under a name that no OI takes."""
        quota = self.bench.target.capacites.quota_mo
        if quota is None:
            raise NonApplicable("le fichier cible ne déclare pas de quota (capacites.quota_mo).")
        folder, name = self.bench.folder("depose_acces"), f"annexe5-{self.bench.clock():%H%M%S%f}.csv.tmp"
        size = quota * _BIGGEST_BLOCK + 1
        try:
            self.bench.client.deposit(folder, name, bytes(size))
        except RefusedError:
            return
        finally:
            self._tidy(folder, name)
        self.findings.append(
            rule("TRA-QUOTA").finding(received=f"{size} octets", expected=f"{quota} Mo", account=self._login)
        )

    def _tidy(self, folder: str, name: str) -> None:
        for entry in self.bench.client.list(folder):
            if name in entry.name:
                with suppress(FileNotFoundError):
                    self.bench.client.delete(folder, entry.name)

    # --- the way there --------------------------------------------------------------------------------------------

    @property
    def _login(self) -> str:
        return self.bench.target.way.login

    def _ssh(self) -> Sftp:
        way = self.bench.target.way
        if not isinstance(way, Sftp):
            raise NonApplicable(f"le canal {self.bench.target.by} n'est pas du SSH.")
        return way

    def _probe(self) -> SftpClient:
        self._ssh()
        client = self.bench.client
        if not isinstance(client, SftpClient):
            raise NonApplicable("le serveur n'est joint que par le client de secours (SHA-1).")
        return client


def _bits(path: Path) -> int:
    """Give the size of a private RSA key; 0 for another kind."""
    try:
        key = asyncssh.read_private_key(path)
    except (OSError, ValueError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise TargetError(f"sftp.cles : {path} illisible ({error}).") from error
    return getattr(getattr(key, "pyca_key", None), "key_size", 0) if key.get_algorithm() == "ssh-rsa" else 0
