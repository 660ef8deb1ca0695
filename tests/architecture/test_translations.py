"""Every sentence that people read has English words: nothing missing, nothing left over, every figure in its place."""

from __future__ import annotations

import ast
import html
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from consult.core.sentences import Sentence
from consult.web.labels import LABELS
from consult.web.words import say
from tests.conftest import Stage
from tests.factories.world import SLUG

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "consult" / "web" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
#: Words that both languages write alike.
SHARED = {
    "Codebook",
    "Kappa",
    "(%(n)s kB)",
    "p. %(n)s",
    "Consult",
    "Menu",
    "No",
    "Password",
    "Position paper",
    "account",
    "no",
    "position paper",
}
#: Words that no English sentence holds; for pages that show no text of people.
ITALIAN = re.compile(
    r"\b(il|gli|della|delle|degli|nella|che|cosa|perché|sono|questo|questa|nessuna?|proposte|più|alla|dalla|pagina|accedi"
    r"|registrati|incontri|ancora|aperto|chiude|scegli)\b",
    re.IGNORECASE,
)
#: Rooms whose sentences are written in the language of what they write, not in the reader's: each has its own words for every language.
OWN_LANGUAGES = (
    "analytics/", "demo/", "cli/", "position_paper/rules/redaction.py", "position_paper/rules/sentences.py",
    "position_paper/services/prose.py", "position_paper/services/beginning.py", "position_paper/services/overviews.py",
)  # fmt: skip  # names read better side by side
SENTENCE = re.compile(r"[A-ZÈÀ«%{][^|\\]*[a-zàèéìòù»}][.!?]")
#: Small words of Italian that English has not.
ITALIAN_WORDS = re.compile(
    r"\b(il|lo|la|gli|le|un|una|di|che|non|è|del|della|dei|delle|questo|questa|nessun|nessuna|sono|si|già|da)(?![-\w])", re.IGNORECASE
)
PLAIN_PAGES = ("/accesso", "/registrazione", "/ricevuta", "/accessibilita", "/non-c-e")
PAGES = tuple(
    f"/processi/{SLUG}{room}" for room in ("", "/proposte", "/piano", "/metodo", "/dati", "/contributi/nuovo")
)


def forms_of(words: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """The sentence, or its singular and its plural."""
    return (words,) if isinstance(words, str) else tuple(words or ())


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="en")


def sentences(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


@pytest.fixture(scope="module")
def held() -> list[Message]:
    """The committed catalogue; compiled to where pages read it, as make does, where that is missing or old."""
    catalogue = read(PO)
    if not MO.exists() or MO.stat().st_mtime < PO.stat().st_mtime:
        with MO.open("wb") as file:
            write_mo(file, catalogue)
    assert not catalogue.obsolete
    return sentences(catalogue)


def test_the_catalogue_holds_every_sentence_and_no_other(held: list[Message], tmp_path: Path) -> None:
    found = tmp_path / "messages.pot"
    command = [
        str(Path(sys.executable).with_name("pybabel")), "--quiet", "extract", "-F", "consult/web/babel.cfg",
        "-k", "_l", "-k", "lazy_gettext", "--no-location", "--ignore-dirs", ".* __pycache__", "-o", str(found), ".",
    ]  # fmt: skip  # reads like the line of the Makefile
    subprocess.run(command, cwd=ROOT, check=True, env={"PYTHONPATH": str(ROOT), "PATH": ""})
    wanted = {forms_of(message.id) for message in sentences(read(found))}
    kept = {forms_of(message.id) for message in held}
    assert sorted(wanted - kept) == [], "new sentences: run make messages, and translate them"
    assert sorted(kept - wanted) == [], "sentences that are gone: run make messages"


def sentences_in(source: str) -> set[str]:
    """Italian sentences that stand in a module, docstrings left out; of those with figures put in, the text between them."""
    tree = ast.parse(source)
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    found = set()
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
        if SENTENCE.fullmatch(text) and text.count(" ") > 1 and ITALIAN_WORDS.search(text):
            found.add(text)
    return found


def test_no_sentence_in_the_code_is_forgotten(held: list[Message]) -> None:
    known = {form for message in held for form in forms_of(message.id)}
    forgotten = {
        (str(path.relative_to(ROOT)), text)
        for path in sorted((ROOT / "consult").rglob("*.py"))
        if not str(path.relative_to(ROOT / "consult")).startswith(OWN_LANGUAGES)
        for text in sentences_in(path.read_text()) - known
    }
    assert forgotten == set()
    # The look itself sees a sentence, also one with figures in it, and leaves what is told of the code alone.
    assert sentences_in('"""Il modulo che non si vede."""\nx = "Il file non si legge."\ny = f"La riga {x} non c’è."') == {
        "Il file non si legge.", "La riga {} non c’è.",
    }  # fmt: skip  # two sentences


def test_apostrophes_are_typographic(held: list[Message]) -> None:
    straight = [form for m in held for form in (*forms_of(m.id), *forms_of(m.string)) if re.search(r"\w'|'\w", form)]
    assert straight == []


def test_every_sentence_has_english_words(held: list[Message]) -> None:
    assert [m.id for m in held if not all(forms_of(m.string))] == []
    assert [m.id for m in held if m.fuzzy] == []
    assert [m.id for m in held if len(forms_of(m.id)) != len(forms_of(m.string))] == []
    assert {m.id for m in held if forms_of(m.id) == forms_of(m.string)} <= SHARED


def test_figures_stand_in_both_languages(held: list[Message]) -> None:
    wrong = [
        (italian, english)
        for message in held
        for italian, english in zip(forms_of(message.id), forms_of(message.string), strict=True)
        if sorted(PLACEHOLDERS.findall(italian)) != sorted(PLACEHOLDERS.findall(english))
    ]
    assert wrong == []


def test_labels_of_codes_have_english_words(stage: Stage, held: list[Message]) -> None:
    known = {forms_of(message.id)[0] for message in held}
    with stage.app.test_request_context():
        said = {
            f"{kind.__name__}.{code}": str(label) for kind, labels in LABELS.items() for code, label in labels.items()
        }
    assert len(said) > 80  # The application is made, so the lists of the rooms are there too.
    assert {code: label for code, label in said.items() if label not in known} == {}


def test_pages_speak_english_to_who_chose_it(stage: Stage, held: list[Message]) -> None:
    italian = {
        message.id
        for message in held
        if isinstance(message.id, str) and message.id != message.string and " " in message.id and len(message.id) > 11
        and not PLACEHOLDERS.search(message.id)
    }  # fmt: skip  # one condition a line
    client = stage.client_as(None)
    assert client.send("/lingua", {"lingua": "en", "torna": "/"}).status_code == 303
    for path in ("/", "/privacy", *PAGES, *PLAIN_PAGES):
        answer = client.get(path)
        assert answer.status_code == (404 if path == "/non-c-e" else 200), path
        page = answer.get_data(as_text=True)
        assert '<html lang="en"' in page, path
        shown = html.unescape(re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL))
        assert sorted(sentence for sentence in italian if sentence in shown) == [], path
        if path in PLAIN_PAGES:
            words = re.sub(r"<bdi>.*?</bdi>|<[^>]*>", " ", shown, flags=re.DOTALL)
            assert sorted({word.lower() for word in ITALIAN.findall(words)}) == [], path


def test_a_refusal_with_figures_is_said_in_english(stage: Stage, held: list[Message]) -> None:
    refusal = Sentence("Al massimo %(n)s caratteri.", n=5)
    assert refusal == "Al massimo 5 caratteri."
    assert str(ValueError(refusal)) is refusal
    with stage.app.test_request_context(headers={"Accept-Language": "it"}):
        assert say(refusal) == "Al massimo 5 caratteri."
    with stage.app.test_request_context(headers={"Accept-Language": "en"}):
        assert say(refusal) == "At most 5 characters."
        assert say("") == ""
