"""Pure rules of frames and territories: `imports` reads their files, `provisions` those of existing plans."""

from consult.framework.rules.imports import (
    MAXIMUM_PROBLEMS,
    Problems,
    fold_name,
    load_json,
    municipalities_from_table,
    read_frame,
    read_table,
    read_territory,
    slug_of,
    zones_from_table,
)
from consult.framework.rules.provisions import (
    ProvisionRow,
    read_provisions,
)

__all__ = [
    "MAXIMUM_PROBLEMS",
    "Problems",
    "ProvisionRow",
    "fold_name",
    "load_json",
    "municipalities_from_table",
    "read_frame",
    "read_provisions",
    "read_table",
    "read_territory",
    "slug_of",
    "zones_from_table",
]
