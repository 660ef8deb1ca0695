"""The analytics as a tool on files: `consult themes` and `consult suggest`. No server, no database.

The same files give the same bytes, so nothing written here carries a date, a path or a duration.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from consult.analytics import numbers, pipeline
from consult.analytics import prepare as preparing
from consult.analytics.cores import shared_out
from consult.analytics.embedding import Embedder, load_embedder
from consult.analytics.frames import read_frame
from consult.analytics.markup import plain
from consult.analytics.rephrasing import REPHRASED, Rephrased, Write, reasons_counted, rephrase
from consult.analytics.report_words import words
from consult.analytics.summaries import FEW, LANGUAGES, percentage, phrase, quantifier
from consult.analytics.tabular import BadRow, Table, read_table
from consult.analytics.types import Aggregation, FrameTarget, Parameters, PreparedSource, SourceText, Theme

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, how many there are
EVERY = 50  # texts between two calls of the progress callback
REPRESENTATIVE = 5
# Chance of "none" from which a row is left empty: nobody looks at it again, as people do on pages, where one half is enough. In the frame a
# wrong empty row costs a link; of texts from elsewhere nearly as many are still told (benchmarks/README.md).
EMPTY_AT = 0.7


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did, for the last line it prints."""

    rows: int
    bad: tuple[BadRow, ...]
    themes: int
    assigned: int
    written: tuple[Path, ...]
    embedding: str


def silent(_what: str, _done: int, _total: int) -> None:
    """A progress callback for callers that show none."""


def _name(row: int) -> str:
    return f"{row:09d}"  # as text in the order of the rows


def _sources(table: Table, column: str) -> list[SourceText]:
    return [SourceText(_name(row.number), plain(row.values[column]), channel="text") for row in table.rows]


def _prepared(
    sources: Sequence[SourceText], embedder: Embedder, parameters: Parameters, progress: Progress
) -> list[PreparedSource]:
    """What is prepared of each text, in order; the same text is read once, and the cores share the work."""
    texts = list(dict.fromkeys(source.text for source in sources))
    often = Counter(source.text for source in sources)
    ready: dict[str, PreparedSource] = {}
    done = 0
    for start in range(0, len(texts), EVERY):
        block = [SourceText("", text, channel="text") for text in texts[start : start + EVERY]]
        for item in shared_out(lambda source: pipeline.prepare_source(source, embedder, parameters), block):
            ready[item.source.text] = item
            done += often[item.source.text]
        progress("prepare", done, len(sources))
    return [replace(ready[source.text], source=source) for source in sources]


def language_of_most(prepared: Sequence[PreparedSource]) -> str:
    """The language that most texts are written in, among those the report can be written in."""
    often = Counter(item.language for item in prepared if item.language in LANGUAGES)
    return min(often, key=lambda name: (-often[name], LANGUAGES.index(name)), default=LANGUAGES[0])


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_neutral(value) for value in row] for row in rows])
    path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    return path


def _neutral(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _representative(theme: Theme) -> list[int]:
    rows = [int(quote.source_id) for quote in theme.quotes]
    surest = sorted(theme.members, key=lambda member: (-member.share, -member.margin, member.source_id))
    rows += [int(member.source_id) for member in surest]
    return list(dict.fromkeys(rows))[:REPRESENTATIVE]


def themes_of_file(
    path: Path,
    *,
    text: str,
    out: Path,
    by: Sequence[str] = (),
    frame: Path | None = None,
    descriptions: Path | None = None,
    model: Path | None = None,
    fast: bool = False,
    parameters: Parameters | None = None,
    write: Write | None = None,
    written_by: str = "",
    progress: Progress = silent,
) -> Outcome:
    """Find the themes of a column of texts and write assignments.csv, themes.csv, summary.md and manifest.json into `out`.

    `by` names columns to break the themes down by. The report is written in the language of most texts, or in that of
    `parameters` where given. `write` lets a language model named `written_by` rephrase the quotes of each theme: what
    passes the checks stands beside them, marked. Raises TableError or FrameError when the files cannot be used.
    """
    table = read_table(path, column=text)
    for column in by:
        table.require(column)
    targets = read_frame(frame, descriptions) if frame else ()
    out.mkdir(parents=True, exist_ok=True)  # Before the work, so that a folder that can't be made costs nothing.
    embedder = load_embedder(model, fast=fast)
    prepared = _prepared(_sources(table, text), embedder, parameters or Parameters(), progress)
    parameters = parameters or Parameters(language=language_of_most(prepared))
    progress("aggregate", 0, 1)
    result = pipeline.aggregate(prepared, targets, (), parameters, embedder=embedder)
    progress("aggregate", 1, 1)
    retold: dict[str, Rephrased] = {}
    if write is not None:
        for done, summary in enumerate([row for row in result.summaries if row.level == "theme"], start=1):
            retold[summary.key] = rephrase(summary, write, parameters.language)
            progress("rephrase", done, len(result.themes))
    shares = sorted(
        (int(member.source_id), -member.share, theme.key, member.share)
        for theme in result.themes
        for member in theme.members
    )
    written = (
        _write_csv(
            out / "assignments.csv",
            ("row", "theme", "share"),
            [(row, key, f"{share:.4f}") for row, _, key, share in shares],
        ),
        _write_csv(
            out / "themes.csv",
            ("theme", "label", "keywords", "size", "representative_rows"),
            [
                (
                    theme.key,
                    theme.label,
                    "; ".join(theme.keywords),
                    len(theme.members),
                    "; ".join(str(row) for row in _representative(theme)),
                )
                for theme in result.themes
            ],
        ),
        _written(out / "summary.md", _summary(result, table, by, targets, parameters, retold, written_by)),
        _written(out / "manifest.json", _manifest(result, table, text, by, retold, written_by)),
    )
    assigned = len({row for row, _, _, _ in shares})
    return Outcome(len(table.rows), table.bad, len(result.themes), assigned, written, embedder.name)


def _written(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8", newline="")
    return path


def _manifest(
    result: Aggregation, table: Table, text: str, by: Sequence[str], retold: Mapping[str, Rephrased], written_by: str
) -> str:
    facts: dict[str, object] = {
        **result.manifest,
        "input": {
            "rows": len(table.rows),
            "bad_rows": [{"row": bad.number, "line": bad.line, "reason": bad.reason} for bad in table.bad],
            "encoding": table.encoding,
            "delimiter": table.delimiter,
            "text_column": text,
            "by": list(by),
        },
    }
    if retold:
        facts["rephrased"] = {
            "by": written_by,
            "taken": sum(row.taken for row in retold.values()),
            "dropped": reasons_counted(list(retold.values())),
        }
    return json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _plain(text: str) -> str:
    """Text of others in Markdown: one line, its marks not read as Markdown."""
    flat = " ".join(text.split())
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in flat)


def _summary(
    result: Aggregation,
    table: Table,
    by: Sequence[str],
    targets: Sequence[FrameTarget],
    parameters: Parameters,
    retold: Mapping[str, Rephrased],
    written_by: str,
) -> str:
    """The Markdown report: each theme with size, defining sentence, quotes with their rows, breakdowns; then the rest."""
    titles = {target.code: target.title for target in targets}
    language = parameters.language
    total = len(table.rows)
    copies = sum(len(group.source_ids) for group in result.duplicates)
    lines = [
        f"# {words('heading', language)}",
        "",
        words(
            "overview",
            language,
            texts=total,
            themes=len(result.themes),
            other=len(result.other),
            copies=copies,
            groups=len(result.duplicates),
            bad=len(table.bad),
        ),
        "",
    ]
    tables = {column: _breakdown(result, table, column, parameters) for column in by}
    code: str | None = ""
    for theme in result.themes:
        if targets and theme.strategy_code != code:
            code = theme.strategy_code
            title = _plain(titles.get(code, "")) if code else ""
            lines += [
                f"## {code} {title}" if code and title != code else f"## {code or words('no_strategy', language)}",
                "",
            ]
        size = len(theme.members)
        quantity = quantifier(size, total, language)
        lines += [
            f"### {_plain(theme.label)}",
            "",
            words(
                "size_one" if size == 1 else "size",
                language,
                size=size,
                total=total,
                share=percentage(size / total if total else 0, language),
            )
            + (f" ({quantity})" if quantity else "")
            + ". "
            + words("keywords", language, keywords=_plain(", ".join(theme.keywords))),
            "",
        ]
        if size < FEW:
            lines += [phrase("few", language), ""]
        row = words("row", language)
        lines += [f"> {_plain(quote.text)} ({row} {int(quote.source_id)})\n" for quote in theme.quotes]
        told = [row for row in retold[theme.key].summary.sentences if row.role == REPHRASED] if retold else []
        if told:
            sentences = [
                f"{_plain(sentence.text)} ({row} {', '.join(str(int(name)) for name in sentence.source_ids)})"
                for sentence in told
            ]
            lines += [f"*{words('retold', language, model=_plain(written_by))}* {' '.join(sentences)}", ""]
        if theme.concentrated == "copies":
            lines += [words("repeated", language), ""]
        for column in by:
            lines += tables[column].get(theme.key, [])
    if table.bad:
        lines += [f"## {words('bad_rows', language)}", ""]
        lines += [
            words("bad_row", language, row=bad.number, line=bad.line, reason=_plain(bad.reason)) for bad in table.bad
        ] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _breakdown(result: Aggregation, table: Table, column: str, parameters: Parameters) -> dict[str, list[str]]:
    """Per theme, where in a column it is told more or less than elsewhere, and the largest shares."""
    language = parameters.language
    sources = {
        _name(row.number): SourceText(_name(row.number), "", channel="text", zone=row.values[column] or None)
        for row in table.rows
    }
    members = {
        theme.key: numbers.tally(sources[member.source_id] for member in theme.members) for theme in result.themes
    }
    counted = numbers.tally(sources.values())
    told = numbers.representation(members, counted, parameters.small_cell)
    lines: dict[str, list[str]] = defaultdict(list)
    for key, own in members.items():
        rows = numbers.count_rows(own, counted, "zone", parameters.small_cell)
        shown = [row for row in rows if row.shown]
        top = sorted(shown, key=lambda row: (-row.share, row.value))[:3]
        if top:
            parts = [
                words(
                    "part",
                    language,
                    value=_plain(row.value),
                    count=row.voices,
                    total=row.total_voices,
                    share=percentage(row.share, language),
                )
                for row in top
            ]
            lines[key].append(f"{_plain(column)}: {', '.join(parts)}.")
        for row in told.get(key, ())[:3]:
            lines[key].append(
                words(
                    row.direction,
                    language,
                    value=_plain(row.value),
                    share=percentage(row.share, language),
                    rest=percentage(row.rest_share, language),
                    q=f"{max(row.q_value, 0.001):.3f}",
                )
            )
        if lines[key]:
            lines[key].append("")
    return lines


def suggest_for_file(
    path: Path,
    *,
    text: str,
    frame: Path,
    out: Path,
    top: int = 3,
    descriptions: Path | None = None,
    model: Path | None = None,
    fast: bool = False,
    parameters: Parameters | None = None,
    progress: Progress = silent,
) -> Outcome:
    """Write `out` with the `top` strategies of a frame for each row: row, code_1, score_1, ...; empty when none fits, or nothing is said.

    Scores are calibrated probabilities. Raises TableError or FrameError when the files cannot be used.
    """
    parameters = parameters or Parameters()
    table = read_table(path, column=text)
    targets = read_frame(frame, descriptions)
    out.parent.mkdir(parents=True, exist_ok=True)
    embedder = load_embedder(model, fast=fast)
    prepared = _prepared(_sources(table, text), embedder, parameters, progress)
    progress("suggest", 0, 1)
    links = {link.source_id: link for link in pipeline.suggest_many(prepared, targets, embedder, parameters, top=top)}
    # As an answer a single word says nothing; as a row of its own it may be a heading.
    for item in prepared:
        if item.source.id not in links and preparing.is_one_word(item.source.text):
            links[item.source.id] = pipeline.suggest(item.source.text, targets, embedder, parameters, source_id=item.source.id)
    progress("suggest", 1, 1)
    rows: list[list[object]] = []
    assigned = 0
    # A line for each row of the file, also for those that hold nothing or cannot be read: who joins by place is right too.
    for number in range(1, table.records + 1):
        link = links.get(_name(number))
        found = link.suggestions[:top] if link is not None and link.none_confidence < EMPTY_AT else ()
        assigned += bool(found)
        cells: list[object] = []
        for suggestion in found:
            cells += [suggestion.code, f"{suggestion.confidence:.4f}"]
        rows.append([number, *cells, *[""] * (2 * top - len(cells))])
    header = ["row", *[f"{word}_{place}" for place in range(1, top + 1) for word in ("code", "score")]]
    written = _write_csv(out, header, rows)
    return Outcome(len(table.rows), table.bad, len(targets), assigned, (written,), embedder.name)
