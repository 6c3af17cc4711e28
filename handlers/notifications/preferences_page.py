"""The page on which people choose how they are notified, and when nothing rings."""

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
}
_STOPPED: Final[dict[StopReason, str]] = {
    "bounce": "A mail to your address came back, because nobody is there. All mails are off: "
    "check the address in your account, and choose again what you want.",
    "complaint": "One of our mails to your address was reported as unwanted. All mails are off: "
    "choose again what you want.",
    "operator": "A mail to your address came back, or was reported as unwanted. All mails are "
    "off: check the address in your account, and choose again what you want.",
}
_WRONG: Final = (
    "Quiet hours begin and end at different times. Each is a time of the day, such as 21:30."
)
_TICKED: Final = "yes"


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
        except Invalid:
            await self.show_newest(_WRONG, 400)
        except Conflict:
            await self.show_newest(CHANGED_ELSEWHERE, 409)
        else:
            self.see_other(ACCOUNT)

    async def show_newest(self, problem: str = "", status: int = 200) -> None:
        """Show what holds now, and a *problem* if there is one."""
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
        values = {
            "action": PATH,
            "hidden": self.hidden(version=str(chosen.version)),
            "rows": [(type_, TITLES[type_], chosen.channels_of(type_)) for type_ in TYPES],
            "fields": _fields(chosen),
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
            failed=bool(problem),
            has_worker=bool(web_key),
        )
        self.show(view, status)


def _stopped(chosen: NotificationPreferences) -> str:
    """Why no mails are sent, where it was not the person who said so."""
    reason = chosen.mail_stopped_because
    return "" if reason is None or chosen.has_mail else _STOPPED[reason]


def _fields(chosen: NotificationPreferences) -> tuple[FormField, ...]:
    quiet = chosen.quiet_hours
    never = "Leave it empty for never."
    return (
        _time("mood_check_in", "Ask me how I feel at", chosen.mood_check_in, never),
        _time(
            "journal_prompt", "Give me something to write about at", chosen.journal_prompt, never
        ),
        _time("daily_summary", "Tell me how my day went at", chosen.daily_summary, never),
        _box("quiet", "Quiet hours: no mails and no pushes", is_on=quiet.on),
        _time("start", "From", quiet.start),
        _time("end", "To", quiet.end),
        _box("digest", "Then send one message about all that was held back", is_on=chosen.digest),
        _box("hold", "Also hold back what I set a time for", is_on=chosen.hold_own_times),
    )


def _box(name: str, label: str, *, is_on: bool) -> FormField:
    return FormField(name=name, label=label, kind="checkbox", value=_TICKED if is_on else "")


def _time(name: str, label: str, value: str | None, hint: str = "") -> FormField:
    return FormField(
        name=name,
        label=label,
        kind="time",
        value=value or "",
        longest=5,
        hint=hint,
        required=not hint,
    )


def _patch(form: Parameters) -> Json:
    def is_on(name: str) -> bool:
        return form[name] == _TICKED

    channels = {
        type_: {"mail": is_on(f"mail_{type_}"), "push": is_on(f"push_{type_}")} for type_ in TYPES
    }
    quiet = {"on": is_on("quiet"), "start": form["start"], "end": form["end"]}
    return {
        "channels": channels,
        "quiet_hours": quiet,
        "digest": is_on("digest"),
        "hold_own_times": is_on("hold"),
    } | {time: form[time] or None for time in get_args(OwnTime)}


ROUTES: Final = (
    HandlerRoute(PATH, PreferencesPage, service=lambda runner: runner.services.notifications),
)
