"""On a page, people choose how they are notified, and when nothing rings."""

import re
from pathlib import Path
from typing import Final, get_args

from handlers.notifications.preferences_page import TITLES
from models.access.scope import Scope
from models.notifications import NotificationType
from tests.account.html import flaws_of
from tests.account.pages import LOGIN, people
from tests.support.engines import TestEngines
from tests.support.wire.relying import Answer, OAuthParty

PAGE: Final = "/account/notifications"


def ticked(page: Answer) -> set[str]:
    """The boxes of a page that are ticked."""
    return set(re.findall(r'name="([a-z_]+)" value="yes" checked', page.text))


async def chosen(one: OAuthParty) -> tuple[set[str], tuple[bool, str, str], bool]:
    """The types that are mailed, the quiet hours, and whether there is a digest."""
    services = one.server.node.services.notifications
    preferences = await services.preferences.get(Scope(user=one.user))
    quiet = preferences.quiet_hours
    mailed = {str(type_) for type_, channels in preferences.channels.items() if channels.mail}
    return mailed, (quiet.on, quiet.start, quiet.end), preferences.digest


def test_the_page_has_a_title_for_each_type() -> None:
    assert set(TITLES) == set(get_args(NotificationType))


async def test_somebody_chooses_mails_and_quiet_hours_on_a_page(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        stranger = await one.browser.get(PAGE)
        login = await one.browser.get(stranger.headers["location"])
        page = await one.browser.log_in(login, one.email)
        typed = {"start": "22:15", "end": "06:30", "quiet": "yes"}
        mails = {"mail_task_due": "yes", "push_task_due": "yes"}
        saved = await one.browser.post(PAGE, page.hidden | typed | mails)
        first = await chosen(one)
        again = await one.browser.get(PAGE)
        wrong = await one.browser.post(PAGE, again.hidden | {"start": "9", "end": "x"})
        same = await one.browser.post(PAGE, again.hidden | {"start": "09:00", "end": "09:00"})
        late = await one.browser.post(PAGE, page.hidden | {"version": "77"} | typed)
        overtaken = await one.browser.post(PAGE, page.hidden | typed)
        nowhere = await one.browser.post(PAGE, page.hidden | {"version": ""} | typed)
        forged = await one.browser.post(PAGE, typed | mails)

        assert (stranger.status, stranger.headers["location"] != LOGIN) == (303, True)
        assert [flaws_of(answer) for answer in (page, again, wrong)] == [[], [], []]
        usual = {"quiet", "digest", "mail_new_login"}
        assert ticked(page) == {f"push_{type_}" for type_ in TITLES} | usual
        assert (saved.status, saved.headers["location"]) == (303, "/account")
        assert first == ({"task_due"}, (True, "22:15", "06:30"), False)
        assert ticked(again) == {"mail_task_due", "push_task_due", "quiet"}
        assert (wrong.status, wrong_fields(wrong)) == (400, ["start", "end"])
        assert (same.status, wrong_fields(same)) == (400, ["end"])
        assert "Quiet hours begin and end at different times." in same.text
        assert (late.status, overtaken.status, nowhere.status) == (409, 409, 409)
        assert forged.status == 403
        assert await chosen(one) == first


async def test_somebody_sets_the_times_at_which_they_are_asked(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        await one.browser.log_in(await one.browser.get(LOGIN), one.email)
        first = await one.browser.get(PAGE)
        typed = {"start": "22:15", "end": "06:30", "mood_check_in": "20:15"}
        await one.browser.post(PAGE, first.hidden | typed)
        second = await one.browser.get(PAGE)
        older = second.hidden | {"times": "", "start": "22:15", "end": "06:30"}
        await one.browser.post(PAGE, older)  # of a node that knows no other times
        kept = await one.browser.get(PAGE)
        wrong = await one.browser.post(PAGE, kept.hidden | typed | {"journal_prompt": "25:00"})
        await one.browser.post(PAGE, wrong.hidden | typed | {"mood_check_in": ""})
        third = await one.browser.get(PAGE)

        assert [times_of(page) for page in (first, second, kept, third)] == [
            {"start": "21:30", "end": "08:00"},
            {"start": "22:15", "end": "06:30", "mood_check_in": "20:15"},
            {"start": "22:15", "end": "06:30", "mood_check_in": "20:15"},
            {"start": "22:15", "end": "06:30"},
        ]
        assert (wrong.status, wrong_fields(wrong)) == (400, ["journal_prompt"])
        assert times_of(wrong) == typed | {"journal_prompt": "25:00"}
        assert ticked(wrong) == set()  # as it was typed
        assert "Times are those of UTC" in second.text
        assert flaws_of(second) == []


def wrong_fields(page: Answer) -> list[str]:
    """The fields of a page that are marked as wrong, each with its own words."""
    marked = re.findall(r'<input id="([a-z_]+)"[^>]* aria-invalid="true"', page.text)
    assert marked == re.findall(r'<p class="wrong" id="([a-z_]+)-problem">', page.text)
    return marked


def times_of(page: Answer) -> dict[str, str]:
    """The times of a page that are set."""
    return dict(re.findall(r'name="([a-z_]+)" type="time" [^>]*?value="([0-9:]+)"', page.text))


async def test_the_page_says_why_mails_were_stopped_until_some_are_chosen(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        await one.browser.log_in(await one.browser.get(LOGIN), one.email)
        stops = one.server.node.services.notifications.mail_stops
        assert await stops.stop(one.user, one.email, "bounce")

        stopped = await one.browser.get(PAGE)
        mails = {"mail_task_due": "yes", "start": "22:15", "end": "06:30"}
        await one.browser.post(PAGE, stopped.hidden | mails)
        chosen_again = await one.browser.get(PAGE)

        assert "A mail to your address came back" in stopped.text
        assert flaws_of(stopped) == []
        assert {box for box in ticked(stopped) if box.startswith("mail_")} == set()
        assert "came back" not in chosen_again.text
        assert "mail_task_due" in ticked(chosen_again)
