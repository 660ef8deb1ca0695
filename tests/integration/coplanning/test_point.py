"""A point on the zones' outlines: the administrator brings them, the form offers them, the proposal shows where."""

from __future__ import annotations

import io
import json

from sqlalchemy import select

from consult.coplanning.proposals.models import Proposal
from consult.core.vocabulary import Role
from consult.framework.models import Zone
from tests.factories.proposals import TEXT
from tests.integration.coplanning.conftest import LIST, Room


def square(west: float) -> list[list[float]]:
    return [[west, 45.0], [west + 0.5, 45.0], [west + 0.5, 45.4], [west, 45.4], [west, 45.0]]


def outlines(*codes: str) -> bytes:
    features = [
        {"properties": {"zone_code": code}, "geometry": {"type": "Polygon", "coordinates": [square(7 + i / 2)]}}
        for i, code in enumerate(codes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_outlines_come_in_and_a_point_is_set_and_shown(room: Room) -> None:
    office, person = room.browser(room.world.accounts[Role.administrator]), room.browser(room.world.accounts[Role.account])
    place = f"/scrivania/amministrazione/territori/{room.world.territory_id}"
    wrong = office.send(f"{place}/confini", {"file": (io.BytesIO(outlines("1", "99")), "confini.geojson")})
    assert wrong.status_code == 422
    assert "features[2]" in wrong.text
    done = office.send(f"{place}/confini", {"file": (io.BytesIO(outlines("1", "2")), "confini.geojson")})
    assert done.status_code == 303, done.text
    assert 'class="outline-zone"' in office.get(place).text
    form = person.get(f"{LIST}/nuova").text
    assert 'data-point="point"' in form
    with room.session() as session:
        zones = {z.code: str(z.id) for z in session.execute(select(Zone).where(Zone.territory_id == room.world.territory_id)).scalars()}
    assert f'data-zone="{zones["1"]}"' in form
    sent = {
        "title": "Treni ogni mezz'ora", "text": TEXT, "strategy_id": str(room.world.strategies["2.2"]), "author_kind": "resident",
        "signature": "nome", "point": "45.2, 7.25",
    }  # fmt: skip  # one row of values reads better so
    assert person.send(f"{LIST}/nuova", {**sent, "point": "da qualche parte"}).status_code == 422
    made = person.send(f"{LIST}/nuova", sent)
    assert made.status_code == 303, made.text
    page = room.browser(None).get(made.location).text
    assert "Il punto di cui parla la proposta" in page
    assert 'transform="translate(' in page
    drawn = room.browser(None).get(f"{LIST}?vista=mappa").text
    assert "outline-dot" in drawn
    assert f'{made.location}"' in drawn
    assert "outline-dot" not in room.browser(None).get(f"{LIST}?vista=mappa&q=biciclette").text
    desk = room.browser(room.world.accounts[Role.operator]).get(f"/scrivania/{room.world.slug}/proposte/carta").text
    assert 'data-point="point"' in desk
    with room.session() as session:
        assert session.execute(select(Proposal.latitude, Proposal.longitude)).one() == (45.2, 7.25)
    # Once every zone has its outline, a point that lies elsewhere is refused, with what to look at; a little beyond the border is none.
    office.send(f"{place}/confini", {"file": (io.BytesIO(outlines(*sorted(zones))), "confini.geojson")})
    away = person.send(f"{LIST}/nuova", {**sent, "title": "Treni ogni quarto d'ora", "point": "7.25, 45.2"})
    assert away.status_code == 422
    assert "Questo punto è fuori dal territorio" in away.text
    assert person.send(f"{LIST}/nuova", {**sent, "title": "Treni ogni dieci minuti", "point": "44.99, 7.25"}).status_code == 303
