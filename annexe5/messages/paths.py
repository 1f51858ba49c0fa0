"""Values at a wire path: local names below an element, ``@`` for an attribute, lists walked through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from annexe5.messages.xml import Element, is_nil, local


@dataclass(frozen=True, slots=True)
class Place:
    """One value and where it stands; ``attribute`` is empty for an element."""

    element: Element
    attribute: str
    value: str


def values(root: Element, path: str) -> Iterator[Place]:
    """Give each non-nil value at a path (``a/b[]/@c``; the list marks are only for the reader)."""
    nodes = [root]
    for step in _steps(path):
        if step.startswith("@"):
            yield from _attributes(nodes, step[1:])
            return
        nodes = [one for node in nodes for one in node.iterchildren(step)]
    for node in nodes:
        if not is_nil(node):
            yield Place(node, "", node.text or "")


def parent(root: Element, path: str) -> Element:
    """Give the deepest element that exists on the way to a path: where a missing value should have been."""
    node = root
    for step in _steps(path):
        below = None if step.startswith("@") else next(node.iterchildren(step), None)
        if below is None:
            return node
        node = below
    return node


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    """Split a path into what lxml looks for: any namespace, or none, and the local name."""
    steps = (step.removesuffix("[]") for step in path.split("/"))
    return tuple(step if step.startswith("@") else f"{{*}}{step}" for step in steps)


def _attributes(nodes: list[Element], name: str) -> Iterator[Place]:
    for node in nodes:
        for key, value in node.attrib.items():
            if local(key) == name:
                yield Place(node, name, str(value))
