"""A document opens, or it does not: whole, cut, of another kind than its name."""

from datetime import date

import pytest

from annexe5.messages.documents import is_whole
from annexe5.network import generate
from annexe5.parties import pm_documents

# 1 x 1, grey: a JPEG as small as one gets.
JPEG = bytes.fromhex(
    "ffd8ffdb004300" + "01" * 64 + "ffc0000b080001000101011100"
    "ffc4001400" + "01" + "00" * 15 + "03" + "ffc4001410" + "01" + "00" * 15 + "00"
    "ffda0008010100003f0037ffd9"
)


def documents():
    network = generate(5, 600, oi="COVG", ocs=("ZZZZ",), today=date(2026, 11, 25))
    pm = next(network.iter_pms())
    return {
        "plan.pdf": pm_documents.plan(pm, network.zone_arriere(pm), date(2026, 11, 25)),
        "fiche.PDF": pm_documents.sheet(pm.reference, date(2026, 11, 20), date(2026, 11, 25)),
        "photo.png": pm_documents.photograph(pm.reference),
        "photo.jpg": JPEG,
    }


@pytest.mark.parametrize("name", ["plan.pdf", "fiche.PDF", "photo.png", "photo.jpg"])
def test_a_whole_document_opens_and_none_of_its_cuts_does(name):
    data = documents()[name]
    assert is_whole(name, data)
    for part in (b"", data[: len(data) // 2], data[8:], data[:-8]):
        assert not is_whole(name, part)


def test_a_document_is_of_the_kind_of_its_name():
    found = documents()
    assert not is_whole("plan.png", found["plan.pdf"])
    assert not is_whole("photo.pdf", found["photo.png"])
    assert not is_whole("photo.gif", found["photo.png"])


def test_the_same_things_give_the_same_bytes_and_others_do_not():
    assert documents() == documents()
    assert pm_documents.photograph("A") != pm_documents.photograph("B")
