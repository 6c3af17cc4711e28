"""What we infer: each learner answers one question about the days to come.

A learner takes events and the time, and is asked for what has changed:

    odds = HabitOdds()
    odds.apply(event)            # any `frames.Ev`; those that do not concern it are ignored
    odds.tick(now)               # a day that ends without an entry is an outcome, too
    odds.next_tick()             # when that happens next
    odds.drain()                 # what is to be told: one newest forecast a habit
    odds.to_state()              # bytes; `from_state` goes on from them

Its laws, each of which has a test:

- It predicts first and learns later.  A prediction is kept with its features until the outcome is
  known, is scored by it, and only then does the model learn, from the features as they were.
- An outcome counts at once, and is learned once, 33 hours after its day, in the order of a habit's
  days.  Until then it does not matter when and in which order it is written down; after that it
  corrects the counts, and nothing is unlearned.
- It reads no clock, draws no number and depends on no order but that of events and times.  Going on
  from `to_state` is, to the last bit, never having stopped.
- What it keeps of a habit does not grow with time.  It keeps no name, no note and no pickle.
- Below a minimum of outcomes it says None, never an invented number, and every number that it says
  comes with an interval, reasons and its scores beside those of the base rate.

Read in this order: `habit_state` (which day is next, and what becomes of it; `due_days` is its
calendar, `settlement` how far it has come), `history` and `features` (what is known before a day),
`bayesian_logistic` and `habit_weights` (what learns), `population` (the two together, with
`scores`), `settling` (days are settled, and learned when it is time), `habit_prediction` (events
in, forecasts out; `forecast` puts it in words).
"""

from models.learners.forecast import Forecast
from models.learners.habit_prediction import HabitOdds

__all__ = ["Forecast", "HabitOdds"]
