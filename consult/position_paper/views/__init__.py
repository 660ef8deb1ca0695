"""Pages of the paper: `reading` what anyone reads, `resting` what its short texts rest on, `files` what can be taken along,
`workshop` where it is written, `editing` one finding,
`checks` what fails, `ordering` the order and what is left out, `confrontation` existing plans, `matrix` each with its provisions, `review`
comments and approvals, `comparing` two versions side by side; `consultation` a draft anyone comments, `commenting` what they send,
`consulting` the desk that opens drafts and answers. All hang on one blueprint."""

from consult.position_paper.views import (
    checks,
    commenting,
    comparing,
    confrontation,
    consultation,
    consulting,
    editing,
    files,
    matrix,
    ordering,
    reading,
    resting,
    review,
    workshop,
)
from consult.position_paper.views.blueprint import bp

__all__ = [
    "bp",
    "checks",
    "commenting",
    "comparing",
    "confrontation",
    "consultation",
    "consulting",
    "editing",
    "files",
    "matrix",
    "ordering",
    "reading",
    "resting",
    "review",
    "workshop",
]
