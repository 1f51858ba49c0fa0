"""A campaign written by hand: what conforms, fails, waits, qualifies and did not run, with its files and orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from annexe5.campaign.results import (
    CampaignResult,
    FileResult,
    OrderEvent,
    OrderResult,
    RequirementResult,
    ScenarioResult,
    StepResult,
    StepStatus,
)
from annexe5.contract.requirements import load_requirements
from annexe5.contract.rules import rule
from annexe5.findings import Confidence, Finding, Severity, Verdict, roll_up, verdict_of
from annexe5.tables.schema import load_table

START = datetime(2026, 4, 7, 7, 30, tzinfo=UTC)
OI, OC = "COVG", "ZZZZ"
SECRET = "Tr3s!S3cret&<Mot>"

CUSTOMER = {
    "NomClient": "VARENCOURT",
    "PrenomClient": "GAELLE",
    "ContactClient1": "0639981234",
    "ContactClient2": "+33 1 99 00 45 67",
    "CommentaireCmdAcces": "SONNER DEUX FOIS CHEZ LA VOISINE",
    "LibelleVoieImmeuble": "DES MANDARINIERS",
    "Etage": "TROISIEME GAUCHE",
}
_OK, _KO, _SKIP = StepStatus.PASSED, StepStatus.FAILED, StepStatus.NOT_RUN


def csv_of(flow: str, *rows: dict[str, str]) -> bytes:
    """Write rows of a flow as its table orders them; a column not given is empty."""
    names = load_table(flow).names
    lines = [";".join(names), *(";".join(row.get(name, "") for name in names) for row in rows)]
    return ("\r\n".join(lines) + "\r\n").encode()


def order_row(reference: str, **more: str) -> dict[str, str]:
    """One order row, of a customer that exists nowhere."""
    return {
        "ReferenceCommandePriseInterneOC": reference,
        "CommuneImmeuble": "PORT-AUX-PRUNES",
        "CodePostalImmeuble": "97899",
        "CodeInseeImmeuble": "97899",
        "NumeroVoieImmeuble": "12",
        "TypeVoieImmeuble": "RUE",
        "TypeRacco": "STOC",
        "ReferencePm": "PMX-0001",
        "PriseExistante": "N",
        "TypeCommandeDemande": "COFI",
        "DateCommandePrise": "20260407 09:30",
        **CUSTOMER,
        **more,
    }


class Wire:
    """What crossed, numbered as a journal would."""

    def __init__(self) -> None:
        self.data: dict[int, bytes] = {}
        self.files: list[FileResult] = []

    def put(self, name: str, flow: str, data: bytes, *findings: Finding, after: int = 0, channel: str = "sftp") -> int:
        number = len(self.data) + 1
        from_oc = flow in ("Cmd_Acces", "Annul_Acces", "CR_STOC", "CR_MES_LigneFTTH")
        self.data[number] = data
        self.files.append(
            FileResult(
                exchange=number,
                at=START + timedelta(minutes=after),
                name=name,
                folder=f"{'IN' if from_oc else 'OUT'}/{OI}/CO",
                flow=flow,
                sender=OC if from_oc else OI,
                receiver=OI if from_oc else OC,
                channel=channel,
                size=len(data),
                digest=sha256(data).hexdigest(),
                findings=tuple(one.at(name) for one in findings),
            )
        )
        return number

    def bytes_of(self, number: int) -> bytes:
        return self.data[number]


def campaign(wire: Wire | None = None) -> CampaignResult:
    """Give the whole sample; ``wire`` is filled with its files."""
    wire = wire or Wire()
    scenarios, orders = _played(wire)
    requirements = _clauses(scenarios)
    return CampaignResult(
        suite_version="0.1.0",
        profile="covage-zmd-1.0",
        profile_title="Covage, zone moins dense, contrat 1.0",
        party="oi",
        target=f"SFTP 127.0.0.1:2222, compte {OC}",
        simulated=False,
        oi=OI,
        oc=OC,
        started=START,
        ended=START + timedelta(days=3, minutes=42),
        verdict=roll_up(one.verdict for one in scenarios),
        scenarios=tuple(scenarios),
        orders=tuple(orders),
        files=tuple(wire.files),
        requirements=requirements,
        command="annexe5 certify oi --target cible.toml --report reports/covage",
        seed=5,
        versions=(("python", "3.11.7"), ("frictionless", "5.21.0"), ("paramiko", "5.1.0")),
        notes=("Horloge : celle de la machine de l'OC, heure de Paris.",),
    )


def _played(wire: Wire) -> tuple[list[ScenarioResult], list[OrderResult]]:
    name = f"{OI}_{OC}_CMD_ACCES_V12_20260407_1.csv"
    command = wire.put(name, "Cmd_Acces", csv_of("Cmd_Acces", order_row("CMD-0001"), order_row("CMD-0002")))
    ar_name = f"{OI}_{OC}_ARCMD_ACCES_V12_20260407_1.csv"
    ar = wire.put(
        ar_name,
        "AR_Cmd_Acces",
        csv_of("AR_Cmd_Acces", {"ReferenceCommandePriseInterneOC": "CMD-0001", "EtatArCommandePrise": "OK",
                                "DateArCommandePrise": "20260407 10:02"}),
        after=32,
    )  # fmt: skip
    cased = rule("NOM-CASSE").finding(received="CRCMD", expected="CrCMD", requirement="NAM-08", column="jeton du flux")
    cr_name = f"{OI}_{OC}_CRCMD_ACCES_V12_20260409_1.csv"
    cr_row = {
        "ReferenceCommandePriseInterneOC": "CMD-0001",
        "EtatCrCommandePrise": "OK",
        "ReferencePrise": "HOTLINE",
        "DateCrCommandePrise": "20260409 11:00",
        "Commentaire": "APPELER MME VARENCOURT AU 0639981234",
    }
    cr = wire.put(cr_name, "CR_Cmd_Acces", csv_of("CR_Cmd_Acces", cr_row), cased, after=60 * 26 * 2)
    loose = rule("NOM-FLUX-INCONNU").finding(received="lisez-moi.txt", expected="COVG_ZZZZ_…")
    wire.put("lisez-moi.txt", "", b"Bonjour, contactez gaelle.varencourt@exemple.invalid\n", loose, after=70)
    mail = (
        b"From: Gaelle Varencourt <gaelle.varencourt@exemple.invalid>\r\nTo: oc@exemple.invalid\r\nSubject: CR_STOC\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nLa cliente Gaelle Varencourt attend.\r\n"
    )
    wire.put("CR_STOC du 7 avril", "CR_STOC", mail, after=80, channel="mail")

    absent = replace(
        rule("CYC-REPONSE-ABSENTE").finding(
            received="Cmd_Acces", expected="AR_Cmd_Acces", requirement="ACC-04", order="CMD-0002",
            until="08/04/2026 23:59", path=name, line=3,
        ),
        orders=("CMD-0002",),
    )  # fmt: skip
    late = replace(
        rule("CYC-DELAI").finding(
            received="09/04/2026 11:00", expected="08/04/2026 23:59", requirement="ACC-05", order="CMD-0001",
            path=cr_name, line=2, late=1,
        ),
        orders=("CMD-0001",), confidence=Confidence.INFERRED,
    )  # fmt: skip
    phone = Finding(
        rule="ACC-MAJUSCULES" if "ACC-MAJUSCULES" in _rules() else "CYC-ORDRE",
        requirement="ACC-02",
        severity=Severity.RESERVE,
        message=rule("CYC-ORDRE").message.format(
            order="CMD-0001", received="+33 1 99 00 45 67", state="commandée", state_en="ordered", expected="0199004567"
        ),
        path=name,
        line=2,
        column="ContactClient2",
        value="+33 1 99 00 45 67",
        expected="10 chiffres",
        confidence=Confidence.ASSUMED,
    )
    scenarios = [
        _scenario("Une commande conforme est acquittée", 12, ["ACC-03", "ACC-04"], orders=["CMD-0001"],
                  files=[command, ar]),
        _scenario(
            "Chaque commande du fichier reçoit un AR", 21, ["ACC-04"], findings=[absent],
            orders=["CMD-0001", "CMD-0002"],
            files=[command, ar], broken="L'OI n'a pas acquitté CMD-0002 de M. VARENCOURT (0639981234)",
        ),
        _scenario("La route optique arrive sous un jour ouvré", 34, ["ACC-05"], findings=[late, cased.at(cr_name)],
                  orders=["CMD-0001"], files=[cr]),
        _scenario("Un contact mal écrit", 48, ["ACC-02"], findings=[phone], parameters=(("NomClient", "VARENCOURT"),)),
        _scenario("Le raccordement est mis à disposition", 60, ["ACC-10"], verdict=Verdict.EN_ATTENTE,
                  message="CR_MAD_LigneFTTH attendu avant le 14/04/2026 23:59"),
        _scenario("Une annulation est confirmée", 72, ["ACC-13"], verdict=Verdict.BLOQUE,
                  message="aucune commande acquittée à annuler"),
        _scenario("Les rendez-vous sont échangés", 80, ["ACC-17"], verdict=Verdict.NON_APPLICABLE,
                  message="la cible ne déclare pas la capacité rdv"),
    ]  # fmt: skip
    orders = [
        OrderResult(
            "CMD-0001", "STOC", "eligible", "route affectée",
            (
                _event(0, OC, "Cmd_Acces", "", name, 2, command, "ACC-03"),
                _event(32, OI, "AR_Cmd_Acces", "OK", ar_name, 2, ar, "ACC-04"),
                _event(60 * 26 * 2, OI, "CR_Cmd_Acces", "HOTLINE", cr_name, 2, cr, "ACC-06"),
            ),
            (late,), scenarios[0].id,
        ),
        OrderResult(
            "CMD-0002", "STOC", "eligible", "commandée, AR attendu",
            (_event(0, OC, "Cmd_Acces", "", name, 3, command, "ACC-03"),), (absent,), scenarios[1].id,
        ),
    ]  # fmt: skip
    return scenarios, orders


def _rules() -> frozenset[str]:
    from annexe5.contract.rules import load_rules

    return frozenset(load_rules())


def _event(
    after: int, sender: str, flow: str, outcome: str, file: str, line: int, exchange: int, clause: str
) -> OrderEvent:
    receiver = OI if sender == OC else OC
    return OrderEvent(START + timedelta(minutes=after), sender, receiver, flow, outcome, file, line, exchange, clause)


def _scenario(
    name: str,
    line: int,
    requirements: list[str],
    *,
    findings: list[Finding] | None = None,
    verdict: Verdict | None = None,
    message: str = "",
    broken: str = "",
    orders: list[str] | None = None,
    files: list[int] | None = None,
    parameters: tuple[tuple[str, str], ...] = (),
) -> ScenarioResult:
    found = tuple(findings or ())
    verdict = verdict or verdict_of(found)
    failed = verdict is Verdict.NON_CONFORME
    steps = (
        StepResult("Étant donné", "un OI joignable par SFTP", _OK, 0.02),
        StepResult("Quand", "l'OC dépose un fichier Cmd_Acces pour Mme VARENCOURT, 12 RUE DES MANDARINIERS", _OK, 0.4),
        StepResult("Alors", "chaque commande est acquittée", _KO if failed else _OK, 1.25, broken or message),
        StepResult("Et", "l'OC supprime les fichiers relevés", _SKIP if failed else _OK, 0.0 if failed else 0.01),
    )
    ident = f"features/acces/commande.feature::{name}"
    return ScenarioResult(
        id=ident,
        feature="Commande d'accès",
        feature_path="features/acces/commande.feature",
        line=line,
        name=name,
        verdict=verdict,
        started=START,
        duration=1.68,
        rule="Un AR par commande",
        parameters=parameters,
        tags=("oi", *requirements),
        requirements=tuple(requirements),
        parties=("OI",),
        steps=steps if verdict not in (Verdict.BLOQUE, Verdict.NON_APPLICABLE) else (),
        findings=found,
        orders=tuple(orders or ()),
        exchanges=tuple(files or ()),
        message=message or broken or (found[0].message.fr if found else ""),
        replay=f"annexe5 certify oi --target cible.toml -- '{ident}'",
    )


def _clauses(scenarios: list[ScenarioResult]) -> tuple[RequirementResult, ...]:
    found = []
    for clause in load_requirements().values():
        if "OI" not in clause.parties:
            continue
        mine = [one for one in scenarios if clause.id in one.requirements]
        against = tuple(dict.fromkeys(f for one in scenarios for f in one.findings if f.requirement == clause.id))
        verdicts = [one.verdict for one in mine] + ([verdict_of(against)] if against else [])
        reason = "" if mine or against else "protocole non joué dans cette campagne"
        found.append(RequirementResult(clause.id, roll_up(verdicts), tuple(one.id for one in mine), against, reason))
    return tuple(found)
