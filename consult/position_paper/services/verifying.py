"""A published version held against its manifest: the same content, the same inputs, the same numbers. Reads only."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.evidence.rules import shown, words_hash
from consult.listening.sources.models import Source, SourceRevision
from consult.position_paper import queries
from consult.position_paper.services.publishing import canonical


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `wrong` has a line for each thing that is not as the manifest says; `emptied` counts texts redacted since."""

    version: int
    sources: int
    numbers: int
    emptied: int
    wrong: tuple[str, ...]


def verify_version(session: Session, *, process_id: uuid.UUID, number: int | None = None) -> Verified | None:
    """Hold a version, the latest where none is named, against its manifest; None where there is none. Four statements.

    The content must have the hash, every cited source the words it had at its revision, and every number of a finding must come out
    again from the sources that the finding cites. A version that repeats another without what consent no longer covers keeps the
    numbers of that one: they are counted there.
    """
    found = queries.version(session, process_id=process_id, number=number)
    if found is None:
        return None
    wrong: list[str] = []
    if hashlib.sha256(canonical(found.content)).hexdigest() != found.manifest.get("content_sha256"):
        wrong.append("the content has not the hash that the manifest says")
    inputs = {row[0]: (int(row[1]), row[2]) for row in found.manifest.get("cited_sources", ())}
    words = _words(session, {key: revision for key, (revision, _sha) in inputs.items()})
    emptied = 0
    for key, (revision, sha) in inputs.items():
        text = words.get(key, "")
        if text is None:
            emptied += 1
        elif key not in words or words_hash(text) != sha:
            wrong.append(f"source {key}: its words at revision {revision} are not those that were cited")
    counted, lines = (0, []) if found.redacts else _recount(session, found.content)
    return Verified(found.number, len(inputs), counted, emptied, (*wrong, *lines))


def _words(session: Session, wanted: Mapping[str, int]) -> dict[str, str | None]:
    """The words of sources at a revision each, today's or kept; None where they were emptied for privacy since."""
    keys = [uuid.UUID(key) for key in wanted]
    found: dict[str, str | None] = {}
    now = select(Source.id, Source.revision, Source.text).where(Source.id.in_(keys)).order_by(Source.id)
    for key, revision, text in session.execute(now):
        if revision == wanted[str(key)]:
            found[str(key)] = text
    kept = (
        select(SourceRevision.source_id, SourceRevision.revision, SourceRevision.text)
        .where(SourceRevision.source_id.in_(keys))
        .order_by(SourceRevision.source_id, SourceRevision.revision)
    )
    for row in session.execute(kept):
        if row.revision == wanted[str(row.source_id)]:
            found[str(row.source_id)] = row.text
    return found


def _recount(session: Session, content: Mapping[str, Any]) -> tuple[int, list[str]]:
    """How many numbers of findings were counted anew by channel and zone, and a line for each that came out otherwise."""
    findings = [f for section in content["sections"] for f in section["findings"]]
    keys = {uuid.UUID(s["id"]) for f in findings for s in f["sources"]}
    heard = select(Source.id, func.coalesce(Source.voice_id, Source.id)).where(Source.id.in_(keys)).order_by(Source.id)
    voice = {str(row[0]): str(row[1]) for row in session.execute(heard)}
    counted, wrong = 0, []
    for finding in findings:
        voices: dict[tuple[str, str], set[str]] = defaultdict(set)
        for source in finding["sources"]:
            if source["support"] != "supporting" or source["id"] not in voice:
                continue
            voices["channel", source["channel"]].add(voice[source["id"]])
            if source["zone"] and source["channel"] != "document":
                voices["zone", source["zone"]].add(voice[source["id"]])
        for dimension in ("channel", "zone"):
            said = {n["value"]: n["shown"] for n in finding["counts"][dimension]}
            again = {value: shown(len(who)) for (name, value), who in voices.items() if name == dimension}
            counted += len(said)
            wrong += [
                f"finding {finding['number']}, {dimension} {value}: the paper says {said.get(value)}, its sources {again.get(value)}"
                for value in sorted({*said, *again})
                if said.get(value, 0) != again.get(value, 0)
            ]
    return counted, wrong
