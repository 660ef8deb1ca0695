"""Pages of conversations: `public` answering, own answers and results under /processi/<slug>/opinioni, `desk` for who leads them."""

from consult.coplanning.opinions.views import desk, public
from consult.coplanning.opinions.views.blueprint import bp

__all__ = ["bp", "desk", "public"]
