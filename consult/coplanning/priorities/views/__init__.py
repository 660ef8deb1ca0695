"""Pages of prioritisation: `public` rounds and ballots for anyone under /processi/<slug>/priorita, `desk` for who leads them."""

from consult.coplanning.priorities.views import desk, public
from consult.coplanning.priorities.views.blueprint import bp

__all__ = ["bp", "desk", "public"]
