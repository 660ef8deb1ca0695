"""The short texts of axes, strategies and zones: numbers that may be shown, what rests on most, voices of several zones."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from consult.evidence.types import Place
from consult.position_paper.services import overviews
from consult.position_paper.types import CitedSource, FindingRow

OF = {"channel": {"answer": 80, "interview": 12}, "zone": {}, "speaker": {}}
THEME = uuid.uuid4()


def finding(number: int, code: str, sources: list[tuple[str, str, bool]], theme: uuid.UUID | None = None) -> FindingRow:
    key = uuid.uuid4()
    cited = []
    for place, (channel, zone, quoted) in enumerate(sources):
        source = uuid.uuid5(uuid.NAMESPACE_URL, f"{number}/{place}")
        quote = Place(str(source), 0, 5, "h", 1) if quoted else None
        cited.append(
            CitedSource(
                key,
                source,
                "supporting",
                1,
                1,
                "live",
                channel,
                zone,
                "resident",
                f"v{number}/{place}",
                "machine",
                place,
                quote,
            )
        )
    moment = datetime(2026, 11, 26, tzinfo=UTC)
    return FindingRow(
        id=key, section_id=uuid.uuid4(), number=number, position=number, title=f"Tema {number}", sentences=(), origin="machine",
        state="proposed", version=1, strategy_id=None, strategy_code=code, strategy_title="Strategia", theme_id=theme, run_id=None, news={},
        changed_by=None, changed_at=moment,
    ).with_sources(tuple(cited))  # fmt: skip  # one row of values reads better so


ONE = finding(1, "1.1", [("answer", "1", True), *[("answer", "1", False)] * 6], THEME)
TWO = finding(2, "1.2", [("interview", "1", True), ("answer", "2", True)])
THREE = finding(3, "1.1", [("answer", "3", True)])


def test_an_axis_says_how_many_what_most_and_in_whose_words() -> None:
    told = overviews.of_findings([ONE, TWO, THREE], OF, "it")
    assert [sentence.role for sentence in told] == ["count", "themes", "quote", "quote", "quote"]
    assert told[0].text == "Ne parlano 9 delle 80 risposte al questionario e meno di 5 delle 12 interviste."
    assert len(told[0].source_ids) == 10
    assert told[1].text == "Le risultanze che poggiano su più fonti: 1, «Tema 1»; 2, «Tema 2»; 3, «Tema 3»."
    # Of the second finding the voice of a zone not heard yet.
    assert [s.source_ids for s in told[2:]] == [
        (str(ONE.sources[0].source_id),), (str(TWO.sources[1].source_id),), (str(THREE.sources[0].source_id),)
    ]  # fmt: skip  # one row of values reads better so
    assert all("⟦0⟧" in s.text and len(s.quotes) == 1 for s in told[2:])
    assert overviews.of_findings([ONE], OF, "it") == []


def test_strategies_have_their_own_where_an_axis_has_several() -> None:
    assert list(overviews.by_strategy([ONE, TWO, THREE], OF, "en")) == ["1.1"]
    assert overviews.by_strategy([ONE, THREE], OF, "it") == {}


def test_a_zone_says_what_a_test_found_and_only_its_own_voices() -> None:
    told = overviews.of_zone([ONE, TWO, THREE], "1", {str(THEME): {"1": "over", "2": "under"}}, "it")
    assert told[0].text == "Qui se ne parla più che altrove: 1, «Tema 1»."
    assert [s.source_ids[0] for s in told[1:]] == [str(ONE.sources[0].source_id), str(TWO.sources[0].source_id)]
    assert overviews.of_zone([ONE, TWO, THREE], "2", {}, "it")[0].role == "quote"
