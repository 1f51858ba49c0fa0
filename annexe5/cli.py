"""The command line. Exit codes: 0 conforme, 1 non conforme, 2 usage or configuration error, 3 en attente.

Commands import what they need when they run: the verdict on a small file must stand within half a second.
"""

from __future__ import annotations

import logging
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from annexe5 import __version__, cli_campaign, cli_share
from annexe5.errors import ConfigurationError, UsageError

app = typer.Typer(
    name="annexe5",
    help="Conformité des échanges FTTH entre opérateur d'infrastructure (OI) et opérateur commercial (OC), Annexe 5."
    "\n\nCodes de sortie : 0 conforme, 1 non conforme, 2 usage ou configuration, 3 en attente.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

ProfileOption = Annotated[
    str, typer.Option("--profile", help="Profil de contrat livré (voir schemas/profiles), ou chemin d'un .toml.")
]
LangOption = Annotated[str, typer.Option("--lang", help="Langue des messages : fr ou en.")]
RuleOption = Annotated[list[str] | None, typer.Option("--rule", help="Ne garder que cette règle ; répétable.")]
IgnoreOption = Annotated[
    list[str] | None, typer.Option("--ignore", help="RÈGLE:raison ; écartée du verdict, dite avec sa raison.")
]
OutputOption = Annotated[Path | None, typer.Option("--output", help="Écrire dans ce fichier.")]
PersonalOption = Annotated[
    bool, typer.Option("--show-personal", help="Montre les valeurs personnelles ; masquées sinon.")
]
DEFAULT_PROFILE = "covage-zmd-1.0"


def main() -> None:
    """Run the command line; a configuration error is told in words, exit code 2."""
    for library in ("paramiko", "asyncssh"):  # they log tracebacks of what we tell in words
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        app()
    except ConfigurationError as error:
        print(f"annexe5 : {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"annexe5 {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Affiche la version et s'arrête.")
    ] = False,
) -> None:
    """Certifier, simuler, valider : voir l'aide de chaque commande."""


# --- catalogues ----------------------------------------------------------------------------------------------


@app.command()
def requirements(
    ids: Annotated[list[str] | None, typer.Argument(help="Identifiants ou préfixes : ACC, ACC-05, NAM …")] = None,
    party: Annotated[str, typer.Option("--party", help="Partie liée : oi ou oc.")] = "",
    level: Annotated[str, typer.Option("--level", help="must, should, may ou info.")] = "",
    protocol: Annotated[str, typer.Option("--protocol", help="PM, ACCES, SAV ou OPC.")] = "",
    flow: Annotated[str, typer.Option("--flow", help="Nom d'un flux : Cmd_Acces …")] = "",
    text: Annotated[str, typer.Option("--text", help="Mots cherchés dans le texte.")] = "",
    covered: Annotated[
        bool, typer.Option("--coverage", help="Ce qui éprouve chaque clause, ou pourquoi rien.")
    ] = False,
    output: Annotated[str, typer.Option("--format", help="text, json ou csv.")] = "text",
    lang: LangOption = "fr",
) -> None:
    """Liste les clauses du contrat, filtrées.

    Exemples : [bold]annexe5 requirements ACC --party oi[/], [bold]annexe5 requirements --flow CPN --format json[/]
    """
    from annexe5 import listings
    from annexe5.contract.requirements import select

    found = select(ids=ids or (), party=party, level=level, protocol=protocol, flow=flow, text=text)
    if covered:
        listings.coverage(found, output=output, lang=lang)
    else:
        listings.requirements(found, output=output, lang=lang)


@app.command()
def rejects(
    output: Annotated[str, typer.Option("--format", help="text, json ou csv.")] = "text",
    lang: LangOption = "fr",
) -> None:
    """Liste les codes de rejet (annexe 5f), comment le jumeau OI les produit, et pourquoi certains ne le sont pas."""
    from annexe5 import listings

    listings.rejects(output=output, lang=lang)


@app.command()
def rules(
    ident: Annotated[str, typer.Argument(help="Identifiant d'une règle à expliquer ; aucun : la liste.")] = "",
    lang: LangOption = "fr",
    output: Annotated[str, typer.Option("--format", help="text ou json.")] = "text",
) -> None:
    """Liste les règles, ou en explique une : clause, ce qui doit être, bon et mauvais exemple, que faire."""
    from annexe5 import listings

    listings.rules(ident, output=output, lang=lang)


@app.command()
def defects(
    party: Annotated[str, typer.Option("--party", help="oi ou oc ; aucun : les deux.")] = "",
    lang: LangOption = "fr",
) -> None:
    """Liste les défauts nommés que l'on peut donner à un jumeau (simulate --defect)."""
    from annexe5 import listings

    listings.defects(party, lang=lang)


@app.command()
def roles(lang: LangOption = "fr") -> None:
    """Liste les rôles qu'un fichier cible peut déclarer dans [test_data], et ce que chacun débloque."""
    from annexe5 import listings

    listings.roles(lang=lang)


# --- files -------------------------------------------------------------------------------------------------------


@app.command()
def validate(
    paths: Annotated[
        list[str],
        typer.Argument(help="Fichiers, dossiers, motifs (*.csv), messages .eml, archives .zip ; - : entrée standard."),
    ],
    profile: ProfileOption = DEFAULT_PROFILE,
    flow: Annotated[str, typer.Option("--flow", help="Flux des fichiers ; sans lui, le nom puis l'en-tête.")] = "",
    output_format: Annotated[str, typer.Option("--format", help="text, json ou sarif.")] = "text",
    lang: LangOption = "fr",
    engine: Annotated[str, typer.Option("--engine", help="exact, fast ou auto : mêmes constats.")] = "auto",
    max_samples: Annotated[
        int | None, typer.Option("--max-samples", help="Exemples par règle et colonne ; 5 en texte, 1000 sinon.")
    ] = None,
    rule: RuleOption = None,
    ignore: IgnoreOption = None,
    output: OutputOption = None,
    show_personal: PersonalOption = False,
) -> None:
    """Juge des fichiers de flux : nom, octets, structure, cellules, lignes, puis les fichiers entre eux.

    Exemples : [bold]annexe5 validate retrait/[/], [bold]annexe5 validate mois.zip --format json[/],
    [bold]annexe5 validate - --flow IPE < ipe.csv[/], [bold]--ignore "OCT-BOM:outil du client"[/]
    """
    from annexe5.validation import command
    from annexe5.validation.run import Wanted

    wanted = Wanted(
        paths=tuple(paths),
        profile=profile,
        flow=flow,
        engine=engine,
        samples=command.samples_of(output_format, max_samples),
        rules=tuple(rule or ()),
        ignore=tuple(ignore or ()),
        show_personal=show_personal,
    )
    code = command.validate(wanted, output=output_format, lang=lang, samples=max_samples, to=output)
    raise typer.Exit(code)


@app.command()
def audit(
    paths: Annotated[
        list[str], typer.Argument(help="Dossiers, archives .zip, journal.sqlite : le trafic réel, IN et OUT par OC.")
    ],
    profile: ProfileOption = DEFAULT_PROFILE,
    log: Annotated[
        Path | None, typer.Option("--log", help="CSV path,time,direction : l'heure de passage de chaque fichier.")
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", help="Journal d'une campagne, ou son export JSON Lines, pour les heures."),
    ] = None,
    today: Annotated[
        str, typer.Option("--today", help="Jour où l'on juge, AAAA-MM-JJ ; sinon le dernier de l'archive.")
    ] = "",
    since: Annotated[str, typer.Option("--since", help="Ne dire que ce qui s'est passé depuis ce jour.")] = "",
    until: Annotated[str, typer.Option("--until", help="Ne lire que jusqu'à ce jour compris.")] = "",
    oc: Annotated[str, typer.Option("--oc", help="Ne juger que cet OC (quadrigramme).")] = "",
    partial: Annotated[
        bool,
        typer.Option("--partial", help="L'archive commence en cours de route : ne juger que ce qu'elle voit naître."),
    ] = False,
    output_format: Annotated[str, typer.Option("--format", help="text, json ou sarif.")] = "text",
    lang: LangOption = "fr",
    max_samples: Annotated[
        int | None, typer.Option("--max-samples", help="Exemples par règle ; 5 en texte, 1000 sinon.")
    ] = None,
    rule: RuleOption = None,
    ignore: IgnoreOption = None,
    output: OutputOption = None,
    show_personal: PersonalOption = False,
) -> None:
    """Juge après coup des mois de trafic réel : noms, tables, suites des flux, références, délais, réponses.

    Exemples : [bold]annexe5 audit archives/2026/[/], [bold]annexe5 audit mois.zip --since 2026-03-01 --oc ZZZZ[/],
    [bold]annexe5 audit echanges/ --log passages.csv --partial --format json[/]
    """
    from annexe5.audit import command
    from annexe5.audit.run import Wanted

    wanted = Wanted(
        paths=tuple(paths),
        profile=profile,
        log=log,
        journal=journal,
        today=today,
        since=since,
        until=until,
        oc=oc,
        rules=tuple(rule or ()),
        ignore=tuple(ignore or ()),
        partial=partial,
        samples=command.samples_of(output_format, max_samples),
        show_personal=show_personal,
    )
    raise typer.Exit(command.audit(wanted, output=output_format, lang=lang, samples=max_samples, to=output))


@app.command()
def generate(
    flow: Annotated[
        str,
        typer.Argument(help="Flux à engendrer : IPE, Cmd_Acces … ; tout : un fichier de chaque ; archive : des mois."),
    ],
    rows: Annotated[int | None, typer.Option("--rows", min=1, help="Nombre de lignes ; sinon l'usage du flux.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Graine : mêmes arguments, mêmes octets.")] = 0,
    invalid: Annotated[bool, typer.Option("--invalid", help="Y mettre exprès des fautes de toutes sortes.")] = False,
    truth: Annotated[Path | None, typer.Option("--truth", help="Écrire ici, en JSON, la liste des fautes.")] = None,
    orders: Annotated[int, typer.Option("--orders", min=1, help="archive : nombre de commandes.")] = 2000,
    breaches: Annotated[int, typer.Option("--breaches", min=0, help="archive : manquements à y mettre.")] = 0,
    output: Annotated[
        str, typer.Option("--output", help="Fichier, ou dossier qui recevra le nom contractuel ; - : sortie standard.")
    ] = ".",
    oc: Annotated[str, typer.Option("--oc", help="Quadrigramme de l'OC destinataire.")] = "ZZZZ",
    day: Annotated[str, typer.Option("--date", help="Jour du fichier, AAAAMMJJ ; sinon aujourd'hui.")] = "",
    profile: ProfileOption = DEFAULT_PROFILE,
) -> None:
    """Engendre un fichier de n'importe quel flux et de toute taille, juste ou fautif, à partir du réseau engendré.

    Exemples : [bold]annexe5 generate IPE --rows 1000000 --invalid --truth fautes.json[/],
    [bold]annexe5 generate archive --orders 2000 --breaches 50 --truth fautes.json --output mois/[/]
    """
    from datetime import datetime

    from annexe5.contract.calendar import PARIS
    from annexe5.contract.profile import load_profile
    from annexe5.generation import generate_flow, generate_set
    from annexe5.validation import writing

    whole_set = flow.casefold() == "tout"
    if whole_set and (invalid or truth or not Path(output).is_dir()):
        raise UsageError("generate tout : un dossier existant est attendu par --output ; ni --invalid, ni --truth.")
    if len(oc) != 4 or not (oc.isascii() and oc.isalnum() and oc == oc.upper()):  # noqa: PLR2004
        raise UsageError(f"--oc {oc} : un quadrigramme est attendu, 4 lettres majuscules ou chiffres.")
    try:
        today = datetime.strptime(day, "%Y%m%d").date() if day else datetime.now(PARIS).date()  # noqa: DTZ007
    except ValueError:
        raise UsageError(f"--date {day} : une date AAAAMMJJ est attendue.") from None
    contract = load_profile(profile)
    if flow.casefold() == "archive":
        from annexe5.generation.archive import Wanted, generate_archive

        planted = generate_archive(
            Wanted(orders, today, contract, seed, breaches, (oc, "YYYY" if oc != "YYYY" else "ZZZZ")), Path(output)
        )
        if truth:
            writing.write_json(truth, planted.as_dict())
        typer.echo(f"{output} : {planted.files} fichiers, {planted.rows} lignes, {planted.breaches} manquements")
        return
    if whole_set:
        for made in generate_set(rows or 1000, seed, today=today, profile=contract, oc=oc):
            typer.echo(writing.deliver(made.name, made.chunks, output))
        return
    made = generate_flow(flow, rows, seed, today=today, invalid=invalid, profile=contract, oc=oc)
    place = writing.deliver(made.name, made.chunks, output)
    if truth:
        writing.write_json(truth, made.truth.as_dict())
    if place:
        typer.echo(place)


# --- the simulated party -----------------------------------------------------------------------------------------


@app.command()
def simulate(
    party: Annotated[str, typer.Argument(help="oi ou oc")],
    oc: Annotated[list[str] | None, typer.Option("--oc", help="Quadrigramme d'un OC ; répétable.")] = None,
    defect: Annotated[list[str] | None, typer.Option("--defect", help="Défaut du jumeau ; répétable.")] = None,
    port: Annotated[int, typer.Option("--port", help="Port SFTP ; 0 : choisi par le système.")] = 0,
    host_key: Annotated[
        Path | None, typer.Option("--host-key", help="Clé d'hôte RSA ; créée si le fichier n'existe pas.")
    ] = None,
    authorized_keys: Annotated[
        Path | None, typer.Option("--authorized-keys", help="Clés publiques RSA admises pour tous les comptes.")
    ] = None,
    root: Annotated[Path | None, typer.Option("--root", help="Dossier des comptes ; gardé à l'arrêt.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Vivre dans ce dossier servi par un autre (sshd …), sans serveur à nous."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Graine du réseau engendré.")] = 5,
    size: Annotated[
        int,
        typer.Option("--size", help="Nombre de bâtiments du réseau ; test_data en tire un quart d'adresses éligibles."),
    ] = 2000,
    profile: ProfileOption = DEFAULT_PROFILE,
    target: Annotated[
        Path | None, typer.Option("--target", help="oc : le fichier cible de l'OI devant lequel se tenir.")
    ] = None,
    orders: Annotated[int, typer.Option("--orders", min=0, help="oc : combien de commandes passer.")] = 1,
    role: Annotated[str, typer.Option("--role", help="oc : sur des adresses de quel rôle.")] = "eligible",
    wsdl: Annotated[
        list[str] | None,
        typer.Option("--wsdl", help="oi : SERVICE=FICHIER, servir ce service selon le WSDL remis ; répétable."),
    ] = None,
    http: Annotated[
        int | None,
        typer.Option("--http", help="oc : obéir à des requêtes JSON sur ce port (0 : choisi), au lieu d'agir seul."),
    ] = None,
    smtp_relay: Annotated[
        str,
        typer.Option(
            "--smtp-relay", help="oi : HÔTE:PORT du serveur qui porte ses réponses aux commandes reçues par courriel."
        ),
    ] = "",
) -> None:
    """Tient le rôle d'une partie jusqu'à SIGINT ou SIGTERM ; une ligne JSON dit, quand elle est prête, où la joindre.

    L'OI est servi ici ; l'OC se tient devant l'OI d'un fichier cible, y passe ses commandes et les suit jusqu'au bout.
    Exemples : [bold]annexe5 simulate oi --oc ABCD --port 2222[/],
    [bold]annexe5 simulate oc --target oi.toml --orders 3[/]
    """
    if party == "oc":
        from annexe5.campaign import simulation_oc

        wanted = simulation_oc.WantedOc(target, tuple(defect or ()), orders, role, http)
        return simulation_oc.run(wanted)
    from annexe5.campaign import simulation

    return simulation.run(
        party,
        simulation.Wanted(
            profile=profile,
            ocs=tuple(oc or ["ZZZZ"]),
            defects=tuple(defect or ()),
            port=port,
            host_key=host_key,
            authorized_keys=authorized_keys,
            root=root,
            folder=folder,
            seed=seed,
            size=size,
            smtp_relay=smtp_relay,
            wsdls=simulation.wsdl_files(tuple(wsdl or ())),
        ),
    )


# --- certification -----------------------------------------------------------------------------------------------


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def certify(
    context: typer.Context,
    party: Annotated[str, typer.Argument(help="Partie à certifier : oi ou oc")],
    target: Annotated[
        Path | None, typer.Option("--target", help="Fichier cible TOML ; aucun : le jumeau est certifié.")
    ] = None,
    report: Annotated[Path, typer.Option("--report", help="Dossier du rapport ; vide ou à créer.")] = Path("reports"),
    resume: Annotated[
        Path | None, typer.Option("--resume", help="Reprend la campagne de ce dossier : rien n'est demandé deux fois.")
    ] = None,
    patience: Annotated[
        str, typer.Option("--patience", help="Combien un scénario attend avant de céder la place : 30s, 10min, 2h, 1j.")
    ] = "",
    pace: Annotated[
        str,
        typer.Option("--pace", help="Rythme du jumeau OI, en jours simulés : tenu, juste, retard, ar-retard."),
    ] = "",
    defect: Annotated[
        list[str] | None, typer.Option("--defect", help="Défaut du jumeau (sans --target) ; répétable.")
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    seed: Annotated[int, typer.Option("--seed", help="Graine du réseau engendré.")] = 5,
    redact: Annotated[
        bool, typer.Option("--redact/--no-redact", help="Masque les données personnelles des rapports.")
    ] = True,
    lang: LangOption = "fr",
    channel: Annotated[
        str, typer.Option("--channel", help="sftp, ftps ou ftp ; sans elle : le canal du fichier cible, sinon sftp.")
    ] = "",
    answers: Annotated[
        Path | None, typer.Option("--answers", help="Constats rendus par une personne (TOML) ; écrit avec --attended.")
    ] = None,
    attended: Annotated[
        bool, typer.Option("--attended", help="Demande, clause par clause, ce que seule une personne peut constater.")
    ] = False,
) -> None:
    """Certifie une partie de bout en bout et écrit le rapport (HTML, JUnit, JSON, allure-results).

    Sans --target, le jumeau OI est servi par SFTP sur cette machine et certifié. Ce qui suit [bold]--[/] va à pytest :
    [bold]annexe5 certify oi -- -k annulation[/]. Une campagne dont des réponses ne sont pas encore dues finit par 3 ;
    [bold]annexe5 certify oi --resume DOSSIER[/] la reprend.
    """
    from annexe5.campaign import certification
    from annexe5.campaign.clock import seconds_of

    waits = seconds_of(patience, "--patience") if patience else None
    if resume is not None:
        raise typer.Exit(certification.resume(resume, party=party, target=target, patience=waits)[0])
    wanted = certification.Wanted(
        party=party,
        target=target,
        report=report,
        defects=tuple(defect or ()),
        profile=profile,
        seed=seed,
        redact=redact,
        lang=lang,
        pytest_args=tuple(context.args),
        command=tuple(sys.argv),
        channel=channel,
        answers=answers,
        attended=partial(typer.prompt, default="", show_default=False, prompt_suffix=" ", err=True)
        if attended
        else None,
        patience=waits,
        pace=pace,
    )
    raise typer.Exit(certification.run(wanted))


@app.command()
def init(
    answers: Annotated[list[str] | None, typer.Argument(help="Avec --yes : CLÉ=VALEUR … (sftp.hote=…).")] = None,
    party: Annotated[str, typer.Option("--party", help="Partie sous essai : oi ou oc.")] = "oi",
    output: Annotated[Path, typer.Option("--output", help="Fichier à écrire ; jamais écrasé.")] = Path("cible.toml"),
    yes: Annotated[bool, typer.Option("--yes", help="Ne rien demander : réponses données, sinon défauts.")] = False,
) -> None:
    """Écrit un fichier cible commenté en posant les questions.

    Exemple : [bold]annexe5 init --yes codes.oc=WXYZ sftp.hote=sftp.exemple.fr sftp.login=WXYZ sftp.empreinte_md5=…[/]
    """
    from annexe5.campaign import init as writing

    def prompt(question: writing.Question) -> str:
        return str(typer.prompt(question.asked, default=question.default, err=True))

    writing.write(party, output, writing.from_answers(answers or (), party) if yes else prompt)
    typer.echo(f"{output} écrit ; ensuite : annexe5 doctor --target {output}")


@app.command()
def doctor(
    target: Annotated[Path, typer.Option("--target", help="Fichier cible TOML à examiner.")],
    output_format: Annotated[str, typer.Option("--format", help="text ou json.")] = "text",
    lang: LangOption = "fr",
) -> None:
    """Examine tout ce qui doit tenir avant une certification : fichier cible, réseau, clé, compte, droits, services.

    Code 2 sur un problème, 0 sinon ; rien n'est jugé. Exemple : [bold]annexe5 doctor --target mon-oi.toml[/]
    """
    from annexe5.campaign import doctor as examination

    if output_format not in ("text", "json"):
        raise ConfigurationError(f"--format {output_format} : text ou json.")
    checks = examination.examine(target)
    typer.echo(
        examination.as_json(target, checks, lang) if output_format == "json" else examination.as_text(checks, lang)
    )
    raise typer.Exit(examination.exit_code(checks))


@app.command()
def fuzz(
    what: Annotated[str, typer.Argument(help="oi : un OI ; oc : un OC ; validate : le juge des fichiers.")],
    target: Annotated[
        Path | None, typer.Option("--target", help="Fichier cible TOML ; aucun : le jumeau est éprouvé.")
    ] = None,
    budget: Annotated[str, typer.Option("--budget", help="Durée : 90s, 10m, 1h.")] = "2m",
    orders: Annotated[
        int | None, typer.Option("--orders", min=1, help="Commandes au plus ; 200 sur une vraie partie, sinon aucune.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Graine des cas tirés.")] = 0,
    report: Annotated[Path, typer.Option("--report", help="Dossier des constats ; vide ou à créer.")] = Path("fuzz"),
    defect: Annotated[
        list[str] | None, typer.Option("--defect", help="Défaut du jumeau (sans --target) ; répétable.")
    ] = None,
    stop_at: Annotated[int | None, typer.Option("--stop-at", min=1, help="S'arrêter après tant de constats.")] = None,
    replay: Annotated[Path | None, typer.Option("--replay", help="Rejouer un cas.json au lieu d'en tirer.")] = None,
    scenario: Annotated[
        bool, typer.Option("--scenario", help="Écrire aussi chaque cas comme un scénario Gherkin.")
    ] = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    redact: Annotated[
        bool, typer.Option("--redact/--no-redact", help="Masque les données personnelles des constats.")
    ] = True,
) -> None:
    """Cherche ce que personne n'a listé : des cas tirés des tables et du cycle de vie, réduits au plus petit.

    Ce qui est valable doit être accepté, ce qui ne l'est pas rejeté avec un code ; rien ne doit s'arrêter ni toucher
    une autre commande. Code 1 quand un cas l'infirme : un dossier par constat, à envoyer à l'autre partie.
    Exemples : [bold]annexe5 fuzz oi --budget 10m[/], [bold]annexe5 fuzz oi --target oi.toml --orders 100[/]
    """
    from annexe5.campaign.clock import seconds_of
    from annexe5.fuzz import command

    asked = command.Asked(
        target=target,
        defects=tuple(defect or ()),
        report=report,
        seconds=seconds_of(budget, "--budget"),
        orders=orders,
        seed=seed,
        stop_at=stop_at,
        replay=replay,
        scenario=scenario,
        profile=profile,
        redact=redact,
    )
    raise typer.Exit(command.fuzz(what, asked))


# --- what two companies share --------------------------------------------------------------------------------

app.command()(cli_share.report)
app.command()(cli_share.contest)
app.command()(cli_share.pack)
app.add_typer(cli_share.attest)
app.command()(cli_campaign.status)
app.add_typer(cli_campaign.journal)


if __name__ == "__main__":
    main()
