"""Pure rules of frames and territories: `frames`, `territories` and `tables` read their files, with `nodes` beneath them;
`outlines` the zones' own; `provisions` reads those of existing plans.
"""

from consult.framework.rules.frames import read_frame
from consult.framework.rules.nodes import MAXIMUM_PROBLEMS, Problems, fold_name, load_json, slug_of
from consult.framework.rules.outlines import OutlineMap, draw, lies_inside, read_outlines
from consult.framework.rules.provisions import (
    BadRow,
    NothingRead,
    ProvisionRow,
    read_provisions,
)
from consult.framework.rules.tables import municipalities_from_table, read_table, zones_from_table
from consult.framework.rules.territories import read_territory

__all__ = [
    "MAXIMUM_PROBLEMS",
    "BadRow",
    "NothingRead",
    "OutlineMap",
    "Problems",
    "ProvisionRow",
    "draw",
    "fold_name",
    "lies_inside",
    "load_json",
    "municipalities_from_table",
    "read_frame",
    "read_outlines",
    "read_provisions",
    "read_table",
    "read_territory",
    "slug_of",
    "zones_from_table",
]
