"""What a frame file says: axes, strategies, phases, reference plans. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consult.core.sentences import Sentence
from consult.core.vocabulary import PhaseKind
from consult.framework.rules.nodes import Node, Problems, no_twins, slug_given
from consult.framework.types import (
    ReadAxis,
    ReadFrame,
    ReadPhase,
    ReadPlan,
    ReadProvision,
    ReadStrategy,
)


def read_frame(data: Any, descriptions: Mapping[str, Mapping[str, Any]] | None = None) -> ReadFrame:
    """A frame out of JSON values; `descriptions` adds plain words by strategy code. Raises Invalid with every problem found."""
    problems = Problems()
    top = Node(data, "", problems)
    title = top.text("title", 300, required=True)
    period = Node(top.value.get("period") or {}, "period", problems)
    axes = [_axis(node, descriptions or {}) for node in top.nodes("axes", 100, required=True)]
    no_twins([(f"axes[{i}].number", str(a.number)) for i, a in enumerate(axes, 1)], problems, "un altro asse")
    pairs = [(Sentence("strategia %(code)s", code=s.code), s.code) for a in axes for s in a.strategies]
    no_twins(pairs, problems, "un’altra strategia")
    plans = [_plan(node) for node in top.nodes("reference_plans", 100)]
    no_twins([(Sentence("piano %(code)s", code=p.code), p.code) for p in plans], problems, "un altro piano")
    phases = [_phase(node) for node in top.nodes("phases", 20)]
    no_twins([(Sentence("fase %(kind)s", kind=str(p.kind)), p.kind) for p in phases], problems, "un’altra fase dello stesso tipo")
    frame = ReadFrame(
        slug=slug_given(top, title),
        title=title,
        name=top.text("name", 300),
        vision=top.text("vision", 5000, long=True),
        language=top.text("language", 5) or "it",
        source=top.text("source", 2000),
        start_year=period.number("start_year", maximum=3000),
        end_year=period.number("end_year", maximum=3000),
        axes=axes,
        plans=plans,
        phases=phases,
    )
    problems.refuse()
    return frame


def _axis(node: Node, descriptions: Mapping[str, Mapping[str, Any]]) -> ReadAxis:
    return ReadAxis(
        number=node.number("number", required=True, maximum=999) or 0,
        title=node.text("title", 300, required=True),
        objective=node.text("objective", 5000, long=True),
        strategies=[_strategy(each, descriptions) for each in node.nodes("strategies", 200, required=True)],
    )


def _strategy(node: Node, descriptions: Mapping[str, Mapping[str, Any]]) -> ReadStrategy:
    code = node.code("code")
    extra = Node(descriptions.get(code) or {}, f"descrizione di {code}", node.problems)
    return ReadStrategy(
        code=code,
        title=node.text("title", 300, required=True),
        description=node.text("description", 5000, long=True) or extra.text("description", 5000, long=True),
        keywords=node.words("keywords", 200) or extra.words("keywords", 200),
    )


def _plan(node: Node) -> ReadPlan:
    provisions = [
        ReadProvision(each.code("code", 60), each.text("text", 20_000, required=True, long=True), each.number("page"))
        for each in node.nodes("provisions", 5000)
    ]
    code = node.code("code", 40)
    pairs = [(Sentence("piano %(plan)s, previsione %(code)s", plan=code, code=p.code), p.code) for p in provisions]
    no_twins(pairs, node.problems, "un’altra previsione")
    return ReadPlan(code, node.text("title", 300, required=True), node.text("version", 60), provisions)


def _phase(node: Node) -> ReadPhase:
    kind = node.text("kind", 20, required=True)
    if kind and kind not in list(PhaseKind):
        known = ", ".join(PhaseKind)
        node.problems.complain(
            f"{node.place}.kind", "«%(kind)s» non è un tipo di fase. I tipi sono: %(known)s.", kind=kind, known=known
        )
        kind = ""
    work = node.words("work", 50)
    description = node.text("description", 5000, long=True) or "\n".join(f"- {item}" for item in work)
    return ReadPhase(
        PhaseKind(kind or "preliminary"),
        node.text("title", 200, required=True),
        description,
        node.text("start", 20),
        node.text("end", 20),
    )
