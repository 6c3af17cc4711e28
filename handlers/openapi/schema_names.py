"""What types are called in the description, and by the clients that are made from it.

One rule: a type goes by its own name.  Beside its context that says enough; where all contexts
meet, as in a generated client, a name says also what it is of.
"""

import typing
from typing import Any, Final

NAMED: Final = {
    # Pages of lists: `GoalPage`.
    "Items": "Page",
    # The measures and the schedules of habits.
    "Amount": "AmountMeasure",
    "Count": "CountMeasure",
    "Duration": "DurationMeasure",
    "YesNo": "YesNoMeasure",
    "Daily": "DailySchedule",
    "Every": "IntervalSchedule",
    "PerMonth": "MonthlySchedule",
    "PerWeek": "WeeklySchedule",
    "Rate": "RateSchedule",
    "Recurring": "RecurrenceRuleSchedule",
    "Weekdays": "WeekdaysSchedule",
    # Habits, and what is said of them.
    "Analytics": "HabitAnalytics",
    "BestTime": "HabitBestTime",
    "Break": "HabitStreakBreak",
    "CategoryRate": "HabitCategoryRate",
    "Correlation": "HabitMoodCorrelation",
    "Day": "HabitDayCounts",
    "Entry": "HabitEntry",
    "EntryDraft": "HabitEntryDraft",
    "FreezeTokens": "HabitFreezeTokens",
    "Logged": "NewHabitEntry",
    "Overview": "HabitsAnalytics",
    "PartsOfDay": "HabitPartsOfDay",
    "Point": "HabitRatePoint",
    "Rated": "HabitRate",
    "Run": "HabitStreakRun",
    "Score": "HabitStrengthPoint",
    "StreakAnswer": "HabitStreak",
    "Summary": "HabitSummary",
    "Times": "HabitWindowProgress",
    "UnlockedAchievement": "HabitAchievement",
    "UpcomingReminder": "UpcomingHabitReminder",
    "WeekdayRate": "HabitWeekdayRate",
    "Window": "HabitWindow",
    # Goals, tasks, the journal, insights.
    "Reminder": "ReminderTime",
    "Assessment": "GoalAssessment",
    "DailyProgress": "GoalDailyProgress",
    "KeyResult": "GoalKeyResult",
    "Milestone": "GoalMilestone",
    "Outlook": "GoalOutlook",
    "PointDraft": "GoalPointDraft",
    "ReadyTemplate": "ReadyGoalTemplate",
    "Smart": "SmartGoal",
    "Revision": "DocumentChange",
    "Undo": "GoalChangeUndo",
    "Step": "TaskStep",
    "ClientEntry": "SharedJournalEntry",
    "EntryShare": "JournalEntryShare",
    "EntryShareDraft": "JournalEntryShareDraft",
    "EntryVersion": "JournalEntryVersion",
    "Prompt": "JournalPrompt",
    "Unsaved": "JournalDraftContent",
    "UnsavedEntry": "JournalDraft",
    "Reason": "InsightReason",
    "Scores": "InsightScores",
    # Imports.
    "Counts": "ImportedCounts",
    "EntryCounts": "ImportedEntryCounts",
    "Imported": "ImportReport",
    "Planned": "ImportedDocument",
    "HistoryPoint": "HabiticaHistoryPoint",
    "TheirDaily": "HabiticaDaily",
    "TheirHabit": "HabiticaHabit",
    "TheirTodo": "HabiticaTodo",
    # Accounts and OAuth.
    "BrowserLoggedIn": "BrowserLogin",
    "ChallengeAnswer": "SecondFactor",
    "Challenge": "SecondFactorChallenge",
    "Credentials": "LoginCredentials",
    "DeviceNamed": "DeviceName",
    "Enrolling": "TotpEnrolment",
    "Grant": "AppGrant",
    "Identity": "LinkedIdentity",
    "Introspected": "TokenIntrospection",
    "Inviter": "InvitationPreview",
    "JwksAnswer": "JsonWebKeySet",
    "ListedInvitation": "Invitation",
    "LoggedIn": "Login",
    "NewPassword": "PasswordChange",
    "Nonce": "IdTokenNonce",
    "OAuthRefusal": "OAuthError",
    "PasskeyRegistered": "RegisteredPasskey",
    "PushedRequestAnswer": "PushedAuthorizationRequest",
    "Refresh": "TokenRefresh",
    "Renaming": "PasskeyName",
    "StepUpAnswer": "StepUpToken",
    "TokenAnswer": "TokenResponse",
    "TokenRenewed": "RefreshedToken",
    # Notifications, events and writes.
    "Marked": "MarkedNotifications",
    "Author": "EventAuthor",
    "BrokenOne": "UnreadableDocument",
    "Clash": "MergeConflict",
    "Deleted": "DeletedDocument",
    "Ev": "Event",
    "MutFrame": "Mutation",
    "Res": "MutationResult",
    "Skip": "SkippedEvents",
}


def schema_name(cls: Any) -> str:
    """What a type is called: by its own name, or the one that it declares or has here.

    Examples
    --------
    >>> from handlers.http.pagination import Items
    >>> from models.goals import Goal
    >>> schema_name(Items[Goal])
    'GoalPage'

    """
    arguments = "".join(map(schema_name, typing.get_args(cls)))
    origin = typing.get_origin(cls) or cls
    own = vars(origin).get("schema_name", origin.__name__)
    return f"{arguments}{NAMED.get(own, own)}"
