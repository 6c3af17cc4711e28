"""What people are reminded of at a time: the handlers of timers."""

from typing import Any

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.timers import DocumentTimer
from upcoach.services.goals import GoalServices
from upcoach.services.habits import HabitServices
from upcoach.services.journal import JournalServices
from upcoach.services.notifications.base.notifying import NotificationSender
from upcoach.services.notifications.reminders.due_tasks import DueTasks
from upcoach.services.notifications.reminders.evening_check import EveningChecks
from upcoach.services.notifications.reminders.goal_reminders import GoalReminders, GoalTargets
from upcoach.services.notifications.reminders.habit_reminders import HabitReminders
from upcoach.services.notifications.reminders.held_back import (
    HeldNotifications,
    SnoozedNotifications,
)
from upcoach.services.notifications.reminders.own_times import (
    DailySummaries,
    JournalPrompts,
    MoodCheckIns,
)
from upcoach.services.notifications.reminders.session_reminders import SessionReminders
from upcoach.services.notifications.reminders.task_reminders import TaskReminders


def register_reminders(
    dependencies: Dependencies,
    sender: NotificationSender,
    held: HeldNotifications,
    habits: HabitServices,
    goals: GoalServices,
    journal: JournalServices,
) -> None:
    """Have all that is to be done for notifications at a time done by its handler."""
    documents, committer = dependencies.documents, dependencies.committer
    reports = habits.habit_reports
    handlers: tuple[DocumentTimer[Any] | SessionReminders, ...] = (
        HabitReminders(documents, reports, sender),
        GoalReminders(documents, sender),
        GoalTargets(documents, sender),
        DueTasks(documents, sender),
        TaskReminders(documents, sender),
        SessionReminders(documents, sender),
        MoodCheckIns(documents, sender),
        JournalPrompts(documents, journal.prompts, sender),
        DailySummaries(documents, reports, goals.goals, sender),
        EveningChecks(documents, reports, goals.goals, sender),
        held,
        SnoozedNotifications(documents, committer),
    )
    for handler in handlers:
        dependencies.timers.handles(handler.rule.name, handler)
