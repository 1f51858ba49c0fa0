"""What a campaign shows while it runs holds no personal value of the files seen so far, nor a secret."""

from types import SimpleNamespace

import pytest
import sample

from annexe5.campaign.certification import _hide
from annexe5.campaign.observe import Observation
from annexe5.exchange import Channel, Exchange

ORDER = sample.csv_of("Cmd_Acces", sample.order_row("REF-000001", NomClient="VARENCOURT"))


@pytest.fixture
def bench():
    sent = Exchange(sample.START, Channel.SFTP, sample.OC, sample.OI, "Cmd.csv", "IN", ORDER, 1)
    target = SimpleNamespace(codes=SimpleNamespace(oi=sample.OI, oc=sample.OC, arcep="CO"))
    seen = [Observation(sent, 1, "Cmd_Acces", (), ())]
    return SimpleNamespace(observations=seen, tested=sample.OI, target=target)


@pytest.mark.parametrize(
    "told", ["le client VARENCOURT est inconnu", "reçu Varencourt, 0612345678", "mot de passe s3cr3t!"]
)
def test_a_message_of_the_terminal_names_nobody(bench, told):
    said = _hide(bench, ["s3cr3t!"], redact=True)(told)

    assert not any(one in said.casefold() for one in ("varencourt", "0612345678", "s3cr3t!"))


def test_what_comes_later_is_learnt_in_time(bench):
    hide = _hide(bench, (), redact=True)
    assert "QUILLAUMIN" in hide("le client QUILLAUMIN")

    later = sample.csv_of("Cmd_Acces", sample.order_row("REF-000002", NomClient="QUILLAUMIN"))
    sent = Exchange(sample.START, Channel.SFTP, sample.OC, sample.OI, "Autre.csv", "IN", later, 2)
    bench.observations.append(Observation(sent, 2, "Cmd_Acces", (), ()))

    assert "QUILLAUMIN" not in hide("le client QUILLAUMIN")


def test_unmasked_runs_still_hide_secrets(bench):
    said = _hide(bench, ["s3cr3t!"], redact=False)("VARENCOURT et s3cr3t!")

    assert "VARENCOURT" in said
    assert "s3cr3t!" not in said
