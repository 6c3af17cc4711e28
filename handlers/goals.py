"""Goals."""

from handlers.resources import resource
from models.documents import NewGoal

OPERATIONS = resource("/v1/goals", lambda services: services.goals, NewGoal)
