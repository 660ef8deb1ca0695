"""The data of the page benchmark: 500 people, 2,000 proposals of nine sentences, 20,000 supports, 6,000 comments, by COPY."""

from __future__ import annotations

import hashlib
import random
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

from consult.coplanning.proposals.rules import excerpt
from consult.core.db import make_engine
from consult.core.markdown import render_user_text
from consult.core.vocabulary import PhaseKind, SpeakerKind, Stance
from consult.framework.models import Axis, Frame, Municipality, Strategy, Territory, Zone
from consult.process.models import Phase, PrivacyNotice, Process

PEOPLE, PROPOSALS, SUPPORTS, COMMENTS, REPLIES = 500, 2_000, 20_000, 6_000, 1_300
SLUG = "misura"
STARTS = (
    "Propongo di", "Servirebbe", "Chiediamo di", "Sarebbe utile", "Dobbiamo", "Vorrei che si potesse", "La Città metropolitana potrebbe",
    "Insieme ai comuni si può", "Per chi vive in valle serve", "I ragazzi chiedono di",
)  # fmt: skip  # words read better in lines
DOINGS = (
    "collegare", "riaprire", "curare", "rendere sicuri", "far conoscere", "mettere in rete", "aggiustare", "sostenere", "misurare",
    "proteggere", "coordinare", "finanziare",
)  # fmt: skip  # words read better in lines
THINGS = (
    "i treni della sera", "le piste ciclabili lungo il fiume", "i boschi abbandonati", "le scuole dei piccoli comuni", "gli sportelli per il lavoro",
    "le cooperative agricole", "la banda larga nelle borgate", "i centri per anziani", "i canali di irrigazione", "le fabbriche dismesse",
    "gli alloggi vuoti", "i musei diffusi", "i laboratori di quartiere", "i mercati contadini", "le comunità energetiche", "gli argini",
)  # fmt: skip  # words read better in lines
REASONS = (
    "perché oggi ognuno si arrangia", "così le famiglie non vanno via", "come già si fa altrove", "senza consumare altro suolo",
    "prima che sia troppo tardi", "con fondi europei e un po' di coraggio", "per ridurre le distanze fra le zone", "partendo da chi sta peggio",
    "e rendendo conto ogni anno dei risultati", "con un piccolo ufficio dedicato", "ascoltando chi ci lavora", "in meno di due anni",
)  # fmt: skip  # words read better in lines


@dataclass(frozen=True, slots=True)
class Seeded:
    """Keys that the measuring needs."""

    proposals: Sequence[uuid.UUID]
    discussed: Sequence[uuid.UUID]
    busiest: uuid.UUID
    strategies: Sequence[uuid.UUID]
    tokens: Sequence[str]


def sentence(dice: random.Random) -> str:
    """One sentence out of the words above."""
    return f"{dice.choice(STARTS)} {dice.choice(DOINGS)} {dice.choice(THINGS)} e {dice.choice(THINGS)}, {dice.choice(REASONS)}."


def text_of(dice: random.Random, sentences: int = 9) -> str:
    """A text of some sentences in three paragraphs, with a bold word."""
    words = [sentence(dice) for _ in range(sentences)]
    words[0] = words[0].replace(" e ", " **e** ", 1)
    return "\n\n".join(" ".join(words[i::3]) for i in range(3))


def key(dice: random.Random) -> uuid.UUID:
    """A random key that is the same in every run."""
    return uuid.UUID(int=dice.getrandbits(128), version=4)


def copy(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows by COPY."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as out:
        for row in rows:
            out.write_row(row)


def seed(url: str) -> Seeded:
    """Fill the empty schema at `url`; the same rows in every run, apart from the sign-in tokens."""
    dice = random.Random(7)
    now = datetime.now(UTC)
    engine = make_engine(url)
    with Session(engine) as session:
        process, strategies, zones = frame_and_process(session, dice, now)
        session.commit()
    engine.dispose()
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        people = [key(dice) for _ in range(PEOPLE)]
        columns: tuple[str, ...] = ("id", "email", "display_name", "email_verified_at", "created_at")
        copy(
            connection,
            "account",
            columns,
            [(p, f"persona{i}@example.org", f"Persona {i}", now, now) for i, p in enumerate(people)],
        )
        tokens = [secrets.token_urlsafe(24) for _ in people]
        columns = ("token_hash", "account_id", "expires_at", "browser")
        tomorrow = now + timedelta(days=1)
        hashes = [hashlib.sha256(t.encode()).digest() for t in tokens]
        copy(
            connection, "sign_in_session", columns, [(h, p, tomorrow, "") for h, p in zip(hashes, people, strict=True)]
        )
        proposals = [key(dice) for _ in range(PROPOSALS)]
        comments = _comments(connection, dice, process, proposals, people, now)
        supports = {
            (dice.choice(proposals[: dice.choice((100, 500, PROPOSALS))]), dice.choice(people))
            for _ in range(SUPPORTS * 2)
        }
        given = dice.sample(sorted(supports), SUPPORTS)
        _proposals(connection, dice, process, proposals, people, strategies, zones, now, given, comments)
        copy(connection, "proposal_support", ("id", "proposal_id", "account_id"), [(key(dice), p, a) for p, a in given])
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    discussed = [p for p in proposals if comments.get(p)]
    return Seeded(proposals, discussed, max(discussed, key=lambda p: comments[p]), strategies, tokens)


def frame_and_process(
    session: Session, dice: random.Random, now: datetime
) -> tuple[uuid.UUID, list[uuid.UUID], list[uuid.UUID]]:
    """A frame of 6 axes and 25 strategies, a territory of 11 zones, a process with every phase open."""
    frame, territory = Frame(slug=SLUG, title="Struttura"), Territory(slug=SLUG, name="Territorio", partial=True)
    session.add_all([frame, territory])
    session.flush()
    axes = [
        Axis(
            frame_id=frame.id,
            number=i + 1,
            title=f"Un asse del piano con un titolo lungo, il numero {i + 1}",
            objective=sentence(dice),
        )
        for i in range(6)
    ]
    zones = [
        Zone(territory_id=territory.id, code=str(i + 1), name=f"Zona omogenea {i + 1}", position=i) for i in range(11)
    ]
    session.add_all([*axes, *zones])
    session.flush()
    strategies = [
        Strategy(
            frame_id=frame.id,
            axis_id=axes[i % 6].id,
            code=f"{i % 6 + 1}.{i // 6 + 1}",
            position=i,
            title=f"{dice.choice(DOINGS).capitalize()} {dice.choice(THINGS)}",
            keywords=[],
        )
        for i in range(25)
    ]
    towns = [Municipality(zone_id=zones[i % 11].id, name=f"Comune {i + 1}") for i in range(40)]
    process = Process(
        slug=SLUG,
        title="Piano di misura",
        name="Misura",
        summary="Che cosa serve?",
        state="published",
        frame_id=frame.id,
        territory_id=territory.id,
    )
    session.add_all([*strategies, *towns, process])
    session.flush()
    for i, kind in enumerate(PhaseKind):
        dates = {"opens_at": now - timedelta(days=90), "closes_at": now + timedelta(days=90)}
        session.add(Phase(process_id=process.id, kind=str(kind), title=str(kind), position=i, **dates))
    words = "Usiamo i tuoi dati solo per questo processo."
    session.add(PrivacyNotice(process_id=process.id, phase_kind=str(PhaseKind.co_planning), version=1, text=words))
    session.flush()
    return process.id, [s.id for s in strategies], [z.id for z in zones]


def _comments(
    connection: psycopg.Connection[Any], dice: random.Random, process: uuid.UUID, proposals: Sequence[uuid.UUID],
    people: Sequence[uuid.UUID], now: datetime,
) -> dict[uuid.UUID, int]:  # fmt: skip  # one line per kind of argument reads better
    number: dict[uuid.UUID, int] = {}
    heads: list[list[Any]] = []
    replies: list[list[Any]] = []
    for i in range(COMMENTS):
        words = text_of(dice, 3)
        at = now - timedelta(minutes=dice.randrange(60 * 24 * 60))
        if i < COMMENTS - REPLIES:
            about = dice.choice(proposals[: dice.choice((50, PROPOSALS))])
            heads.append(
                [
                    key(dice),
                    process,
                    "proposal",
                    about,
                    None,
                    0,
                    dice.choice(people),
                    str(dice.choice(list(Stance))),
                    words,
                    str(render_user_text(words)),
                    at,
                    0,
                ]
            )
        else:
            head = dice.choice(heads)
            about = head[3]
            head[-1] += 1
            replies.append(
                [
                    key(dice),
                    process,
                    "proposal",
                    about,
                    head[0],
                    1,
                    dice.choice(people),
                    "neutral",
                    words,
                    str(render_user_text(words)),
                    at,
                    0,
                ]
            )
        number[about] = number.get(about, 0) + 1
    columns = (
        "id",
        "process_id",
        "target_kind",
        "target_id",
        "parent_id",
        "depth",
        "author_id",
        "stance",
        "text",
        "html",
        "created_at",
        "replies_count",
    )
    copy(connection, "comment", columns, heads + replies)
    return number


def _proposals(
    connection: psycopg.Connection[Any], dice: random.Random, process: uuid.UUID, proposals: Sequence[uuid.UUID],
    people: Sequence[uuid.UUID], strategies: Sequence[uuid.UUID], zones: Sequence[uuid.UUID], now: datetime,
    supports: Sequence[tuple[uuid.UUID, uuid.UUID]], comments: dict[uuid.UUID, int],
) -> None:  # fmt: skip  # one line per kind of argument reads better
    supported: dict[uuid.UUID, int] = {}
    for about, _person in supports:
        supported[about] = supported.get(about, 0) + 1
    rows, places = [], []
    for i, about in enumerate(proposals):
        words = text_of(dice)
        html = str(render_user_text(words))
        at = now - timedelta(minutes=i)
        rows.append(
            (
                about, process, PROPOSALS - i, f"{dice.choice(DOINGS).capitalize()} {dice.choice(THINGS)} e {dice.choice(THINGS)}", words, html,
                excerpt(html), dice.choice(strategies), dice.choice(people), str(dice.choice(list(SpeakerKind))), dice.random() < 0.8,
                supported.get(about, 0), comments.get(about, 0), at, at,
            )
        )  # fmt: skip  # one row of values reads better so
        places += [(about, z) for z in dice.sample(list(zones), dice.randrange(4))]
    columns = (
        "id", "process_id", "number", "title", "text", "html", "excerpt", "strategy_id", "author_id", "author_kind", "show_name",
        "supports_count", "comments_count", "created_at", "state_at",
    )  # fmt: skip  # names read better in lines
    copy(connection, "proposal", columns, rows)
    copy(connection, "proposal_zone", ("proposal_id", "zone_id"), places)
    copy(connection, "proposal_counter", ("process_id", "last"), [(process, PROPOSALS)])
