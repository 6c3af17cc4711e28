"""The page on which people choose how they are notified, and when nothing rings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, get_args

from handlers.http.manifest import HandlerRoute
from handlers.notifications import preferences
from handlers.notifications.push_views import push_values
from handlers.pages.forms import CHANGED_ELSEWHERE, FormField
from handlers.pages.next_steps import ACCOUNT, PROFILE
from handlers.pages.rendering import PageView
from handlers.pages.session_page import SessionPage
from models.base.errors import Conflict, Invalid
from models.base.merge_patch import Json
from models.base.versions.version_conditions import UNWRITTEN
from models.notifications import (
    TYPES,
    ChosenChannels,
    NotificationPreferences,
    NotificationType,
    OwnTime,
    StopReason,
)
from upcoach.services.base.request_parameters import Parameters

PATH: Final = "/account/notifications"
TITLES: Final[dict[NotificationType, str]] = {
    "habit_reminder": "Habits, when it is time",
    "streak_at_risk": "A streak that is about to end",
    "goal_reminder": "Goals, when you want to be reminded",
    "goal_milestone": "Milestones of goals",
    "at_risk_goal": "Goals that fall behind",
    "task_reminder": "Tasks, before they are due",
    "task_due": "Tasks that are due",
    "achievement_unlocked": "Achievements",
    "mood_check_in": "How you feel",
    "journal_prompt": "Something to write about",
    "daily_summary": "How your day went",
    "new_login": "New logins to your account",
    "share_changed": "Your coaches and clients",
    "coach_verification": "Your profile as a coach",
    "session_booked": "New bookings",
    "session_changed": "Changes to your sessions",
    "session_reminder": "Reminders of your sessions",
}
_STOPPED: Final[dict[StopReason, str]] = {
    "bounce": "A mail to your address came back, because nobody is there. All mails are off: "
    "check the address in your account, and choose again what you want.",
    "complaint": "One of our mails to your address was reported as unwanted. All mails are off: "
    "choose again what you want.",
    "operator": "A mail to your address came back, or was reported as unwanted. All mails are "
    "off: check the address in your account, and choose again what you want.",
}
_TIMES: Final = {"/quiet_hours/start": "start", "/quiet_hours/end": "end"} | {
    f"/{time}": time for time in get_args(OwnTime)
}
_EMPTY: Final = "Quiet hours begin and end at different times."
_NO_TIME: Final = "Enter a time of the day, such as 21:30."
_NEVER: Final = "Leave it empty for never."
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_TICKED: Final = "yes"

Shown = Parameters | Mapping[str, str]


class PreferencesPage(SessionPage):
    """`/account/notifications`."""

    async def get(self) -> None:
        """Show what holds now."""
        await self.show_newest()

    async def post(self) -> None:
        """Change it, unless somebody has done so since."""
        form = self.submitted_form()
        base = self.version_in(form) or UNWRITTEN
        try:
            await self.submit(preferences.CHANGE, _patch(form), session=self.own_session, base=base)
        except Invalid as refusal:
            await self.show_newest(form, _problems(refusal), status=400)
        except Conflict:
            await self.show_newest(problem=CHANGED_ELSEWHERE, status=409)
        else:
            self.see_other(ACCOUNT)

    async def show_newest(
        self,
        typed: Parameters | None = None,
        problems: Mapping[str, str] = _NONE,
        *,
        problem: str = "",
        status: int = 200,
    ) -> None:
        """Show what holds now, or was *typed* with *problems* by field, or has one as a whole."""
        services, scope = self.runner.services, self.scope
        chosen: NotificationPreferences = await services.notifications.preferences.get(scope)
        web_key = services.notifications.push_devices.offered_web_key
        user = await services.account.accounts.me(scope)
        pushes = push_values(
            await services.notifications.push_devices.page(scope),
            {session["id"] for session in await services.account.sessions.page(scope)},
            own=self.own_session,
            web_key=web_key,
            tz=user["tz"],
        )
        shown = _values(chosen) if typed is None else typed
        values = {
            "action": PATH,
            "hidden": self.hidden(version=shown["version"], times=_TICKED),
            "rows": [(type_, TITLES[type_], _channels(shown, type_)) for type_ in TYPES],
            "fields": _fields(shown, problems),
            "tz": chosen.tz,
            "profile": PROFILE,
            "problem": problem,
            "stopped": _stopped(chosen),
        }
        view = PageView(
            title="Notifications",
            template="notifications",
            values=values | pushes,
            wide=True,
            failed=bool(problem or problems),
            has_worker=bool(web_key),
        )
        self.show(view, status)


def _stopped(chosen: NotificationPreferences) -> str:
    """Why no mails are sent, where it was not the person who said so."""
    reason = chosen.mail_stopped_because
    return "" if reason is None or chosen.has_mail else _STOPPED[reason]


def _values(chosen: NotificationPreferences) -> dict[str, str]:
    """What the form holds before anybody types."""
    quiet = chosen.quiet_hours
    ticks = {"quiet": quiet.on, "digest": chosen.digest, "hold": chosen.hold_own_times}
    for type_ in TYPES:
        channels = chosen.channels_of(type_)
        ticks |= {f"mail_{type_}": channels.mail, f"push_{type_}": channels.push}
    times = {time: getattr(chosen, time) or "" for time in get_args(OwnTime)}
    ticked = {name: _TICKED if is_on else "" for name, is_on in ticks.items()}
    hours = {"start": quiet.start, "end": quiet.end}
    return ticked | times | hours | {"version": str(chosen.version)}


def _channels(shown: Shown, type_: NotificationType) -> ChosenChannels:
    return ChosenChannels(
        mail=shown[f"mail_{type_}"] == _TICKED, push=shown[f"push_{type_}"] == _TICKED
    )


def _fields(shown: Shown, problems: Mapping[str, str]) -> tuple[FormField, ...]:
    wrong = next(iter(problems), "")

    def box(name: str, label: str) -> FormField:
        return FormField(name=name, label=label, kind="checkbox", value=shown[name])

    def time(name: str, label: str, hint: str = "") -> FormField:
        return FormField(
            name=name,
            label=label,
            kind="time",
            value=shown[name],
            longest=5,
            hint=hint,
            required=not hint,
            problem=problems.get(name, ""),
            first=name == wrong,
        )

    return (
        time("mood_check_in", "Ask me how I feel at", _NEVER),
        time("journal_prompt", "Give me something to write about at", _NEVER),
        time("daily_summary", "Tell me how my day went at", _NEVER),
        box("quiet", "Quiet hours: no mails and no pushes"),
        time("start", "From"),
        time("end", "To"),
        box("digest", "Then send one message about all that was held back"),
        box("hold", "Also hold back what I set a time for"),
    )


def _problems(refusal: Invalid) -> dict[str, str]:
    """What is wrong, by field of the form."""
    return {
        _TIMES[flaw.pointer]: _EMPTY if flaw.code == "quiet_hours_empty" else _NO_TIME
        for flaw in refusal.flaws
        if flaw.pointer in _TIMES
    }


def _patch(form: Parameters) -> Json:
    channels = {type_: _channels(form, type_)._asdict() for type_ in TYPES}
    quiet = {"on": form["quiet"] == _TICKED, "start": form["start"], "end": form["end"]}
    # A page of an older node has no fields for these, and leaves them as they are.
    times = {time: form[time] or None for time in get_args(OwnTime) if form["times"]}
    return times | {
        "channels": channels,
        "quiet_hours": quiet,
        "digest": form["digest"] == _TICKED,
        "hold_own_times": form["hold"] == _TICKED,
    }


ROUTES: Final = (
    HandlerRoute(PATH, PreferencesPage, service=lambda runner: runner.services.notifications),
)
