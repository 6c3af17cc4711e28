"""Vacations: made, moved and taken back by their owner."""

import datetime as dt

from models.base.merge_patch import Json
from models.base.validation import checked
from models.habits import NewVacation, Vacation, VacationDraft
from upcoach.services.base.resources import Resources


class Vacations(Resources[Vacation, NewVacation]):
    """A person's vacations."""

    kind = Vacation

    def _drafted(self, draft: NewVacation, owner: str, at: dt.datetime) -> Vacation:
        return Vacation.drafted(draft, owner=owner, at=at)

    def _revised(self, document: Vacation, fields: Json, at: dt.datetime) -> Vacation:
        return document.revised(checked(fields, VacationDraft), at)
