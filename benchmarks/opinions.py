"""Opinion groups against Polis' own: `python -m benchmarks.opinions [--json]`.

Reads the public Polis exports (openData, CC BY 4.0) where they lie beside the checkout, in shared/data/real/polis; where they are absent it
says so in a sentence and ends well. For each conversation: that a vote of 1 means agree (three files of the export are played against each
other), how far our groups agree with those Polis published (adjusted Rand index over the people Polis put in a group), that the same
answers in another order give the same groups, and that each group's typical statements point to the side its people chose.

Where RED_DWARF_PYTHON names an environment with red-dwarf (see red_dwarf_peer.py) it is measured on the same answers. And, without any
data: processor time and memory for a conversation of 5,000 people and 300 statements.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from config import ROOT
from consult.analytics import opinions, standpoints

PLACES = (
    Path(os.environ.get("POLIS_DATA", "")),
    ROOT.parent / "shared/data/real/polis",
    ROOT.parents[1] / "shared/data/real/polis",
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """An export: answers by person and statement (+1 agree), Polis' groups by person, and its sums."""

    name: str
    people: list[str]
    statements: list[str]
    votes: list[opinions.Vote]
    official: dict[str, int]
    agrees: dict[str, int]
    by_person: dict[str, tuple[int, int]]


def folder() -> Path | None:
    """Where the exports are; None where they are not."""
    return next((p for p in PLACES if str(p) != "." and p.is_dir()), None)


def read(place: Path) -> Conversation:
    """One export; of votes changed later the last one counts; statements the moderators took out are left out, as Polis does."""
    comments = list(csv.DictReader((place / "comments.csv").open(encoding="utf-8")))
    kept = sorted({c["comment-id"] for c in comments if c["moderated"] != "-1"}, key=int)
    rows = sorted(csv.DictReader((place / "votes.csv").open(encoding="utf-8")), key=lambda r: int(r["timestamp"]))
    last = {(r["voter-id"], r["comment-id"]): int(r["vote"]) for r in rows}
    people = sorted({person for person, _statement in last}, key=int)
    place_of = {key: i for i, key in enumerate(kept)}
    number_of = {key: i for i, key in enumerate(people)}
    votes = [(number_of[p], place_of[s], v) for (p, s), v in sorted(last.items()) if s in place_of]
    grouped = list(csv.DictReader((place / "participants-votes.csv").open(encoding="utf-8")))
    return Conversation(
        place.name, people, kept, votes,
        {r["participant"]: int(r["group-id"]) for r in grouped if r["group-id"] != ""},
        {c["comment-id"]: int(c["agrees"]) for c in comments if c["moderated"] != "-1"},
        {r["participant"]: (int(r["n-agree"]), int(r["n-disagree"])) for r in grouped},
    )  # fmt: skip  # one row of values reads better so


def signs(c: Conversation) -> dict[str, float]:
    """How well «1 is agree» fits the export's own sums by statement and by person, beside «1 is disagree»."""
    ones = dict.fromkeys(c.statements, 0)
    mine: dict[str, list[int]] = {key: [0, 0] for key in c.people}
    for person, statement, value in c.votes:
        ones[c.statements[statement]] += value == opinions.AGREE
        if value:
            mine[c.people[person]][value != opinions.AGREE] += 1
    by_statement = float(np.corrcoef([ones[k] for k in c.statements], [c.agrees[k] for k in c.statements])[0, 1])
    known = [p for p in c.people if p in c.by_person and sum(c.by_person[p])]
    right = sum(abs(mine[p][0] - c.by_person[p][0]) + abs(mine[p][1] - c.by_person[p][1]) for p in known)
    wrong = sum(abs(mine[p][1] - c.by_person[p][0]) + abs(mine[p][0] - c.by_person[p][1]) for p in known)
    return {"agree_is_1_by_statement_r": round(by_statement, 3), "off_as_1": right, "off_as_minus_1": wrong}


def compare(c: Conversation) -> dict[str, Any]:
    """Our groups on one export."""
    answers = opinions.table(c.votes, people=len(c.people), statements=len(c.statements))
    start = time.process_time()
    found = opinions.groups(answers)
    seconds = time.process_time() - start
    shuffled = np.random.default_rng(1).permutation(len(answers))
    again = opinions.groups(answers[shuffled])
    labels, same = found.labels, False
    facts: dict[str, Any] = {
        "people": len(c.people),
        "statements": len(c.statements),
        "votes": len(c.votes),
        **signs(c),
    }
    if labels is not None and again.labels is not None:
        same = bool((again.labels == labels[shuffled]).all())
        both = [i for i, key in enumerate(c.people) if key in c.official and labels[i] >= 0]
        facts |= {
            "groups": int(labels.max() + 1),
            "groups_of_polis": len(set(c.official.values())),
            "ari": round(float(adjusted_rand_score([c.official[c.people[i]] for i in both], labels[both])), 2),
            "silhouette": round(found.silhouette, 2),
            "typical_on_the_side_chosen": sides_hold(answers, labels),
        }
    return facts | {"same_in_any_order": same, "cpu_s": round(seconds, 2)}


def sides_hold(answers: opinions.Floats, labels: opinions.Whole) -> bool:
    """Whether, in each group's typical statements, more of its people chose that side than of all others."""
    tallies = [tallied(answers[labels == g]) for g in range(labels.max() + 1)]
    for group in range(len(tallies)):
        for s in standpoints.typical(tallies, group):
            mine, others = (
                answers[labels == group, s.statement],
                answers[(labels >= 0) & (labels != group), s.statement],
            )
            if np.nanmean(mine == s.side) <= np.nanmean(others == s.side) or np.nanmean(mine) * s.side <= 0:
                return False
    return True


def tallied(rows: opinions.Floats) -> list[standpoints.Tally]:
    """Counts by statement."""
    return [
        standpoints.Tally(int((column == 1).sum()), int((column == -1).sum()), int((column == 0).sum()))
        for column in rows.T
    ]


def red_dwarf(conversations: list[Conversation]) -> dict[str, dict[str, Any]]:
    """red-dwarf on the same answers; empty where no environment with it is named."""
    python = os.environ.get("RED_DWARF_PYTHON")
    if not python:
        return {}
    found = {}
    with tempfile.TemporaryDirectory() as place:
        for c in conversations:
            facts = {"votes": [[c.people[p], c.statements[s], v] for p, s, v in c.votes]}
            (Path(place) / f"{c.name}.json").write_text(json.dumps(facts), encoding="utf-8")
        peer = Path(__file__).with_name("red_dwarf_peer.py")
        subprocess.run([python, str(peer), place], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for c in conversations:
            answer = json.loads((Path(place) / f"{c.name}.out.json").read_text(encoding="utf-8"))
            answers = opinions.table(c.votes, people=len(c.people), statements=len(c.statements))
            labels = opinions.groups(answers).labels
            theirs = answer["groups"]
            both = [p for p in c.people if p in theirs and p in c.official]
            ours = {p: int(labels[i]) for i, p in enumerate(c.people) if labels is not None and labels[i] >= 0}
            shared = [p for p in ours if p in theirs]
            found[c.name] = {
                "groups": len(set(theirs.values())),
                "ari": round(float(adjusted_rand_score([c.official[p] for p in both], [theirs[p] for p in both])), 2),
                "ari_with_ours": round(
                    float(adjusted_rand_score([ours[p] for p in shared], [theirs[p] for p in shared])), 2
                ),
                "cpu_s": answer["cpu_s"],
            }
    return found


def large(people: int = 5_000, statements: int = 300) -> dict[str, Any]:
    """Seconds and memory for a large conversation of made-up answers, a tenth of the table filled."""
    chance = np.random.default_rng(7)
    side = chance.integers(0, 3, people)
    lean = chance.normal(size=(3, statements))
    answers = np.sign(lean[side] + chance.normal(scale=1.2, size=(people, statements)))
    answers[chance.random((people, statements)) > 0.1] = np.nan
    start = time.process_time()
    found = opinions.groups(answers)
    seconds = time.process_time() - start
    ari = (
        float(adjusted_rand_score(side[found.labels >= 0], found.labels[found.labels >= 0]))
        if found.labels is not None
        else 0.0
    )
    return {
        "people": people, "statements": statements, "votes": int((~np.isnan(answers)).sum()), "cpu_s": round(seconds, 2),
        "ari_with_the_truth": round(ari, 2), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip  # one row of values reads better so


def main() -> int:
    """Print the figures; 0 also where the exports are absent."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    wanted = parser.parse_args()
    place = folder()
    figures: dict[str, Any] = {"large": large()}
    if place is None:
        print(
            "The public Polis exports are not beside this checkout (POLIS_DATA names their folder): skipped.",
            file=sys.stderr,
        )
    else:
        conversations = [read(p) for p in sorted(place.iterdir()) if (p / "votes.csv").is_file()]
        figures["conversations"] = {c.name: compare(c) for c in conversations}
        figures["red_dwarf"] = red_dwarf(conversations)
    if wanted.json:
        print(json.dumps(figures, indent=1))
    else:
        for name, part in figures.items():
            print(name)
            for key, value in part.items():
                print(f"  {key}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
