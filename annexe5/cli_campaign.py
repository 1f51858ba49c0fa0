"""The commands of a campaign that lasts: where it stands, its journal."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from annexe5.errors import UsageError

journal = typer.Typer(name="journal", help="Le journal d'une campagne, en ajout seul.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Dossier écrit par certify.")]


def status(
    folder: Folder,
    output: Annotated[str, typer.Option("--format", help="text ou json.")] = "text",
    watch: Annotated[bool, typer.Option("--watch", help="Reprend la campagne jusqu'à ce que tout ait fini.")] = False,
    every: Annotated[str, typer.Option("--every", help="Avec --watch : entre deux reprises (30s, 2h).")] = "15min",
) -> None:
    """Dit qui doit quoi et pour quand, d'après le journal ; code 3 tant que quelque chose est attendu.

    Exemples : [bold]annexe5 status reports/oi[/], [bold]annexe5 status reports/oi --watch --every 2h[/]
    """
    from annexe5.campaign import status as standing
    from annexe5.campaign.clock import seconds_of
    from annexe5.campaign.standing import utc_now

    if output not in ("text", "json"):
        raise UsageError(f"--format {output} : text ou json.")
    form = standing.as_json if output == "json" else standing.as_text

    def tell() -> None:
        typer.echo(form(standing.status_of(folder, utc_now())))

    if not watch:
        tell()
        raise typer.Exit(standing.status_of(folder, utc_now()).code)
    raise typer.Exit(_watch(folder, seconds_of(every, "--every"), tell))


def _watch(folder: Path, every: float, tell: Callable[[], None]) -> int:
    from threading import Event

    from annexe5.campaign import certification
    from annexe5.campaign.status import watch

    ending = Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: ending.set())
    return watch(lambda: certification.resume(folder)[0], lambda: ending.wait(every), tell)


@journal.command()
def export(
    folder: Folder,
    output: Annotated[str, typer.Option("--output", help="Fichier à écrire ; - : sortie standard.")] = "-",
    personal: Annotated[
        bool, typer.Option("--personal", help="Donne aussi ce que disent les notes : adresses et noms de clients.")
    ] = False,
) -> None:
    """Exporte le journal en JSON Lines : échanges (octets par empreinte SHA-256) et étapes, puis notes.

    Exemple : [bold]annexe5 journal export reports/oi --output journal.jsonl[/]
    """
    from annexe5.campaign.resuming import journal_of

    with journal_of(folder) as kept:
        lines = kept.json_lines(personal=personal)
        if output == "-":
            for line in lines:
                typer.echo(line)
            return
        try:
            with Path(output).open("w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            raise UsageError(f"--output {output} : {error.strerror}.") from None
