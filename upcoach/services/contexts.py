"""The services of all contexts, in one list."""

import msgspec

from upcoach.services.account.accounts import Accounts
from upcoach.services.account.additions.additions import Additions
from upcoach.services.account.email.email_verification import Verification
from upcoach.services.account.email_change import Moves
from upcoach.services.account.factors import SecondFactors
from upcoach.services.account.federation import Federation
from upcoach.services.account.logins import Logins
from upcoach.services.account.password_change import NewPasswords
from upcoach.services.account.password_reset import Resets
from upcoach.services.account.sessions.browsers import Browsers
from upcoach.services.account.sessions.device_cookies import KnownDevices
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.services.account.step_up import SteppingUp
from upcoach.services.audit.audit import Audit
from upcoach.services.goals.goal_points import GoalPoints
from upcoach.services.goals.goal_templates import GoalTemplates
from upcoach.services.goals.goals import Goals
from upcoach.services.habits.habit_reports import HabitReports
from upcoach.services.habits.habits import Habits
from upcoach.services.habits.vacations import Vacations
from upcoach.services.imports.service import Imports
from upcoach.services.insights.insights import Insights
from upcoach.services.journal.drafts import UnsavedEntries
from upcoach.services.journal.journal import JournalEntries
from upcoach.services.journal.journals import Journals, Templates
from upcoach.services.journal.prompts import Prompts
from upcoach.services.moods.moods import Moods
from upcoach.services.oauth import OAuth
from upcoach.services.sharing.entry_shares import EntryShares
from upcoach.services.sharing.invitations import Invitations
from upcoach.services.sharing.shares import Shares
from upcoach.services.sync.positions import Positions
from upcoach.services.sync.snapshots import Snapshots
from upcoach.services.tasks.tasks import Tasks


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
