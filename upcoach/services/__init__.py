"""What a person can do.

A service takes the caller's scope first, states which documents a write must see and decides, in a
pure function, what changes.  It knows nothing of HTTP, sockets, Redis or the database's language;
handlers call it, and so does the learner.
"""

import msgspec

from upcoach.services.accounts import Accounts
from upcoach.services.additions import Additions
from upcoach.services.audit import Audit
from upcoach.services.browsers import Browsers
from upcoach.services.entry_shares import EntryShares
from upcoach.services.factors import SecondFactors
from upcoach.services.federation import Federation
from upcoach.services.goal_points import GoalPoints
from upcoach.services.goal_templates import GoalTemplates
from upcoach.services.goals import Goals
from upcoach.services.habits import Habits
from upcoach.services.habits_reports import HabitReports
from upcoach.services.imports.service import Imports
from upcoach.services.insights import Insights
from upcoach.services.invitations import Invitations
from upcoach.services.journal import JournalEntries
from upcoach.services.journals import Journals, Templates
from upcoach.services.known import KnownDevices
from upcoach.services.logins import Logins
from upcoach.services.moods import Moods
from upcoach.services.moves import Moves
from upcoach.services.new_passwords import NewPasswords
from upcoach.services.oauth import OAuth
from upcoach.services.positions import Positions
from upcoach.services.prompts import Prompts
from upcoach.services.resets import Resets
from upcoach.services.sessions import Sessions
from upcoach.services.shares import Shares
from upcoach.services.snapshots import Snapshots
from upcoach.services.stepping_up import SteppingUp
from upcoach.services.tasks import Tasks
from upcoach.services.unsaved import UnsavedEntries
from upcoach.services.vacations import Vacations
from upcoach.services.verification import Verification


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """Every service, made once by the composition root."""

    accounts: Accounts
    additions: Additions
    audit: Audit
    browsers: Browsers
    entry_shares: EntryShares
    federation: Federation
    factors: SecondFactors
    goals: Goals
    goal_points: GoalPoints
    goal_templates: GoalTemplates
    habits: Habits
    habit_reports: HabitReports
    imports: Imports
    insights: Insights
    invitations: Invitations
    journal: JournalEntries
    journals: Journals
    logins: Logins
    known: KnownDevices
    moods: Moods
    moves: Moves
    new_passwords: NewPasswords
    oauth: OAuth
    positions: Positions
    prompts: Prompts
    resets: Resets
    sessions: Sessions
    shares: Shares
    snapshots: Snapshots
    stepping_up: SteppingUp
    tasks: Tasks
    templates: Templates
    unsaved: UnsavedEntries
    vacations: Vacations
    verification: Verification


__all__ = [
    "Accounts",
    "Additions",
    "Audit",
    "Browsers",
    "EntryShares",
    "Federation",
    "GoalPoints",
    "GoalTemplates",
    "Goals",
    "HabitReports",
    "Habits",
    "Imports",
    "Insights",
    "Invitations",
    "JournalEntries",
    "Journals",
    "KnownDevices",
    "Logins",
    "Moods",
    "Moves",
    "NewPasswords",
    "OAuth",
    "Positions",
    "Prompts",
    "Resets",
    "SecondFactors",
    "Services",
    "Sessions",
    "Shares",
    "Snapshots",
    "SteppingUp",
    "Tasks",
    "Templates",
    "UnsavedEntries",
    "Vacations",
    "Verification",
]
