"""Pages of meetings, by who opens them: anyone, who registered, who is in the room, the desk."""

from consult.listening.meetings.views import attending, desk, minutes, noting, picking, public
from consult.listening.meetings.views.blueprint import bp

__all__ = ["attending", "bp", "desk", "minutes", "noting", "picking", "public"]
