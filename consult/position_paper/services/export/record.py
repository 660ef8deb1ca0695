"""The paper as data: every sentence with its origin and the sources it rests on, every number with its denominator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from config import Settings
from consult.position_paper.rules import REDACTED
from consult.position_paper.services.export.citations import Cited
from consult.position_paper.services.showing import ShownFinding, ShownPaper
from consult.position_paper.types import ShownSentence

SCHEMA = "consult-position-paper-1"


def to_json(
    paper: ShownPaper,
    *,
    settings: Settings,
    now: datetime,
    version: int | None,
    cited: Mapping[str, Cited] | None = None,
) -> bytes:
    """The same as the other files say, linked by ids; keys are explained on the page of open data."""
    known = cited or {}
    base = f"{settings.base_url}/processi/{paper.process['slug']}"
    data = {
        "schema": SCHEMA,
        "title": paper.title,
        "language": paper.language,
        "authority": settings.authority_name,
        "process": dict(paper.process),
        "version": version,
        "draft": paper.consulted.number if paper.consulted else None,
        "at": now.isoformat(),
        "url": f"{base}/position-paper/bozze/{paper.consulted.number}"
        if paper.consulted
        else f"{base}/position-paper" + (f"?versione={version}" if version else ""),
        "newer_version": paper.newer[0] if paper.newer else None,
        "redaction": paper.redaction.as_json() if paper.redaction else None,
        "facts": dict(paper.facts),
        "sections": [
            {
                "code": section.code,
                "kind": section.kind,
                "axis": section.axis,
                "title": section.title,
                "words": section.words,
                "paragraphs": list(section.paragraphs),
                "summary": [_sentence(sentence, known) for sentence in section.summary],
                "strategies": {
                    code: [_sentence(sentence, known) for sentence in told] for code, told in section.strategies.items()
                },
                "tables": [dict(table) for table in getattr(section, "tables", ())],
                "findings": [
                    _finding(finding, base, known, published=version is not None) for finding in section.findings
                ],
            }
            for section in paper.sections
        ],
        "sources": [
            {**asdict(source), "url": f"{base}/fonti/{source.id}" if source.public else None}
            for source in known.values()
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"


def _sentence(sentence: ShownSentence, cited: Mapping[str, Cited]) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "origin": sentence.origin,
        "role": sentence.role,
        "sources": [key for key in sentence.source_ids if key in cited],
        "quote_withdrawn": sentence.lost or sentence.role == REDACTED,
    }


def _finding(finding: ShownFinding, base: str, cited: Mapping[str, Cited], *, published: bool) -> dict[str, Any]:
    return {
        "id": str(finding.id),
        "number": finding.number,
        "title": finding.title,
        "url": f"{base}/position-paper/risultanze/{finding.id}" if published else None,
        "strategy": finding.strategy_code,
        "state": finding.state,
        "origin": finding.origin,
        "sentences": [_sentence(sentence, cited) for sentence in finding.sentences],
        "counts": {
            name: [{"value": c.value, "label": c.words, "voices": c.shown, "of": c.of} for c in counts]
            for name, counts in (
                ("channels", finding.channels), ("zones", finding.zones), ("speakers", finding.speakers), ("against", finding.against),
            )
        },
        "quotes": [
            {
                "words": quote.words, "source": str(quote.source_id), "by": quote.who, "zone": quote.zone_name, "language": quote.language,
                "contrary": quote.contrary,
            }
            for quote in finding.quotes
        ],
        "redactions": [mark.as_json() for mark in finding.redactions],
        "supporting": [key for key, contrary in finding.cited if not contrary and key in cited],
        "contrary": [key for key, contrary in finding.cited if contrary and key in cited],
    }  # fmt: skip  # one row of values reads better so
