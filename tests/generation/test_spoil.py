from __future__ import annotations

from collections import Counter
from datetime import date

from annexe5.generation import Truth, load_plans
from annexe5.generation.projection import projection
from annexe5.generation.spoil import spoil
from annexe5.network import generate

IPE = load_plans()["IPE"]
NAMES = IPE.table.names


def _rows():
    network = generate(3, 300, oi="COVG", ocs=("ZZZZ",), today=date(2026, 3, 2))
    return list(map(projection(IPE.colonnes, NAMES), network.iter_buildings()))


def _with(rule):
    return IPE.model_copy(update={"faute": tuple(un for un in IPE.faute if un.constats[0].regle == rule)})


def test_a_total_is_spoilt_once_a_group_and_told_on_its_first_row():
    rows, truth = _rows(), Truth("IPE", "", 3)
    made = list(spoil(_with("IPE-PM-SOMME"), rows, 10, truth))
    column, pm = NAMES.index("NombreLogementsAdresseIPE"), NAMES.index("ReferencePM")
    changed = Counter(old[pm] for old, new in zip(rows, made, strict=True) if old[column] != new[column])
    assert set(changed.values()) == {1}
    firsts = {row[pm]: line for line, row in reversed(list(enumerate(rows, start=2)))}
    assert {(un.line, un.column) for un in truth.constats} == {
        (firsts[reference], "NombreLogementsPM") for reference in changed
    }


def test_a_row_is_never_copied_from_a_spoilt_one():
    truth = Truth("IPE", "", 3)
    made = list(spoil(_with("IPE-IDENTIFIANT-UNIQUE"), _rows(), 10, truth))
    seen = Counter(row[NAMES.index("IdentifiantImmeuble")] for row in made)
    assert max(seen.values()) == 2
    assert len(truth.constats) > 50


def test_without_faults_rows_are_as_they_were():
    truth = Truth("IPE", "", 3)
    assert list(spoil(IPE.model_copy(update={"faute": ()}), _rows(), 10, truth)) == _rows()
    assert truth.constats == []
