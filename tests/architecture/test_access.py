"""Every (route, method) as every role, with the phases open and closed, against the table of permissions."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import nodes
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from consult.core.permissions import TABLE, Permission, table_lines
from consult.core.vocabulary import STAFF, Role
from consult.people import queries as people_queries
from consult.process.models import Phase, Process
from consult.web.access import PUBLIC, mark_of
from consult.web.session import SAFE_METHODS
from tests.architecture.test_house import CODE, calls
from tests.conftest import Stage
from tests.factories.addresses import opener
from tests.factories.world import PEOPLE, client_for, make_app

PRINT = Path(__file__).with_name("permissions.txt")
REACHED = 207
ROLES: tuple[Role | None, ...] = (None, *PEOPLE)


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, rule) of every route but static files."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, rule.rule


def test_the_committed_print_is_the_table() -> None:
    printed = "\n".join(table_lines()) + "\n"
    assert PRINT.read_text("utf-8") == printed, (
        f"the table changed: consult permissions > {PRINT.name}, and read the difference"
    )


def test_every_endpoint_is_marked(stage: Stage) -> None:
    unmarked = [name for name, view in stage.app.view_functions.items() if mark_of(view) is None]
    assert unmarked == []


def test_no_page_is_handed_a_name_that_every_page_has(stage: Stage) -> None:
    """A page's own `kept` once hid the `kept` by which every page draws its frame: the page was a 500."""
    everywhere, wrong = set(stage.app.jinja_env.globals), []
    for path in CODE:
        for call in calls(path):
            if call.name == "render_template":
                wrong += [f"{path.name}:{call.line} {name}" for name in call.passed if name in everywhere]
    # A template that sets such a name itself hides it as well.
    environment = stage.app.jinja_env
    for name in environment.list_templates(filter_func=lambda name: name.endswith(".html")):
        source, _path, _fresh = environment.loader.get_source(environment, name)  # type: ignore[union-attr]  # There is a loader.
        for set_here in environment.parse(source).find_all((nodes.Assign, nodes.AssignBlock)):
            targets = [set_here.target] if isinstance(set_here.target, nodes.Name) else set_here.target.find_all(nodes.Name)
            wrong += [f"{name}:{set_here.lineno} {target.name}" for target in targets if target.name in everywhere]
    assert wrong == []


def test_no_unsafe_method_under_a_reading_permission(stage: Stage) -> None:
    wrong = []
    for endpoint, method, rule in routes(stage.app):
        mark = mark_of(stage.app.view_functions[endpoint])
        if method not in SAFE_METHODS and mark not in (None, PUBLIC) and not TABLE[Permission(mark)].writes:
            wrong.append(f"{method} {rule}")
    assert wrong == []


def test_every_permission_guards_a_route_or_is_known_to_be_asked_inside(stage: Stage) -> None:
    used = {mark_of(view) for view in stage.app.view_functions.values()}
    unused = [str(p) for p in Permission if p not in used]
    assert unused == [], f"rows of the table that no route asks for: {unused}"


def test_an_unmarked_endpoint_answers_403(stage: Stage) -> None:
    app = make_app(stage.database_url)
    app.add_url_rule("/senza-segno", "senza_segno", lambda: "open")
    assert app.test_client().get("/senza-segno").status_code == 403


def expected(permission: Permission, role: Role | None, *, safe: bool, phases_open: bool, published: bool) -> set[int]:
    """The statuses the table allows, worked out here on its own."""
    rule = TABLE[permission]
    held = {role or Role.anonymous}
    if role is not None:
        held.add(Role.account)
    staff = bool(held & (STAFF | {Role.administrator}))
    if role is None and Role.anonymous not in rule.roles:
        return {302} if safe else {401}
    if rule.public_once_published and not published and not staff:
        return {404}
    if not held & rule.roles:
        return {404, 403}
    if rule.phases and not phases_open:
        return {403}
    return {REACHED}


def stub_views(app: Flask) -> None:
    """Replace what views do by an answer that says «reached», and pages of refusal by their status: only access is asked here."""
    app.register_error_handler(HTTPException, lambda error: (error.name, error.code or 500))
    for endpoint, view in list(app.view_functions.items()):
        if endpoint == "static":
            continue

        def reached(*, _view: Any = view, **_values: Any) -> tuple[str, int]:
            return "reached", REACHED

        reached.__dict__.update(view.__dict__)
        app.view_functions[endpoint] = reached


def depends(app: Flask, endpoint: str, rule: str, *, phases_open: bool, published: bool) -> bool:
    """Whether closed phases, or a process not yet published, may change who reaches a route: the rule names phases, the address a process."""
    mark = mark_of(app.view_functions[endpoint])
    named = mark not in (None, PUBLIC) and bool(TABLE[Permission(str(mark))].phases)
    return (phases_open and published) or (not phases_open and named) or (not published and "<slug>" in rule)


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who somebody is in a process is read from the database once and not for each of thousands of requests: nobody's roles change here.

    That they are read with every request is told by `test_rights_end_with_the_role`.
    """
    read, known = people_queries.signed_in, {}

    def signed_in(session: Session, *, token: str, slug: str | None = None, **columns: Any) -> Any:
        if (token, slug) not in known:
            known[token, slug] = read(session, token=token, slug=slug, **columns)
        return known[token, slug]

    monkeypatch.setattr(people_queries, "signed_in", signed_in)


def set_world(stage: Stage, *, phases_open: bool, published: bool) -> None:
    """Close or keep open all phases, and hide or show the process."""
    with stage.work() as session:
        if not phases_open:
            session.execute(
                update(Phase).values(
                    closes_at=Phase.opens_at + (Phase.closes_at - Phase.opens_at) / 1000, settled_at=Phase.opens_at
                )
            )
        session.execute(update(Process).values(state="published" if published else "draft"))


@pytest.mark.parametrize(("phases_open", "published"), [(True, True), (False, True), (True, False)])
@pytest.mark.usefixtures("read_once")
def test_every_route_as_every_role(stage: Stage, phases_open: bool, published: bool) -> None:
    """Where phases are closed, or the process is not published, a route that this can't change is asked as who reaches it otherwise."""
    set_world(stage, phases_open=phases_open, published=published)
    app = make_app(stage.database_url)
    stub_views(app)
    wrong: list[str] = []
    asked = 0
    adapter = app.url_map.bind("localhost")
    addresses = [
        (
            endpoint,
            method,
            adapter.build(endpoint, arguments(app, endpoint, rule, stage.world.slug), method=method),
            ROLES if depends(app, endpoint, rule, phases_open=phases_open, published=published) else (opener(app, endpoint),),
        )
        for endpoint, method, rule in routes(app)
    ]
    for role in ROLES:
        client = client_for(app, stage.world.accounts[role] if role else None)
        for endpoint, method, url, asking in addresses:
            if role not in asking:
                continue
            mark = mark_of(app.view_functions[endpoint])
            wanted = (
                {REACHED}
                if mark == PUBLIC
                else expected(
                    Permission(str(mark)),
                    role,
                    safe=method in SAFE_METHODS,
                    phases_open=phases_open,
                    published=published,
                )
            )
            answer = client.open(
                url, method=method, data={"_once": str(uuid.uuid4())} if method not in SAFE_METHODS else None
            )
            asked += 1
            if answer.status_code not in wanted:
                wrong.append(f"{method} {url} as {role}: {answer.status_code}, the table says {sorted(wanted)}")
    assert wrong == []
    assert asked > 500


def arguments(app: Flask, endpoint: str, rule: str, slug: str) -> dict[str, Any]:
    """A value for each argument of a route."""
    found = next(r for r in app.url_map.iter_rules(endpoint) if r.rule == rule)
    values: dict[str, Any] = {}
    for name in found.arguments:
        converter = found._converters[name]
        kind = type(converter).__name__
        values[name] = (
            slug
            if name == "slug"
            else uuid.uuid4()
            if kind == "UUIDConverter"
            else 1
            if kind == "IntegerConverter"
            else "1.1.1"
        )
    return values


def test_a_role_in_another_process_counts_for_nothing_here(stage: Stage) -> None:
    from tests.factories.world import load_world  # noqa: PLC0415  # Only this test needs a second world.

    with stage.work() as session:
        other = load_world(session, slug="altro-processo")
    app = make_app(stage.database_url)
    stub_views(app)
    staff_routes = [
        (endpoint, method, rule)
        for endpoint, method, rule in routes(app)
        if "<slug>" in rule
        and (m := mark_of(app.view_functions[endpoint])) != PUBLIC
        and Role.account not in TABLE[Permission(str(m))].roles
    ]
    assert staff_routes
    stranger = client_for(app, other.accounts[Role.facilitator])
    for endpoint, method, rule in staff_routes:
        if Role.anonymous in TABLE[Permission(str(mark_of(app.view_functions[endpoint])))].roles:
            continue
        with app.test_request_context():
            url = app.url_map.bind("localhost").build(
                endpoint, arguments(app, endpoint, rule, stage.world.slug), method=method
            )
        answer = stranger.open(url, method=method, data={"_once": str(uuid.uuid4())})
        assert answer.status_code in {403, 404}, f"{method} {url}: {answer.status_code}"


def test_rights_end_with_the_role(stage: Stage) -> None:
    """ASVS 8.3.2: a role taken away ends with the next request of a session that is already open."""
    from consult.process.models import Membership  # noqa: PLC0415  # Only this test touches the table.

    client = stage.client_as(Role.facilitator)
    app_view = f"/scrivania/{stage.world.slug}/fonti"
    assert client.get(app_view).status_code == 200
    with stage.work() as session:
        session.query(Membership).filter_by(account_id=stage.world.accounts[Role.facilitator]).delete()
    assert client.get(app_view).status_code == 404
