"""Letters to who has no account: in the language they read the site in, or in each the questionnaire speaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text, update

from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.contributions import services as contributions
from consult.listening.meetings import services as meetings
from consult.listening.surveys.models import Questionnaire
from tests.conftest import Stage
from tests.factories.surveys import KeptMail, invite_and_mail, make_questionnaire

DESK = "/scrivania/piano-di-prova"
PLACE = "/processi/piano-di-prova"
NOW = datetime.now(UTC)


def test_who_reads_in_english_is_written_to_in_english(stage: Stage) -> None:
    fields = meetings.MeetingFields(
        title="Incontro di valle", starts_at=NOW + timedelta(days=3), place="Sala", registration=True
    )
    about = {"process_id": stage.world.process_id, "actor": SYSTEM, "now": NOW}
    with stage.work() as session:
        meeting = meetings.create_meeting(session, fields=fields, **about)
        meetings.set_state(session, meeting_id=meeting, state="published", **about)
    assert stage.client_as(Role.facilitator).send(f"{DESK}/contributi", {"proof": "y"}).status_code == 303
    for language, name in (("en", "ada"), ("it", "ugo")):
        reader = stage.client_as(None)
        assert reader.send("/lingua", {"lingua": language}).status_code == 303
        mine = {"email": f"{name}@example.org"}
        assert reader.send(f"{PLACE}/incontri/{meeting}", mine).status_code == 303
        assert (
            reader.send(f"{PLACE}/contributi/nuovo", mine | {"text": "Un autobus la sera per la valle."}).status_code
            == 303
        )
    kept, proved = KeptMail(), KeptMail()
    with stage.app.test_request_context("/"), stage.work() as session:
        for key in session.execute(text("SELECT id FROM meeting_registration ORDER BY email")).scalars():
            meetings.send_letter(session, registration_id=key, what="registered", mailer=kept, secret="s", now=NOW)
        for key in session.execute(text("SELECT id FROM contribution_waiting ORDER BY email")).scalars():
            contributions.send_proof(session, waiting_id=key, mailer=proved, secret="s")
    hers, his = kept.letters
    assert (hers.subject, his.subject) == (
        "Registration for the meeting: Incontro di valle",
        "Iscrizione all’incontro: Incontro di valle",
    )
    assert ["To confirm it:" in letter.text for letter in proved.letters] == [True, False]


def test_an_invitation_speaks_each_language_of_its_questionnaire(stage: Stage) -> None:
    made = make_questionnaire(stage)
    with stage.work() as session:
        session.execute(
            update(Questionnaire).values(languages=["it", "en", "fr"], texts={"en": {"title": "What is needed here?"}})
        )
    (letter,) = invite_and_mail(stage, made, ["ada@example.org"]).letters
    italian, english = letter.text.split("· · ·")
    assert letter.subject == "Un questionario aspetta una risposta: Che cosa serve qui?"
    assert "«Che cosa serve qui?»" in italian
    assert "What is needed here?" in english
    # The same link; below the translation it opens the sheet in that language.
    link = next(line for line in english.splitlines() if line.startswith("http"))
    assert link.removesuffix("?lingua=en") in italian.splitlines()
    assert "What is needed here?" in stage.client_as(None).get(link).text
