from __future__ import annotations

import pytest

from annexe5.messages.xml import Refusal, XmlRefused, parse, xpath

LIMIT = 1_000_000
BILLION_LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", Refusal.EMPTY),
        (b" \r\n", Refusal.EMPTY),
        (b"<a>" + b" " * LIMIT + b"</a>", Refusal.SIZE),
        (BILLION_LAUGHS, Refusal.DTD),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', Refusal.DTD),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1/">]><a>&x;</a>', Refusal.DTD),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"), Refusal.DTD),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><!-- \xe9 --><!DOCTYPE a><a/>', Refusal.DTD),
        (b"<!DOCTYPE a [ nothing after the first word is read", Refusal.DTD),
        (b"<a>" * 300 + b"</a>" * 300, Refusal.DEPTH),
        (b"<a><b></a>", Refusal.MALFORMED),
        (b"<a>&unknown;</a>", Refusal.MALFORMED),
        (b"<a>\x00</a>", Refusal.MALFORMED),
        (b"<a>\xff</a>", Refusal.MALFORMED),
        (b"not xml", Refusal.MALFORMED),
        (b"<a/><b/>", Refusal.MALFORMED),
    ],
)
def test_hostile_bytes_are_refused_with_their_reason(raw, reason):
    with pytest.raises(XmlRefused) as refused:
        parse(raw, LIMIT)
    assert refused.value.reason == reason


def test_the_line_of_a_fault_is_told():
    with pytest.raises(XmlRefused) as refused:
        parse(b"<a>\n<b>\n</c></a>", LIMIT)
    assert refused.value.line == 3


@pytest.mark.parametrize(
    ("raw", "usual"),
    [
        (b"<a/>", True),
        (b'<?xml version="1.0" encoding="utf-8"?><a/>', True),
        ("<?xml version='1.0' encoding='UTF-16'?><a/>".encode("utf-16"), True),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', False),
    ],
)
def test_encodings_that_every_peer_reads(raw, usual):
    assert parse(raw, LIMIT).usual_encoding is usual


def test_an_xpath_uses_local_names_and_places_among_siblings():
    root = parse(b'<x:a xmlns:x="u"><x:b/><x:b><x:c d="1"/></x:b></x:a>', LIMIT).root
    assert xpath(root[1][0], "d") == "/a/b[2]/c/@d"
