"""``annexe5 init``: a commented target file, written from answers; and the JSON Schema of target files for editors.

The comments are French, as those who fill the file in; what is written loads, or nothing is written.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from annexe5.campaign.oc_target import OcTarget
from annexe5.campaign.target import Target
from annexe5.contract.data import explain
from annexe5.contract.profile import DEFAULT_PROFILE, load_profile
from annexe5.errors import UsageError
from annexe5.network.roles import load_roles

ROLES = "roles"


@dataclass(frozen=True, slots=True)
class Question:
    """One key of the file: dotted ``key``, what is ``asked``, the ``default`` (None: an answer is required)."""

    key: str
    asked: str
    default: str | None = None
    number: bool = False


Ask = Callable[[Question], str]


def questions(party: str) -> tuple[Question, ...]:
    """Give what is asked of a party, in the order of the file."""
    profile = load_profile(DEFAULT_PROFILE)
    codes = (
        Question("partie.nom", "Nom de la partie sous essai", party.upper()),
        Question("codes.oi", "Quadrigramme interop de l'OI", profile.oi.quadrigramme.valeur),
        Question("codes.arcep", "Bigramme ARCEP de l'OI", profile.oi.bigramme_arcep.valeur),
        Question("codes.oc", "Quadrigramme de l'OC"),
    )
    if party == "oc":
        return (
            *codes,
            Question("serveur.hote", "Adresse où notre OI écoute", "127.0.0.1"),
            Question("serveur.port", "Port où notre OI écoute (0 : choisi par le système)", "0", number=True),
            Question("serveur.mot_de_passe", "Secret du compte de l'OC : env:NOM ou file:chemin", "env:MDP_OC"),
            Question("pilote.http", "Adresse HTTP qui fait agir l'OC (vide : l'OC agit seul)", ""),
        )
    return (
        *codes,
        Question("sftp.hote", "Serveur SFTP de l'OI (vide : FTP ou FTPS)", ""),
        Question("sftp.port", "Port SFTP", "22", number=True),
        Question("sftp.login", "Compte", ""),
        Question("sftp.mot_de_passe", "Secret : env:NOM ou file:chemin, jamais en clair (vide : clé)", "env:MDP_OI"),
        Question("sftp.cle", "Clé privée RSA, un chemin (vide : aucune)", ""),
        Question("sftp.empreinte_sha256", "Empreinte SHA256 de la clé d'hôte (vide : la MD5 publiée)", ""),
        Question("sftp.empreinte_md5", "Empreinte MD5 de la clé d'hôte", ""),
        Question("sftp.racine", "Dossier du compte où sont IN et OUT (vide : sa racine)", ""),
        *_ftp("ftps", "FTPS"),
        Question("ftps.certificat", "Autorité ou certificat du serveur FTPS, un PEM (vide : celles du système)", ""),
        Question("ftps.empreinte_sha256", "Empreinte SHA256 de son certificat (vide : la chaîne)", ""),
        *_ftp("ftp", "FTP en clair"),
        *_MAIL,
        *(Question(f"services.urls.{one.nom}", f"Adresse du WSDL {one.nom} (vide : non déclaré)", "")
          for one in profile.service),
        Question(ROLES, "Rôles des données de test, séparés par des virgules (annexe5 roles)", "eligible"),
    )  # fmt: skip


def _ftp(section: str, said: str) -> tuple[Question, ...]:
    return (
        Question(f"{section}.hote", f"Serveur {said} de l'OI (vide : non déclaré)", ""),
        Question(f"{section}.port", f"Port {said}", "21", number=True),
        Question(f"{section}.login", "Compte", ""),
        Question(f"{section}.mot_de_passe", "Secret : env:NOM ou file:chemin, jamais en clair", "env:MDP_OI"),
    )


_MAIL = (
    Question("courriel.smtp.hote", "Serveur qui envoie nos courriels (vide : pas de flux par courriel)", ""),
    Question("courriel.smtp.port", "Port SMTP", "587", number=True),
    Question("courriel.smtp.chiffrement", "starttls, implicite ou aucun", "starttls"),
    Question("courriel.smtp.login", "Compte (vide : aucun)", ""),
    Question("courriel.smtp.mot_de_passe", "Secret : env:NOM ou file:chemin, jamais en clair", ""),
    Question("courriel.expediteur", "Notre adresse d'envoi", ""),
    Question("courriel.imap.hote", "Serveur de notre boîte (vide : l'OI répond dans OUT)", ""),
    Question("courriel.imap.port", "Port IMAP", "993", number=True),
    Question("courriel.imap.chiffrement", "implicite, starttls ou aucun", "implicite"),
    Question("courriel.imap.login", "Compte de notre boîte", ""),
    Question("courriel.imap.mot_de_passe", "Secret : env:NOM ou file:chemin, jamais en clair", "env:MDP_BOITE"),
)


def from_answers(given: Sequence[str], party: str) -> Ask:
    """Answer from ``KEY=VALUE`` words and the defaults. Raises UsageError for an unknown or a missing key."""
    answers = dict(word.partition("=")[::2] for word in given)
    unknown = set(answers) - {one.key for one in questions(party)}
    if unknown:
        known = ", ".join(one.key for one in questions(party))
        raise UsageError(f"clés inconnues : {', '.join(sorted(unknown))} ; connues : {known}.")

    def ask(question: Question) -> str:
        answer = answers.get(question.key, question.default)
        if answer is None:
            raise UsageError(f"il manque {question.key}=… ({question.asked}).")
        return answer

    return ask


def write(party: str, path: Path, ask: Ask) -> None:
    """Ask, and write the file. Raises UsageError rather than overwrite, or write what does not load."""
    if party not in ("oi", "oc"):
        raise UsageError(f"partie inconnue : {party!r} ; oi ou oc.")
    if path.exists():
        raise UsageError(f"{path} existe déjà ; donnez un autre nom avec --output.")
    answers: dict[str, str] = {}
    for one in questions(party):
        # a server that is not declared is asked nothing more
        answers[one.key] = (one.default or "") if _left_out(one.key, answers) else ask(one).strip()
    text = compose(party, answers)
    model: type[BaseModel] = Target if party == "oi" else OcTarget
    try:
        model.model_validate(tomllib.loads(text))
    except ValidationError as reason:
        raise UsageError(f"rien n'est écrit :\n{explain(reason, path)}") from None
    with path.open("x", encoding="utf-8") as stream:
        stream.write(text)


def _left_out(key: str, answers: Mapping[str, str]) -> bool:
    """Tell a key of a server that is not declared; mail goes by its SMTP server."""
    section = key.rpartition(".")[0]
    hosts = ["courriel.smtp.hote"] if section.startswith("courriel") else []
    return any(one in answers and not answers[one] for one in (*hosts, f"{section}.hote"))


def compose(party: str, answers: Mapping[str, str]) -> str:
    """Give the text of a target file from answers by dotted key."""
    lines = [
        f"# Fichier cible d'annexe5 : {party.upper()} sous essai ; « annexe5 doctor --target » l'examine.",
        "# Aucun secret ici : env:NOM ou file:chemin. Les chemins relatifs partent de ce dossier.",
        f'profil = "{DEFAULT_PROFILE}"',
    ]
    section = ""
    for one in questions(party):
        if one.key == ROLES:
            continue
        table, _, key = one.key.partition(".")
        if table in ("services", "courriel") and "." in key:
            nested, _, key = key.partition(".")
            table, key = f"{table}.{nested}", key if table == "courriel" else f'"{key}"'
        left_out = _left_out(one.key, answers)
        if table != section:
            lines += ["", f"# [{table}]" if left_out else f"[{table}]"]
            section = table
        written = _line(one, key, answers[one.key])
        lines += [f"# {line.removeprefix('# ')}" for line in written] if left_out else written
    if party == "oc" and not answers["pilote.http"]:
        lines.append("libre = true  # ou commande = […], ou personne = true")
    if party == "oi":
        lines += _campaign()
        for role in filter(None, (name.strip() for name in answers[ROLES].split(","))):
            lines += _role(role)
    return "\n".join(lines) + "\n"


def _line(one: Question, key: str, answer: str) -> list[str]:
    """Write a key under its question; what was left empty stays as a comment to fill in."""
    if not answer:
        return [f"# {one.asked}", f'# {key} = ""']
    if one.number and not re.fullmatch(r"\d{1,5}", answer):
        raise UsageError(f"{one.key} : un nombre est attendu (reçu : {answer!r}).")
    return [f"# {one.asked}", f"{key} = {answer if one.number else json.dumps(answer, ensure_ascii=False)}"]


def _campaign() -> list[str]:
    return [
        "",
        "[campagne]",
        "# Délai de réponse convenu sur la plateforme de test, en secondes ; sans lui, les délais du contrat.",
        "# reponse_sous_s = 60",
    ]


def _role(ident: str) -> list[str]:
    known = load_roles()
    if ident not in known:
        raise UsageError(f"rôle inconnu : {ident} ; connus : {', '.join(known)}.")
    role = known[ident]
    return [
        "",
        f"# {role.fr}. Débloque : {', '.join(role.unlocks)}.",
        "# Une adresse par bloc ; répétez le bloc pour en donner plusieurs. Vide : l'adresse n'en a pas.",
        f"[[test_data.{ident}]]",
        *(f'{column} = ""' for column in role.columns),
    ]


def schema(party: str) -> dict[str, Any]:
    """Give the JSON Schema of a party's target file, as editors read it."""
    model: type[BaseModel] = Target if party == "oi" else OcTarget
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | model.model_json_schema()


def schema_text(party: str) -> str:
    """Give the schema as it stands in ``schemas/json``."""
    return json.dumps(schema(party), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
