"""A stage on which voices were heard and aggregated."""

from __future__ import annotations

import pytest

from tests.conftest import Stage
from tests.factories.lent import Lending
from tests.factories.voices import Heard, hear_and_run


@pytest.fixture
def heard(stage: Stage, lending: Lending) -> Heard:
    """The keys of the voices on the stage, and of the run over them."""
    return hear_and_run(lending, stage.database_url, stage.app.extensions["consult"].sessions, stage.world)
