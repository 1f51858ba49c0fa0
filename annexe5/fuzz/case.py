"""A case: the shortest list of exchanges that says something, free of references, names and dates.

What is played depends on the case alone, so that it can be shrunk, written to a file and played again elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from annexe5.errors import UsageError

# How the bytes of a file may differ from what we would write ourselves; what each is worth, the table's judge says.
FORMS = (
    "ordinaire",
    "sans fin de ligne finale",
    "fins de ligne LF",
    "tout entre guillemets",
    "marque d'ordre des octets",
    "ligne vide à la fin",
    "séparateur final",
    "coupé au milieu",
    "en-tête répété",
)
Follow = Literal["CR_STOC", "CR_MES_LigneFTTH", "Annul_Acces"]
Changes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """One row of Cmd_Acces on an eligible address.

    ``changes`` say other things in some columns, ``suffix`` lengthens its reference.
    """

    changes: Changes = ()
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Deposit one file of orders; ``form`` is one of ``FORMS``."""

    orders: tuple[Ordered, ...]
    form: str = "ordinaire"
    kind: Literal["commander"] = "commander"


@dataclass(frozen=True, slots=True)
class Again:
    """Deposit an order of the case once more, under the same reference."""

    order: int
    kind: Literal["recommander"] = "recommander"


@dataclass(frozen=True, slots=True)
class Next:
    """Send a flow that follows an order, in its turn or not; ``order`` -1: a reference that was never ordered.

    ``wrong`` cites another work order or service than those the OI gave.
    """

    flow: Follow
    order: int
    wrong: bool = False
    changes: Changes = ()
    kind: Literal["suivre"] = "suivre"


Step = Annotated[Place | Again | Next, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Case:
    """What the OC does, in order."""

    steps: tuple[Step, ...]

    @property
    def size(self) -> tuple[int, int, int]:
        """What makes a case small: exchanges, then rows and columns changed, then characters."""
        rows = [one for step in self.steps if isinstance(step, Place) for one in step.orders]
        changes = [*(one.changes for one in rows), *(one.changes for one in self.steps if isinstance(one, Next))]
        forms = sum(step.form != FORMS[0] for step in self.steps if isinstance(step, Place))
        said = sum(len(value) for one in changes for _, value in one) + sum(len(one.suffix) for one in rows)
        return len(self.steps), len(rows) + sum(map(len, changes)) + forms, said

    @property
    def orders(self) -> int:
        """How many orders it places."""
        return sum(len(one.orders) for one in self.steps if isinstance(one, Place))


C = TypeVar("C")


def write_case(case: object, path: Path) -> None:
    """Write a case of any kind as JSON."""
    path.write_bytes(TypeAdapter(type(case)).dump_json(case, indent=1) + b"\n")


def read_case(path: Path, kind: type[C]) -> C:
    """Read a case back; UsageError says what is wrong with the file."""
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} : cas illisible ({error.strerror}).") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(one) for one in first["loc"])
        raise UsageError(f"{path} : {place} : ce n'est pas un cas de ce fuzz ({first['msg']}).") from None


def told(steps: Sequence[Step]) -> list[str]:
    """Say a case in French, a sentence a step."""
    return [_told(number, step) for number, step in enumerate(steps, start=1)]


_DOES = {
    "CR_STOC": "confirme le raccordement (CR_STOC)",
    "CR_MES_LigneFTTH": "confirme la mise en service (CR_MES)",
    "Annul_Acces": "annule (Annul_Acces)",
}


def _told(number: int, step: Step) -> str:
    if isinstance(step, Place):
        rows = [_row(place, one) for place, one in enumerate(step.orders, start=1)]
        form = "" if step.form == FORMS[0] else f", fichier « {step.form} »"
        return f"{number}. l'OC dépose {len(rows)} commande(s){form} : {' ; '.join(rows)}"
    if isinstance(step, Again):
        return f"{number}. l'OC dépose de nouveau la commande n° {step.order + 1}, sous la même référence"
    whom = "une référence jamais commandée" if step.order < 0 else f"la commande n° {step.order + 1}"
    wrong = ", en citant d'autres références que celles de l'OI" if step.wrong else ""
    return f"{number}. l'OC {_DOES[step.flow]} {whom}{wrong}{_columns(step.changes)}"


def _row(place: int, one: Ordered) -> str:
    suffix = f", référence finissant par « {one.suffix} »" if one.suffix else ""
    return f"n° {place}{suffix}{_columns(one.changes) or ('' if suffix else ', ordinaire')}"


def _columns(changes: Changes) -> str:
    return "".join(f", {column} = « {value} »" for column, value in changes)
