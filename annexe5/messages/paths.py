"""Values at a wire path: local names below an element, ``@`` for an attribute, lists walked through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from annexe5.messages.xml import Element, is_nil, local


@dataclass(frozen=True, slots=True)
class Place:
    """One value and where it stands; ``attribute`` is empty for an element."""

    element: Element
    attribute: str
    value: str


def values(root: Element, path: str) -> Iterator[Place]:
    """Give each non-nil value at a path (``a/b[]/@c``; the list marks are only for the reader)."""
    steps = [step.removesuffix("[]") for step in path.split("/")]
    nodes = [root]
    for step in steps:
        if step.startswith("@"):
            for node in nodes:
                for name, value in node.attrib.items():
                    if local(name) == step[1:]:
                        yield Place(node, step[1:], str(value))
            return
        nodes = [one for node in nodes for one in node if local(one.tag) == step]
    for node in nodes:
        if not is_nil(node):
            yield Place(node, "", node.text or "")


def parent(root: Element, path: str) -> Element:
    """Give the deepest element that exists on the way to a path: where a missing value should have been."""
    node = root
    for step in path.split("/"):
        name = step.removesuffix("[]")
        below = next((one for one in node if local(one.tag) == name), None)
        if below is None:
            return node
        node = below
    return node
