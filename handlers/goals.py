"""Goals."""

from handlers.resources import resource
from models.documents import Goal, NewGoal

OPERATIONS = resource("/v1/goals", lambda services: services.goals, new=NewGoal, gives=Goal)
