"""What stands in the navigation bar of a page, by process and person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from consult.core.protocols import ProcessContext
from consult.core.vocabulary import STAFF, Role
from consult.web.words import gettext as _

#: Addresses kept at most; more would be those of processes nobody looks at together.
MOST_ADDRESSES = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the bar."""

    label: str
    url: str
    active: bool


def entries(context: ProcessContext | None, person: Any) -> tuple[Entry, ...]:
    """The entries for this page; those of a process where the page belongs to one."""
    path = request.path

    def entry(label: str, endpoint: str, **values: Any) -> Entry:
        url = address(endpoint, **values)
        return Entry(label, url, path == url or (url.count("/") > 2 and path.startswith(url + "/")))

    bar: list[Entry] = []
    if context is None:
        bar.append(entry(_("Che cosa è aperto"), "home.index"))
    else:
        slug = context.slug
        bar += [
            entry(_("Il processo"), "home.process", slug=slug),
            entry(_("Dire la propria"), "contributions.new", slug=slug),
            entry(_("Incontri"), "meetings.public_list", slug=slug),
            entry(_("Position paper"), "position_paper.public", slug=slug),
            entry(_("Proposte"), "proposals.index", slug=slug),
            entry(_("Priorità"), "priorities.index", slug=slug),
            entry(_("Il piano"), "plan.public", slug=slug),
        ]
    if getattr(person, "is_authenticated", False):
        bar.append(entry(_("Le mie cose"), "home.mine"))
        staff_here = context is not None and bool(context.facts.roles & (STAFF | {Role.administrator}))
        if staff_here or person.staff:
            bar.append(entry(_("Scrivania"), "home.desk"))
    else:
        bar.append(entry(_("Ricevuta"), "home.receipt"))
    return tuple(bar)


def address(endpoint: str, **values: Any) -> str:
    """The address of a page, or nothing where this installation has no such page (the mailbox of a trial, for one)."""
    if endpoint not in current_app.view_functions:
        return ""
    if values.keys() - {"slug"}:
        return url_for(endpoint, **values)
    # The same dozen stand on every page of a process, and building one costs as much as drawing ten links.
    known: dict[tuple[str, str, str], str] = current_app.extensions["consult_addresses"]
    key = (endpoint, values.get("slug", ""), request.script_root)
    found = known.get(key)
    if found is None:
        if len(known) >= MOST_ADDRESSES:
            known.clear()
        found = known[key] = url_for(endpoint, **values)
    return found
