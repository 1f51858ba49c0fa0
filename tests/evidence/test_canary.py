"""Secrets and personal data planted in every channel and field must survive in no output."""

from __future__ import annotations

import html
import json
import re
import zipfile
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
import sample

from annexe5.campaign.results import CampaignResult, StepResult, StepStatus
from annexe5.contract.paths import schemas_dir
from annexe5.evidence import redaction, write_all
from annexe5.evidence.policy import load_policy
from annexe5.findings import Finding, Severity, Text
from annexe5.tables.schema import Table, read_table

SECRETS = ("Pl4nt3!Secret<1>&", "jeton-ABCDEF0123456789", "seulement-dans-un-texte-42")
TABLES = sorted((schemas_dir() / "tables").glob("*-*/*.json"))
PERSONAL = ("name", "phone", "mail", "door", "comment", "address")


class Canary:
    """Draws values that occur nowhere else, and remembers those that must not be seen again."""

    def __init__(self) -> None:
        self.planted: list[str] = []

    def value(self, kind: str) -> str:
        number = len(self.planted)
        value = {
            "phone": f"06399{number:05}",
            "mail": f"zorglub{number}@exemple.invalid",
            "comment": f"PASSER PAR LA COUR ZORGLUB{number}QX ET SONNER",
        }.get(kind, f"ZORGLUB{number}QX")
        self.planted.append(value)
        return value


def _file(wire: sample.Wire, table: Table, canary: Canary) -> None:
    """One row with a canary in each personal column; a second that repeats a customer's name in each other column."""
    policy = load_policy()
    kinds = {name: policy.column(name, table.flow) for name in table.names}
    row = {name: canary.value(kind) if kind in PERSONAL else "OK" for name, kind in kinds.items()}
    owner = next((name for name, kind in kinds.items() if kind == "name"), None)
    repeated = {name: row[name] if kind in PERSONAL or owner is None else row[owner] for name, kind in kinds.items()}
    lines = [";".join(table.names), *(";".join(one.values()) for one in (row, repeated))]
    lines.append(";".join([*row.values(), canary.value("name")]))  # a ragged row
    lines.append(f"{SECRETS[0]};" * len(row))
    wire.put(f"{table.path.parent.name}_{table.name}.csv", table.flow, "\n".join(lines).encode(), after=1)


def _soap(wire: sample.Wire, canary: Canary) -> None:
    names = re.findall(r'element name="(\w+)"', "".join(p.read_text() for p in schemas_dir().glob("soap/*/*.xsd")))
    policy = load_policy()
    body = "".join(
        f"<{name}>{canary.value(policy.element(name))}</{name}>"
        for name in dict.fromkeys(names)
        if policy.element(name) in PERSONAL
    )
    body += f"<inconnue>{canary.value('name')}</inconnue><Password>{SECRETS[0].replace('<', '&lt;')}</Password>"
    wire.put("createTroubleTicket", "", f"<Envelope><Body>{body}</Body></Envelope>".encode(), after=2, channel="soap")


def _mail(wire: sample.Wire, canary: Canary) -> None:
    mail = EmailMessage()
    mail["From"] = f"{canary.value('name')} <{canary.value('mail')}>"
    mail["To"] = canary.value("mail")
    mail["Subject"] = "CMD"
    mail.set_content(f"{canary.value('comment')}\n{SECRETS[1]}\n")
    csv = f"NomClient;Commentaire\n{canary.value('name')};{canary.value('comment')}\n"
    mail.add_attachment(csv.encode(), maintype="text", subtype="csv", filename="a.csv")
    mail.add_attachment(canary.value("name").encode(), maintype="application", subtype="octet-stream", filename="b.bin")
    wire.put("CMD", "Cmd_Acces", bytes(mail), after=3, channel="mail")


def _told(result: CampaignResult, canary: Canary) -> CampaignResult:
    """Quote every canary in messages, steps, parameters, notes, and in a finding on each personal column."""
    policy = load_policy()
    findings = []
    for name, kind in policy.columns.items():
        if kind in PERSONAL:
            value = canary.value(kind)
            said = f"« {value} » refusé ({SECRETS[1]})"
            findings.append(
                Finding("NOM-CASSE", "ACC-02", Severity.ERROR, Text(said, said), "f.csv", 2, name, value, value)
            )
    findings = [*findings, replace(findings[0], column="", value=canary.planted[0])]
    quoted = " / ".join([*canary.planted, *SECRETS])
    step = StepResult("Quand", quoted, StepStatus.FAILED, 0.1, f"AssertionError: {quoted!r}")
    scenario = replace(
        result.scenarios[1],
        name=f"Scénario {SECRETS[0]} {canary.planted[0]}",
        description=quoted,
        message=quoted,
        steps=(step,),
        findings=tuple(findings),
        parameters=(("NomClient", canary.value("name")), ("cas", quoted)),
        replay=f"annexe5 certify oi --mot-de-passe {SECRETS[0]}",
    )
    clauses = tuple(replace(one, findings=tuple(findings), reason=quoted) for one in result.requirements[:3])
    return replace(
        result,
        target=f"SFTP {SECRETS[0]}",
        command=f"annexe5 {SECRETS[1]} {canary.planted[0]}",
        notes=(quoted,),
        scenarios=(scenario, *result.scenarios[2:]),
        requirements=(*clauses, *result.requirements[3:]),
        files=tuple(replace(one, findings=tuple(findings[:2])) for one in result.files),
    )


def planted_campaign() -> tuple[CampaignResult, sample.Wire, Canary]:
    wire, canary = sample.Wire(), Canary()
    result = sample.campaign(wire)
    for path in TABLES:
        _file(wire, read_table(path), canary)
    _soap(wire, canary)
    _mail(wire, canary)
    return _told(replace(result, files=tuple(wire.files)), canary), wire, canary


def _allure(folder: Path, canary: Canary) -> None:
    """What Allure recorded while the campaign ran, before anything was known to be personal."""
    results = folder / "allure-results"
    results.mkdir(parents=True)
    quoted = " / ".join([*canary.planted, *SECRETS])
    content = {"name": quoted, "statusDetails": {"message": quoted}, "steps": [{"name": quoted}],
               "parameters": [{"name": "NomClient", "value": canary.value("name")}]}  # fmt: skip
    (results / "a-result.json").write_text(json.dumps(content), encoding="utf-8")
    (results / "b-attachment.txt").write_text(quoted, encoding="utf-8")
    (results / "c-attachment.png").write_bytes(b"\x89PNG tEXt " + quoted.encode() + b"\xff")


def _write(folder: Path) -> list[str]:
    """Write everything; give what survived, and where."""
    result, wire, canary = planted_campaign()
    _allure(folder, canary)
    write_all(result, folder, bytes_of=wire.bytes_of, secrets=SECRETS)
    return survivors(folder, (*canary.planted, *SECRETS, *sample.CUSTOMER.values()))


def survivors(folder: Path, planted: tuple[str, ...]) -> list[str]:
    """Search every file under a folder, members of archives and file names included, for planted values."""
    found = []
    for path in sorted(folder.rglob("*")):
        contents = {str(path.relative_to(folder)): path.read_bytes()} if path.is_file() else {}
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents |= {f"{path.name}!{name}": archive.read(name) for name in archive.namelist()}
        for name, data in contents.items():
            text = f"{name}\n{data.decode('utf-8', errors='replace')}"
            for value in planted:
                forms = {value, value.swapcase(), html.escape(value), json.dumps(value)[1:-1]}
                found += [f"{name}: {form}" for form in sorted(forms) if form in text]
    return found


def test_nothing_planted_survives(tmp_path):
    assert _write(tmp_path) == []


def test_every_file_flow_and_every_personal_kind_is_planted():
    _, wire, canary = planted_campaign()

    assert len(wire.files) >= len(TABLES) + 2
    assert len(canary.planted) > 150


@pytest.mark.parametrize(
    ("broken", "by"),
    [
        ("cell", lambda self, kind, value: value),
        ("_known", lambda self, text: text),
        ("unknown", lambda self, value: value),
        ("secret_free", lambda self, text: text),
    ],
)
def test_the_canary_sings_when_redaction_is_broken(tmp_path, monkeypatch, broken, by):
    monkeypatch.setattr(redaction.Redactor, broken, by)

    assert _write(tmp_path)


def test_unmasked_output_says_so_and_still_holds_no_secret(tmp_path):
    result, wire, canary = planted_campaign()

    write_all(result, tmp_path, bytes_of=wire.bytes_of, secrets=SECRETS, redact=False)

    assert survivors(tmp_path, SECRETS) == []
    assert survivors(tmp_path, tuple(canary.planted[:5]))
    assert "DONNÉES NON MASQUÉES" in (tmp_path / "rapport.html").read_text(encoding="utf-8")
    assert '"redacted": false' in (tmp_path / "campagne.json").read_text(encoding="utf-8")
