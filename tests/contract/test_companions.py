"""What goes with a file is told by its name; what only looks like it is told too."""

import pytest

from annexe5.contract.companions import companion_name, read_companion, stray_companion
from annexe5.contract.profile import load_profile

PROFILE = load_profile()
REPORT = "COVAGE_ZMD_COVG_ZZZZ_77023_PM_77011616R_CRMAD_V22_20170407_178912.csv"
NOTIFIED = "COVAGE_ZMD_COVG_ZZZZ_PM_77011616R_ADDU_V22_20170502_000001.csv"
ORDER = "COVAGE_ZMD_COVG_ZZZZ_PM_77011616R_V22_20170407_178912.csv"
FILES = {"plan": REPORT, "ar_crmad": REPORT, "ar_commande": ORDER, "photo": NOTIFIED, "fiche": NOTIFIED}


@pytest.mark.parametrize("ident", [one.id for one in PROFILE.piece])
def test_a_companion_is_read_back_from_its_name(ident):
    read = read_companion(PROFILE, companion_name(PROFILE, ident, FILES[ident]))
    assert (read.companion.id, read.file) == (ident, FILES[ident])


@pytest.mark.parametrize(
    "name", [REPORT, "plan.pdf", REPORT.replace(".csv", ".txt"), NOTIFIED.replace(".csv", ".pdf"), "_PHOTO.jpg"]
)
def test_what_goes_with_no_file_is_no_companion(name):
    assert read_companion(PROFILE, name) is None


def test_a_document_under_another_name_is_told_to_its_sender_only():
    assert stray_companion(PROFILE, "plan.pdf", "OI").requirement == "PM-05"
    assert stray_companion(PROFILE, "fiche.pdf", "OC").requirement == "PM-11"
    assert stray_companion(PROFILE, "photo.jpg", "OI") is None
    assert stray_companion(PROFILE, "COVG_ZZZZ_CMD.csv", "OC") is None
