"""Vacations: created, moved and deleted by their owner."""

from models.habits import NewVacation, Vacation, VacationDraft
from upcoach.services.base.resources import Resources
from upcoach.services.base.rules import Rules, revising


class Vacations(Resources[Vacation, NewVacation]):
    """A person's vacations."""

    rules = Rules(
        kind=Vacation, drafted=Vacation.drafted, revised=revising(VacationDraft, Vacation.revised)
    )
