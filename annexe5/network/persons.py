"""Generated customers: invented names, telephone numbers that Arcep keeps for works of fiction."""

from __future__ import annotations

from dataclasses import dataclass

from annexe5.network.codes import tirage
from annexe5.network.data import load_personnes


@dataclass(frozen=True, slots=True)
class Client:
    """One customer, in capitals; ``contact1`` a mobile, ``contact2`` a fixed line, 10 digits each."""

    nom: str
    prenom: str
    contact1: str
    contact2: str


def client(seed: int, rang: int) -> Client:
    """Give the customer of a rank: always the same for the same pair."""
    mots = load_personnes()
    de = tirage("client", seed, rang).random

    def un(liste: tuple[str, ...]) -> str:
        return liste[int(de() * len(liste))]

    return Client(
        nom=un(mots.noms.tetes) + un(mots.noms.queues),
        prenom=un(mots.noms.prenoms),
        contact1=f"{un(mots.telephones.mobiles)}{int(de() * 10_000):04d}",
        contact2=f"{un(mots.telephones.fixes)}{int(de() * 10_000):04d}",
    )


def est_fictif(numero: str) -> bool:
    """Tell whether a telephone number belongs to nobody."""
    chiffres = "".join(sign for sign in numero if sign.isdigit())
    tranches = load_personnes().telephones
    return len(chiffres) == len("0199000000") and chiffres.startswith((*tranches.fixes, *tranches.mobiles))
