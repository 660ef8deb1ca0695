"""Every form, filled with what no honest browser sends: 4xx or stored, never 5xx; and sixteen clicks have one effect."""

from __future__ import annotations

import threading
import unicodedata
import uuid
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from consult.core.vocabulary import Role
from tests.crawl.conftest import RichStage
from tests.factories.addresses import addresses

#: Who meets forms on pages that others open too; the rest meet theirs on pages of their own.
ROLES: tuple[Role | None, ...] = (None, Role.account, Role.administrator, Role.facilitator, Role.manager, Role.moderator)
MEGABYTE = "x" * 1_000_000
DECOMPOSED = "citta\u0300 metropolitana, perche\u0301"
#: Texts by name; bytes are sent as they are, since no text can hold them.
HOSTILE: dict[str, str | bytes] = {
    "a NUL byte": "prima\x00dopo",
    "a lone surrogate": b"prima\xed\xa0\x80dopo",
    "broken UTF-8": b"prima\xff\xfedopo",
    "turned writing": "prima\u202eodrasse\u2066 dopo",
    "emoji and joiners": "👩‍👩‍👧‍👦 🏔️ città " * 3,
    "a megabyte": "parola " * 150_000,
    "decomposed letters": DECOMPOSED * 3,
    "invisible": "\u200b\u200d\ufeff \u2028\u2029",
    "no key": "non-e-una-chiave",
    "a foreign key": str(uuid.UUID(int=7)),
    "a huge number": "9" * 400,
    "a bad date": "2026-13-45T99:99",
    "SQL and paths": "'; DROP TABLE source; -- ../../etc/passwd %00 {{7*7}}",
}


@dataclass(slots=True)
class FoundForm:
    """A form as it stands on a page: where it goes, and a value for each field."""

    action: str
    role: Role | None
    fields: dict[str, str] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    chosen: set[str] = field(default_factory=set)


class Forms(HTMLParser):
    """Reads the POST forms of a page, with plausible values: what is preset, the first option, a sentence where text is asked."""

    SENTENCE = "Un testo del tutto normale, di qualche parola."

    def __init__(self, path: str, role: Role | None) -> None:
        super().__init__()
        self.path, self.role = path, role
        self.forms: list[FoundForm] = []
        self.form: FoundForm | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if self.form and given.get("formaction"):
            # A button may lead elsewhere than its form: the same fields, also those that follow.
            other, fields = given["formaction"].partition("#")[0], self.form
            self.forms.append(FoundForm(other, self.role, fields.fields, fields.typed, fields.numbers, fields.chosen))
        if tag == "form":
            posts = given.get("method", "").lower() == "post"
            self.form = FoundForm(given.get("action") or self.path, self.role) if posts else None
            if self.form:
                self.forms.append(self.form)
        elif self.form and name and tag in {"input", "textarea", "button"}:
            self._take(self.form, tag, name, given)
        elif self.form and name and tag == "select":
            self.select = name
            self.form.chosen.add(name)
        elif self.form and self.select and tag == "option" and given.get("value"):
            preset = "selected" in given
            self.form.fields[self.select] = (
                given["value"] if preset else self.form.fields.get(self.select, given["value"])
            )

    @classmethod
    def _take(cls, form: FoundForm, tag: str, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "submit" if tag == "button" else "text")
        if kind in {"radio", "checkbox"}:
            form.chosen.add(name)
            form.fields.setdefault(name, given.get("value", "y"))
        elif kind == "hidden":
            form.fields[name] = given.get("value", "")
            if name not in {"_once", "csrf_token"}:
                form.chosen.add(name)
        elif kind == "number":
            form.typed.add(name)
            form.numbers.add(name)
            form.fields[name] = given.get("value") or "3"
        elif kind in {"date", "datetime-local"}:
            form.typed.add(name)
            form.fields[name] = given.get("value") or ("2027-01-31" if kind == "date" else "2027-01-31T10:00")
        elif kind == "submit":
            form.chosen.add(name)
        elif kind != "file":
            form.typed.add(name)
            form.fields[name] = given.get("value") or ("qualcuno@posta.example" if kind == "email" else cls.SENTENCE)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""


def all_forms(stage: RichStage) -> dict[str, FoundForm]:
    """Each form that somebody meets on some page, once, by where it goes and what it asks."""
    found: dict[str, FoundForm] = {}
    pages = list(addresses(stage.app, stage.rich))
    openers = sorted({address.role for address in pages if address.role not in ROLES}, key=str)
    for role in (*ROLES, *openers):
        client = stage.client_as(role)
        for address in pages:
            if (role is None and address.role is not None) or (role in openers and address.role is not role):
                continue
            answer = client.get(address.url)
            if answer.mimetype != "text/html" or answer.status_code != 200:
                answer.close()
                continue
            reader = Forms(address.url, role)
            reader.feed(answer.get_data(as_text=True))
            for form in reader.forms:
                path = form.action.partition("?")[0]
                key = f"{endpoint_of(stage, path)} {sorted(form.fields)}"
                found.setdefault(key, form)
    return found


def endpoint_of(stage: RichStage, path: str) -> str:
    """The endpoint that takes a form."""
    try:
        return str(stage.app.url_map.bind("localhost").match(path, method="POST")[0])
    except Exception as error:  # A form that leads nowhere is a finding of its own.
        return f"nowhere: {path} ({type(error).__name__})"


@cache
def as_sent(value: str | bytes) -> str:
    """A name or value as a browser writes it into the body; the long ones are sent to hundreds of forms and written once."""
    return quote_from_bytes(value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass"), safe=" ").replace(" ", "+")


def send(client: FlaskClient, form: FoundForm, fields: dict[str, str | bytes]) -> int:
    """POST raw bytes as a form; returns the status."""
    values = {**fields, "_once": str(uuid.uuid4())}
    body = "&".join(f"{as_sent(name)}={as_sent(value)}" for name, value in values.items())
    return client.post(form.action, data=body, content_type="application/x-www-form-urlencoded").status_code


def test_no_form_breaks(rich_stage: RichStage) -> None:
    forms = all_forms(rich_stage)
    assert len(forms) > 40, sorted(forms)
    lost = [key for key in forms if key.startswith("nowhere")]
    assert lost == []
    broken: list[str] = []
    asked = 0
    for key, form in forms.items():
        client = rich_stage.client_as(form.role)
        # A form without texts is the same whatever would be typed, and is sent once.
        sent: set[frozenset[tuple[str, str | bytes]]] = set()

        def ask(what: str, fields: dict[str, str | bytes]) -> None:
            nonlocal asked, client
            if frozenset(fields.items()) in sent:  # noqa: B023  # Called at once.
                return
            sent.add(frozenset(fields.items()))  # noqa: B023  # Called at once.
            asked += 1
            status = send(client, form, fields)  # noqa: B023  # Called at once.
            if status >= 500:
                broken.append(f"{key} as {form.role}: {what}: {status}")  # noqa: B023  # Called at once.
            if status in {401, 302} and form.role is not None:  # noqa: B023  # Called at once.
                client = rich_stage.client_as(form.role)  # noqa: B023  # Called at once.

        for name, value in HOSTILE.items():
            ask(f"{name} in all texts", {**form.fields, **dict.fromkeys(form.typed, value)})
            if name in {"no key", "a foreign key", "a NUL byte", "a huge number"}:
                for one in sorted(form.chosen):
                    ask(f"{name} in {one}", {**form.fields, one: value})
        for one in sorted(form.typed):
            ask(f"a megabyte in {one}", {**form.fields, one: MEGABYTE})
        for one in sorted(form.numbers):
            ask(f"no number in {one}", {**form.fields, one: "1e999"})
        ask("no number in all texts", {**form.fields, **dict.fromkeys(form.typed, "1e999")})
        ask(
            "unknown fields",
            {
                **form.fields,
                "state": "published",
                "role": "administrator",
                "author_id": str(uuid.uuid4()),
                "administrator": "1",
            },
        )
        ask("nothing", {})
    assert not broken, "\n".join(broken)
    assert asked > 600


def test_unknown_fields_change_no_privilege(rich_stage: RichStage) -> None:
    client = rich_stage.client_as(Role.account)
    before = privileges(rich_stage)
    extra = {"administrator": "1", "role": "manager", "email_verified_at": "2020-01-01", "state": "hidden"}
    client.send("/io/profilo", {"display_name": "Nome nuovo", "locale": "it", "zone_code": "", **extra})
    client.send(
        f"/processi/{rich_stage.rich.world.slug}/contributi/nuovo",
        {"text": "Serve una fermata in più, davvero.", "visibility": "public", **extra},
    )
    assert privileges(rich_stage) == before


def privileges(stage: RichStage) -> list[Any]:
    """Who may what, and what is shown."""
    with stage.app.extensions["consult"].sessions() as session:
        return [
            session.execute(text("SELECT count(*) FROM account WHERE administrator")).scalar(),
            session.execute(text("SELECT count(*) FROM membership")).scalar(),
            session.execute(text("SELECT count(*) FROM source WHERE visibility = 'public'")).scalar(),
            session.execute(text("SELECT count(*) FROM proposal WHERE state = 'hidden'")).scalar(),
        ]


def test_text_is_stored_composed(rich_stage: RichStage) -> None:
    client = rich_stage.client_as(None)
    path = f"/processi/{rich_stage.rich.world.slug}/contributi/nuovo"
    client.get(path)
    assert client.send(path, {"text": DECOMPOSED * 2}).status_code == 303
    with rich_stage.app.extensions["consult"].sessions() as session:
        kept = session.execute(
            text("SELECT text FROM source WHERE text LIKE 'citt%' ORDER BY length(text) LIMIT 1")
        ).scalar()
    assert kept == unicodedata.normalize("NFC", DECOMPOSED * 2)


CLICKS = 16


@pytest.mark.parametrize("what", ["contribution", "comment", "proposal", "action", "meeting"])
def test_sixteen_clicks_have_one_effect(rich_stage: RichStage, what: str) -> None:
    world, keys = rich_stage.rich.world, rich_stage.rich.keys
    desk, public = f"/scrivania/{world.slug}", f"/processi/{world.slug}"
    mark = f"Sedici volte {uuid.uuid4().hex[:8]}"
    cases: dict[str, tuple[Role | None, str, dict[str, str], str]] = {
        "contribution": (
            None,
            f"{public}/contributi/nuovo",
            {"text": f"{mark}: serve una fermata."},
            "SELECT count(*) FROM source WHERE text LIKE :m",
        ),
        "comment": (
            Role.account,
            f"{public}/proposte/{keys['own_proposal']}/commenti",
            {"text": f"{mark}.", "stance": "neutral"},
            "SELECT count(*) FROM comment WHERE text LIKE :m",
        ),
        "proposal": (
            Role.account,
            f"{public}/proposte/nuova",
            {
                "title": mark,
                "text": f"{mark}: una corsa in più la sera, tutti i giorni feriali.",
                "strategy_id": str(world.strategies["2.2"]),
                "author_kind": "resident",
                "signature": "nome",
            },
            "SELECT count(*) FROM proposal WHERE title LIKE :m",
        ),
        "action": (
            Role.manager,
            f"{desk}/piano/nuova",
            {"title": mark, "strategy": str(world.strategies["1.1"]), "competence": "direct"},
            "SELECT count(*) FROM draft_action WHERE title LIKE :m",
        ),
        "meeting": (
            Role.facilitator,
            f"{desk}/incontri/nuovo",
            {"title": mark, "starts_at": "2027-01-31T10:00", "place": "Sala"},
            "SELECT count(*) FROM meeting WHERE title LIKE :m",
        ),
    }
    role, path, fields, counted = cases[what]
    first = rich_stage.client_as(role)
    first.get(path if what != "comment" else path.removesuffix("/commenti"))
    cookie = first.get_cookie("consult")
    assert cookie is not None
    key, gate, answers = str(uuid.uuid4()), threading.Barrier(CLICKS), []

    def click() -> None:
        client = rich_stage.app.test_client()
        client.set_cookie("consult", cookie.value)
        gate.wait()
        answers.append(client.post(path, data={**fields, "_once": key}))

    threads = [threading.Thread(target=click) for _ in range(CLICKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == CLICKS
    assert {answer.status_code for answer in answers} == {303}, [a.status_code for a in answers]
    assert len({answer.location for answer in answers}) == 1, "every click leads to the one thing made"
    with rich_stage.app.extensions["consult"].sessions() as session:
        assert session.execute(text(counted), {"m": f"%{mark}%"}).scalar() == 1
