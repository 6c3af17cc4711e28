"""What we keep: every document, with its draft; each stands in its context.

A *draft* is what a person may write; the document adds what the server knows (owner, version,
times, what follows from the rules).  Documents are frozen: a rule returns a changed copy.
`DOCUMENTS` lists them all, and privacy code finds there which fields are personal, sealed
or hidden.
"""

from models.account.factors import Factors, Passkey, TrustedDevice
from models.account.identity import Identity
from models.account.session import Session
from models.account.user import User
from models.base.document import Document, Draft
from models.goals.goal import Goal, GoalDraft, NewGoal
from models.goals.goal_point import GoalPoint, PointDraft
from models.goals.goal_template import GoalTemplate, GoalTemplateDraft, NewGoalTemplate
from models.habits.entry import Entry, EntryDraft, Logged
from models.habits.habit import Habit, HabitDraft, NewHabit
from models.habits.vacation import NewVacation, Vacation, VacationDraft
from models.insights.insight import Insight
from models.journal.journal import (
    Journal,
    JournalDraft,
    NewJournal,
    NewTemplate,
    Template,
    TemplateDraft,
)
from models.journal.journal_entry import (
    ClientEntry,
    EntryShare,
    EntryShareDraft,
    JournalEntry,
    JournalEntryContent,
    JournalEntryDraft,
    NewJournalEntry,
    UnsavedEntry,
)
from models.moods.mood import Mood, MoodDraft, NewMood
from models.oauth.grant import Grant
from models.sharing.invitation import InvitationCode, InvitationDraft, OpenInvitations
from models.sharing.share import CoachClient, Share, ShareDraft
from models.tasks.task import NewTask, Task, TaskDraft

DOCUMENTS: tuple[type[Document], ...] = (
    User,
    Session,
    Goal,
    Habit,
    Entry,
    Vacation,
    Insight,
    Share,
    CoachClient,
    Task,
    Mood,
    GoalPoint,
    GoalTemplate,
    Journal,
    JournalEntry,
    EntryShare,
    ClientEntry,
    Template,
    Grant,
    Identity,
    Factors,
    Passkey,
    TrustedDevice,
    OpenInvitations,
)
KINDS: dict[str, type[Document]] = {document.kind: document for document in DOCUMENTS}

__all__ = [
    "DOCUMENTS",
    "KINDS",
    "ClientEntry",
    "CoachClient",
    "Document",
    "Draft",
    "Entry",
    "EntryDraft",
    "EntryShare",
    "EntryShareDraft",
    "Factors",
    "Goal",
    "GoalDraft",
    "GoalPoint",
    "GoalTemplate",
    "GoalTemplateDraft",
    "Grant",
    "Habit",
    "HabitDraft",
    "Identity",
    "Insight",
    "InvitationCode",
    "InvitationDraft",
    "Journal",
    "JournalDraft",
    "JournalEntry",
    "JournalEntryContent",
    "JournalEntryDraft",
    "Logged",
    "Mood",
    "MoodDraft",
    "NewGoal",
    "NewGoalTemplate",
    "NewHabit",
    "NewJournal",
    "NewJournalEntry",
    "NewMood",
    "NewTask",
    "NewTemplate",
    "NewVacation",
    "OpenInvitations",
    "Passkey",
    "PointDraft",
    "Session",
    "Share",
    "ShareDraft",
    "Task",
    "TaskDraft",
    "Template",
    "TemplateDraft",
    "TrustedDevice",
    "UnsavedEntry",
    "User",
    "Vacation",
    "VacationDraft",
]
