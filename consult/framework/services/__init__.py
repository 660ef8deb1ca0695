"""Writes on frames and territories: `imports` loads them, `provisions` the existing plans that a paper confronts."""

from consult.framework.services.imports import (
    import_frame,
    import_municipalities,
    import_outlines,
    import_territory,
)
from consult.framework.services.provisions import (
    import_provisions,
    save_plan,
    write_provision,
)

__all__ = [
    "import_frame",
    "import_municipalities",
    "import_outlines",
    "import_provisions",
    "import_territory",
    "save_plan",
    "write_provision",
]
