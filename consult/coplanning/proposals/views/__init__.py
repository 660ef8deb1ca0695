"""Pages of proposals under /processi/<slug>/proposte: `reading` lists, pages, files; `writing` the form; `taking_part` supports,
comments, reports; `regrouping` merges and splits; `paper` what operators type in; `amending` changes proposed to
others' words. All hang on the blueprint `proposals`."""

from consult.coplanning.proposals.views import amending, paper, reading, regrouping, taking_part, writing
from consult.coplanning.proposals.views.blueprint import bp

__all__ = ["amending", "bp", "paper", "reading", "regrouping", "taking_part", "writing"]
