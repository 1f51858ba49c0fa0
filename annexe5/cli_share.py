"""The commands of what two companies share: report, certificate, contestation, archive."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from annexe5.errors import UsageError

attest = typer.Typer(
    name="attest",
    help="Le certificat d'une campagne : un énoncé in-toto que les deux parties signent, vérifiable hors ligne."
    "\n\nLa suite : [bold]keygen[/] une fois par partie, [bold]sign[/] par l'une, [bold]countersign[/] par l'autre, "
    "[bold]verify[/] par qui veut. Aucun certificat ne couvre une clause obligatoire en échec, en attente ou non jouée "
    "sans dérogation.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Folder = Annotated[Path, typer.Argument(help="Dossier écrit par certify.")]
Key = Annotated[Path, typer.Option("--key", help="Clé privée de qui signe (annexe5 attest keygen).")]
Phrase = Annotated[str, typer.Option("--passphrase", help="Référence de la phrase de passe : env:NOM ou file:chemin.")]
Trust = Annotated[
    list[str] | None, typer.Option("--trust", help="Clé publique crue : oi=chemin.pub ou oc=chemin.pub ; répétable.")
]
RoleOption = Annotated[str, typer.Option("--role", help="Qui signe : oi ou oc.")]


def _now() -> datetime:
    from annexe5.campaign.standing import utc_now

    return utc_now()


@attest.command()
def keygen(
    private: Annotated[Path, typer.Argument(help="Clé privée à écrire ; jamais écrasée.")],
    public: Annotated[Path | None, typer.Argument(help="Clé publique à écrire ; sinon même nom, en .pub.")] = None,
    passphrase: Phrase = "",
) -> None:
    """Tire une paire de clés Ed25519 (PEM) ; la publique se remet à l'autre partie, son empreinte se dicte.

    Exemple : [bold]annexe5 attest keygen oc.cle --passphrase env:PHRASE[/]
    """
    from annexe5.campaign import sharing
    from annexe5.evidence import dsse

    shown = public or private.with_suffix(".pub")
    if shown == private:
        raise UsageError(f"{private} : la clé publique s'écrirait par-dessus ; donnez-lui un autre nom.")
    ident = dsse.keygen(private, shown, passphrase=sharing.passphrase(passphrase))
    typer.echo(f"{private} (à garder) et {shown} (à remettre)\nempreinte : {ident}")


@attest.command()
def sign(
    folder: Folder,
    key: Key,
    product: Annotated[str, typer.Option("--product", help="Produit éprouvé ; sinon celui du fichier cible.")] = "",
    version: Annotated[str, typer.Option("--product-version", help="Sa version ; sinon celle du fichier cible.")] = "",
    name: Annotated[str, typer.Option("--name", help="Nom de la partie éprouvée ; sinon celui du fichier cible.")] = "",
    waivers: Annotated[Path | None, typer.Option("--waivers", help="Dérogations convenues (TOML).")] = None,
    days: Annotated[int, typer.Option("--days", help="Validité, en jours.")] = 365,
    allow_simulated: Annotated[
        bool, typer.Option("--allow-simulated", help="Signer sur le jumeau, pour s'exercer : le certificat le dit.")
    ] = False,
    passphrase: Phrase = "",
) -> None:
    """Récrit les preuves et signe le premier ; code 2 et toutes les raisons quand aucun certificat ne tient.

    Exemple : [bold]annexe5 attest sign reports/oi --key oc.cle --product SI-FTTH --product-version 7.2[/]
    """
    from annexe5.campaign import sharing

    wanted = sharing.Signing(product, version, name, waivers, days, allow_simulated)
    path = sharing.sign_first(folder, key, sharing.passphrase(passphrase), wanted, now=_now())
    typer.echo(f"{path} : signé ; à remettre avec le dossier : annexe5 pack {folder} dossier.zip")


@attest.command()
def countersign(folder: Folder, key: Key, role: RoleOption, trust: Trust = None, passphrase: Phrase = "") -> None:
    """Vérifie la première signature et toutes les preuves, puis ajoute la sienne.

    Exemple : [bold]annexe5 attest countersign recu/ --key oi.cle --role oi --trust oc=oc.pub[/]
    """
    from annexe5.campaign import sharing

    path = sharing.sign_second(
        folder, key, sharing.passphrase(passphrase), sharing.role_of(role), sharing.trust(trust or ()), now=_now()
    )
    typer.echo(f"{path} : contresigné")


@attest.command()
def verify(
    folder: Folder,
    trust: Trust = None,
    output_format: Annotated[str, typer.Option("--format", help="text ou json.")] = "text",
) -> None:
    """Vérifie hors ligne un certificat : signatures, validité, preuves, verdicts ; code 1 et les raisons sinon.

    Exemple : [bold]annexe5 attest verify recu/ --trust oi=oi.pub --trust oc=oc.pub[/]
    """
    from annexe5.campaign import sharing
    from annexe5.evidence import verification

    if output_format not in ("text", "json"):
        raise UsageError(f"--format {output_format} : text ou json.")
    found = sharing.check(folder, sharing.trust(trust or ()), now=_now())
    typer.echo(verification.as_json(found) if output_format == "json" else verification.as_text(found))
    raise typer.Exit(0 if found.valid else 1)


@attest.command()
def openssl(
    folder: Folder,
    public: Annotated[Path, typer.Argument(help="Clé publique de la partie dont on vérifie la signature.")],
    number: Annotated[int, typer.Option("--number", min=1, help="Numéro de la signature dans le certificat.")] = 1,
) -> None:
    """Donne les lignes de shell qui vérifient une signature avec openssl seul, sans rien de cette suite.

    Exemple : [bold]annexe5 attest openssl recu/ oc.pub | sh[/]
    """
    from annexe5.evidence.layout import CERTIFICATE_FILE
    from annexe5.evidence.verification import openssl_recipe

    typer.echo(openssl_recipe(folder / CERTIFICATE_FILE, public, number), nl=False)


def report(
    folder: Folder,
    redact: Annotated[bool, typer.Option("--redact/--no-redact", help="Masque les données personnelles.")] = True,
    waivers: Annotated[Path | None, typer.Option("--waivers", help="Dérogations à montrer (TOML).")] = None,
    trust: Trust = None,
    allure: Annotated[
        bool, typer.Option("--allure", help="Faire aussi la page d'Allure (allure.html), avec npx.")
    ] = False,
    lang: Annotated[str, typer.Option("--lang", help="Langue des messages : fr ou en.")] = "fr",
) -> None:
    """Récrit les rapports d'une campagne (HTML, JUnit, JSON, SARIF, résumé) à partir de ce qu'elle a enregistré.

    Exemples : [bold]annexe5 report reports/oi --lang en[/], [bold]annexe5 report reports/oi --allure[/]
    """
    from annexe5.campaign import sharing
    from annexe5.evidence.waivers import load_waivers

    granted = load_waivers(waivers) if waivers else ()
    _, paths = sharing.rewrite(folder, lang=lang, redact=redact, waivers=granted, trusted=sharing.trust(trust or ()))
    for path in paths:
        typer.echo(path)
    if allure:
        typer.echo(sharing.allure(folder, lang=lang))


def contest(
    folder: Folder,
    target: Annotated[str, typer.Argument(help="Clause (ACC-05) ou identifiant du scénario contesté.")],
    text: Annotated[str, typer.Argument(help="Ce que l'on oppose ; téléphones et adresses y sont masqués.")],
    key: Key,
    role: RoleOption,
    author: Annotated[str, typer.Option("--author", help="Qui répond, au nom de sa partie.")],
    passphrase: Phrase = "",
) -> None:
    """Ajoute une contestation datée et signée d'un verdict ; elle reste visible dans le rapport.

    Exemple : [bold]annexe5 contest recu/ ACC-05 "AR déposé à 17 h 58" --key oi.cle --role oi --author "Équipe SI"[/]
    """
    from annexe5.campaign import sharing

    phrase = sharing.passphrase(passphrase)
    path = sharing.answer(folder, key, phrase, sharing.role_of(role), target, text, author, now=_now())
    typer.echo(f"{path}\npour la montrer : annexe5 report {folder} --trust {role.lower()}=…")


def pack(
    folder: Folder,
    archive: Annotated[Path, typer.Argument(help="Archive .zip à écrire.")],
) -> None:
    """Réunit ce qui se remet à l'autre partie : preuves masquées, certificat, contestations ; jamais le journal.

    Exemple : [bold]annexe5 pack reports/oi recette.zip[/]
    """
    from annexe5.evidence.share import pack as put_together

    names = put_together(folder, archive)
    typer.echo(f"{archive} : {len(names)} fichiers")
