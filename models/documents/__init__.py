"""What we keep: one module a document, each with its draft and its rules.

A *draft* is what a person may write; the document adds what the server knows (owner, version,
times, what follows from the rules).  Documents are frozen: a rule returns a changed copy.
`document.DOCUMENTS` lists them all, and privacy code finds there which fields are personal, sealed
or hidden.
"""

from models.documents.document import Document, Draft
from models.documents.entry import Entry, EntryDraft, Logged
from models.documents.factors import Factors, Passkey, TrustedDevice
from models.documents.goal import Goal, GoalDraft, NewGoal
from models.documents.goal_point import GoalPoint, PointDraft
from models.documents.goal_template import GoalTemplate, GoalTemplateDraft, NewGoalTemplate
from models.documents.grant import Grant
from models.documents.habit import Habit, HabitDraft, NewHabit
from models.documents.insight import Insight
from models.documents.invitation import InvitationCode, InvitationDraft, OpenInvitations
from models.documents.journal import (
    Journal,
    JournalDraft,
    NewJournal,
    NewTemplate,
    Template,
    TemplateDraft,
)
from models.documents.journal_entry import (
    ClientEntry,
    EntryShare,
    EntryShareDraft,
    JournalEntry,
    JournalEntryContent,
    JournalEntryDraft,
    NewJournalEntry,
    UnsavedEntry,
)
from models.documents.linked import Identity
from models.documents.mood import Mood, MoodDraft, NewMood
from models.documents.session import Session
from models.documents.share import CoachClient, Share, ShareDraft
from models.documents.task import NewTask, Task, TaskDraft
from models.documents.user import User
from models.documents.vacation import NewVacation, Vacation, VacationDraft

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
