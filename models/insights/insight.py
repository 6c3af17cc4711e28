"""Insights: the predictions of learners, stored and delivered like any other document."""

import datetime as dt
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Document, Privacy

ID_PREFIX: Final = "ins"  # of ids


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """A reason of a prediction: one contribution, in words and in log-odds.

    Attributes
    ----------
    feature
        What was looked at.
    words
        The same in words.
    value
        What was seen.
    contribution
        By how much it moves the odds, in log odds.

    """

    feature: str
    words: str
    value: float
    contribution: float


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """Prequential scores over *n* labels, beside those of the base rate on the same labels.

    Attributes
    ----------
    n
        How many predictions were scored.
    log_loss
        The mean log loss.
    brier
        The mean Brier score.
    base_log_loss
        The log loss of always predicting the base rate.
    base_brier
        The Brier score of the same.

    """

    n: int
    log_loss: float
    brier: float
    base_log_loss: float
    base_brier: float


def insight_id(document_id: str) -> str:
    """The id of a learner's insight about a document, of which there is one."""
    return f"{ID_PREFIX}_{document_id.partition('_')[2] or document_id}"


class Insight(Document, frozen=True, kw_only=True):
    """The base of all insights: what a learner predicts about a document.

    Each learner declares a kind of its own (`HabitForecast`), with what it foresees, the reasons,
    how many labels there were and the scores: who may see these depends on what they follow from.

    Attributes
    ----------
    subject
        The kind of the documents that such insights are about; one goes with its document.
    type
        The learner.
    about
        The id of the document.
    day
        The day of which it speaks.

    """

    id_prefix: ClassVar[str] = ID_PREFIX
    subject: ClassVar[str]

    type: str
    about: str
    day: Annotated[dt.date, Privacy.PERSONAL]

    def says_the_same(self, other: Self) -> bool:
        """Whether both are equal but for version and times."""
        return other.following(self, self.updated_at, version=self.version) == self

    def begun(self, at: dt.datetime) -> Self:
        """The insight as the first of its id."""
        return msgspec.structs.replace(self, version=1, created_at=at, updated_at=at)

    def following(self, before: Self, at: dt.datetime, *, version: int | None = None) -> Self:
        """The insight as the next version of *before*."""
        return msgspec.structs.replace(
            self,
            version=before.version + 1 if version is None else version,
            first_version=before.first_version,
            made_by=before.made_by,
            created_at=before.created_at,
            updated_at=at,
            edits=before.edits,
        )
