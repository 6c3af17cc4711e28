"""The types of notifications."""

from typing import Final, Literal, get_args

NotificationType = Literal[
    "habit_reminder",
    "streak_at_risk",
    "goal_reminder",
    "goal_milestone",
    "at_risk_goal",
    "task_reminder",
    "task_due",
    "achievement_unlocked",
    "mood_check_in",
    "journal_prompt",
    "daily_summary",
    "new_login",
    "share_changed",
    "coach_verification",
    "session_booked",
    "session_changed",
    "session_reminder",
]
TYPES: Final[tuple[NotificationType, ...]] = get_args(NotificationType)
