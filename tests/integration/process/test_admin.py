"""The manager's and administrator's pages: opening a process, dates in the authority's zone, roles, notices, the record."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from consult.core.jobs import OutboxJob
from consult.core.vocabulary import PhaseKind, Role
from consult.people.models import Account
from consult.process.models import Membership, Phase, PrivacyNotice, Process
from tests.conftest import Stage
from tests.factories.post import bench_for
from tests.factories.world import counted_statements

DESK = "/scrivania/piano-di-prova"


def phase(stage: Stage, kind: PhaseKind) -> Phase:
    with stage.work() as session:
        return session.execute(
            select(Phase).where(Phase.process_id == stage.world.process_id, Phase.kind == str(kind))
        ).scalar_one()


def test_an_administrator_opens_a_process_and_publishes_it(stage: Stage) -> None:
    client = stage.client_as(Role.administrator)
    form = {
        "frame_id": str(stage.world.frame_id),
        "territory_id": str(stage.world.territory_id),
        "title": "Piano è nuovo",
    }
    answer = client.send("/scrivania/amministrazione/processi/nuovo", form)
    assert answer.location == "/scrivania/piano-e-nuovo/fasi"
    assert stage.client_as(None).get("/processi/piano-e-nuovo").status_code == 404
    refused = client.send("/scrivania/piano-e-nuovo/impostazioni/pubblica")
    assert refused.status_code == 303
    assert "almeno una fase" in client.get(refused.location).text
    dated = client.send(
        "/scrivania/piano-e-nuovo/fasi/listening", {"listening-opens_at": "2027-07-01T09:00", "listening-closes_at": ""}
    )
    assert dated.status_code == 303
    assert client.send("/scrivania/piano-e-nuovo/impostazioni/pubblica").status_code == 303
    assert stage.client_as(None).get("/processi/piano-e-nuovo").status_code == 200
    with stage.work() as session:
        process = session.execute(select(Process).where(Process.slug == "piano-e-nuovo")).scalar_one()
        kinds = session.execute(
            select(Phase.kind).where(Phase.process_id == process.id).order_by(Phase.position)
        ).scalars()
        assert list(kinds) == [str(kind) for kind in PhaseKind]
        roles = session.execute(select(Membership.role).where(Membership.process_id == process.id)).scalars()
        assert list(roles) == [Role.manager]


def test_names_in_addresses_are_checked(stage: Stage) -> None:
    client = stage.client_as(Role.administrator)
    form = {"frame_id": str(stage.world.frame_id), "territory_id": str(stage.world.territory_id), "title": "T"}
    for slug in ("amministrazione", "Maiuscole", "con spazi", "../su", "è", "-", stage.world.slug):
        answer = client.send("/scrivania/amministrazione/processi/nuovo", {**form, "slug": slug})
        assert answer.status_code == 422, slug
        assert 'id="slug-error"' in answer.text, slug
    assert (
        client.send("/scrivania/amministrazione/processi/nuovo", {**form, "frame_id": str(uuid.uuid4())}).status_code
        == 422
    )


def test_dates_are_typed_and_shown_in_the_authoritys_zone(stage: Stage) -> None:
    client = stage.client_as(Role.manager)
    sent = {"listening-opens_at": "2027-01-10T09:30", "listening-closes_at": "2027-07-10T18:00", "listening-sure": "y"}
    assert client.send(f"{DESK}/fasi/listening", sent).status_code == 303
    found = phase(stage, PhaseKind.listening)
    assert found.opens_at == datetime(2027, 1, 10, 8, 30, tzinfo=UTC)
    assert found.closes_at == datetime(2027, 7, 10, 16, 0, tzinfo=UTC)
    page = client.get(f"{DESK}/fasi").text
    assert 'value="2027-01-10T09:30"' in page
    assert 'value="2027-07-10T18:00"' in page


def test_closing_an_open_phase_asks_for_a_second_yes(stage: Stage) -> None:
    client = stage.client_as(Role.manager)
    past = (datetime.now(UTC) - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    sent = {"listening-opens_at": "2020-01-01T00:00", "listening-closes_at": past}
    asked = client.send(f"{DESK}/fasi/listening", sent)
    assert asked.status_code == 422
    assert "la fase si chiude adesso" in asked.text
    assert 'name="listening-sure"' in asked.text
    assert client.get(f"/processi/{stage.world.slug}/contributi/nuovo").status_code == 200
    assert client.send(f"{DESK}/fasi/listening", {**sent, "listening-sure": "y"}).status_code == 303
    assert phase(stage, PhaseKind.listening).closes_at < datetime.now(UTC)


@pytest.mark.parametrize(
    "dates",
    [
        ("2027-07-10T18:00", "2027-01-10T09:30"),
        ("0001-01-01T00:00", "9999-12-31T23:59"),
        ("non una data", ""),
        ("2027-02-30T10:00", ""),
        ("2027-01-10T09:30", "2027-01-10T09:30"),
    ],
)
def test_dates_that_can_not_be_are_refused_at_the_field(stage: Stage, dates: tuple[str, str]) -> None:
    client = stage.client_as(Role.manager)
    before = phase(stage, PhaseKind.drafting)
    sent = {"drafting-opens_at": dates[0], "drafting-closes_at": dates[1], "drafting-sure": "y"}
    answer = client.send(f"{DESK}/fasi/drafting", sent)
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert (phase(stage, PhaseKind.drafting).opens_at, phase(stage, PhaseKind.drafting).closes_at) == (
        before.opens_at,
        before.closes_at,
    )


def test_unknown_phases_are_not_found(stage: Stage) -> None:
    client = stage.client_as(Role.manager)
    assert client.send(f"{DESK}/fasi/party", {}).status_code == 404
    assert client.get(f"{DESK}/informative/party").status_code == 404


def test_a_role_by_address_invites_once_and_ends_with_the_next_request(stage: Stage) -> None:
    client = stage.client_as(Role.manager)
    with bench_for(stage.app) as bench:
        form = {"email": "Collega@Example.org", "display_name": "", "role": "moderator"}
        assert client.send(f"{DESK}/persone", form).status_code == 303
        bench.work()
        assert "un invito a collaborare" in bench.post.to("collega@example.org")[0].subject
        link = bench.post.link("collega@example.org")
    colleague = stage.client_as(None)
    welcome = colleague.send(link, {"display_name": "Collega", "password": "tre parole insieme"})
    assert (welcome.status_code, welcome.location) == (303, "/scrivania")
    assert colleague.get(f"{DESK}/moderazione").status_code == 200
    with stage.work() as session:
        account_id = session.execute(select(Account.id).where(Account.email == "collega@example.org")).scalar_one()
        membership = session.execute(select(Membership.id).where(Membership.account_id == account_id)).scalar_one()
    assert client.send(f"{DESK}/persone/{membership}/togli").status_code == 303
    assert colleague.get(f"{DESK}/moderazione").status_code == 404
    assert client.send(f"{DESK}/persone/{membership}/togli").status_code == 404


def test_refusals_of_the_member_form_are_at_their_fields(stage: Stage) -> None:
    client = stage.client_as(Role.manager)
    for change in (
        {"email": "non un indirizzo"},
        {"role": "administrator"},
        {"role": "account"},
        {"display_name": "!"},
    ):
        form = {"email": "c@example.org", "display_name": "Collega", "role": "reader", **change}
        answer = client.send(f"{DESK}/persone", form)
        assert answer.status_code == 422, change
        assert "field-error" in answer.text
    with stage.work() as session:
        assert (
            session.execute(select(func.count()).select_from(Account).where(Account.email == "c@example.org")).scalar()
            == 0
        )
        assert (
            session.execute(
                select(func.count()).select_from(OutboxJob).where(OutboxJob.topic == "people.send_invitation")
            ).scalar()
            == 0
        )


def test_two_managers_can_not_remove_each_other(stage: Stage) -> None:
    first = stage.client_as(Role.manager)
    with stage.work() as session:
        second_id = stage.world.others[0]
        session.add(Membership(process_id=stage.world.process_id, account_id=second_id, role=str(Role.manager)))
        session.flush()
        rows = dict(
            session.execute(
                select(Membership.account_id, Membership.id).where(Membership.role == str(Role.manager))
            ).all()
        )
    second = stage.client_of(second_id)
    barrier = threading.Barrier(2)

    def remove(client: Any, whose: uuid.UUID) -> None:
        barrier.wait()
        client.send(f"{DESK}/persone/{rows[whose]}/togli")

    threads = [
        threading.Thread(target=remove, args=(first, second_id)),
        threading.Thread(target=remove, args=(second, stage.world.accounts[Role.manager])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stage.work() as session:
        left = session.execute(select(func.count()).select_from(Membership).where(Membership.role == str(Role.manager)))
        assert left.scalar() == 1


def test_notices_are_versions_and_the_first_is_proposed(stage: Stage) -> None:
    client = stage.client_as(Role.manager)
    proposed = client.get(f"{DESK}/informative/drafting").text
    assert "Che cosa raccogliamo" in proposed
    assert client.send(f"{DESK}/informative/listening", {"text": "corta"}).status_code == 422
    text = "Un'informativa scritta bene, con **tutto** quello che serve sapere. " * 3
    keys = [str(uuid.uuid4()) for _ in range(6)]
    clients = [stage.client_as(Role.manager) for _ in keys]
    threads = [
        threading.Thread(target=c.send, args=(f"{DESK}/informative/listening", {"text": text}), kwargs={"key": k})
        for c, k in zip(clients, keys, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stage.work() as session:
        versions = session.execute(
            select(PrivacyNotice.version)
            .where(PrivacyNotice.process_id == stage.world.process_id, PrivacyNotice.phase_kind == "listening")
            .order_by(PrivacyNotice.version)
        ).scalars()
        assert list(versions) == [1, 2, 3, 4, 5, 6, 7]
    page = client.get(f"{DESK}/informative").text
    assert "versione 7" in page
    assert "<strong>tutto</strong>" in page


def test_the_record_is_for_administrators_and_pages(stage: Stage) -> None:
    manager = stage.client_as(Role.manager)
    for number in range(55):
        manager.send(f"{DESK}/impostazioni", {"title": f"Titolo {number}", "name": "", "summary": ""})
    assert manager.get("/scrivania/amministrazione/registro").status_code == 404
    client = stage.client_as(Role.administrator)
    client.get("/scrivania/amministrazione/registro")
    with counted_statements(stage.engine) as sent:
        page = client.get("/scrivania/amministrazione/registro").text
    assert len(sent) <= 6
    assert "parole del processo cambiate" in page
    assert 'rel="next"' in page
    link = page.partition('class="pager-next" href="')[2].partition('"')[0]
    assert client.get(link).status_code == 200


def test_pages_of_a_process_cost_a_fixed_number_of_statements(stage: Stage) -> None:
    client = stage.client_as(Role.manager)
    for path, budget in (
        (f"{DESK}/impostazioni", 6),
        (f"{DESK}/fasi", 4),
        (f"{DESK}/persone", 4),
        (f"{DESK}/informative", 4),
    ):
        client.get(path)
        with counted_statements(stage.engine) as sent:
            assert client.get(path).status_code == 200
        assert len(sent) <= budget, (path, sent)


def test_these_pages_are_for_managers_of_this_process(stage: Stage) -> None:
    for role in (None, Role.account, Role.facilitator, Role.moderator, Role.reader):
        client = stage.client_as(role)
        for path in ("impostazioni", "fasi", "persone", "informative", "informative/listening"):
            assert client.get(f"{DESK}/{path}").status_code in {302, 404}, (role, path)
        assert client.send(f"{DESK}/impostazioni/pubblica").status_code in {401, 404}
        assert client.get("/scrivania/amministrazione").status_code in {302, 404}
