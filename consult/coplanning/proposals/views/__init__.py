"""Pages of proposals under /processi/<slug>/proposte: `reading` lists, pages, files; `writing` the form; `taking_part` supports,
comments, reports. All hang on the blueprint `proposals`."""

from consult.coplanning.proposals.views import reading, taking_part, writing
from consult.coplanning.proposals.views.blueprint import bp

__all__ = ["bp", "reading", "taking_part", "writing"]
