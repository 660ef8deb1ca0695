"""The schema, made once and then cloned."""

from __future__ import annotations

from consult.core.db import make_engine
from consult.registry import all_tables


def build_schema(url: str) -> None:
    """Create every table of the models in the empty database at `url`, and leave no connection behind."""
    engine = make_engine(url, application="consult-tests")
    try:
        all_tables().create_all(engine)
    finally:
        engine.dispose()
