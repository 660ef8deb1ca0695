"""The schema, made once by the migrations and then cloned: tests run on what is deployed."""

from __future__ import annotations

from config import ROOT
from consult.core.db import make_engine
from consult.registry import all_tables
from consult.runtime import schema


def build_schema(url: str) -> None:
    """Bring the empty database at `url` to the newest schema, and leave no connection behind."""
    if any((ROOT / "migrations" / "versions").glob("*.py")):
        schema.upgrade(url)
        return
    engine = make_engine(url, application="consult-tests")
    try:
        all_tables().create_all(engine)
    finally:
        engine.dispose()
