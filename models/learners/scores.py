"""Prequential scores: each prediction is scored before its label is learned."""

import math
from typing import Final

import msgspec

from models.insights import Scores

FLOOR: Final = 1e-6  # a prediction of 0 or 1 that fails costs 13.8, not infinity


class Losses(msgspec.Struct, array_like=True, gc=False):
    """Sums of the losses so far, of the model and of the base rate on the same labels.

    Examples
    --------
    >>> losses = Losses()
    >>> losses.scores() is None
    True
    >>> losses.add(0.8, base=0.5, done=True)
    >>> round(losses.scores().log_loss, 3), round(losses.scores().base_log_loss, 3)
    (0.223, 0.693)

    """

    n: int = 0
    log_loss: float = 0.0
    brier: float = 0.0
    base_log_loss: float = 0.0
    base_brier: float = 0.0

    def add(self, odds: float, *, base: float, done: bool) -> None:
        """Score a prediction, and that of the base rate, by the outcome."""
        self.n += 1
        self.log_loss += log_loss(odds, done=done)
        self.brier += (odds - done) ** 2
        self.base_log_loss += log_loss(base, done=done)
        self.base_brier += (base - done) ** 2

    def scores(self) -> Scores | None:
        """The mean losses; None before the first label."""
        if self.n == 0:
            return None
        return Scores(
            n=self.n,
            log_loss=self.log_loss / self.n,
            brier=self.brier / self.n,
            base_log_loss=self.base_log_loss / self.n,
            base_brier=self.base_brier / self.n,
        )


def log_loss(odds: float, *, done: bool) -> float:
    """The logarithmic loss of a prediction, in nats."""
    return -math.log(max(odds if done else 1.0 - odds, FLOOR))
