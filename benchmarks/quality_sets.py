"""The labelled sets that quality is measured on, prepared once and kept by content hash and model."""

from __future__ import annotations

import csv
import hashlib
import json
import pickle
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from consult.analytics import pipeline
from consult.analytics.embedding import Embedder
from consult.analytics.frames import read_frame
from consult.analytics.types import FrameTarget, PreparedSource, SourceText

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "consult" / "demo" / "data"
GOLD = ROOT / "tests" / "gold" / "strategies_it.tsv"
ACTIONS = ROOT / "tests" / "gold" / "actions_it.tsv"
PROGRAMME = ROOT / "tests" / "gold" / "programme_it.tsv"
ELSEWHERE = ROOT / "tests" / "gold" / "elsewhere.tsv"
# Categories of the public sets that the plan's frame has no strategy for, as publishers named them: most of their texts fit none.
OFF_FRAME = {
    "municipal news (it)": {"Polizia municipale", "Elezioni", "Tributi", "Bilancio"},
    "citizens' initiatives (it)": {"VITA POLITICA", "DIRITTO", "UNIONE EUROPEA", "FINANZE", "RELAZION INTERNAZIONALI"},
    "metropolitan debate (fr)": {
        "Impôts, dépenses, action publique",
        "Organisation de l’Etat et des collectivités publiques",
        "Démocratie et citoyenneté",
    },
}
DESCRIPTIONS = DEMO / "strategy_descriptions.json"
# Beside the checkout, or beside the folder that holds several checkouts.
SHARED = next((path for path in (ROOT.parent, ROOT.parents[1]) if (path / "shared").is_dir()), ROOT.parent) / "shared"
REAL = SHARED / "data" / "real"


@dataclass(frozen=True)
class Labelled:
    """Prepared texts with one set of acceptable labels each; an empty set means "none of these"."""

    name: str
    prepared: list[PreparedSource]
    labels: list[frozenset[str]]

    def first(self) -> list[str]:
        """One label per text, for clustering measures."""
        return [min(label) if label else "-" for label in self.labels]


def prepared(texts: list[SourceText], embedder: Embedder) -> list[PreparedSource]:
    """Prepare, or take from the folder of temporary files what an earlier run prepared with this model and code."""
    code = hashlib.sha256()
    for path in sorted((ROOT / "consult" / "analytics").glob("*.py")):
        if path.name in {"prepare.py", "signs.py", "embedding.py", "duplicates.py", "lexical.py"}:
            code.update(path.read_bytes())
    for source in texts:
        code.update(repr(source).encode("utf-8", "replace"))
    store = Path(tempfile.gettempdir()) / "consult-quality" / f"{embedder.name}-{code.hexdigest()[:24]}.pickle"
    if store.is_file():
        with store.open("rb") as file:
            kept: list[PreparedSource] = pickle.load(file)  # noqa: S301  # Written by this very function.
        return kept
    result = pipeline.prepare(texts, embedder)
    store.parent.mkdir(exist_ok=True)
    with store.open("wb") as file:
        pickle.dump(result, file)
    return result


def frame(described: bool) -> tuple[FrameTarget, ...]:
    """The 25 strategies of the demonstration's frame."""
    path = next(
        path
        for path in (DEMO / "frame.json", DEMO / "psm-2024-2026.json", REAL.parent / "psm-2024-2026.json")
        if path.is_file()
    )
    plain = [replace(target, description="", keywords=()) for target in read_frame(path)]
    return read_frame(path, DESCRIPTIONS) if described else tuple(plain)


def gold(half: str, embedder: Embedder) -> Labelled:
    """One half of the gold set: "dev" or "held"."""
    rows = [row for row in csv.DictReader(GOLD.open(encoding="utf-8"), delimiter="\t") if row["half"] == half]
    texts = [SourceText(row["id"], row["text"], language="it") for row in rows]
    labels = [frozenset({row["first"], row["second"]} - {""}) for row in rows]
    return Labelled(f"gold, {half}", prepared(texts, embedder), labels)


def written(path: Path, half: str, column: str, embedder: Embedder) -> Labelled:
    """One half of the titles of actions, by strategy, or of the sentences of programmes, by axis."""
    rows = [row for row in csv.DictReader(path.open(encoding="utf-8"), delimiter="\t") if row["half"] == half]
    texts = [SourceText(row["id"], row["text"], channel="text", language="it") for row in rows]
    return Labelled(f"{path.stem}, {half}", prepared(texts, embedder), [frozenset([row[column]]) for row in rows])


def axes() -> tuple[FrameTarget, ...]:
    """The six axes of the frame with their objectives, as targets themselves."""
    known = {target.axis_code: target for target in frame(described=False)}
    return tuple(FrameTarget(code, own.axis_title, description=own.axis_objective) for code, own in sorted(known.items()))


def elsewhere(half: str, embedder: Embedder) -> Labelled:
    """One half of the texts that speak of anything but a metropolitan plan."""
    rows = [row for row in csv.DictReader(ELSEWHERE.open(encoding="utf-8"), delimiter="\t") if row["half"] == half]
    texts = [SourceText(row["id"], row["text"], language=row["language"]) for row in rows]
    return Labelled(f"elsewhere, {half}", prepared(texts, embedder), [frozenset()] * len(texts))


def demo(embedder: Embedder) -> Labelled:
    """The demonstration consultation with the strategy each author had in mind."""
    intended: dict[str, str | None] = {}
    texts: list[SourceText] = []
    for path in sorted(DEMO.glob("sources_axis*.jsonl")):
        intended |= json.loads(
            (DEMO / path.name.replace("sources", "intended").replace(".jsonl", ".json")).read_text(encoding="utf-8")
        )
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                row = json.loads(line)
                texts.append(
                    SourceText(
                        row["id"],
                        row["text"],
                        row["channel"],
                        row["zone"],
                        row["speaker"],
                        row["unit"],
                        None,
                        row.get("respondent"),
                    )
                )
    labels = [frozenset([code]) if (code := intended[source.id]) else frozenset() for source in texts]
    return Labelled("demonstration", prepared(texts, embedder), labels)


def real(embedder: Embedder) -> list[Labelled]:
    """Public labelled texts, where they are at hand beside the checkout."""
    found: list[Labelled] = []

    def add(
        name: str, file: str, delimiter: str, text: tuple[str, ...], label: str, without: tuple[str, ...] = ()
    ) -> None:
        path = REAL / file
        if not path.is_file():
            return
        with path.open(encoding="utf-8", newline="") as handle:
            rows = [row for row in csv.DictReader(handle, delimiter=delimiter) if row[label] not in ("", *without)]
        texts = [
            SourceText(f"{number:06d}", ". ".join(row[column] for column in text if row[column]), channel="text")
            for number, row in enumerate(rows)
        ]
        found.append(Labelled(name, prepared(texts, embedder), [frozenset([row[label]]) for row in rows]))

    add("municipal news (it)", "prato_it.csv", ",", ("text",), "label")
    add("citizens' initiatives (it)", "citizen_initiatives_it.tsv", "\t", ("title", "short"), "category")
    add(
        "metropolitan debate (fr)",
        "grand_debat_lille_propositions_fr.tsv",
        "\t",
        ("title", "body"),
        "category/name/fr",
        ("Autre sujet",),
    )
    comments(found, embedder)
    return found


def comments(found: list[Labelled], embedder: Embedder) -> None:
    """Comments of the French debate, labelled by the question they answer; questions with at least ten."""
    path = REAL / "grand_debat_lille_commentaires_fr.tsv"
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle, delimiter="\t") if len((row["body"] or "").split()) >= 6]
    rows = [row for row in rows if (row["root_commentable_url"] or "").startswith("http")]
    often = Counter(row["root_commentable_url"] for row in rows)
    rows = [row for row in rows if often[row["root_commentable_url"]] >= 10]
    texts = [SourceText(f"{number:06d}", row["body"], channel="text") for number, row in enumerate(rows)]
    labels = [frozenset([row["root_commentable_url"].rsplit("/", 1)[-1]]) for row in rows]
    found.append(Labelled("metropolitan debate, comments (fr)", prepared(texts, embedder), labels))
