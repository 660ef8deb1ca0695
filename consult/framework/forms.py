"""Forms of imports."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import FileField

from consult.web.forms import Form, line, tick


class FrameForm(Form):
    """A frame file."""

    file = FileField(
        _l("File della struttura"), description=_l("Un file JSON con assi, strategie, fasi e piani di riferimento.")
    )


class TerritoryForm(Form):
    """A territory file."""

    file = FileField(
        _l("File del territorio"),
        description=_l("Un file JSON, oppure un CSV con le colonne code, name, municipalities, residents."),
    )
    name = line(_l("Nome del territorio"), required=False, description=_l("Serve se il file non lo dice."))


class MunicipalitiesForm(Form):
    """A list of municipalities."""

    file = FileField(
        _l("Elenco dei comuni"), description=_l("Un file CSV con le colonne istat_code, name, zone_code, residents.")
    )
    complete = tick(_l("È l’elenco completo dei comuni di questo territorio"))


class OutlinesForm(Form):
    """The zones' outlines."""

    file = FileField(
        _l("File dei confini"),
        description=_l("Un file GeoJSON in gradi (WGS 84), con il codice della zona di ogni confine in zone_code."),
    )
