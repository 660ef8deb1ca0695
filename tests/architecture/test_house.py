"""What import contracts can't show: where commits stand, which modules exist, what templates hold, what tables say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import DateTime

from consult.core.db import UtcDateTime
from consult.registry import MODEL_MODULES, all_tables

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(
    [*(ROOT / "consult").rglob("*.py"), *(ROOT / "worker").rglob("*.py"), ROOT / "config.py", ROOT / "wsgi.py"]
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@dataclass(frozen=True, slots=True)
class Call:
    """A call in a module: `commit` for `session.commit()`, its line, its second argument where that is a text, and the names it passes."""

    name: str
    line: int
    second: str | None
    passed: tuple[str | None, ...]


@cache
def calls(path: Path) -> tuple[Call, ...]:
    """Every call in a module; read once for all tests that ask."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
            second = node.args[1] if len(node.args) > 1 else None
            text = str(second.value) if isinstance(second, ast.Constant) else None
            found.append(Call(name, node.lineno, text, tuple(keyword.arg for keyword in node.keywords)))
    return tuple(found)


def test_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:]


#: Where a transaction may end, and why.
COMMITS = {
    "consult/core/db.py": "the unit of work of worker, commands and tests",
    "consult/web/application.py": "the one commit of a request",
}


def test_commits_stand_only_at_the_edge() -> None:
    found = {name_of(p) for p in CODE for call in calls(p) if call.name in {"commit", "begin_nested"}}
    assert found <= set(COMMITS), f"commits elsewhere: {found - set(COMMITS)}"


def test_markup_is_made_in_one_place() -> None:
    allowed = {"consult/core/markdown.py", "consult/web/formats.py"}
    found = {name_of(p) for p in CODE for call in calls(p) if call.name == "Markup"}
    assert found <= allowed, f"markup made elsewhere: {found - allowed}"
    unsafe = [name_of(t) for t in TEMPLATES if re.search(r"\|\s*safe\b|autoescape\s+false", t.read_text("utf-8"))]
    assert unsafe == []


def test_templates_keep_to_the_content_security_policy() -> None:
    wrong = []
    for template in TEMPLATES:
        text = re.sub(r"\{#.*?#\}", "", template.read_text("utf-8"), flags=re.S)
        if re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\bsrc=)|javascript:", text):
            wrong.append(name_of(template))
        if re.search(r"(src|href)\s*=\s*[\"']https?://", text):
            wrong.append(f"{name_of(template)} (another host)")
    assert wrong == []


def test_no_form_is_exempt_from_csrf_but_the_one_that_mail_programs_post() -> None:
    """Only the composition root exempts, only what is marked with a reason, and that is one view: it can do nothing but stop mails."""
    exempting = {name_of(p) for p in CODE if "csrf" in p.read_text("utf-8") and ".exempt" in p.read_text("utf-8")}
    assert exempting == {"consult/app.py"}
    marked = [name_of(p) for p in CODE if "@without_csrf(" in p.read_text("utf-8")]
    assert marked == ["consult/notices/views.py"]
    assert sum(p.read_text("utf-8").count("@without_csrf(") for p in CODE) == 1


def test_modules_stay_readable() -> None:
    long = {name_of(p): n for p in CODE if (n := len(p.read_text("utf-8").splitlines())) > 420}
    assert long == {}


def test_no_drawers() -> None:
    drawers = [
        name_of(p)
        for p in CODE
        if p.stem in {"utils", "util", "helpers", "helper", "common", "misc"}
        or p.parent.name in {"utils", "helpers", "common"}
    ]
    assert drawers == []


#: Packages that grew out of one module: their front door names what others call, and nothing else.
FRONT_DOORS = {"cli", "views", "forms", "services", "emails", "queries", "rules", "models", "types"}


def test_feature_maps_hold_no_code() -> None:
    wrong = []
    for path in (ROOT / "consult").rglob("__init__.py"):
        body = ast.parse(path.read_text("utf-8")).body
        described = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        rest = body[1:]
        if path.parent.name in FRONT_DOORS:
            rest = [
                node
                for node in rest
                if not isinstance(node, ast.ImportFrom | ast.Import)
                and not (isinstance(node, ast.Assign | ast.AnnAssign) and "__all__" in ast.unparse(node))
            ]
        if not described or rest:
            wrong.append(name_of(path))
    assert wrong == []


def test_public_things_have_docstrings() -> None:
    missing = []
    for path in CODE:
        for node in ast.parse(path.read_text("utf-8")).body:
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ):
                missing.append(f"{name_of(path)}:{node.lineno} {node.name}")
    assert missing == []


def test_every_exception_to_a_rule_carries_its_reason() -> None:
    wrong = []
    for path in CODE:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            mark = re.search(r"#\s*(noqa|type: ignore|fmt: skip|pragma)[^#]*", line)
            if mark and not re.search(r"#.*#\s*\S", line[mark.start() :]):
                wrong.append(f"{name_of(path)}:{number}")
    assert wrong == []


def test_every_table_and_column_says_what_it_is() -> None:
    tables = all_tables().tables.values()
    assert len(tables) > 40
    silent = [t.name for t in tables if not t.comment] + [
        f"{t.name}.{c.name}" for t in tables for c in t.columns if not c.comment
    ]
    assert silent == []


def test_instants_carry_a_time_zone() -> None:
    naive = [
        f"{t.name}.{c.name}"
        for t in all_tables().tables.values()
        for c in t.columns
        if isinstance(c.type, DateTime) and not isinstance(c.type, UtcDateTime) and not c.type.timezone
    ]
    assert naive == []


def test_every_model_module_is_registered() -> None:
    on_disk = {".".join(p.relative_to(ROOT).with_suffix("").parts) for p in (ROOT / "consult").rglob("models.py")} | {
        ".".join(p.relative_to(ROOT).parts) for p in (ROOT / "consult").rglob("models") if p.is_dir()
    }
    assert on_disk <= set(MODEL_MODULES)


def test_every_topic_has_its_task() -> None:
    """A job whose topic no task bears would wait for ever."""
    asked = {call.second for path in CODE for call in calls(path) if call.name == "enqueue" and call.second is not None}
    program = "import worker.tasks; from worker.celery_app import app; print('\\n'.join(app.tasks))"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert asked
    assert asked <= set(result.stdout.split()), f"topics without a task: {asked - set(result.stdout.split())}"


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_pages_extend_the_base(path: Path) -> None:
    """A page that does not extend the base has no skip link, no footer with the declarations, no language."""
    text = path.read_text("utf-8")
    partial = (
        any(part.startswith("_") for part in path.relative_to(ROOT / "templates").parts)
        or path.stem == "base"
        or "mail" in path.parts
    )
    whole = (
        "{% extends" in text
        or text.lstrip().startswith("<!doctype html")
        or (text.lstrip().startswith("{% from") and "{% extends" in text)
    )
    assert partial or whole or path.suffix != ".html" or "standalone" in path.stem or "export" in path.stem


def test_settings_are_documented() -> None:
    used = set(re.findall(r'(?:text|flag|number)\("([A-Z_]+)"', (ROOT / "config.py").read_text("utf-8")))
    documented = set(re.findall(r"^#?\s?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), flags=re.M))
    assert used == documented
