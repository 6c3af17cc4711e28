"""The texts of notifications: a gettext catalogue for each language, and which one is taken.

A message is named by its text, the case if there is one, and its part, with dots between.  What
stands in braces is a value; one called *count* chooses between singular and plural.
"""

from upcoach.services.notifications.texts.catalogues import (
    TEXTS,
    NotificationText,
    Value,
    Values,
    language_of,
    text_of,
)

__all__ = ["TEXTS", "NotificationText", "Value", "Values", "language_of", "text_of"]
