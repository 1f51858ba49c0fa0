import zipfile

import pytest
import sample
from test_canary import SECRETS, planted_campaign, survivors

from annexe5.errors import UsageError
from annexe5.evidence import write_all
from annexe5.evidence.share import pack


def test_the_archive_holds_what_is_shared_and_nothing_that_leads_back(tmp_path):
    result, wire, canary = planted_campaign()
    folder = tmp_path / "rapport"
    write_all(result, folder, bytes_of=wire.bytes_of, secrets=SECRETS)
    (folder / "journal.sqlite").write_bytes(canary.planted[0].encode())
    (folder / "resultats.json").write_text(canary.planted[0])

    members = pack(folder, tmp_path / "pieces.zip")

    assert {"rapport.html", "campagne.json", "junit.xml", "constats.sarif", "resume.md"} <= set(members)
    assert not {"journal.sqlite", "resultats.json", "pseudonymes.cle"} & set(members)
    out = tmp_path / "out"
    with zipfile.ZipFile(tmp_path / "pieces.zip") as archive:
        archive.extractall(out)
    assert survivors(out, (*canary.planted, *SECRETS)) == []


def test_the_same_content_makes_the_same_archive(tmp_path):
    wire = sample.Wire()
    write_all(sample.campaign(wire), tmp_path / "r", bytes_of=wire.bytes_of)
    pack(tmp_path / "r", tmp_path / "a.zip")
    pack(tmp_path / "r", tmp_path / "b.zip")

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_unmasked_evidence_is_not_packed(tmp_path):
    wire = sample.Wire()
    write_all(sample.campaign(wire), tmp_path / "r", bytes_of=wire.bytes_of, redact=False)

    with pytest.raises(UsageError, match="non masquées"):
        pack(tmp_path / "r", tmp_path / "a.zip")
    with pytest.raises(UsageError, match=r"pas de campagne\.json"):
        pack(tmp_path, tmp_path / "a.zip")
