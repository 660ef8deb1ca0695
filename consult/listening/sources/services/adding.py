"""How sources come into the register: one by one, many at once, from a file of answers."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid
from consult.core.normalise import MAX_CHARACTERS, UnreadableText, clean_text
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import Channel, ThingKind
from consult.framework.models import Municipality, Zone
from consult.listening.sources import rules
from consult.listening.sources.models import Source
from consult.listening.sources.types import BadRow, ImportReport, ImportRow, NewSource
from consult.process.models import Process


def _values(process_id: uuid.UUID, new: NewSource) -> dict[str, Any]:
    """Columns of a new source. Raises Invalid for an empty or endless text or an unknown channel."""
    if not new.text.strip():
        raise Invalid("Una fonte ha bisogno di un testo.", {"text": "Scrivi qualche parola."})
    if len(new.text) > MAX_CHARACTERS:
        raise Invalid(
            "Il testo è troppo lungo per una sola fonte.",
            {"text": Sentence("Al massimo %(n)s caratteri.", n=MAX_CHARACTERS)},
        )
    return {
        "id": uuid.uuid4(),
        "process_id": process_id,
        "channel": str(Channel(new.channel)),
        "unit_kind": new.unit_kind,
        "unit_id": new.unit_id,
        "voice_id": new.voice_id,
        "position": new.position,
        "text": new.text,
        "language": new.language or rules.detect_language(new.text),
        "zone_id": new.zone_id,
        "municipality_id": new.municipality_id,
        "speaker_kind": str(new.speaker_kind) if new.speaker_kind else None,
        "note_kind": new.note_kind,
        "agreed": new.agreed,
        "visibility": new.visibility,
        "quotable": new.quotable,
        "attribution": new.attribution,
        "said_on": new.said_on,
        "import_key": new.import_key,
        "import_id": new.import_id,
        "asked": new.asked,
        "state": new.state,
    }


_COLUMNS = (
    "id", "process_id", "channel", "unit_kind", "unit_id", "voice_id", "position", "text", "language", "zone_id", "municipality_id",
    "speaker_kind", "note_kind", "agreed", "visibility", "quotable", "attribution", "said_on", "import_key", "import_id", "asked", "state",
)  # fmt: skip  # names read better in lines


def _writing() -> str:
    """The one statement that writes sources, however many: they come as one value, so that none is bound and executed by itself."""
    table = cast("Table", Source.__table__)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped.
    kinds = {name: table.c[name].type.compile(dialect) for name in _COLUMNS}
    names = ", ".join(_COLUMNS)
    given = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    return f"INSERT INTO {table.name} ({names}) SELECT {names} FROM json_to_recordset(CAST(:rows AS json)) AS given ({given})"  # noqa: S608  # Names of our own table.


# Built once: every answer, note and passage is written with it. Keys and days are written as `str` writes them.
#: For who writes sources together with what they hang on, in one statement: takes `rows` as `written` gives them.
WRITING = _writing()
_ADD = sql(WRITING)
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


#: Sources written by one statement: the value that holds them stays within some megabytes.
_TOGETHER = 500


def add_source(
    session: Session,
    *,
    process_id: uuid.UUID,
    channel: str,
    text: str,
    actor: Actor,
    now: datetime,
    language: str | None = None,
    zone_id: uuid.UUID | None = None,
    municipality_id: uuid.UUID | None = None,
    speaker_kind: str | None = None,
    unit_kind: str | None = None,
    unit_id: uuid.UUID | None = None,
    voice_id: uuid.UUID | None = None,
    position: int = 0,
    visibility: str = "internal",
    quotable: str = "anonymous",
    attribution: str = "",
    note_kind: str | None = None,
    agreed: int | None = None,
    said_on: date | None = None,
    import_key: str | None = None,
    state: str = "live",
) -> uuid.UUID:
    """Add one source and return its key. Answers to questionnaires write no audit row: it would date them."""
    new = NewSource(
        channel=channel, text=text, language=language, zone_id=zone_id, municipality_id=municipality_id, speaker_kind=speaker_kind,
        unit_kind=unit_kind, unit_id=unit_id, voice_id=voice_id, position=position, visibility=visibility, quotable=quotable,
        attribution=attribution, note_kind=note_kind, agreed=agreed, said_on=said_on, import_key=import_key, state=state,
    )  # fmt: skip  # one row of values reads better so
    (source_id,) = add_sources(session, process_id=process_id, rows=[new])
    if channel != Channel.answer:
        record(
            session,
            actor=actor,
            action="source.added",
            kind=ThingKind.source,
            object_id=source_id,
            process_id=process_id,
            channel=str(channel),
        )
        session.flush()
    return source_id


def add_sources(session: Session, *, process_id: uuid.UUID, rows: Sequence[NewSource]) -> list[uuid.UUID]:
    """Add many sources in the order given, without audit rows: for sweeps and for callers that record the whole. Returns their keys."""
    values = [_values(process_id, new) for new in rows]
    for start in range(0, len(values), _TOGETHER):
        session.execute(_ADD, {"rows": _encode(values[start : start + _TOGETHER])})
    return [row["id"] for row in values]


def written(process_id: uuid.UUID, rows: Sequence[NewSource]) -> str:
    """Few sources as `WRITING` takes them. Raises Invalid as `add_sources` does."""
    return _encode([_values(process_id, new) for new in rows])


def import_rows(
    session: Session,
    *,
    process_id: uuid.UUID,
    rows: Iterable[ImportRow],
    actor: Actor,
    now: datetime,
    column: str = "text",
    default_language: str = "it",
    import_id: uuid.UUID | None = None,
    told: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Add rows of a file as contributions; what is already there is left alone, what can't be taken is listed with its line.
    `told` hears now and then how many of them were stored.

    Zones are matched by code, name or the name of a loaded municipality. Imported texts are internal and quotable
    without a name. Importing the same file and column twice adds nothing.
    """
    places = _places(session, process_id)
    bad: list[BadRow] = []
    seen: Counter[str] = Counter()
    values: list[dict[str, Any]] = []
    unknown_zones = unknown_speakers = 0
    for row in rows:
        try:
            text = clean_text(row.text)
        except UnreadableText as error:
            bad.append(BadRow(row.line, str(error)))
            continue
        if not any(c.isalnum() for c in text):
            bad.append(BadRow(row.line, Sentence("Il testo è vuoto.")))
            continue
        if len(text) > MAX_CHARACTERS:
            bad.append(BadRow(row.line, Sentence("Il testo supera i %(n)s caratteri.", n=MAX_CHARACTERS)))
            continue
        zone_id, municipality_id = places.get(rules.fold(row.zone or ""), (None, None))
        unknown_zones += bool(row.zone and zone_id is None)
        speaker = rules.speaker_from(row.speaker) if row.speaker else None
        unknown_speakers += bool(row.speaker and speaker is None)
        language = (row.language or "").strip().lower()[:2]
        seen[text] += 1
        values.append(
            _values(
                process_id,
                NewSource(
                    channel=Channel.contribution, text=text, zone_id=zone_id, municipality_id=municipality_id,
                    speaker_kind=speaker, language=language if language in rules.LANGUAGES else rules.detect_language(text, default_language),
                    import_key=rules.import_key(column, text, seen[text]), import_id=import_id, said_on=row.said_on, asked=row.asked,
                ),
            )
        )  # fmt: skip  # one row of values reads better so
    added = 0
    for start in range(0, len(values), 500):
        batch = values[start : start + 500]
        if told:
            told(start, len(values))
        statement = (
            insert(Source).on_conflict_do_nothing(index_elements=["process_id", "import_key"]).returning(Source.id)
        )
        added += len(session.execute(statement, batch).all())
    notes = []
    if unknown_zones:
        notes.append(
            Sentence(
                "Righe che nominano una zona o un comune fuori dal territorio caricato: %(n)s. Lì la zona è rimasta vuota.",
                n=unknown_zones,
            )
        )
    if unknown_speakers:
        notes.append(
            Sentence(
                "Righe che nominano un tipo di voce fuori dall’elenco: %(n)s. Lì il tipo è rimasto vuoto.",
                n=unknown_speakers,
            )
        )
    record(
        session, actor=actor, action="sources.imported", kind=ThingKind.process, object_id=process_id, process_id=process_id,
        added=added, already_there=len(values) - added, bad=len(bad),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return ImportReport(added=added, already_there=len(values) - added, bad=tuple(bad), notes=tuple(notes))


def _places(session: Session, process_id: uuid.UUID) -> dict[str, tuple[uuid.UUID, uuid.UUID | None]]:
    """Zone (and municipality) by every spelling that a file may use: code, name, name of a municipality."""
    found: dict[str, tuple[uuid.UUID, uuid.UUID | None]] = {}
    territory = select(Process.territory_id).where(Process.id == process_id).scalar_subquery()
    towns = session.execute(
        select(Municipality.name, Municipality.id, Zone.id)
        .join(Zone, Zone.id == Municipality.zone_id)
        .where(Zone.territory_id == territory)
    )
    for name, municipality_id, zone_id in towns:
        found[rules.fold(name)] = (zone_id, municipality_id)
    for code, name, zone_id in session.execute(
        select(Zone.code, Zone.name, Zone.id).where(Zone.territory_id == territory)
    ):
        for spelling in (code, name, f"zona {code}", f"{code} {name}", f"zona {code} {name}"):
            found[rules.fold(spelling)] = (zone_id, None)
    found.pop("", None)
    return found
