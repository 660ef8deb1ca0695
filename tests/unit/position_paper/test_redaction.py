"""What leaves a published content when consent changes, and what stands in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from consult.evidence.types import Place
from consult.position_paper import rules

AT = datetime(2026, 11, 26, 9, tzinfo=UTC)
ONE, TWO = Place("a", 0, 4, "h1", 1), Place("b", 0, 4, "h2", 1)


def sentence(text: str, *places: Place, origin: str = "machine", role: str = "words", ids: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "text": text, "origin": origin, "role": role, "source_ids": list(ids or (p.source_id for p in places)),
        "quotes": [p.as_json() for p in places],
    }  # fmt: skip  # one row of values reads better so


def source(key: str, place: Place | None = None, *, support: str = "supporting", naming: str = "name") -> dict[str, Any]:
    named = {"naming": naming} if place else {}
    return {"id": key, "support": support, "quote": asdict(place) if place else None, **named}


def content(sentences: list[dict[str, Any]], sources: list[dict[str, Any]], language: str = "it") -> dict[str, Any]:
    counts = {"channel": [{"value": "answer", "shown": 12, "of": 80}], "zone": [], "speaker": []}
    finding = {"number": 7, "title": "Il treno", "sentences": sentences, "sources": sources, "counts": counts, "against": []}
    other = {"number": 8, "title": "La scuola", "sentences": [], "sources": [source("z")], "counts": counts, "against": []}
    return {"language": language, "title": "Paper", "sections": [{"code": "asse-1", "findings": [finding, other]}]}


def redact(value: dict[str, Any], live: Mapping[str, int], lost: set[Place]) -> tuple[dict[str, Any], Any]:
    found = rules.redact(value, live={"z": 2, **live}, holds=lambda place: place not in lost, of=3, at=AT, day="26 novembre 2026")
    assert found is not None
    return found[0]["sections"][0]["findings"][0], found[1]


def test_nothing_happens_while_consent_holds() -> None:
    value = content([sentence("Tra le voci: «⟦0⟧»", ONE)], [source("a", ONE), source("b", support="contrary")])
    assert rules.redact(value, live={"a": 2, "b": 0, "z": 0}, holds=lambda _place: True, of=1, at=AT, day="oggi") is None


def test_a_quote_leaves_a_persons_sentence_and_takes_a_machines_with_it() -> None:
    said = [
        sentence("Ne parlano 12 di 80.", role="count", ids=("a", "b")),
        sentence("Tra le voci: «⟦0⟧»", ONE),
        sentence("Uno dice «⟦0⟧», l’altra «⟦1⟧».", ONE, TWO, origin="human"),
    ]
    finding, done = redact(content(said, [source("a", ONE), source("b", TWO)]), {"a": 0, "b": 2}, {ONE})
    assert [s["text"] for s in finding["sentences"]] == [
        "Ne parlano 12 di 80.",
        "[Citazione tolta il 26 novembre 2026]",
        "Uno dice «[citazione tolta il 26 novembre 2026]», l’altra «⟦0⟧».",
    ]
    assert finding["sentences"][2]["quotes"] == [TWO.as_json()]
    assert [s["quote"] for s in finding["sources"]] == [None, asdict(TWO)]
    assert finding["counts"]["channel"][0]["shown"] == 12
    assert (done.quotes, done.sources, done.names, done.of, done.findings) == (1, 0, 0, 3, (7,))
    assert finding["redactions"] == [done.as_json()]


def test_a_sentence_goes_with_the_last_source_it_rests_on_and_a_finding_with_its_own() -> None:
    said = [sentence("Così dice chi viaggia.", ids=("a",)), sentence("Altro.", ids=("a", "b")), sentence("Nostra.", role="own")]
    cited = [source("a"), source("b"), source("c", support="contrary")]
    finding, done = redact(content(said, cited), {"b": 0, "c": 0}, set())
    assert finding["sentences"][0]["text"].startswith("[Frase tolta il 26 novembre 2026")
    assert finding["sentences"][1]["source_ids"] == ["b"]
    assert (done.quotes, done.sources) == (0, 1)
    bare, done = redact(content(said, cited, "en"), {"c": 0}, set())
    assert bare["title"] == "Finding 7, taken out"
    assert [s["role"] for s in bare["sentences"]] == ["redacted", "own"]
    assert (bare["sources"], bare["against"], bare["counts"]["channel"]) == ([], [], [])
    assert "Il treno" not in str(bare)


def test_less_consent_to_be_named_is_marked_once() -> None:
    value = content([], [source("a", ONE, naming="name")])
    finding, done = redact(value, {"a": 0}, set())
    assert (done.quotes, done.names) == (0, 1)
    assert finding["sources"][0]["naming"] == "anonymous"
    again = {**value, "sections": [{"code": "asse-1", "findings": [finding]}]}
    assert rules.redact(again, live={"a": 0}, holds=lambda _place: True, of=4, at=AT, day="oggi") is None


def test_a_summary_loses_what_its_findings_lose() -> None:
    value = content([sentence("Tra le voci: «⟦0⟧»", ONE)], [source("a", ONE), source("b", TWO)])
    told = [
        sentence("Ne parlano 12 di 80.", role="count", ids=("a", "b")),
        sentence("Le risultanze che poggiano su più fonti: 7, «Il treno».", role="themes", ids=("a", "b")),
        sentence("Tra le voci: «⟦0⟧»", ONE, role="quote"),
        sentence("«⟦0⟧»", TWO, role="quote"),
    ]
    value["sections"][0] |= {"summary": told, "strategies": {"1.1": told}}
    found = rules.redact(value, live={"b": 2, "z": 2}, holds=lambda place: place == TWO, of=3, at=AT, day="oggi")
    assert found is not None
    section = found[0]["sections"][0]
    assert [(s["role"], s["source_ids"]) for s in section["summary"]] == [("count", ["b"]), ("quote", ["b"])]
    assert section["strategies"]["1.1"] == section["summary"]


def test_what_a_section_tells_of_its_findings_follows_them() -> None:
    value = content([sentence("Così dice chi viaggia.", ids=("a",))], [source("a", ONE)])
    section = value["sections"][0]
    section["summary"] = [sentence("Le risultanze: 7, «Il treno».", ids=("a", "z")), sentence("«⟦0⟧»", ONE)]
    section["strategies"] = {"2.2": [sentence("Tra le voci: «⟦0⟧»", ONE)]}
    section["paragraphs"] = ["Di qui: 7, «Il treno» (9 voci)."]
    found = rules.redact(
        value, live={"z": 0}, holds=lambda place: place != ONE, of=1, at=AT, day="26 novembre 2026"
    )
    assert found is not None
    after = found[0]["sections"][0]
    assert not any("a" in s["source_ids"] or s["quotes"] for s in after["summary"])
    assert "Il treno" not in str(after)
    assert after["paragraphs"] == ["Di qui: 7, «Risultanza 7, tolta» (9 voci)."]
