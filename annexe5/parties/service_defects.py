"""How each named wrong behaviour of the OI's web services acts (ids, clauses and words: ``schemas/defects.toml``).

Each stands at one place: what a conversation replies, or the answer on its way out of the HTTP server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from annexe5.messages.contract import load_contract
from annexe5.messages.conversation import Call, Conversation, Data, Reply
from annexe5.messages.endpoint import Answer, HttpRequest
from annexe5.messages.envelope import wrap
from annexe5.parties.defects import Defect

Maker = Callable[[], Defect]
Handle = Callable[[HttpRequest], Answer]
_CREATE, _SET, _GET = "createTroubleTicketByValue", "setTroubleTicketByValue", "getTroubleTicketByKey"
_OK, _FAULT, _NOT_FOUND = 200, 500, 404
_LISTS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "communes": ("communes", "code_insee", "99999"),
        "voies": ("voies", "code_rivoli", "9999"),
        "numeros": ("numeros", "hexacle", "9999999999"),
        "batiments": ("batiments", "nom", "BATIMENT Z9"),
        "zone_arriere": ("adresses", "hexacle", "9999999999"),
    }
)
"""By question of the order help: the list it gives, one of its concepts, a value that the IPE does not hold."""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A conversation whose replies defects change."""

    inner: Conversation
    defects: Sequence[Defect]

    def answer(self, call: Call) -> Reply:
        """Answer one call, wrongly."""
        reply = self.inner.answer(call)
        for defect in self.defects:
            if defect.reply is not None:
                reply = defect.reply(call, reply)
        return reply


def spoilt_conversation(conversation: Conversation, defects: Sequence[Defect]) -> Conversation:
    """Let defects change what a conversation replies; without any, the conversation itself."""
    acting = [one for one in defects if one.reply is not None]
    return Spoilt(conversation, acting) if acting else conversation


def spoilt_handle(handle: Handle, defects: Sequence[Defect]) -> Handle:
    """Let defects change HTTP answers on their way out."""
    acting = [one.http for one in defects if one.http is not None]

    def answered(request: HttpRequest) -> Answer:
        answer = handle(request)
        for change in acting:
            answer = change(request, answer)
        return answer

    return answered if acting else handle


# --- what is replied ---------------------------------------------------------------------------------------------


def _refuses(key: str, fits: Callable[[Call], bool]) -> Maker:
    """Refuse what was granted."""
    return lambda: Defect(reply=lambda call, reply: Reply(refusal=key) if fits(call) and not reply.refusal else reply)


def _grants(keys: Sequence[str], data: Callable[[Call], Data]) -> Maker:
    """Grant what was refused under some keys."""
    return lambda: Defect(reply=lambda call, reply: Reply(data(call)) if reply.refusal in keys else reply)


def _tells(change: Callable[[Call, Data], None]) -> Maker:
    """Say something else in what is granted."""

    def told(call: Call, reply: Reply) -> Reply:
        if reply.refusal:
            return reply
        data = deepcopy(reply.data)
        change(call, data)
        return replace(reply, data=data)

    return lambda: Defect(reply=told)


def _operation(*names: str) -> Callable[[Call], bool]:
    return lambda call: call.operation in names


def _with(field: str) -> Callable[[Call], bool]:
    """Tell a change of ticket that says something in a field."""

    def fits(call: Call) -> bool:
        value = call.data.get("troubleTicketValue") or {}
        return call.operation == _SET and bool(value.get(field) or (value.get("FTTHMUTTroubleTicket") or {}).get(field))

    return fits


def _cancels(call: Call) -> bool:
    value = call.data.get("troubleTicketValue") or {}
    return call.operation == _SET and "CANCEL" in str(value.get("troubleTicketState"))


def _taken(call: Call) -> Data:
    value = call.data.get("troubleTicketValue") or {}
    key = value.get("troubleTicketKey") or "A5000000001"
    return {"troubleTicketResponse": {"troubleTicketKey": key, "returnCode": "00", "returnLabel": "SUCCES"}}


def _without(*fields: str) -> Callable[[Call, Data], None]:
    def change(call: Call, data: Data) -> None:
        ftth = data.get("troubleTicketValue", {}).get("FTTHMUTTroubleTicket") or {}
        for field in fields if call.operation == _GET else ():
            ftth.pop(field, None)

    return change


def _works_as_repair(call: Call, data: Data) -> None:
    ftth = data.get("troubleTicketValue", {}).get("FTTHMUTTroubleTicket") or {}
    if call.operation == _GET and str(ftth.get("troubleTicketType")) == "3":
        ftth["troubleTicketType"] = "1"


def _another(method: str) -> Callable[[Call, Data], None]:
    listing, concept, value = _LISTS[method]

    def change(call: Call, data: Data) -> None:
        for one in data.get(listing, ()) if call.method == method else ():
            one[concept] = value

    return change


def _other_address(call: Call, data: Data) -> None:
    if call.method == "structure":
        data["adresse"]["hexacle"] = "9999999999"


def _lines_uncounted(call: Call, data: Data) -> None:
    """Count one line more on each floor than it lists."""
    if call.method == "structure":
        _deep(data.get("batiments", []))


def _deep(value: Any) -> None:
    for one in value if isinstance(value, list) else ():
        for name, inner in one.items() if isinstance(one, dict) else ():
            if name == "lignes_existantes":
                one[name] = inner + 1
            _deep(inner)


# --- what leaves the server --------------------------------------------------------------------------------------


def _on(path: str, change: Callable[[HttpRequest, Answer], Answer]) -> Maker:
    """Change the answers of the services whose path holds some words."""
    return lambda: Defect(http=lambda request, answer: change(request, answer) if path in request.path else answer)


def _away(fits: Callable[[HttpRequest], bool] = lambda _: True) -> Callable[[HttpRequest, Answer], Answer]:
    gone: Answer = (_NOT_FOUND, {"content-type": "text/plain; charset=utf-8"}, b"")
    return lambda request, answer: gone if fits(request) else answer


def _document(request: HttpRequest) -> bool:
    return request.method == "GET"


def _in_clear(request: HttpRequest) -> bool:
    return request.base_url.startswith("http:")


def _rewritten(old: bytes, new: bytes) -> Callable[[HttpRequest, Answer], Answer]:
    """Publish another contract of service."""

    def change(request: HttpRequest, answer: Answer) -> Answer:
        status, headers, body = answer
        return (status, headers, body.replace(old, new)) if _document(request) else answer

    return change


def _fault_as_200(_: HttpRequest, answer: Answer) -> Answer:
    status, headers, body = answer
    return (_OK if status == _FAULT else status), headers, body


def _fault_undetailed(_: HttpRequest, answer: Answer) -> Answer:
    status, headers, body = answer
    return status, headers, re.sub(rb"<(\w*:?)detail\b.*</\1detail>", b"", body, flags=re.DOTALL)


def _takes(*rules: bytes) -> Callable[[HttpRequest, Answer], Answer]:
    """Answer what cannot be taken as if a ticket had been asked for, and found."""

    def change(request: HttpRequest, answer: Answer) -> Answer:
        status, headers, body = answer
        if request.method == "POST" and status == _FAULT and any(one in body for one in rules):
            return _OK, headers, _a_ticket("sav-2.1" if "sav-21" in request.path else "sav-3.0")
        return answer

    return change


@cache
def _a_ticket(service: str) -> bytes:
    contract = load_contract(service)
    ticket = {"troubleTicketKey": "A5", "troubleTicketState": "QUEUED", "lastUpdateVersionNumber": 1}
    told = {"troubleTicketKey": "A5", "returnCode": "00", "returnLabel": "SUCCES"}
    data = {"troubleTicketResponse": told, "troubleTicketValue": ticket}
    return wrap(contract.binding.write(contract.wsdl.operations[_GET].output, data))


_MALFORMED = (b"WS-XML", b"WS-DTD", b"WS-VERSION", b"WS-CORPS", b"WS-OPERATION", b"WS-HTTP-ACTION")

SERVICE_MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "sav-refuse-tout": _refuses("hors_parc", _operation(_CREATE)),
        "sav-accepte-hors-service": _grants(("hors_parc", "resiliation"), _taken),
        "sav-accepte-doublon": _grants(("cle_en_double", "ticket_en_cours"), _taken),
        "sav-oublie-ses-tickets": _refuses("cle_inconnue", _operation(_GET)),
        "sav-message-refuse": _refuses("argument", _with("messageType")),
        "sav-annulation-refusee": _refuses("etat", _cancels),
        "sav-resynchronisation-ignoree": _grants(("perime",), _taken),
        "sav-rdv-sans-reponse": _tells(_without("messageType", "messageContent")),
        "sav-travaux-types-autrement": _tells(_works_as_repair),
        "sav-cloture-sans-code": _tells(_without("troubleTicketClosureCode", "troubleTicketClosureLabel")),
        "sav-wsdl-absent": _on("interop-sav-21", _away(_document)),
        "sav-wsdl-sans-consultation": _on("interop-sav", _rewritten(b"getTroubleTicketByKey", b"lireTicket")),
        "sav-sans-http": _on("interop-sav-21", _away(_in_clear)),
        "sav-une-seule-version": _on("interop-sav-30", _away()),
        "sav-faute-en-200": _on("interop-sav", _fault_as_200),
        "sav-faute-sans-detail": _on("interop-sav", _fault_undetailed),
        "sav-prend-le-mal-forme": _on("interop-sav", _takes(*_MALFORMED)),
        "sav-sans-en-tete": _on("interop-sav", _takes(b"WS-ENTETE")),
        "aide-communes-fausses": _tells(_another("communes")),
        "aide-voies-fausses": _tells(_another("voies")),
        "aide-numeros-faux": _tells(_another("numeros")),
        "aide-batiments-faux": _tells(_another("batiments")),
        "aide-zone-fausse": _tells(_another("zone_arriere")),
        "aide-autre-adresse": _tells(_other_address),
        "aide-lignes-mal-comptees": _tells(_lines_uncounted),
        "aide-prise-refusee": _refuses(
            "prise_inconnue", lambda call: bool((call.data.get("adresse") or {}).get("reference_prise"))
        ),
        "aide-inconnu-accepte": _grants(
            ("code_postal_inconnu", "commune_inconnue", "voie_inconnue", "pm_inconnu"),
            lambda call: {_LISTS[call.method][0]: []} if call.method in _LISTS else {},
        ),
        "aide-wsdl-sans-communes": _on("interop-opc-30", _rewritten(b"obtentionCommunesOperation", b"communes")),
        "aide-sans-http": _on("interop-opc-30", _away(_in_clear)),
        "aide-sans-2-0": _on("interop-structure-20", _away()),
        "aide-faute-en-200": _on("interop-opc-30", _fault_as_200),
    }
)  # fmt: skip
"""Maker of each defect of the OI's web services by id."""
