"""Codes that carry their own index: hexaclé, PTO, IMB, Rivoli and PM references are scrambled counters.

A reference is decoded, not looked up, so a network of millions of addresses answers without an index in memory.
Shapes: pm-formats.md §10, further-findings.md C (IMB/77023/X/00HE), annexe5.txt §2 (77011616R).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# 32 signs: no I, O, Q, U, that are misread as 1, 0 or V.
ALPHABET = "0123456789ABCDEFGHJKLMNPRSTVWXYZ"
_VALUES = {sign: value for value, sign in enumerate(ALPHABET)}
_BITS_PER_SIGN = 5
_PAIRES = tuple(un + autre for un in ALPHABET for autre in ALPHABET)


def tirage(*cle: object) -> Random:
    """Give a generator that depends on the key alone; ``random()`` is stable across Python versions."""
    return Random(":".join(map(str, cle)))  # noqa: S311 - a reproducible network, no secret


@dataclass(frozen=True, slots=True)
class Brouilleur:
    """A keyed bijection of 0 … 32^``signes`` - 1 onto texts of ``signes`` signs."""

    signes: int
    a: int
    b: int
    c: int
    inverse_a: int
    inverse_c: int

    def texte(self, numero: int) -> str:
        """Give the text of a counter."""
        bits = self.signes * _BITS_PER_SIGN
        mask = (1 << bits) - 1
        value = (numero * self.a + self.b) & mask
        value ^= value >> (bits + 1) // 2
        value = value * self.c & mask
        texte = ""
        for _ in range(self.signes // 2):
            texte = _PAIRES[value & 1023] + texte
            value >>= 10
        return ALPHABET[value] + texte if self.signes % 2 else texte

    def numero(self, texte: str) -> int | None:
        """Give the counter of a text; None if it is not of this shape."""
        if len(texte) != self.signes:
            return None
        value = 0
        for sign in texte:
            digit = _VALUES.get(sign)
            if digit is None:
                return None
            value = value << _BITS_PER_SIGN | digit
        bits = self.signes * _BITS_PER_SIGN
        mask = (1 << bits) - 1
        value = value * self.inverse_c & mask
        value ^= value >> (bits + 1) // 2
        return (value - self.b) * self.inverse_a & mask


def brouilleur(signes: int, *cle: object) -> Brouilleur:
    """Make the bijection of a key."""
    des = tirage("code", signes, *cle)
    borne = 1 << signes * _BITS_PER_SIGN
    a, b, c = (int(des.random() * borne) for _ in "abc")
    a, c = a | 1, c | 1  # odd numbers have an inverse
    return Brouilleur(signes, a, b, c, inverse_a=pow(a, -1, borne), inverse_c=pow(c, -1, borne))


@dataclass(frozen=True, slots=True)
class Chiffreur:
    """A keyed bijection of 0 … ``module`` - 1 onto itself, written with ``chiffres`` digits from ``premier``."""

    chiffres: int
    premier: int
    module: int
    a: int
    b: int

    def texte(self, numero: int) -> str:
        """Give the digits of a counter."""
        return f"{(numero * self.a + self.b) % self.module + self.premier:0{self.chiffres}d}"

    def numero(self, texte: str) -> int | None:
        """Give the counter of some digits; None if they are not of this shape."""
        if len(texte) != self.chiffres or not (texte.isascii() and texte.isdigit()):
            return None
        value = int(texte) - self.premier
        if not 0 <= value < self.module:
            return None
        return (value - self.b) * pow(self.a, -1, self.module) % self.module


def chiffreur(chiffres: int, premier: int, module: int, *cle: object) -> Chiffreur:
    """Make the bijection of a key; ``module`` is prime, so any factor will do."""
    des = tirage("chiffres", chiffres, *cle)
    return Chiffreur(chiffres, premier, module, a=1 + int(des.random() * (module - 1)), b=int(des.random() * module))
