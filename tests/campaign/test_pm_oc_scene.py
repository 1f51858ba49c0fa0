"""The PM process certified opposite an OC: the good twin, a few of its defects, an OC that does not play it."""

import pytest

from annexe5.campaign.trials import GOOD, trial
from annexe5.parties.defects import load_defects

FEATURES = ("features/oc/pm_commande.feature", "features/oc/pm_travaux.feature")


def test_the_good_oc_is_conforme():
    assert trial("oc", GOOD, FEATURES).code == 0


@pytest.mark.parametrize(
    ("defect", "feature"),
    [
        ("oc-pm-inconnu", "pm_commande"),
        ("oc-crmad-sans-ar", "pm_commande"),
        ("oc-travaux-sans-preavis", "pm_travaux"),
        ("oc-adduction-sans-photo", "pm_travaux"),
        ("oc-pm-dossier-acces", "pm_commande"),
    ],
)
def test_a_defect_falls_under_its_clause_alone(defect, feature):
    seen = trial("oc", defect, (f"features/oc/{feature}.feature",))
    assert (seen.code, seen.error) == (1, "")
    assert set(seen.broken) == set(load_defects()[defect].requirements)
