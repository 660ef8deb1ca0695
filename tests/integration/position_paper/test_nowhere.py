"""A quote without live consent is on no page and in no file: not the editor, not a list, not an export, not a feed, whoever reads."""

from __future__ import annotations

import html
import io
import re
import uuid
import zipfile
from collections.abc import Iterator
from functools import lru_cache

from pypdf import PdfReader
from sqlalchemy import update

from consult.core.clock import database_now
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.interviews import services as interviews
from consult.listening.interviews.models import Interview, InterviewPassage
from consult.listening.interviews.rules import door_hash
from consult.listening.sources.models import Source
from consult.position_paper import queries
from consult.position_paper.types import FILE_KINDS
from tests.conftest import Stage
from tests.factories.world import Client
from tests.integration.position_paper.conftest import build_all
from tests.integration.position_paper.test_publishing import quoted
from tests.integration.position_paper.test_redaction import follow

#: Addresses asked of each reader: the seeds, and what they lead to.
MOST = 110
#: Addresses that no link leads to, or that a crawl might come to late.
SEEDS = (
    "/processi/{p}", "/processi/{p}/position-paper", "/processi/{p}/position-paper?versione=1", "/processi/{p}/position-paper/confronto",
    "/processi/{p}/position-paper/risultanze/{finding}", "/processi/{p}/fonti", "/processi/{p}/fonti/{source}",
    "/processi/{p}/fonti?q={word}", "/processi/{p}/cerca?q={word}", "/cerca?q={word}", "/processi/{p}/dati",
    "/processi/{p}/filo/finding/{finding}", "/processi/{p}/filo/source/{source}", "/scrivania/{p}/fonti", "/scrivania/{p}/paper",
    "/scrivania/{p}/paper/controllo", "/scrivania/{p}/paper/pubblica", "/scrivania/{p}/paper/versioni",
    "/scrivania/{p}/paper/versioni?da=1&a=bozza", "/scrivania/{p}/paper/risultanze/{finding}",
    "/scrivania/{p}/paper/risultanze/{finding}?cerca={word}", "/scrivania/{p}/paper/risultanze/{finding}/frasi/1",
    "/scrivania/{p}/paper/risultanze/{finding}/frasi/2", "/scrivania/{p}/temi",
    *(f"/processi/{{p}}/position-paper/versioni/{n}/{kind}" for n in (1, 2) for kind in FILE_KINDS),
    *(f"/scrivania/{{p}}/paper/bozza/{kind}" for kind in FILE_KINDS),
)  # fmt: skip  # one list of addresses reads better so


@lru_cache(maxsize=64)
def said_in(data: bytes) -> str:
    """The words of an answer, whatever it is packed in; one file is given to several readers, and read once."""
    if data.startswith(b"%PDF"):
        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    elif data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            text = " ".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
        text = re.sub("<[^>]+>", "", text)
    else:
        text = html.unescape(data.decode("utf-8", "replace"))
    return " ".join(text.split())


def surfaces(client: Client, stage: Stage, seeds: list[str]) -> Iterator[tuple[str, str]]:
    """What the seeds answer, and then every link met on the way within the process."""
    queue, seen = list(seeds), set()
    within = (f"/processi/{stage.world.slug}", f"/scrivania/{stage.world.slug}")
    while queue and len(seen) < MOST:
        url = queue.pop(0)
        if url in seen:
            continue
        seen.add(url)
        answer = client.get(url)
        yield url, said_in(answer.data)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            links = [html.unescape(link) for link in re.findall(r'href="(/[^"#]*)"', answer.text)]
            queue += [link for link in links if link.startswith(within) and link.count("?") + link.count("&") < 3]


def where(stage: Stage, words: str, finding: uuid.UUID, source: uuid.UUID) -> dict[str, set[str]]:
    """Addresses that hold the words, by who reads."""
    names = {"p": stage.world.slug, "finding": finding, "source": source, "word": max(words.split(), key=len).strip(".,;:«»")}
    seeds = [seed.format(**names) for seed in SEEDS]
    readers = {"anyone": None, "facilitator": Role.facilitator}
    return {
        name: {url for url, text in surfaces(stage.client_as(role), stage, seeds) if words in text}
        for name, role in readers.items()
    }


def build(stage: Stage, *numbers: int) -> None:
    with stage.work() as session:
        paper = queries.paper(session, process_id=stage.world.process_id)
        assert paper is not None
        for number in numbers:
            build_all(session, paper.id, number, now=database_now(session), kinds=FILE_KINDS)


def test_a_quote_without_live_consent_is_nowhere(published: Stage) -> None:
    stage = published
    finding_id, source_id, quote = quoted(stage)
    words = " ".join(quote.split()[:6])
    slug = stage.world.slug
    with stage.work() as session:
        here = {"process_id": stage.world.process_id, "now": database_now(session)}
        key = interviews.plan_interview(session, role="sindaca", actor=SYSTEM, **here)
        whole = interviews.Consent(may_record=True, may_transcribe=True, may_code=True, quote="role")
        interviews.record_consent(session, interview_id=key, consent=whole, actor=SYSTEM, **here)
        said = {"unit_id": key, "unit_kind": "interview", "channel": "interview", "visibility": "internal"}
        said |= {"quotable": "role", "attribution": "sindaca"}
        session.execute(update(Source).where(Source.id == source_id).values(**said))
        session.add(InterviewPassage(interview_id=key, position=1, speaker="R", source_id=source_id))
        session.get_one(Interview, key).door_hash = door_hash("porta")
    build(stage, 0, 1)
    before = where(stage, words, finding_id, source_id)
    public = f"/processi/{slug}/position-paper"
    # The negative control: while consent holds the crawl meets the words on pages, in every format, and on the desk.
    assert {public, f"{public}?versione=1", f"{public}/risultanze/{finding_id}"} <= before["anyone"]
    assert {f"{public}/versioni/1/{kind}" for kind in FILE_KINDS} <= before["anyone"]
    desk = f"/scrivania/{slug}/paper"
    assert {f"{desk}/risultanze/{finding_id}", *(f"{desk}/bozza/{kind}" for kind in FILE_KINDS)} <= before["facilitator"]
    client = stage.client_as(None)
    kept = {"consent_record": "y", "consent_transcribe": "y", "consent_code": "y", "consent_quote": "none"}
    assert client.send("/intervista/porta/consenso", kept).status_code == 303
    left = where(stage, words, finding_id, source_id)
    assert left["anyone"] == set()
    # Who codes and keeps the transcript still works on it, as the person agreed; a quote it is nowhere, not even before the new version.
    work = re.compile(
        rf"/scrivania/{slug}/(interviste|codifica|fonti|temi|lettura)\b.*|/processi/{slug}/fonti/{source_id}$"
    )
    assert [url for url in left["facilitator"] if not work.match(url)] == []
    assert client.send("/intervista/porta/consenso", {"consent_quote": "none"}).status_code == 303
    assert follow(stage) == 2
    build(stage, 0, 1, 2)
    assert where(stage, words, finding_id, source_id) == {"anyone": set(), "facilitator": set()}
    assert client.get(f"{public}/versioni/2/pdf").status_code == 200
