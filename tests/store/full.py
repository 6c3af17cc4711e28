"""Documents of every kind with every field."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from models.account import Factors, Identity, Passkey, Session, TrustedDevice, User
from models.account.user import Former
from models.base.document import Document
from models.base.merge_patch import Json
from models.base.recurrence import Repeat
from models.goals import Goal, GoalPoint, GoalTemplate
from models.goals.goal import Reached
from models.goals.goal_parts import KeyResult, Milestone, Smart
from models.habits import Entry, Habit, Vacation
from models.habits.measures import Amount
from models.habits.reminders import Reminder
from models.habits.schedules import Rate
from models.insights import Insight
from models.insights.insight import Reason, Scores
from models.journal import ClientEntry, EntryShare, Journal, JournalEntry, Template
from models.moods import Mood
from models.oauth import Grant
from models.sharing import CoachClient, OpenInvitations, Share
from models.sharing.invitation import Invitation
from models.tasks import Task
from models.tasks.task import Step

OWNER = "usr_01a20c66-99df-75bd-8f37-3328887fd980"
GOAL = "gol_01a20c66-99df-75bd-8f37-3328887fd981"
FULL_SMART = Smart(**dict.fromkeys(Smart.__struct_fields__, "canary"))
MILESTONE = Milestone(title="canary", description="canary", target_date=dt.date(2026, 1, 5))
HABIT = "hab_01a20c66-99df-75bd-8f37-3328887fd983"
NOON = dt.datetime(2026, 1, 5, 12, 0, 0, 123_000, tzinfo=dt.UTC)


def full_documents() -> Iterator[Document]:
    """A document of every kind, with every field filled."""
    base: Json = {"owner": OWNER, "version": 3, "created_at": NOON, "updated_at": NOON}
    base["edits"] = {"title,track": (2, NOON)}
    invitation = Invitation(role="coach", created_at=NOON, expires_at=NOON)
    yield OpenInvitations(id="invitations", open={"inv_1": invitation}, **base)
    day = dt.date(2026, 1, 5)
    yield User(
        id=OWNER,
        email="canary@example.org",
        email_index="00ff",
        name="canary",
        tz="Europe/Berlin",
        verified_at=NOON,
        password_at=NOON,
        password_hash="$argon2id$",
        former=(Former(mark="00ff", email="canary@example.org", left_at=NOON),),
        **base,
    )
    yield Identity(
        id="ide_1",
        provider="google",
        issuer="https://accounts.example",
        subject="canary",
        subject_index="00ff",
        email="canary@example.org",
        counts_from=NOON,
        confirmed_at=NOON,
        **base,
    )
    yield Session(
        id="ses_1",
        device="phone",
        device_name="canary",
        permissions=("goals:read",),
        authenticated_at=NOON,
        expires_at=NOON,
        ended_at=NOON,
        **base,
    )
    yield Factors(
        id="factors",
        totp_secret="canary",
        totp_step=1,
        totp_since=NOON,
        passkeys=1,
        handle="00ff",
        recovery=("00ff",),
        recovery_at=NOON,
        recovery_with="totp",
        waiting={"totp": NOON},
        confirmed={"pky_1": NOON},
        round=2,
        **base,
    )
    yield Passkey(
        id="pky_1",
        name="canary",
        credential="00ff",
        public_key="00ff",
        sign_count=1,
        backed_up=True,
        used_at=NOON,
        **base,
    )
    yield TrustedDevice(
        id="trd_1",
        name="canary",
        device="phone",
        secret_hash="00ff",
        round=2,
        expires_at=NOON,
        **base,
    )
    yield Goal(
        id=GOAL,
        title="canary",
        description="canary",
        category="health",
        priority="high",
        status="completed",
        progress=0.25,
        starts_on=day,
        target_date=day,
        smart=FULL_SMART,
        milestones={"m": MILESTONE},
        key_results={"kg": KeyResult(title="canary", target=80, baseline=90, current=85)},
        depends_on=(GOAL,),
        repeats=Repeat("year"),
        private_notes="canary",
        completed_at=NOON,
        measured={"kg": NOON},
        track=(Reached(day, 0.25),),
        series=day,
        **base,
    )
    yield Habit(
        id=HABIT,
        name="canary",
        question="canary",
        description="canary",
        measure=Amount(2.5, "l", at_most=True),
        category="health",
        schedule=Rate(3, 7),
        tz="Pacific/Apia",
        day_start=240,
        starts_on=day,
        reminders=(Reminder("07:30", (1, 2)),),
        color="#00FF00",
        position=1.5,
        archived=True,
        archived_at=NOON,
        source="loop",
        **base,
    )
    yield Entry(
        id=f"{HABIT}/2026-01-05",
        habit=HABIT,
        local_date=day,
        state="done",
        value=2.5,
        note="canary",
        at=NOON,
        achieved=True,
        share=0.5,
        tz="Pacific/Apia",
        day_start=240,
        minute=480,
        backfilled=True,
        source="loop",
        **base,
    )
    yield Vacation(id="vac_1", first=day, last=day, habits=(HABIT,), note="canary", **base)
    scores = Scores(n=9, log_loss=0.5, brier=0.2, base_log_loss=0.6, base_brier=0.25)
    yield Insight(
        id="ins_1",
        type="habit_odds",
        about=HABIT,
        day=day,
        odds=0.75,
        low=0.5,
        high=0.9,
        reasons=(Reason(feature="monday", words="Mondays", value=1, contribution=0.5),),
        labels=9,
        scores=scores,
        model="habit_odds-1",
        **base,
    )
    said: Json = base | {"confirmed_at": NOON}
    yield Grant(id="cli_1", client="Watch", permissions=("goals:read",), **said)
    yield Share(id="usr_2", kinds=("goal", "habit"), accepted_at=NOON, **said)
    yield CoachClient(id="usr_3", kinds=("goal",), accepted_at=NOON, **said)
    yield from full_diary(base)
    yield GoalPoint(
        id=f"{GOAL}/pnt_1", goal=GOAL, value=2.5, key_result="kg", at=NOON, note="canary", **base
    )
    yield GoalTemplate(
        id="tpl_1",
        title="canary",
        description="canary",
        days=30,
        smart=FULL_SMART,
        milestones={"m": MILESTONE},
        key_results={"kg": KeyResult(title="canary", target=80, baseline=90, current=85)},
        **base,
    )


def full_diary(base: dict[str, Any]) -> Iterator[Document]:
    """The same of tasks, moods and the journal."""
    yield Task(
        id="tsk_1",
        title="canary",
        notes="canary",
        status="completed",
        priority="urgent",
        category="finance",
        due_date=dt.date(2026, 1, 31),
        due_time="23:59",
        tz="Pacific/Apia",
        tags=("canary",),
        goal=GOAL,
        steps={"a": Step(title="canary", done=True, place=1)},
        repeats=Repeat("month", 2),
        due_at=NOON,
        completed_at=NOON,
        series=dt.date(2025, 10, 31),
        **base,
    )
    yield Mood(
        id="moo_1",
        level=5,
        at=NOON,
        tz="Pacific/Apia",
        local_date=dt.date(2026, 1, 6),
        category="family",
        activities=("canary",),
        emotions=("canary",),
        note="canary",
        energy=1,
        stress=2,
        sleep=3,
        **base,
    )
    yield Journal(
        id="jou_1",
        name="canary",
        description="canary",
        color="#00FF00",
        archived=True,
        default=True,
        **base,
    )
    yield JournalEntry(
        id="jen_1",
        journal="jou_1",
        title="canary",
        text="canary",
        mood=3,
        feelings=("canary",),
        tags=("canary",),
        local_date=dt.date(2026, 1, 5),
        tz="Pacific/Apia",
        pinned=True,
        prompt="day-1",
        trashed_at=NOON,
        **base,
    )
    said: Json = base | {"confirmed_at": NOON}
    yield EntryShare(id="jen_1/usr_2", entry="jen_1", coach="usr_2", until=NOON, **said)
    yield ClientEntry(id="usr_3:jen_2", client="usr_3", entry="jen_2", until=NOON, **base)
    yield Template(
        id="jtp_1", name="canary", title="canary", text="canary", tags=("canary",), **base
    )
