"""What every channel begins with: its secret at hand, its name known, its port open."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from annexe5.campaign.doctor.sheet import Sheet
from annexe5.campaign.target import secret as resolve_secret
from annexe5.errors import TargetError
from annexe5.findings import Text
from annexe5.transport.probe import knock, resolve

Environment = Mapping[str, str]

NAME = Text("nom d'hôte", "host name")
PORT = Text("port", "port")


def secret(sheet: Sheet, key: str, reference: str, environment: Environment) -> tuple[bool, str | None]:
    """Resolve a reference; gives whether all is well, and the secret if there is one."""
    if not reference:
        return True, None
    what = Text(f"secret {key}", f"secret {key}")
    try:
        found = resolve_secret(reference, environment)
    except (TargetError, UnicodeDecodeError) as error:
        place = reference.partition(":")[2]
        mend = (
            Text(f"export {place}=… avant de lancer, ou corrigez {key}", f"export {place}=… first, or mend {key}")
            if reference.startswith("env:")
            else Text(
                f"écrivez le secret dans {place}, ou corrigez {key}", f"write the secret to {place}, or mend {key}"
            )
        )
        sheet.problem("secret", what, Text(str(error), f"{reference} cannot be resolved"), mend)
        return False, None
    sheet.ok("secret", what, Text(f"{reference} : trouvé", f"{reference}: found"))
    return True, found


def resolved(sheet: Sheet, host: str, port: int, key: str) -> bool:
    """See that a name is known to the DNS."""
    try:
        address = resolve(host, port)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, socket.gaierror) else error
        sheet.problem(
            "nom",
            NAME,
            Text(f"« {host} » est inconnu du DNS ({reason})", f"“{host}” is unknown to the DNS ({reason})"),
            Text(f"corrigez {key}, ou le DNS de cette machine", f"mend {key}, or this machine's DNS"),
        )
        return False
    sheet.ok("nom", NAME, Text(f"{host} → {address}", f"{host} → {address}"))
    return True


def opened(sheet: Sheet, host: str, port: int, timeout: float, key: str) -> bool:
    """See that a port answers."""
    try:
        knock(host, port, timeout)
    except OSError as error:
        sheet.problem(
            "port",
            PORT,
            Text(f"{host}:{port} ne répond pas ({error})", f"{host}:{port} does not answer ({error})"),
            Text(
                f"corrigez {key} ; faites ouvrir le pare-feu et déclarer votre adresse chez l'opérateur",
                f"mend {key}; have the firewall opened and your address declared at the operator's",
            ),
        )
        return False
    sheet.ok("port", PORT, Text(f"{host}:{port} ouvert", f"{host}:{port} open"))
    return True
