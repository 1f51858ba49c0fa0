"""The simulated order help of an OI (annexe5.txt §5): it answers from the network that the IPE is drawn from.

Six questions, asked and answered in the words of the house; ``mapping.toml`` of each version gives them their names on
the wire. Every building of the IPE answers, deployed or not, with its lines existing and to build
(further-findings.md A).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from annexe5.contract.calendar import PARIS
from annexe5.messages.conversation import Call, Data, Reply
from annexe5.network import Network
from annexe5.network.model import Adresse, Batiment, Commune, Escalier, Etage, Ligne, Voie
from annexe5.parties.book import Book

_INSEE = 5


class Refused(Exception):  # noqa: N818 - a refusal is an answer
    """The question has no answer: ``key`` of ``metier.toml``, and what was asked."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(key)
        self.key = key
        self.detail = detail


class AideTwin:
    """The order help of one OI; the same for all its versions. Reads only: safe between threads.

    ``ocs`` are the quadrigrammes it knows; ``book`` tells what has been ordered since the network was drawn.
    """

    def __init__(self, network: Network, ocs: Collection[str], book: Book | None = None) -> None:
        self.network = network
        self.ocs = frozenset(ocs)
        self.book = book

    def answer(self, call: Call) -> Reply:
        """Answer one call; refusals are keys of ``metier.toml``."""
        oc = self.caller(call.oc)
        if not oc:
            return Reply(refusal="oc_inconnu", detail=call.oc)
        methods: Mapping[str, Callable[[Data], Data]] = {
            "structure": partial(self._structure, oc, call.at),
            "communes": self._communes,
            "voies": self._voies,
            "numeros": self._numeros,
            "batiments": self._batiments,
            "zone_arriere": self._zone_arriere,
        }
        try:
            return Reply(methods[call.method](call.data))
        except Refused as refused:
            return Reply(refusal=refused.key, detail=refused.detail)

    def caller(self, name: str) -> str:
        """Give the known OC whose quadrigramme ``operateurCommercial/nom`` holds (OPC-02), empty for none."""
        words = "".join(sign if sign.isalnum() else " " for sign in name).split()
        return next((word for word in words if word in self.ocs), "")

    # --- the six questions ---

    def _structure(self, oc: str, at: datetime, asked: Data) -> Data:
        adresse, batiments = self._resolve(asked.get("adresse", {}))
        return {
            "code_oi": self.network.oi,
            "adresse": _adresse(adresse),
            "batiments": [self._batiment(one, oc, at) for one in batiments],
        }

    def _communes(self, asked: Data) -> Data:
        postal = str(asked.get("code_postal", ""))
        found: list[Commune] = sorted(self.network.communes(postal), key=lambda one: one.code_insee)
        if not found:
            raise Refused("code_postal_inconnu", postal)
        return {"communes": [{"code_insee": one.code_insee, "nom": one.nom} for one in found]}

    def _voies(self, asked: Data) -> Data:
        insee = str(asked.get("code_insee", ""))
        found = sorted(self.network.voies(insee), key=lambda one: one.rivoli)
        if not found:
            raise Refused("commune_inconnue", insee)
        return {
            "voies": [
                {"code_rivoli": one.rivoli, "hexacle_voie": one.hexacle, "type": one.type, "libelle": one.libelle}
                for one in found
            ]
        }

    def _numeros(self, asked: Data) -> Data:
        voie = self._voie(asked.get("voie", {}))
        return {
            "numeros": [
                {"numero": one.numero, "complement": one.complement or None, "hexacle": one.hexacle}
                for one in self.network.numeros(voie)
            ]
        }

    def _batiments(self, asked: Data) -> Data:
        adresse, _ = self._resolve(asked.get("adresse", {}))
        return {"batiments": [_batiment_seul(one) for one in self.network.batiments(adresse)]}

    def _zone_arriere(self, asked: Data) -> Data:
        reference = str(asked.get("reference_pm", ""))
        if self.network.pm(reference) is None:
            raise Refused("pm_inconnu", reference)
        by_address: dict[str, tuple[Adresse, list[Data]]] = {}
        for one in self.network.zone_arriere(reference):
            by_address.setdefault(one.hexacle, (one.adresse, []))[1].append(_batiment_seul(one))
        return {
            "adresses": [{**_adresse(adresse), "batiments": batiments} for adresse, batiments in by_address.values()]
        }

    # --- naming a place ---

    def _resolve(self, asked: Data) -> tuple[Adresse, tuple[Batiment, ...]]:
        """Give the address named in any referential, and its buildings: the one named where one is."""
        if ident := asked.get("identifiant_immeuble"):
            return self._of_building(str(ident), "immeuble_inconnu")
        if prise := asked.get("reference_prise"):
            ligne = self.network.ligne_by_pto(str(prise))
            if ligne is None or not (ligne.reference_connue or self._since(ligne)):
                raise Refused("prise_inconnue", str(prise))
            return self._of_building(ligne.identifiant_immeuble, "prise_inconnue")
        adresse = self._adresse(asked)
        if adresse is None:
            raise Refused("adresse_inconnue", _told(asked))
        return adresse, self.network.batiments(adresse)

    def _of_building(self, ident: str, refusal: str) -> tuple[Adresse, tuple[Batiment, ...]]:
        batiment = self.network.batiment(ident)
        if batiment is None:
            raise Refused(refusal, ident)
        return batiment.adresse, (batiment,)

    def _adresse(self, asked: Data) -> Adresse | None:
        if hexacle := asked.get("hexacle"):
            return self.network.find_adresse(str(hexacle))
        if rivoli := asked.get("rivoli"):
            return self.network.find_adresse_par_voie(
                str(rivoli.get("code_insee", "")),
                str(rivoli.get("code_rivoli", "")),
                _number(rivoli.get("numero")),
                str(rivoli.get("complement") or ""),
            )
        if voie := asked.get("hexacle_voie"):
            street = self._street_of_hexacle(str(voie.get("code", "")))
            wanted = (_number(voie.get("numero")), str(voie.get("complement") or ""))
            numbers = self.network.numeros(street) if street is not None else ()
            return next((one for one in numbers if (one.numero, one.complement) == wanted), None)
        return None

    def _voie(self, asked: Data) -> Voie:
        if hexacle := asked.get("hexacle"):
            voie = self._street_of_hexacle(str(hexacle))
        else:
            voie = self.network.voie(str(asked.get("code_insee", "")), str(asked.get("code_rivoli", "")))
        if voie is None:
            raise Refused("voie_inconnue", _told(asked))
        return voie

    def _street_of_hexacle(self, code: str) -> Voie | None:
        """Find a street by its hexaclé, which begins with the INSEE code of its commune."""
        return next((one for one in self.network.voies(code[:_INSEE]) if one.hexacle == code), None)

    # --- writing ---

    def _batiment(self, batiment: Batiment, oc: str, at: datetime) -> Data:
        jour = at.astimezone(PARIS).date()
        pm = batiment.pm
        ouvert = pm is not None and pm.ouvert(jour) and pm.prestation(oc) is not None
        return {
            "identifiant_immeuble": batiment.identifiant,
            "nom": batiment.nom,
            "etat": batiment.etat,
            "eligible": batiment.etat == "DEPLOYE" and ouvert and batiment.commandable and not batiment.gel,
            "nombre_logements": batiment.logements,
            "accord_gestionnaire": batiment.accord_necessaire,
            "date_commerciale": batiment.date_commerciale,
            "pm": {"reference": pm.reference, "reference_technique": pm.reference_technique, "etat": pm.etat}
            if pm is not None
            else {},
            "escaliers": [self._escalier(one) for one in self.network.escaliers(batiment)],
        }

    def _escalier(self, escalier: Escalier) -> Data:
        return {"nom": escalier.nom, "etages": [self._etage(one) for one in escalier.etages]}

    def _etage(self, etage: Etage) -> Data:
        lignes = [self._ligne(one) for one in etage.lignes]
        existantes = sum(bool(one["existant"]) for one in lignes)
        return {
            "nom": etage.nom,
            "lignes_actives": sum(bool(one["actif"]) for one in lignes),
            "lignes_existantes": existantes,
            "lignes_a_construire": len(lignes) - existantes,
            "lignes": lignes,
        }

    def _ligne(self, ligne: Ligne) -> Data:
        """Write a line; an outlet still to build, or in place under an unknown reference, is shown without one."""
        since = self._since(ligne)
        shown: Data = {
            "reference_prise": ligne.reference_prise if ligne.reference_connue or since else None,
            "porte": ligne.porte or None,
            "actif": ligne.actif or since == "EN_SERVICE",
            "commercialisable": ligne.commercialisable,
            "existant": ligne.existant or since in ("RACC_OK", "MAD", "EN_SERVICE"),
            "raccordable": ligne.raccordable,
            "rompu": ligne.rompu,
        }
        pbo = ligne.pbo
        if pbo is not None:
            shown |= {
                "pbo": {"reference": pbo.reference, "type": pbo.type, "type_raccordement": pbo.type_raccordement},
                "pmt": {"reference": pbo.pmt},
                "pm": {"reference": pbo.pm},
            }
        return shown

    def _since(self, ligne: Ligne) -> str:
        """Tell what an order made of a line since the network was drawn."""
        if self.book is None or not self.book.holder(ligne.reference_prise):
            return ""
        states = (one.state for one in tuple(self.book.orders.values()) if one.pto == ligne.reference_prise)
        return next((state for state in states if state not in ("ANNULEE", "RESILIEE")), "")


def _adresse(adresse: Adresse) -> Data:
    voie = adresse.voie
    return {
        "code_insee": voie.commune.code_insee,
        "code_postal": voie.commune.code_postal,
        "commune": voie.commune.nom,
        "code_rivoli": voie.rivoli,
        "hexacle_voie": voie.hexacle,
        "hexacle": adresse.hexacle,
        "numero": adresse.numero,
        "complement": adresse.complement or None,
        "type_voie": voie.type,
        "libelle_voie": voie.libelle,
    }


def _batiment_seul(batiment: Batiment) -> Data:
    return {"identifiant_immeuble": batiment.identifiant, "nom": batiment.nom}


def _number(value: Any) -> int:
    """Read a street number; -1, which no street has, for anything else."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return -1


def _told(asked: Data) -> str:
    return ", ".join(_leaves(asked)) or "rien"


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    elif value is not None:
        yield str(value)
