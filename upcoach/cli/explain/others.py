"""Seeds that a person's own operations do not write: those of learners, coaches and devices."""

import datetime as dt

from models.access.scope import Scope
from models.base.ids import new_id
from models.coaches import CoachProfile, CoachProfileDraft, NoteAboutClient
from models.habits import Habit
from models.insights import HabitForecast, insight_id
from models.journal import EntryShareDraft, NewJournalEntry
from models.notifications import NewNotification, NewPushDevice, notification_id
from models.scheduling import NewSession
from models.sharing import InvitationDraft, ShareDraft
from models.webhooks import NewWebhook, WebhookDelivery
from upcoach.services.contexts import Services
from upcoach.store.collections.webhook_progress import WebhookKey


async def leave(services: Services, person: Scope, coach: Scope) -> None:
    """Create one of each for *person*."""
    now = dt.datetime.now(dt.UTC)
    for habit in await services.habits.habits.page(person, limit=10):
        await services.insights.insights.publish(person, _insight(habit, now))
    # The other is a client of the person's, too, and the person has invited one more.
    await relate(services, client=coach, coach=person)
    await services.sharing.invitations.invite(person, InvitationDraft(role="coach"))
    everything = ShareDraft(kinds=frozenset({"goal", "habit", "habit.entry"}))
    await services.sharing.shares.share(coach, person.user, everything, 1)
    entry = NewJournalEntry(text="calm", local_date=now.date())
    await services.journal.entries.create(coach, entry)
    leave_until = EntryShareDraft(until=now + dt.timedelta(days=30))
    await services.sharing.entry_shares.share(coach, entry.id, person.user, leave_until, 1)
    await _add_webhook(services, person, now)
    await _submit_profile(services, coach)
    note = NoteAboutClient(client=coach.user, text="run")
    await services.coaches.client_notes.about(coach.user).create(person, note)
    profile = await _submit_profile(services, person)
    await services.coaches.verification.verify(person.user, profile.version)
    await _book(services, person, coach, now)
    device = NewPushDevice(platform="android", token="explained-token-1")  # noqa: S106
    await services.notifications.push_devices.register(person, device)
    services.sync.positions.note(person.user, "phone", person.feed, 1)
    await services.sync.positions.flush()


async def tell(services: Services, person: Scope, count: int) -> None:
    """Create *count* notifications, which *person* can then write."""
    now = dt.datetime.now(dt.UTC)
    for number in range(count):
        key = f"explain:{number}"
        draft = NewNotification(
            id=notification_id(person.user, now, key),
            type="task_due",
            title="File taxes",
            body="Due today.",
            key=key,
        )
        await services.notifications.notifications.create(person, draft)


async def relate(services: Services, *, client: Scope, coach: Scope) -> None:
    """Make two people client and coach."""
    invitation = await services.sharing.invitations.invite(coach, InvitationDraft(role="coach"))
    await services.sharing.invitations.accept(client, invitation.code)


async def _submit_profile(services: Services, coach: Scope) -> CoachProfile:
    """The profile of *coach*, which waits for an operator."""
    draft = CoachProfileDraft(
        display_name="Run Well",
        bio="I run.",
        specialities=("run",),
        languages=("en",),
        modes=("video",),
        years_of_experience=7,
    )
    await services.coaches.profiles.put(coach, draft, None)
    await services.coaches.profiles.submit(coach)
    return await services.coaches.profiles.get(coach)


async def _book(services: Services, person: Scope, coach: Scope, now: dt.datetime) -> None:
    """A *person* who can be booked, and whom another *coach* has booked."""
    hours = [{"weekday": weekday, "start": "00:00", "end": "24:00"} for weekday in range(1, 8)]
    types = {"talk": {"name": "A talk", "minutes": 60}}
    terms = {
        "tz": "UTC",
        "weekly": hours,
        "overrides": None,
        "time_off": None,
        "travel": None,
        "session_types": types,
        "bookable_by": "everyone",
        "notice_minutes": 0,
        "horizon_days": 60,
        "slot_minutes": 15,
        "most_per_day": None,
        "most_per_week": None,
    }
    await services.scheduling.availabilities.change(person, terms, None)
    midnight = dt.datetime.combine(now.date(), dt.time(), dt.UTC)
    for days in (3, 4, 5):
        starts_at = midnight + dt.timedelta(days=days)
        draft = NewSession(coach=person.user, type="talk", starts_at=starts_at)
        await services.scheduling.bookings.book(coach, draft)


async def _add_webhook(services: Services, person: Scope, now: dt.datetime) -> None:
    """A webhook, and an attempt to send to it."""
    draft = NewWebhook(url="https://hooks.example.com/upcoach", types=("goal.*",))
    await services.webhooks.webhooks.add(person, draft)
    delivery = WebhookDelivery(
        id=new_id("wda"),
        at=now,
        message=new_id("msg"),
        type="goal.created",
        attempt=1,
        delivered=True,
        duration_ms=12,
        status=204,
    )
    await services.webhooks.deliveries.add((WebhookKey(person.user, draft.id), delivery))


def _insight(habit: Habit, now: dt.datetime) -> HabitForecast:
    return HabitForecast(
        id=insight_id(habit.id),
        owner=habit.owner,
        created_at=now,
        updated_at=now,
        type="habit_odds",
        about=habit.id,
        day=now.date(),
        odds=0.5,
        model="explain",
    )
