"""The certificate: what forbids it, sign, countersign, verify, and every tampering refused with its reason."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sample

from annexe5.campaign.results import CampaignResult
from annexe5.errors import ConfigurationError, UsageError
from annexe5.evidence import write_all
from annexe5.evidence.attestation import (
    CertificateRefusedError,
    Subject,
    build_statement,
    canonical,
    evidence_list,
    refusals,
    sign,
    write_certificate,
)
from annexe5.evidence.dsse import Envelope, keygen, load_private, load_public, read_envelope
from annexe5.evidence.verification import countersign, openssl_recipe, verify
from annexe5.evidence.waivers import Waiver, load_waivers
from annexe5.findings import Verdict

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
SUBJECT = Subject("oi", sample.OI, "OI éprouvé", "SI-FTTH", "7.2")
WAIVER = Waiver(
    clause="ACC-05", motif="correctif livré en mai", responsable="OI, exploitation", expire=date(2026, 6, 30)
)


def conforming(wire: sample.Wire) -> CampaignResult:
    """The sample as it would be if the OI kept everything: one reservation left, one clause not applicable."""
    result = sample.campaign(wire)
    scenarios = tuple(
        one if one.verdict in (Verdict.CONFORME, Verdict.RESERVE, Verdict.NON_APPLICABLE)
        else replace(one, verdict=Verdict.CONFORME, findings=(), message="")
        for one in result.scenarios
    )  # fmt: skip
    requirements = tuple(
        one if one.verdict in (Verdict.RESERVE, Verdict.NON_APPLICABLE)
        else replace(one, verdict=Verdict.CONFORME, findings=(), reason="")
        for one in result.requirements
    )  # fmt: skip
    return replace(
        result,
        scenarios=scenarios,
        requirements=requirements,
        orders=tuple(replace(one, findings=()) for one in result.orders),
        files=tuple(replace(one, findings=()) for one in result.files),
        verdict=Verdict.RESERVE,
    )


def with_failure(result: CampaignResult) -> CampaignResult:
    """The same, but ACC-05 failed."""
    failed = next(one for one in sample.campaign().scenarios if one.requirements == ("ACC-05",))
    late = replace(failed, findings=failed.findings[:1], exchanges=())
    clause = next(one for one in result.requirements if one.id == "ACC-05")
    broken = replace(clause, verdict=Verdict.NON_CONFORME, findings=late.findings)
    return replace(
        result,
        scenarios=tuple(late if one.id == late.id else one for one in result.scenarios),
        requirements=tuple(broken if one.id == "ACC-05" else one for one in result.requirements),
        verdict=Verdict.NON_CONFORME,
    )


@dataclass
class Bench:
    """A campaign, its evidence in a folder, and the keys of both parties and of a stranger."""

    folder: Path
    wire: sample.Wire
    result: CampaignResult
    keys: dict

    def key(self, role):
        return load_private(self.keys[role][0])

    @property
    def trusted(self):
        return {role: load_public(self.keys[role][1]) for role in ("OI", "OC")}

    def statement(self, **more):
        return build_statement(self.result, self.folder, SUBJECT, now=NOW, **more)

    def signed_by_both(self, statement=None, now=NOW):
        first = sign(statement or self.statement(), self.key("OC"))
        if statement is not None:
            return first.signed(self.key("OI"))
        return countersign(first, self.key("OI"), role="OI", trusted=self.trusted, folder=self.folder, now=now)

    def verify(self, envelope, now=NOW, **more):
        return verify(envelope, self.trusted, folder=self.folder, now=now, **more)


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cles")
    found = {}
    for role in ("OI", "OC", "X"):
        found[role] = (folder / f"{role}.cle", folder / f"{role}.pub")
        keygen(*found[role])
    return found


@pytest.fixture
def bench(tmp_path, keys, monkeypatch):
    monkeypatch.setattr("annexe5.evidence.report._INLINE_LINES", 1)  # so that some evidence stands beside the page
    wire = sample.Wire()
    result = conforming(wire)
    folder = tmp_path / "rapport"
    write_all(result, folder, bytes_of=wire.bytes_of)
    return Bench(folder, wire, result, keys)


# --- may it be signed? -----------------------------------------------------------------------------------------


def test_a_campaign_that_keeps_every_binding_clause_may_be_signed(bench):
    assert refusals(bench.result, (), NOW) == []
    assert bench.statement()["predicate"]["result"] == "WARNED"  # a reservation is left


@pytest.mark.parametrize(
    ("clause", "verdict"),
    [
        ("ACC-04", Verdict.NON_CONFORME),
        ("ACC-10", Verdict.EN_ATTENTE),
        ("ACC-13", Verdict.BLOQUE),
        ("TRA-05", Verdict.NON_TESTE),
    ],
)
def test_no_certificate_over_a_binding_clause_that_failed_waits_or_did_not_run(bench, clause, verdict):
    requirements = tuple(
        replace(one, verdict=verdict) if one.id == clause else one for one in bench.result.requirements
    )
    result = replace(bench.result, requirements=requirements)

    with pytest.raises(CertificateRefusedError, match=f"clause {clause} : {verdict.value}"):
        build_statement(result, bench.folder, SUBJECT, now=NOW)


def test_a_waiver_covers_the_clause_it_names_and_is_told(bench):
    bench.result = with_failure(bench.result)
    write_all(bench.result, bench.folder, bytes_of=bench.wire.bytes_of)

    with pytest.raises(CertificateRefusedError, match="ACC-05"):
        bench.statement()
    statement = bench.statement(waivers=[WAIVER])

    assert statement["predicate"]["result"] == "WARNED"
    assert statement["predicate"]["annexe5"]["waivers"][0]["responsable"] == "OI, exploitation"
    assert bench.verify(bench.signed_by_both(statement)).valid


def test_a_waiver_that_expired_or_serves_nothing_is_an_error(bench):
    expired = WAIVER.model_copy(update={"expire": date(2026, 4, 19)})

    assert "expirée le 19/04/2026" in " ".join(refusals(with_failure(bench.result), [expired], NOW))
    assert "inutile" in " ".join(refusals(bench.result, [WAIVER], NOW))


def test_a_waiver_holds_to_the_end_of_its_last_day_in_paris():
    last = WAIVER.model_copy(update={"expire": date(2026, 4, 20)})

    assert last.holds(datetime(2026, 4, 20, 21, 59, tzinfo=UTC))
    assert not last.holds(datetime(2026, 4, 20, 22, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            '[[derogation]]\nclause = "ACC-05"\nmotif = "livré en mai"\nexpire = 2026-06-30',
            "responsable : clé obligatoire",
        ),
        ('[[derogation]]\nclause = "ACC-05"\nmotif = ""\nresponsable = "OI"\nexpire = 2026-06-30', "motif"),
        (
            '[[derogation]]\nclause = "ACC-99"\nmotif = "mai"\nresponsable = "l\'OI"\nexpire = 2026-06-30',
            "clause inconnue",
        ),
        ('[[derogation]]\nclause = "ACC-05"\nmotif = "mai"\nresponsable = "l\'OI"\nexpire = "demain"', "expire"),
        (
            '[[derogation]]\nclause = "ACC-05"\nmotif = "mai"\nresponsable = "l\'OI"\nexpire = 2026-06-30\n' * 2,
            "2 dérogations",
        ),
    ],
)
def test_a_file_of_waivers_is_refused_with_its_key(tmp_path, text, why):
    path = tmp_path / "derogations.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=why):
        load_waivers(path)


def test_a_file_of_waivers_is_read(tmp_path):
    path = tmp_path / "derogations.toml"
    path.write_text(
        '[[derogation]]\nclause = "ACC-05"\nmotif = "correctif livré en mai"\n'
        'responsable = "OI, exploitation"\nexpire = 2026-06-30\n',
        encoding="utf-8",
    )

    assert load_waivers(path) == (WAIVER,)


def test_neither_a_simulated_party_nor_unmasked_evidence_can_be_certified(bench):
    assert "simulée" in " ".join(refusals(replace(bench.result, simulated=True), (), NOW))

    write_all(bench.result, bench.folder, bytes_of=bench.wire.bytes_of, redact=False)
    with pytest.raises(CertificateRefusedError, match="ne sont pas masquées"):
        bench.statement()


@pytest.mark.parametrize(
    "other", [replace(SUBJECT, party="oc"), replace(SUBJECT, code="AAAA"), replace(SUBJECT, version="")]
)
def test_the_subject_is_the_party_that_was_tested_with_its_version(bench, other):
    with pytest.raises(CertificateRefusedError, match="partie éprouvée|version"):
        build_statement(bench.result, bench.folder, other, now=NOW)


def test_evidence_of_another_campaign_is_refused(bench):
    moved = replace(bench.result.files[0], digest="0" * 64)
    other = replace(bench.result, files=(moved, *bench.result.files[1:]))

    with pytest.raises(CertificateRefusedError, match="n'est pas celui de cette campagne"):
        build_statement(other, bench.folder, SUBJECT, now=NOW)


# --- sign, countersign, verify ---------------------------------------------------------------------------------


def test_both_parties_sign_the_same_statement_and_it_verifies(bench):
    envelope = bench.signed_by_both()
    path = write_certificate(envelope, bench.folder)

    found = bench.verify(path.read_bytes(), bytes_of=bench.wire.bytes_of)

    assert found.problems == ()
    assert found.signers == ("OI", "OC")
    assert found.statement["subject"][0]["name"] == "oi:COVG SI-FTTH 7.2"
    assert len(envelope.signatures) == 2


def test_a_countersigner_refuses_what_does_not_hold(bench):
    first = sign(bench.statement(), bench.key("OC"))
    (bench.folder / "rapport.html").write_text("autre chose", encoding="utf-8")

    with pytest.raises(CertificateRefusedError, match=r"rapport\.html : preuve altérée"):
        countersign(first, bench.key("OI"), role="OI", trusted=bench.trusted, folder=bench.folder, now=NOW)


def test_one_key_cannot_sign_for_both(bench):
    first = sign(bench.statement(), bench.key("OC"))

    with pytest.raises(CertificateRefusedError, match="déjà signé"):
        countersign(first, bench.key("OC"), role="OI", trusted=bench.trusted, folder=bench.folder, now=NOW)


def test_the_statement_names_what_did_not_run(bench):
    told = bench.statement()["predicate"]["annexe5"]

    assert {"clause": "ACC-17", "level": "MAY", "verdict": "non applicable", "reason": ""} in told["notRun"]
    assert told["counts"]["MAY"] == {"non applicable": 1}
    assert any(one["path"].startswith("preuves/") for one in told["evidence"])


def test_openssl_alone_verifies_each_signature(bench):
    path = write_certificate(bench.signed_by_both(), bench.folder)

    def verified(number, role):
        recipe = openssl_recipe(path, bench.keys[role][1], number)
        return subprocess.run(["sh", "-c", recipe], capture_output=True, text=True, check=False)

    assert "Signature Verified Successfully" in verified(1, "OC").stdout
    assert "Signature Verified Successfully" in verified(2, "OI").stdout
    assert verified(1, "OI").returncode != 0


def test_openssl_refuses_a_changed_payload(bench):
    envelope = bench.signed_by_both()
    path = write_certificate(replace(envelope, payload=envelope.payload.replace(b"7.2", b"7.3")), bench.folder)

    done = subprocess.run(
        ["sh", "-c", openssl_recipe(path, bench.keys["OC"][1])], capture_output=True, text=True, check=False
    )

    assert done.returncode != 0


# --- keys ------------------------------------------------------------------------------------------------------


def test_a_private_key_is_its_owner_s_alone_and_never_overwritten(tmp_path):
    private, public = tmp_path / "a.cle", tmp_path / "a.pub"
    keygen(private, public)

    assert private.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="existe déjà"):
        keygen(private, tmp_path / "b.pub")


def test_a_key_under_a_passphrase_asks_for_it(tmp_path):
    keygen(tmp_path / "a.cle", tmp_path / "a.pub", passphrase="une phrase")

    assert load_private(tmp_path / "a.cle", "une phrase")
    with pytest.raises(ConfigurationError, match="phrase de passe"):
        load_private(tmp_path / "a.cle")
    with pytest.raises(ConfigurationError, match="phrase de passe fausse"):
        load_private(tmp_path / "a.cle", "une autre")


def test_what_is_no_key_is_told(tmp_path):
    (tmp_path / "a").write_text("bonjour")

    with pytest.raises(ConfigurationError, match="illisible"):
        load_public(tmp_path / "a")
    with pytest.raises(ConfigurationError, match="illisible"):
        load_private(tmp_path / "absente")


# --- tampering -------------------------------------------------------------------------------------------------


def _payload(envelope, **changes):
    """Give the envelope with its statement changed and its signatures left as they were."""
    statement = json.loads(envelope.payload)
    _change(statement, changes)
    return replace(envelope, payload=canonical(statement))


def _resigned(bench, envelope, **changes):
    """Give a statement changed, then signed anew by both parties: what their signatures alone would let pass."""
    statement = json.loads(envelope.payload)
    _change(statement, changes)
    return bench.signed_by_both(statement)


def _change(statement, changes):
    for key, value in changes.items():
        holder = statement
        *path, last = key.split("__")
        for part in path:
            holder = holder[int(part)] if part.isdigit() else holder[part]
        holder[last] = value(holder[last]) if callable(value) else value


EXT = "predicate__annexe5__"


def _flip(sig):
    return bytes([sig[0] ^ 1]) + sig[1:]


def _signature(envelope, place, **changes):
    signatures = list(envelope.signatures)
    signatures[place] = replace(signatures[place], **changes)
    return replace(envelope, signatures=tuple(signatures))


def _edit(name, old, new):
    def tamper(bench, envelope):
        path = bench.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return envelope

    return tamper


def _remove(pattern):
    def tamper(bench, envelope):
        next(iter(sorted(bench.folder.glob(pattern)))).unlink()
        return envelope

    return tamper


def _add(bench, envelope):
    (bench.folder / "preuves" / "999999_ajout.csv.txt").write_text("ajout", encoding="utf-8")
    return envelope


def _stranger(bench, envelope):
    forged = sign(json.loads(envelope.payload), bench.key("X"))
    return Envelope(envelope.payload_type, envelope.payload, (*forged.signatures, envelope.signatures[1]))


def _stranger_under_a_known_id(bench, envelope):
    forged = sign(json.loads(envelope.payload), bench.key("X")).signatures[0]
    return _signature(envelope, 0, sig=forged.sig)


def _hidden_failure(bench, envelope):
    """Both sign a pass over a campaign whose JSON says that a clause failed."""
    write_all(with_failure(bench.result), bench.folder, bytes_of=bench.wire.bytes_of)

    told = json.loads((bench.folder / "campagne.json").read_text(encoding="utf-8"))
    return _resigned(
        bench,
        envelope,
        **{EXT + "evidence": evidence_list(bench.folder), EXT + "counts": told["counts"]["requirements"]},
    )


def _duplicate_key(bench, envelope):
    return envelope.dump().replace('"payloadType"', '"payloadType": "autre", "payloadType"')


TAMPERINGS = {
    "a byte of the payload": (lambda b, e: replace(e, payload=e.payload.replace(b"7.2", b"7.3")), "signature de l'OI"),
    "the payload's type": (lambda b, e: replace(e, payload_type="application/json"), "type de charge"),
    "a byte of a signature": (lambda b, e: _signature(e, 0, sig=_flip(e.signatures[0].sig)), "signature de l'OC ne correspond"),
    "a signature cut short": (lambda b, e: _signature(e, 1, sig=e.signatures[1].sig[:-1]), "signature de l'OI ne correspond"),
    "one signature taken away": (lambda b, e: replace(e, signatures=e.signatures[:1]), "l'OI n'a pas signé"),
    "both signatures taken away": (lambda b, e: replace(e, signatures=()), "l'OC n'a pas signé"),
    "signatures swapped under their ids": (
        lambda b, e: _signature(_signature(e, 0, keyid=e.signatures[1].keyid), 1, keyid=e.signatures[0].keyid),
        "signature de l'OC ne correspond",
    ),
    "the same party twice": (lambda b, e: replace(e, signatures=(e.signatures[0],) * 2), "l'OI n'a pas signé"),
    "a stranger's signature": (_stranger, "l'OC n'a pas signé"),
    "a stranger's signature added": (
        lambda b, e: replace(e, signatures=(*e.signatures, sign(json.loads(e.payload), b.key("X")).signatures[0])),
        "clé inconnue",
    ),
    "a stranger under a known id": (_stranger_under_a_known_id, "signature de l'OC ne correspond"),
    "the verdict counts": (lambda b, e: _payload(e, **{EXT + "counts": {}}), "signature de l'OI|comptes de clauses"),
    "the validity stretched": (lambda b, e: _payload(e, **{EXT + "validUntil": "2036-01-01T00:00:00+00:00"}), "signature de l'OC"),
    "the product's version": (lambda b, e: _payload(e, subject__0__annotations__version="8.0"), "sujet ne correspond pas"),
    "a byte of the report": (_edit("rapport.html", "Annexe 5", "Annexe 6"), r"rapport\.html : preuve altérée"),
    "a verdict of the JSON": (_edit("campagne.json", '"conforme"', '"réserve"'), r"campagne\.json : preuve altérée"),
    "the report missing": (_remove("rapport.html"), r"rapport\.html : preuve manquante"),
    "the JSON missing": (_remove("campagne.json"), r"campagne\.json : preuve manquante"),
    "a piece missing": (_remove("preuves/*"), r"preuves/.* : preuve manquante"),
    "a piece added": (_add, r"999999_ajout.* : pièce ajoutée"),
    "an evidence no longer covered": (
        lambda b, e: _resigned(b, e, **{EXT + "evidence": lambda listed: listed[1:]}), r"rapport\.html n'est pas couvert",
    ),
    "a path out of the folder": (
        lambda b, e: _resigned(b, e, **{EXT + "evidence": lambda listed: [*listed, {"path": "../x", "sha256": "0"}]}),
        "hors du dossier",
    ),
    "another predicate": (lambda b, e: _resigned(b, e, predicateType="https://exemple.invalid/autre"), "predicateType"),
    "a key added to the statement": (lambda b, e: _resigned(b, e, predicate__annexe5=lambda x: x | {"note": "ok"}), "clés attendues"),
    "a key written twice": (_duplicate_key, "clé en double"),
    "a truncated envelope": (lambda b, e: e.dump()[:-40], "JSON illisible"),
    "a payload that is no JSON": (
        lambda b, e: Envelope(e.payload_type, b"non").signed(b.key("OI")).signed(b.key("OC")), "énoncé : JSON illisible",
    ),
    "the journal's digest": (lambda b, e: _resigned(b, e, **{EXT + "journal__sha256": "0" * 64}), "empreinte du journal"),
    "a result better than the scenarios": (lambda b, e: _resigned(b, e, predicate__result="PASSED"), "résultat et ses scénarios"),
    "a clause hidden from the not-run list": (lambda b, e: _resigned(b, e, **{EXT + "notRun": []}), "clauses non jouées"),
    "a failure signed over": (_hidden_failure, "clause ACC-05 : en échec"),
    "the party simulated, unsaid": (_edit("campagne.json", '"simulated": false', '"simulated": true'), "simulation ne sont pas"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
def test_each_tampering_is_refused_with_its_reason(bench, name):
    tamper, reason = TAMPERINGS[name]
    envelope = bench.signed_by_both()
    assert bench.verify(envelope).valid

    found = bench.verify(tamper(bench, envelope))

    assert not found.valid

    said = " | ".join(problem.message for problem in found.problems)
    assert re.search(reason, said), said


@pytest.mark.parametrize(
    ("now", "reason"),
    [(NOW - timedelta(minutes=1), "pas encore valable"), (NOW + timedelta(days=366), "validité expirée le 20/04/2027")],
)
def test_a_certificate_out_of_its_time_is_refused(bench, now, reason):
    found = bench.verify(bench.signed_by_both(), now=now)

    assert [problem.code for problem in found.problems] == ["validite"]
    assert reason in found.problems[0].message


def test_a_waiver_that_expired_since_ends_the_certificate(bench):
    bench.result = with_failure(bench.result)
    write_all(bench.result, bench.folder, bytes_of=bench.wire.bytes_of)
    envelope = bench.signed_by_both(bench.statement(waivers=[WAIVER]))

    found = bench.verify(envelope, now=datetime(2026, 7, 1, tzinfo=UTC))

    assert [problem.message for problem in found.problems] == ["dérogation ACC-05 expirée le 30/06/2026"]


def test_who_holds_the_journal_sees_a_changed_or_lost_exchange(bench):
    envelope = bench.signed_by_both()
    bench.wire.data[1] = b"autre chose"
    del bench.wire.data[2]

    found = bench.verify(envelope, bytes_of=bench.wire.bytes_of)

    assert [problem.message.rpartition(" : ")[2] for problem in found.problems] == [
        "octets altérés au journal",
        "absent du journal",
    ]


def test_two_parties_cannot_share_a_key(bench):
    envelope = bench.signed_by_both()
    both = {"OI": bench.trusted["OC"], "OC": bench.trusted["OC"]}

    found = verify(envelope, both, folder=bench.folder, now=NOW)

    assert "cle-partagee" in {problem.code for problem in found.problems}


def test_without_a_trusted_key_nothing_is_verified(bench):
    found = verify(bench.signed_by_both(), {}, folder=bench.folder, now=NOW)

    assert found.problems[0].code == "confiance"


def test_the_envelope_is_read_as_it_was_written(bench):
    envelope = bench.signed_by_both()

    assert read_envelope(envelope.dump()) == envelope
    assert base64.b64decode(json.loads(envelope.dump())["payload"]) == envelope.payload
