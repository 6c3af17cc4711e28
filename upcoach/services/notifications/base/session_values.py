"""What the texts about a coaching session say of it."""

from models.account import User, quoted
from models.base.time import zone_of
from models.scheduling import CoachingSession
from upcoach.services.notifications.texts import Values

NAMELESS = "“…”"


def session_values(session: CoachingSession, user: User) -> Values:
    """The other's name, and the date and the time where *user* is."""
    wall = session.starts_at.astimezone(zone_of(user.tz))
    return {
        "name": quoted(session.other_name) or NAMELESS,
        "date": wall.date(),
        "time": wall.time().replace(tzinfo=None),
    }
