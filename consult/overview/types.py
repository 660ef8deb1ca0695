"""Shapes of the thread: nodes, edges, and their drawing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in a thread. `page` names its own page as (route, values); None where the reader may not open it.

    `note` says how it is linked to what stands above it in the list; `passage` are the words concerned; `more` how many were left out.
    """

    kind: str
    id: uuid.UUID
    title: str
    note: str = ""
    passage: str = ""
    reason: str = ""
    page: tuple[str, dict[str, str]] | None = None
    hidden: bool = False
    children: tuple[Node, ...] = ()
    more: int = 0
    #: Number of a finding or proposal in its process; version of the paper a finding stands in; day of publication or decision; who decided.
    number: int | None = None
    version: int | None = None
    at: datetime | None = None
    body: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thing with what it comes from and what it led to, as nested lists."""

    here: Node
    up: tuple[Node, ...] = ()
    down: tuple[Node, ...] = ()
    up_more: int = 0
    down_more: int = 0
    #: Who wrote a proposal and its co-authors, as they sign; None for an erased account.
    authors: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """A node in the drawing, in units of the drawing."""

    x: int
    y: int
    kind: str
    lines: tuple[str, ...]
    title: str
    node: Node | None
    here: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A link in the drawing."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A thread as boxes and lines, column by column from sources to actions."""

    width: int
    height: int
    box_width: int
    box_height: int
    boxes: tuple[Box, ...] = field(default_factory=tuple)
    lines: tuple[Line, ...] = field(default_factory=tuple)
