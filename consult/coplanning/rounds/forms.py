"""Until when a round is open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from consult.web.forms import Form, line


class UntilForm(Form):
    """Until when."""

    closes_on = line(_l("Ultimo giorno"), maximum=10, description=_l("Fino alle ore 18 di quel giorno."))
    version = HiddenField()

    def moment(self, zone: Any) -> datetime | None:
        """Six in the evening of the day, in the site's time; None where it is no day."""
        try:
            day = datetime.fromisoformat((self.closes_on.data or "").strip())
        except ValueError:
            return None
        return day.replace(hour=18, minute=0, second=0, microsecond=0, tzinfo=zone)
