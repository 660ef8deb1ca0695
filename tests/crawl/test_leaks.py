"""Canaries: what is private, a draft, hidden, withdrawn or internal stands on no surface that anyone can reach (Z8)."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator

import pytest

from consult.core.vocabulary import Role
from tests.crawl.conftest import RichStage, canary
from tests.factories.addresses import addresses, value
from tests.factories.rich import DRAFT_SLUG
from tests.factories.world import Client

#: Objects that only their owners or the staff may read, by the names that `load_rich` gives them.
SECRET = (
    "draft_process", "internal_source", "withdrawn_source", "redacted_source", "interview_name", "interview_notes", "withdrawn_passage",
    "draft_meeting",
    "registration", "registration_organisation", "minutes", "private_contribution", "draft_finding", "draft_theme", "hidden_proposal",
    "hidden_comment", "withdrawn_comment", "report_note", "objection", "draft_round", "kept_draft", "moderation_note", "file",
    "margin_note", "approval_note", "unread_paragraph",
    "answer", "invited_organisation", "draft_questionnaire", "invited_questionnaire",
    "waiting_proposal", "waiting_comment", "waiting_contribution", "waiting_statement", "draft_conversation",
    "appealed_comment", "appeal_words",
    "hidden_draft_comment", "withdrawn_draft_comment",
    "hidden_amendment", "withdrawn_amendment", "waiting_amendment",
    "evaluation_office", "evaluation_question", "evaluation_opinion", "internal_note", "internal_reply", "draft_reason",
)  # fmt: skip  # one list of names reads better so
#: Objects that anyone may read: each must be met, or the crawl looks past what is there. What is taken back stays readable where it is
#: cited, with the reason given.
OPEN = (
    "public_contribution", "proposal", "public_comment", "public_meeting", "public_action", "public_reason", "public_organisation",
    "public_amendment", "amendment_reason",
    "merge_reason", "priority_round", "paper_proposal", "conversation", "statement",
    "withdrawn_proposal", "withdrawn_action", "plan_note", "told_meeting", "told_note",
    "questionnaire", "draft_words", "draft_comment", "draft_reply", "draft_answer",
)  # fmt: skip  # one list of names reads better so
#: No view looks at what a browser accepts; so that none begins to, the first addresses are asked in every way.
ACCEPTS = ("text/html", "application/json", "text/csv", "application/atom+xml")
IN_EVERY_WAY = 60


def urls(stage: RichStage) -> list[str]:
    """Every GET address: of real objects, of secret objects by their key, of the draft process, and of what does not exist."""
    rich, found = stage.rich, []
    for address in addresses(stage.app, rich):
        if any(
            token in address.url
            for token in (*rich.tokens.values(), *rich.room_tokens.values(), rich.words["review_token"])
        ):
            continue  # Whoever holds a link from a mail is the one it was sent to, and is greeted with the address.
        found.append(address.url)
        found.append(address.url.replace(rich.world.slug, DRAFT_SLUG))
    by_kind = {
        "source_id": (
            "internal_source",
            "withdrawn_source",
            "redacted_source",
            "private_source",
            "note",
            "waiting_source",
        ),
        "proposal_id": (
            "proposal",
            "own_proposal",
            "hidden_proposal",
            "withdrawn_proposal",
            "second_proposal",
            "waiting_proposal",
        ),
        "finding_id": ("finding", "draft_finding"),
        "meeting_id": ("meeting", "coming_meeting", "draft_meeting"),
        "interview_id": ("interview", "withdrawn_interview"),
        "contribution_id": ("contribution", "paper_contribution"),
        "comment_id": (
            "comment",
            "hidden_comment",
            "withdrawn_comment",
            "waiting_comment",
            "hidden_draft_comment",
            "withdrawn_draft_comment",
        ),
        "amendment_id": ("amendment", "hidden_amendment", "withdrawn_amendment", "waiting_amendment"),
        "theme_id": ("theme", "draft_theme"),
        "conversation_id": ("conversation", "draft_conversation"),
        "round_id": ("round", "counted_round", "draft_round"),
        "questionnaire_id": ("questionnaire", "invited_questionnaire", "draft_questionnaire"),
    }
    adapter = stage.app.url_map.bind("localhost")
    for rule in stage.app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint == "static":
            continue
        for argument, names in by_kind.items():
            if argument in rule.arguments:
                for name in names:
                    if name in rich.keys:
                        values = {a: value(rule.endpoint, a, rich) for a in rule.arguments} | {
                            argument: rich.keys[name]
                        }
                        found.append(adapter.build(rule.endpoint, values, method="GET"))
        if rule.endpoint == "thread.show":
            for kind, name in (
                ("source", "internal_source"), ("source", "withdrawn_source"), ("finding", "draft_finding"), ("proposal", "hidden_proposal"),
                ("proposal", "waiting_proposal"), ("source", "waiting_source"),
                ("proposal", "withdrawn_proposal"), ("theme", "draft_theme"), ("action", "withdrawn_action"), ("comment", "hidden_comment"),
                ("interview", "interview"), ("meeting", "draft_meeting"), ("account", "act"),
            ):  # fmt: skip  # one list of pairs reads better so
                if name in rich.keys:
                    found.append(f"/processi/{rich.world.slug}/filo/{kind}/{rich.keys[name]}")
    found += [
        "/non-esiste",
        f"/processi/{rich.world.slug}/non-esiste",
        f"/processi/{DRAFT_SLUG}",
        "/robots.txt",
        "/sitemap.xml",
    ]
    found += [
        f"/processi/{rich.world.slug}/proposte?q={canary(name)}"
        for name in ("hidden_proposal", "withdrawn_proposal", "waiting_proposal")
    ]
    return list(dict.fromkeys(found))


def words_in(data: bytes) -> str:
    """The text of an answer; what is packed, as DOCX, ODT and XLSX are, is unpacked first."""
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            data = b"\n".join(packed.read(name) for name in packed.namelist())
    return data.decode("utf-8", "replace")


def surfaces(client: Client, stage: RichStage) -> Iterator[tuple[str, str]]:
    """What each address answers, then what each link met on the way answers, headers included."""
    queue, seen = urls(stage), set()
    while queue:
        url = queue.pop(0)
        if url in seen or len(seen) > 1200:
            continue
        seen.add(url)
        for accept in ACCEPTS if len(seen) <= IN_EVERY_WAY else ACCEPTS[:1]:
            answer = client.get(url, headers={"Accept": accept})
            body = words_in(answer.data)
            answer.close()
            yield url, f"{answer.headers}\n{body}"
            if accept == "text/html" and answer.mimetype == "text/html":
                links = re.findall(r'(?:href|action)="(/[^"#]*)"', body)
                queue += [html.unescape(link) for link in links if not link.startswith(("/static/", "/uscita"))]


def words_of(stage: RichStage, role: Role | None, *, until: str = "") -> dict[str, set[str]]:
    """For each canary, and each e-mail address, where this person met it; no further than where `until` is met."""
    client = stage.client_as(role)
    own = f"{role}-" if role else "\x00"
    wanted = {name: canary(name) for name in (*SECRET, *OPEN)}
    wanted |= {f"address {a}": a for a in stage.rich.addresses if not a.startswith(own)}
    met: dict[str, set[str]] = {}
    for url, text in surfaces(client, stage):
        low = text.lower()
        for name, word in wanted.items():
            if word.lower() in low and word not in url:
                met.setdefault(name, set()).add(url)
        if until in met:
            break
    return met


@pytest.mark.parametrize("role", [None, Role.account])
def test_no_secret_on_any_surface(rich_stage: RichStage, role: Role | None) -> None:
    met = words_of(rich_stage, role)
    leaked = {name: sorted(urls)[:4] for name, urls in met.items() if name not in OPEN}
    assert not leaked, "\n".join(f"{name}: {where}" for name, where in leaked.items())
    missed = [name for name in OPEN if name not in met]
    assert missed == [], "the crawl does not meet what is public, so it would not meet a leak either"


def test_the_crawl_finds_a_leak(rich_stage: RichStage) -> None:
    """The negative control: a secret that somebody makes public is found."""
    from sqlalchemy import update  # noqa: PLC0415  # Only this test writes past the services.

    from consult.coplanning.proposals.models import Proposal  # noqa: PLC0415  # Only this test writes past the services.

    with rich_stage.app.extensions["consult"].sessions() as session:
        session.execute(
            update(Proposal).where(Proposal.id == rich_stage.rich.keys["hidden_proposal"]).values(state="published")
        )
        session.commit()
    assert "hidden_proposal" in words_of(rich_stage, None, until="hidden_proposal")
