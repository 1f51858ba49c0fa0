"""The OC twin before the OI twin, with no wire in between: what each answer makes it do, and what it leaves alone."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from annexe5.contract.names import judge_name, parse_name
from annexe5.errors import UsageError
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Severity
from annexe5.orders import Event, judge_orders, load_cycle
from annexe5.parties.answers import HOTLINE
from annexe5.parties.defects import load_defects
from annexe5.parties.oc import SUR_ORDRE, Instruction, OcTwin, Terrain
from annexe5.parties.oc_defects import MAKERS, make_oc
from annexe5.parties.oi import OiTwin
from annexe5.parties.pace import Pace
from annexe5.tables import load_table, read_rows, write_rows
from tests.parties.conftest import NETWORK, PROFILE, START

KEY = "ReferenceCommandePriseInterneOC"


@dataclass
class Duet:
    """Both twins in one room: each file of one is handed to the other at once, and written down."""

    oc: OcTwin
    oi: OiTwin
    now: object = START
    files: list[Exchange] = field(default_factory=list)

    def ask(self, action: str, reference: str = "", role: str = "", count: int = 1, **said: str) -> None:
        rows = tuple(NETWORK.role(role, "ZZZZ", rang).commande for rang in range(count)) if role else ()
        self.play(self.oc.act(Instruction(action, rows, reference, **said), self.now))

    def play(self, files: list[Exchange]) -> None:
        while files:
            self.files += files
            heard = sorted(files, key=lambda one: self.oc.rank(one.name))
            files = [
                answer
                for one in heard
                for answer in (self.oi.receive(one) if one.sender == "ZZZZ" else self.oc.receive(one))
            ]

    def pass_time(self, **delta: float) -> None:
        self.now += timedelta(**delta)
        self.play(self.oi.tick(self.now))
        self.play(self.oc.tick(self.now))

    def say(self, flow: str, *rows: dict[str, str], data: bytes | None = None, name: str = "") -> list[Exchange]:
        """Let the OI say something of its own; give what the OC answers."""
        content = write_rows(load_table(flow), rows) if data is None else data
        token = PROFILE.flow(flow).fichier.format(oi="COVG", oc="ZZZZ", date="20261123", seq=9000 + len(self.files))
        one = Exchange(self.now, Channel.SFTP, "COVG", "ZZZZ", name or token, "OUT/COVG/CV", content)
        self.files.append(one)
        return self.oc.receive(one)

    @property
    def reference(self) -> str:
        return next(reversed(self.oc.orders))

    def rows(self, flow: str) -> list[dict[str, str]]:
        found = []
        for one in self.files:
            read = parse_name(PROFILE, one.name)
            if read is not None and read.flow == flow:
                found += [dict(row.values) for row in read_rows(one.data, load_table(flow)).rows]
        return found

    def flows(self, reference: str) -> list[str]:
        """Give the flows that spoke of an order, in turn."""
        found = []
        for one in self.files:
            read = parse_name(PROFILE, one.name)
            rows = read_rows(one.data, load_table(read.flow)).rows if read else ()
            found += [read.flow for row in rows if row.values[KEY] == reference]
        return found

    def breaches(self) -> list[str]:
        """Give every rule the OC broke: names, tables, life of its orders."""
        cycle, found, events = load_cycle(), [], []
        for number, one in enumerate(self.files):
            named = judge_name(PROFILE, one.name, oi="COVG", oc="ZZZZ", used=[x.name for x in self.files[:number]])
            read = read_rows(one.data, load_table(named.flow), facts={"date_fichier": named.fields["date"]})
            if one.sender == "ZZZZ":
                found += [x.rule for x in (*named.findings, *read.findings) if x.severity is not Severity.INFO]
            events += [
                Event(one.at, row.values[KEY], cycle.kind(named.flow, row.values), named.flow, one.sender, row.values,
                      batch=number)
                for row in read.rows
            ]  # fmt: skip
        judged = judge_orders(events, PROFILE, now=self.now, party="OC")
        return found + [one.rule for order in judged.values() for one in order.findings]


@pytest.fixture
def make_duet():
    def make(*defects: str, terrain: Terrain | None = None, pace: Pace | None = None) -> Duet:
        oc = OcTwin(PROFILE, "COVG", "CV", "ZZZZ", terrain=terrain or Terrain(), defects=make_oc(defects))
        return Duet(oc, OiTwin(NETWORK, PROFILE, "COVG", "CV", pace=pace or Pace()))

    return make


@pytest.fixture
def duet(make_duet):
    return make_duet()


NOMINAL = [
    "Cmd_Acces", "AR_Cmd_Acces", "CR_Cmd_Acces", "Cmd_STOC", "CR_STOC", "CR_MAD_LigneFTTH", "CR_MES_LigneFTTH",
]  # fmt: skip


def test_an_order_goes_through_from_end_to_end(duet):
    duet.ask("commander", role="eligible")
    assert duet.flows(duet.reference) == NOMINAL
    assert duet.oc.orders[duet.reference].state == "EN_SERVICE"
    assert duet.breaches() == []
    assert duet.oi.incidents == duet.oc.incidents == []


def test_an_order_cancelled_before_its_true_route_names_no_outlet(make_duet):
    duet = make_duet(terrain=SUR_ORDRE, pace=Pace(intervention=timedelta(days=4)))
    duet.ask("commander", role="pto_inconnue")
    duet.ask("annuler", duet.reference)
    (row,) = duet.rows("Annul_Acces")
    assert (row["ReferencePrise"], duet.breaches()) == ("", [])


@pytest.mark.parametrize(
    "role", ["pto_connue", "pto_inconnue", "reprov_a_chaud", "reprov_travaux", "eligible_mode_oi", "eligible_mode_oc"]
)
def test_every_kind_of_order_ends_in_service(duet, role):
    duet.ask("commander", role=role)
    assert duet.flows(duet.reference)[-1] == "CR_MES_LigneFTTH"
    assert duet.breaches() == []


def test_orders_of_one_file_have_each_their_reference(duet):
    duet.ask("commander", role="eligible", count=3)
    assert len({row[KEY] for row in duet.rows("Cmd_Acces")}) == 3
    assert len([one for one in duet.files if "_CMD_ACCES_" in one.name]) == 1
    assert duet.breaches() == []


def test_hotline_is_reported_after_the_true_route_on_its_outlet(make_duet):
    duet = make_duet(terrain=SUR_ORDRE, pace=Pace(intervention=timedelta(hours=1)))
    duet.ask("commander", role="pto_inconnue")
    duet.ask("raccorder", duet.reference)
    assert duet.rows("CR_Cmd_Acces")[0]["ReferencePrise"] == HOTLINE
    assert "CR_STOC" not in duet.flows(duet.reference)
    duet.pass_time(hours=1)
    assert duet.rows("CR_STOC")[0]["ReferencePrise"] == duet.rows("Notif_Reprov")[0]["ReferencePrise"]
    assert duet.rows("CR_STOC")[0]["ReferencePrise"] not in ("", HOTLINE)


def test_a_new_route_replaces_the_outlet(make_duet):
    duet = make_duet(terrain=SUR_ORDRE)
    duet.ask("commander", role="eligible")
    stoc = duet.rows("Cmd_STOC")[0]
    changed = dict(duet.rows("CR_Cmd_Acces")[0])
    kept = {name: value for name, value in changed.items() if name in load_table("Notif_Reprov").names}
    duet.say("Notif_Reprov", kept | {"ReferencePrise": "CV-0000-9999", "DateNotifReprovisioning": "20261123 10:00"})
    duet.ask("raccorder", stoc[KEY])
    assert duet.rows("CR_STOC")[0]["ReferencePrise"] == "CV-0000-9999"


def test_a_failure_bears_its_code_and_is_taken_up_after_the_cold_route(make_duet):
    duet = make_duet(terrain=SUR_ORDRE)
    duet.ask("commander", role="reprov_a_froid")
    duet.ask("raccorder", duet.reference, code="FINT04")
    assert duet.rows("CR_STOC")[0]["MotifKoCrRaccordementPrise"] == "FINT04"
    assert duet.flows(duet.reference)[-1] == "Notif_Reprov"
    duet.ask("raccorder", duet.reference)
    duet.ask("mettre_en_service", duet.reference)
    assert duet.flows(duet.reference)[-3:] == ["CR_STOC", "CR_MAD_LigneFTTH", "CR_MES_LigneFTTH"]
    assert duet.breaches() == []


def test_what_is_asked_too_early_waits_for_its_turn(make_duet):
    duet = make_duet(terrain=SUR_ORDRE, pace=Pace(stoc=timedelta(hours=1), mad=timedelta(hours=1)))
    duet.ask("commander", role="eligible")
    duet.ask("raccorder", duet.reference)
    duet.ask("mettre_en_service", duet.reference)
    assert duet.flows(duet.reference) == NOMINAL[:3]
    duet.pass_time(hours=1)
    assert duet.flows(duet.reference) == NOMINAL[:5]
    duet.pass_time(hours=1)
    assert duet.flows(duet.reference) == NOMINAL


def test_its_people_take_their_time(make_duet):
    duet = make_duet(terrain=Terrain(timedelta(days=2), timedelta(days=1)))
    duet.ask("commander", role="eligible")
    assert duet.flows(duet.reference) == NOMINAL[:4]
    assert duet.oc.next_due == START + timedelta(days=2)
    duet.pass_time(days=2)
    assert duet.flows(duet.reference) == NOMINAL[:6]
    duet.pass_time(days=1)
    assert duet.flows(duet.reference) == NOMINAL


@pytest.mark.parametrize("role", ["adresse_gelee", "infra_tiers", "pto_deja_affectee"])
def test_a_rejected_order_is_left_at_that(duet, role):
    duet.ask("commander", role=role)
    refused = duet.reference
    before = duet.flows(refused)
    duet.ask("commander", role=role)
    assert duet.reference != refused
    assert duet.flows(refused) == before
    assert before.count("Cmd_Acces") == 1
    assert duet.breaches() == []


@pytest.mark.parametrize(("after", "kind"), [("Cmd_STOC", "ANNUL"), ("CR_MES_LigneFTTH", "RESIL")])
def test_a_cancelled_order_is_over(make_duet, after, kind):
    duet = make_duet(terrain=SUR_ORDRE)
    duet.ask("commander", role="eligible")
    if kind == "RESIL":
        duet.ask("raccorder", duet.reference)
        duet.ask("mettre_en_service", duet.reference)
    assert duet.flows(duet.reference)[-1] == after
    duet.ask("annuler", duet.reference)
    duet.ask("raccorder", duet.reference)
    assert duet.flows(duet.reference)[-2:] == ["Annul_Acces", "CR_Annulation_Acces"]
    assert duet.rows("CR_Annulation_Acces")[0]["TypeOperation"] == kind
    assert duet.breaches() == []


def test_a_cancellation_frees_the_appointment(make_duet):
    duet = make_duet(terrain=SUR_ORDRE)
    duet.ask("commander", role="eligible_mode_oi")
    duet.ask("annuler", duet.reference)
    assert duet.rows("Annul_Acces")[0]["IdRdv"] == NETWORK.role("eligible_mode_oi", "ZZZZ").commande["IdRdv"] != ""


def test_a_refused_making_available_is_not_confirmed_until_it_comes(make_duet):
    duet = make_duet(terrain=SUR_ORDRE, pace=Pace(mad=timedelta(days=1)))
    duet.ask("commander", role="eligible")
    duet.ask("raccorder", duet.reference)
    duet.ask("mettre_en_service", duet.reference)
    refused = {KEY: duet.reference, "EtatMadLigne": "KO", "MotifKoMadLigne": "FINT10", "DateMadLigne": "20261123 10:00"}
    assert duet.say("CR_MAD_LigneFTTH", refused) == []
    duet.pass_time(days=1)
    assert duet.flows(duet.reference)[-1] == "CR_MES_LigneFTTH"


# --- what must not move it -----------------------------------------------------------------------------------

SPOILT = {
    "empty": lambda data: b"",
    "header alone": lambda data: data.splitlines(keepends=True)[0],
    "commas": lambda data: data.replace(b";", b","),
    "utf16": lambda data: data.decode().encode("utf-16"),
    "nul": lambda data: data + b"\0",
    "renamed": lambda data: data.replace(b"ReferenceCommandeSousTraitantOI", b"Reference"),
    "ragged": lambda data: data.rstrip(b"\r\n") + b";A;B\r\n",
    "no work order": lambda data: data.replace(b"ST000000001", b""),
}


@pytest.fixture
def routed(make_duet):
    """An order that awaits its work order, the technician being done; and that work order."""
    duet = make_duet(terrain=SUR_ORDRE, pace=Pace(stoc=timedelta(hours=1)))
    duet.ask("commander", role="eligible")
    duet.ask("raccorder", duet.reference)
    row = {
        KEY: duet.reference,
        "ReferencePrestationPrise": duet.rows("CR_Cmd_Acces")[0]["ReferencePrestationPrise"],
        "ReferenceCommandeSousTraitantOI": "ST000000001",
        "DateCommandeSousTraitantOI": "20261123 10:00",
    }
    return duet, row


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_work_order_is_not_acted_upon_and_the_sound_one_is(routed, kind):
    duet, row = routed
    spoilt = SPOILT[kind](write_rows(load_table("Cmd_STOC"), [row]))
    assert duet.say("Cmd_STOC", data=spoilt) == []
    duet.pass_time(hours=1)
    assert "CR_STOC" in duet.flows(duet.reference)
    if kind != "header alone":
        assert duet.oc.incidents


@pytest.mark.parametrize(
    "name", ["COVG_AUTR_CMDSTOC_V12_20261123_1.csv", "note.csv", "COVG_ZZZZ_CrSTOC_V12_20261123_1.csv"]
)
def test_a_file_of_another_is_not_acted_upon(routed, name):
    duet, row = routed
    assert duet.say("Cmd_STOC", row, name=name) == []
    assert duet.oc.incidents


def test_an_order_of_another_is_not_acted_upon(routed):
    duet, row = routed
    assert duet.say("Cmd_STOC", row | {KEY: "AUTREOC0001"}) == []
    assert [one.rule for incident in duet.oc.incidents for one in incident.findings] == ["CYC-REFERENCE-INCONNUE"]


def test_a_file_or_a_flow_that_comes_twice_is_answered_once(routed):
    duet, row = routed
    name = "COVG_ZZZZ_CMDSTOC_V12_20261123_77.csv"
    assert len(duet.say("Cmd_STOC", row, name=name)) == 1
    assert duet.say("Cmd_STOC", row, name=name) == []
    assert duet.say("Cmd_STOC", row) == []


def test_a_flow_out_of_turn_is_not_acted_upon(routed):
    duet, _ = routed
    made = {KEY: duet.reference, "EtatMadLigne": "OK", "DateMadLigne": "20261123 10:00", "ReferencePrise": "CV-1-1"}
    assert duet.say("CR_MAD_LigneFTTH", made) == []
    assert duet.oc.incidents[0].findings[0].rule == "CYC-ORDRE"


def test_a_cancellation_it_did_not_ask_for_is_kept_aside(routed):
    duet, _ = routed
    row = {KEY: duet.reference, "DateCrCommandeAnnulPrise": "20261123 10:00", "EtatCrAnnResCommandePrise": "OK",
           "TypeOperation": "ANNUL"}  # fmt: skip
    duet.say("CR_Annulation_Acces", row)
    assert duet.oc.orders[duet.reference].state == "ROUTE"


@pytest.mark.parametrize("action", ["raccorder", "annuler", "mettre_en_service"])
def test_an_unknown_reference_is_refused_with_the_known_ones(duet, action):
    duet.ask("commander", role="eligible")
    with pytest.raises(UsageError, match=duet.reference):
        duet.ask(action, "JAMAIS")


def test_what_is_retrieved_together_is_read_in_flow_chart_order(duet):
    names = ["ARCMD_ACCES", "CMDSTOC", "CrCMD_ACCES", "CrMADL"]
    ranked = sorted((f"COVG_ZZZZ_{one}_V12_20261123_1.csv" for one in names), key=duet.oc.rank)
    assert [one.split("_")[2] for one in ranked] == ["ARCMD", "CrCMD", "CMDSTOC", "CrMADL"]


# --- defects -------------------------------------------------------------------------------------------------


def test_every_defect_of_the_oc_has_a_maker_and_every_maker_an_entry():
    assert set(MAKERS) == {one.id for one in load_defects().values() if one.party == "oc"}


def test_an_unknown_defect_is_told_with_the_known_ones():
    with pytest.raises(UsageError, match="oc-insiste"):
        make_oc(["ar-oublie"])


@pytest.mark.parametrize(
    ("defect", "rule"),
    [
        ("oc-nom-casse", "NOM-CASSE"),
        ("oc-nom-version", "NOM-VERSION"),
        ("oc-nom-reemploye", "NOM-DEJA-UTILISE"),
        ("oc-minuscules", "CEL-MAJUSCULES"),
        ("oc-stoc-reference-fausse", "CYC-REF-SOUS-TRAITANT"),
        ("oc-stoc-double", "CYC-ORDRE"),
        ("oc-stoc-sans-ordre", "CYC-ORDRE"),
    ],
)
def test_a_defect_shows_in_what_is_exchanged(make_duet, defect, rule):
    duet = make_duet(defect, terrain=SUR_ORDRE)
    if defect == "oc-nom-reemploye":
        duet.ask("commander", role="eligible")
    if defect == "oc-stoc-sans-ordre":
        duet = make_duet(defect, terrain=SUR_ORDRE, pace=Pace(stoc=timedelta(hours=1)))
    duet.ask("commander", role="eligible")
    duet.ask("raccorder", duet.reference)
    duet.ask("mettre_en_service", duet.reference)
    assert rule in duet.breaches()


def test_files_may_come_over_any_channel(duet):
    duet.oc.channel = Channel.FTP
    [sent] = duet.oc.act(Instruction("commander", (NETWORK.role("eligible", "ZZZZ").commande,)), START)
    assert sent.channel is Channel.FTP
    assert replace(sent, channel=Channel.SFTP).folder == "IN/COVG/CV"
