"""Habits, their entries, vacations and reports."""
