"""A service's scenario that qualifies a verdict without refusing it."""

from types import SimpleNamespace

import pytest

from annexe5.campaign.service_scene import ServiceScene


@pytest.mark.parametrize(("accepted", "rules"), [(True, []), (False, ["AIDE-OC-ENTOURE"])])
def test_a_name_around_the_quadrigramme_that_is_refused_is_a_reserve(accepted, rules):
    found = []
    record = SimpleNamespace(add_findings=found.extend)
    scene = ServiceScene(SimpleNamespace(), SimpleNamespace(), record)
    scene.last = SimpleNamespace(accepted=accepted, refusal=None)
    scene.accepts_surrounded()
    assert [(one.rule, one.severity) for one in found] == [(one, "reserve") for one in rules]
