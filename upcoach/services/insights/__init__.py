"""Insights: the predictions of learners for a person."""

from typing import Self

import msgspec

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.insights.insights import Insights


class InsightServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of insights."""

    insights: Insights

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        return cls(insights=Insights(dependencies.documents, dependencies.committer))
