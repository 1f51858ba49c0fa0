"""How a scenario makes the OC under test act: the twin, a command, an HTTP hook, or a person told in plain French.

A driver carries out a ``Request`` or says that it cannot; what keeps it from trying is a configuration error, never a
breach. Nothing here judges: what counts is the file that arrives.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import IO, Any, Protocol

from annexe5.campaign.oc_target import COLLECT
from annexe5.campaign.standing_oc import StandingOc
from annexe5.campaign.verdicts import NonApplicable
from annexe5.contract.calendar import PARIS
from annexe5.contract.rejects import load_rejects
from annexe5.errors import TargetError
from annexe5.parties.oc import ACTIONS, Instruction
from annexe5.parties.oc_services import TICKET_ACTIONS
from annexe5.parties.pm_oc import PM_ACTIONS

UNABLE = 3
"""Exit code by which a command says that it does not know how to do what is asked."""
_NOT_IMPLEMENTED = 501
_RETRY = 0.5  # seconds between two tries at a hook that refuses connections
_HOLDS = 300  # characters of a hook's complaint that are worth showing
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a test hook is met directly


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the OC, with all it needs: the instruction, where our OI is, until when it is awaited."""

    instruction: Instruction
    place: Mapping[str, str | int]
    until: datetime

    @property
    def consigne(self) -> str:
        """What a person is told."""
        by_mail = (
            f" Envoyez-la par courriel à {self.place.get('boite_acces', '')}." if self.instruction.par_courriel else ""
        )
        return consigne(self.instruction) + by_mail

    def as_json(self) -> dict[str, Any]:
        """Give the shape that hooks receive (documented in docs/certifier-un-oc.md)."""
        asked = self.instruction
        return {
            "action": asked.action,
            "consigne": self.consigne,
            "commandes": [dict(one) for one in asked.commandes],
            "reference": asked.reference,
            "resultat": ("KO" if asked.code else "OK") if asked.action == "raccorder" else "",
            "code": asked.code,
            "commentaire": asked.commentaire,
            "par_courriel": asked.par_courriel,
            "jour": f"{asked.jour:%Y%m%d}" if asked.jour else "",
            "jusqu_au": self.until.isoformat(),
            **self.place,
        }

    def environment(self) -> dict[str, str]:
        """Give the same, flat, for a shell (``ANNEXE5_REFERENCE``, ``ANNEXE5_1_CodeAdresseImmeuble``)."""
        plain = {key: value for key, value in self.as_json().items() if key != "commandes"}
        flat = {f"ANNEXE5_{key.upper()}": str(value) for key, value in plain.items()}
        flat["ANNEXE5_COMMANDES"] = str(len(self.instruction.commandes))
        for number, row in enumerate(self.instruction.commandes, start=1):
            flat |= {f"ANNEXE5_{number}_{column}": value for column, value in row.items() if column.isidentifier()}
        return flat


class Driver(Protocol):
    """Makes an OC act: ``able`` are the actions it can carry out, ``at_hand`` tells one that can be asked to rest."""

    able: frozenset[str]
    at_hand: bool

    def do(self, request: Request) -> None:
        """Have it done. NonApplicable when the OC cannot, TargetError when it could not be asked."""

    def rest(self) -> bool:
        """Tell, of a party at hand, whether it has nothing more to say."""


@dataclass
class TwinDriver:
    """The OC twin in this process."""

    standing: StandingOc
    able: frozenset[str] = frozenset((*ACTIONS, *TICKET_ACTIONS, *PM_ACTIONS))
    at_hand: bool = True

    def do(self, request: Request) -> None:
        """Have the twin do it."""
        self.standing.do(request.instruction)

    def rest(self) -> bool:
        """Make it look once more."""
        return self.standing.rest()


@dataclass
class CommandDriver:
    """A command of the OC, run with the request as JSON on its standard input and flat in its environment."""

    command: Sequence[str]
    able: frozenset[str]
    folder: Path
    timeout: float = 60
    at_hand: bool = False

    def do(self, request: Request) -> None:
        """Run it to its end."""
        told = " ".join(self.command)
        try:
            done = subprocess.run(  # noqa: S603 -- the target file names it
                list(self.command), cwd=self.folder, input=json.dumps(request.as_json(), ensure_ascii=False).encode(),
                env={**os.environ, **request.environment()}, capture_output=True, timeout=self.timeout, check=False,
            )  # fmt: skip
        except OSError as error:
            raise TargetError(f"pilote : {told} ne s'exécute pas ({error}) ; corrigez [pilote] commande.") from error
        except subprocess.TimeoutExpired:
            raise TargetError(
                f"pilote : {told} n'a pas fini « {request.instruction.action} » en {self.timeout:g} s ; "
                "allongez [pilote] delai_s, ou rendez la main plus tôt : la suite attend d'elle-même les fichiers."
            ) from None
        if done.returncode == UNABLE:
            raise NonApplicable(f"l'OC ne sait pas faire « {request.instruction.action} » : {_last(done.stderr)}")
        if done.returncode:
            raise TargetError(
                f"pilote : {told} a échoué sur « {request.instruction.action} » (code {done.returncode}) : "
                f"{_last(done.stderr)}"
            )

    def rest(self) -> bool:
        """Nobody can tell."""
        return False


@dataclass
class HttpDriver:
    """An address of the OC, to which the request is posted as JSON; 501 says that it does not know how."""

    url: str
    able: frozenset[str]
    timeout: float = 60
    at_hand: bool = False
    pause: Callable[[float], object] = field(default_factory=lambda: threading.Event().wait)

    def do(self, request: Request) -> None:
        """Post it."""
        body = json.dumps(request.as_json(), ensure_ascii=False).encode()
        call = urllib.request.Request(  # noqa: S310 -- the target file accepts http and https alone
            self.url, data=body, headers={"Content-Type": "application/json; charset=utf-8"}, method="POST"
        )
        try:
            self._post(call)
        except urllib.error.HTTPError as error:
            said = _last(error.read())
            if error.code == _NOT_IMPLEMENTED:
                raise NonApplicable(f"l'OC ne sait pas faire « {request.instruction.action} » : {said}") from None
            raise TargetError(
                f"pilote : {self.url} répond {error.code} à « {request.instruction.action} » : {said}"
            ) from None
        except OSError as error:
            raise TargetError(f"pilote : {self.url} ne répond pas ({error}) ; corrigez [pilote] http.") from None

    def _post(self, call: urllib.request.Request) -> None:
        """Post, giving a hook that is starting the time to be there."""
        until = monotonic() + self.timeout
        while True:
            try:
                with _OPENER.open(call, timeout=self.timeout):
                    return
            except urllib.error.HTTPError:
                raise
            except urllib.error.URLError as error:
                if not isinstance(error.reason, ConnectionRefusedError) or monotonic() >= until:
                    raise
            self.pause(_RETRY)

    def rest(self) -> bool:
        """Nobody can tell."""
        return False


class Herald:
    """Tells a person what to do and what is awaited; pytest keeps standard output to itself meanwhile.

    On a terminal the last line follows the clock; elsewhere each thing is said once.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or os.fdopen(os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2), "w")
        self._live = self._stream.isatty()
        self._said = ""

    def tell(self, text: str) -> None:
        """Say something that stays."""
        self._write(f"{text}\n")
        self._said = ""

    def waiting(self, what: str, until: datetime, now: datetime) -> None:
        """Say what is awaited and until when; shown again only when it changes, or as time goes by on a terminal."""
        self._going_on(f"j'attends {what}", until, now)

    def watching(self, until: datetime, now: datetime) -> None:
        """Say that nothing must come, and how long that is watched."""
        self._going_on("rien ne doit plus venir : ne faites rien", until, now)

    def _going_on(self, what: str, until: datetime, now: datetime) -> None:
        end, today = until.astimezone(PARIS), now.astimezone(PARIS).date()
        when = f"jusqu'à {end:%H:%M:%S}" if end.date() == today else f"jusqu'au {end:%d/%m à %H:%M}"
        line = f"  … {what}, {when}"
        if self._live:
            left = max(0, round((until - now).total_seconds()))
            self._write(f"{line} (encore {left // 60} min {left % 60:02} s)")
        elif line != self._said:
            self._write(f"{line}\n")
        self._said = line

    def arrived(self, what: str) -> None:
        """Say that it has come."""
        if self._said:
            self._write(f"  ✔ {what}\n")
            self._said = ""

    def missed(self, what: str) -> None:
        """Say that it has not come in time: nobody need hurry any more."""
        if self._said:
            self._write(f"  ✘ {what} : pas arrivé à temps, la suite continue sans\n")
            self._said = ""

    def close(self) -> None:
        """Leave."""
        self._stream.close()

    def _write(self, text: str) -> None:
        self._stream.write(f"\r\x1b[2K{text}" if self._live else text)
        self._stream.flush()


@dataclass
class PersonDriver:
    """Somebody before the OC's own screens."""

    herald: Herald
    able: frozenset[str]
    at_hand: bool = False

    def do(self, request: Request) -> None:
        """Say what to do; the suite goes on by itself when the file arrives."""
        self.herald.tell(f"\n  ▶ {request.consigne}")

    def rest(self) -> bool:
        """Nobody can tell."""
        return False


@dataclass
class FreeDriver:
    """An OC that does as it pleases: it is watched."""

    able: frozenset[str] = field(default_factory=frozenset)
    at_hand: bool = False

    def do(self, request: Request) -> None:
        """Ask nothing."""

    def rest(self) -> bool:
        """Nobody can tell."""
        return False


# --- words -------------------------------------------------------------------------------------------------------


def consigne(asked: Instruction) -> str:
    """Say in plain French what the OC is to do."""
    if asked.action == "commander" and len(asked.commandes) > 1:
        lines = "\n".join(f"    – {address(one)}" for one in asked.commandes)
        return f"Passez {len(asked.commandes)} commandes, une pour chacune de ces adresses :\n{lines}"
    if asked.action == "commander":
        return f"Passez une commande pour l'adresse {address(asked.commandes[0])}."
    if asked.action == "raccorder" and asked.code:
        label = load_rejects()[asked.code].label
        return f"Déclarez l'échec du raccordement de la commande {asked.reference} : {asked.code} ({label})."
    day = f"{asked.jour:%d/%m/%Y}" if asked.jour else ""
    return _CONSIGNES[asked.action].format(
        reference=asked.reference, type=asked.code, jour=day, commentaire=asked.commentaire
    )


_CONSIGNES = {
    "raccorder": "Le raccordement de la commande {reference} est réalisé : rendez-en compte à l'OI, dès que le contrat "
    "le permet.",
    "mettre_en_service": "La box du client de la commande {reference} est en service : confirmez-le à l'OI, dès que le "
    "contrat le permet.",
    "annuler": "Annulez la commande {reference}.",
    "signaler": "Le client de la commande {reference} signale un défaut : ouvrez un ticket de réparation au SAV de "
    "l'OI, si le contrat le permet.",
    "prevenir": "Un dommage est constaté sur la ligne de la commande {reference} : prévenez-en l'OI par son SAV.",
    "suivre": "Suivez le ticket ouvert pour la commande {reference} jusqu'à sa clôture.",
    "commander_pm": "Commandez le PM {reference} à l'OI (Cmd_Info_Pm), type {type}.",
    "planifier_travaux": "Planifiez vos travaux de raccordement au PM {reference}, au plus tôt le {jour}, et annoncez-"
    "les à l'OI (Notif_Interv_Prev).",
    "notifier_adduction": "Vos travaux au PM {reference} ont débuté le {jour} : notifiez l'adduction à l'OI, avec la "
    "photographie et la fiche technique (Notif_Adduction).",
    "signaler_acces": "L'accès au PM {reference} est impossible ({commentaire}) : signalez-le à l'OI par courriel.",
    COLLECT: "Relevez les fichiers que l'OI a déposés.",
}


def address(row: Mapping[str, str]) -> str:
    """Say an address as a person reads it, with the codes that an order needs."""
    street = " ".join(
        "sans numéro," if column == "NumeroVoieImmeuble" and row[column] == "0" else row[column]
        for column in ("NumeroVoieImmeuble", "ComplementNumeroVoieImmeuble", "TypeVoieImmeuble", "LibelleVoieImmeuble")
        if row.get(column)
    )
    town = f"{row.get('CodePostalImmeuble', '')} {row.get('CommuneImmeuble', '')}".strip()
    details = [
        f"{label} {row[column]}"
        for column, label in (
            ("CodeAdresseImmeuble", "hexaclé"),
            ("CodeInseeImmeuble", "INSEE"),
            ("CodeVoieRivoliImmeuble", "Rivoli"),
            ("Batiment", "bâtiment"),
            ("Escalier", "escalier"),
            ("Etage", "étage"),
            ("ReferencePm", "PM"),
            ("ReferencePrestationPm", "prestation PM"),
            ("ReferencePrise", "prise"),
            ("IdRdv", "rendez-vous"),
            ("DateInstall", "installation le"),
        )
        if row.get(column)
    ]
    outlet = "Prise existante" if row.get("PriseExistante") == "O" else "Prise à construire"
    mode = {"OI": "raccordement par l'OI (mode OI)", "OC": "raccordement par l'OC pour son compte (mode OC)"}
    served = mode.get(row.get("TypeRacco", ""), "raccordement sous-traité à l'OC (mode STOC)")
    return f"{street}, {town} : {', '.join(details)}. {outlet}, {served}"


def collect_request(place: Mapping[str, str | int], until: datetime) -> Request:
    """Ask an OC that does not collect by itself to do so."""
    return Request(Instruction(COLLECT), place, until)


def _last(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:_HOLDS] if lines else "rien n'est dit"
