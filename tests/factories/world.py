"""A small world for tests: a frame, a territory, one published process with every phase open, one account per role.

`load_world` writes it in one transaction; `client_as` gives a signed-in test client; `Client.send` posts a form with its
idempotency key, as a browser would.
"""

from __future__ import annotations

import gc
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config import Settings
from consult.app import create_app, make_glue
from consult.core.vocabulary import ASSIGNABLE, PhaseKind, Role
from consult.framework.models import Axis, Frame, Municipality, ReferencePlan, Strategy, Territory, Zone
from consult.people.models import Account, SignInSession
from consult.people.queries import token_hash
from consult.process.models import Membership, Phase, PrivacyNotice, Process

SLUG = "piano-di-prova"
#: What a stage holds, by the name under which its rows are kept.
SMALL = "a small world"
PEOPLE: tuple[Role, ...] = (Role.account, Role.administrator, *ASSIGNABLE)
STRATEGIES = (
    (1, "1.1", "Portare la rete veloce in ogni comune"),
    (1, "1.2", "Aiutare le piccole imprese a innovare"),
    (2, "2.1", "Fare crescere il verde e proteggere l'acqua"),
    (2, "2.2", "Rendere il treno comodo e frequente"),
)


@dataclass(slots=True)
class World:
    """Keys of what was loaded; `accounts` by role, and `others` for more people with a plain account."""

    process_id: uuid.UUID
    frame_id: uuid.UUID
    territory_id: uuid.UUID
    slug: str = SLUG
    strategies: dict[str, uuid.UUID] = field(default_factory=dict)
    zones: dict[str, uuid.UUID] = field(default_factory=dict)
    municipalities: dict[str, uuid.UUID] = field(default_factory=dict)
    accounts: dict[Role, uuid.UUID] = field(default_factory=dict)
    others: list[uuid.UUID] = field(default_factory=list)
    phases: dict[PhaseKind, uuid.UUID] = field(default_factory=dict)


def load_world(
    session: Session, *, now: datetime | None = None, published: bool = True, slug: str = SLUG, others: int = 4
) -> World:
    """Write the world and flush; the caller commits. Every phase is open from yesterday to in thirty days."""
    moment = now or datetime.now(UTC)
    mark = secrets.token_hex(4)
    frame = Frame(slug=f"struttura-{mark}", title="Piano di prova", vision="Un territorio che si ascolta.")
    territory = Territory(slug=f"territorio-{mark}", name="Territorio di prova", partial=True)
    session.add_all([frame, territory])
    session.flush()
    axes = {
        1: Axis(frame_id=frame.id, number=1, title="Più innovazione", objective="Imprese, digitale, lavoro."),
        2: Axis(frame_id=frame.id, number=2, title="Più verde e più treni", objective="Ambiente, acqua, mobilità."),
    }
    session.add_all(axes.values())
    zones = {
        code: Zone(
            territory_id=territory.id,
            code=code,
            name=name,
            position=i,
            residents=1000 * (i + 1),
            municipality_count=2,
            tile_row=0,
            tile_column=i,
        )
        for i, (code, name) in enumerate([("1", "Città"), ("2", "Valle"), ("3", "Collina")])
    }
    session.add_all(zones.values())
    session.flush()
    strategies = {
        code: Strategy(frame_id=frame.id, axis_id=axes[axis].id, code=code, position=i, title=title, keywords=[])
        for i, (axis, code, title) in enumerate(STRATEGIES)
    }
    towns = {
        name: Municipality(zone_id=zones[code].id, name=name) for name, code in [("Borgo", "2"), ("Collina Alta", "3")]
    }
    session.add_all(
        [
            *strategies.values(),
            *towns.values(),
            ReferencePlan(frame_id=frame.id, code="PUMS", title="Piano della mobilità"),
        ]
    )
    process = Process(
        slug=slug, title="Piano strategico di prova", name="Insieme", summary="Che cosa serve al territorio?",
        state="published" if published else "draft", frame_id=frame.id, territory_id=territory.id, start_year=2027, end_year=2029,
    )  # fmt: skip  # one row of values reads better so
    session.add(process)
    session.flush()
    phases = {
        kind: Phase(
            process_id=process.id,
            kind=str(kind),
            title=kind.value,
            position=i,
            opens_at=moment - timedelta(days=1),
            closes_at=moment + timedelta(days=30),
        )
        for i, kind in enumerate(PhaseKind)
    }
    session.add_all(phases.values())
    for kind in (PhaseKind.listening, PhaseKind.co_planning):
        session.add(
            PrivacyNotice(
                process_id=process.id,
                phase_kind=str(kind),
                version=1,
                text="Usiamo i tuoi dati solo per questo processo.",
            )
        )
    world = World(process_id=process.id, frame_id=frame.id, territory_id=territory.id, slug=slug)
    for role in PEOPLE:
        person = _account(session, f"{role}-{mark}", moment, administrator=role is Role.administrator)
        world.accounts[role] = person
        if role in ASSIGNABLE:
            session.add(Membership(process_id=process.id, account_id=person, role=str(role)))
    world.others = [_account(session, f"persona{i}-{mark}", moment) for i in range(others)]
    session.flush()
    world.strategies = {code: s.id for code, s in strategies.items()}
    world.zones = {code: z.id for code, z in zones.items()}
    world.municipalities = {name: t.id for name, t in towns.items()}
    world.phases = {kind: p.id for kind, p in phases.items()}
    return world


def _account(session: Session, name: str, now: datetime, *, administrator: bool = False) -> uuid.UUID:
    account = Account(
        email=f"{name}@example.org", display_name=name, email_verified_at=now, administrator=administrator
    )
    session.add(account)
    session.flush()
    return account.id


def sign_in_token(session: Session, account_id: uuid.UUID) -> str:
    """A live sign-in session of an account; returns the cookie's token."""
    token = secrets.token_urlsafe(24)
    session.add(
        SignInSession(
            token_hash=token_hash(token),
            account_id=account_id,
            browser="test",
            expires_at=datetime.now(UTC) + timedelta(days=1),
        )
    )
    session.flush()
    return token


class Client(FlaskClient):
    """A test client that fills in the idempotency key of a form."""

    def send(
        self, url: str, data: dict[str, Any] | None = None, *, key: str | None = None, **options: Any
    ) -> TestResponse:
        """POST a form with a fresh idempotency key, or with `key` to replay one."""
        return self.post(url, data={"_once": key or str(uuid.uuid4()), **(data or {})}, **options)


def make_app(database_url: str, **changes: Any) -> Flask:
    """The application on a test database: no CSRF check and no rate limits, unless asked for; mails go nowhere."""
    csrf = changes.pop("csrf", False)
    settings = Settings(database_url=database_url, testing=True, rate_limits=False, web_pool_size=12, **changes)
    # Python 3.11 fails to compile a route ("AST constructor recursion depth mismatch") where a collection of garbage falls
    # into that moment and itself parses; a process that builds a thousand applications meets it now and then.
    gc.disable()
    try:
        app = create_app(settings)
    finally:
        gc.enable()
    app.config["WTF_CSRF_ENABLED"] = csrf
    app.config["WTF_CSRF_CHECK_DEFAULT"] = csrf
    app.test_client_class = Client
    return app


@contextmanager
def lent_app(database_url: str) -> Iterator[Flask]:
    """An application as `make_app` makes it, lent by the process for one test: its four hundred routes are compiled once.

    Who changes routes or settings of the application makes one of their own.
    """
    app = _FREE.pop() if _FREE else make_app(database_url)
    before: Settings = app.extensions["consult"].settings
    if before.database_url != database_url:
        app.extensions["consult"] = make_glue(replace(before, database_url=database_url))
    config = dict(app.config)
    try:
        yield app
    finally:
        app_engine(app).dispose()
    assert dict(app.config) == config, "a test changed the settings of an application that others use too"
    _FREE.append(app)


_FREE: list[Flask] = []


def client_for(app: Flask, account_id: uuid.UUID | None) -> Client:
    """A browser of its own, signed in as the account (or nobody)."""
    client = app.test_client()
    assert isinstance(client, Client)
    if account_id is not None:
        with app.extensions["consult"].sessions() as session:
            token = sign_in_token(session, account_id)
            session.commit()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
    return client


@contextmanager
def counted_statements(engine: Engine) -> Iterator[list[str]]:
    """The statements sent to the database within the block, in order."""
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def app_engine(app: Flask) -> Engine:
    """The engine of a test application."""
    engine = app.extensions["consult"].sessions.kw["bind"]
    assert isinstance(engine, Engine)
    return engine
