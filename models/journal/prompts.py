"""Writing prompts for the journal, by occasion.

One of each occasion a day.  None comes back within 30 days, whoever asks and whatever moods and
goals there are in between: an occasion's questions take turns by the date alone, and there are 31.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from models.base.ids import derived_uuid

Occasion = Literal["day", "goal", "low", "high"]

LOW: Final = 2  # the mood up to which somebody feels low
HIGH: Final = 4  # and from which on they feel well


class Prompt(msgspec.Struct, frozen=True):
    """A writing prompt; *goal* is the id of the goal that it asks about.

    Attributes
    ----------
    id
        The id, which never changes.
    occasion
        When it fits.
    text
        The question.
    goal
        The goal that it is about.

    """

    id: str
    occasion: Occasion
    text: str
    goal: str | None = None


def prompts(
    owner: str, day: dt.date, *, mood: int | None = None, goals: Sequence[str] = ()
) -> list[Prompt]:
    """The prompts for *owner* on *day*: about the day, their mood, and one of their goals.

    Examples
    --------
    >>> shown = prompts("usr_1", dt.date(2026, 1, 5), mood=1, goals=["gol_1"])
    >>> [prompt.occasion for prompt in shown]
    ['low', 'day', 'goal']

    """
    shown = [_prompt(owner, day, "day")]
    if mood is not None and not LOW < mood < HIGH:
        shown.insert(0, _prompt(owner, day, "low" if mood <= LOW else "high"))
    if goals:
        goal = goals[day.toordinal() % len(goals)]
        shown.append(msgspec.structs.replace(_prompt(owner, day, "goal"), goal=goal))
    return shown


def _prompt(owner: str, day: dt.date, occasion: Occasion) -> Prompt:
    """The prompt of *occasion* on *day*; each owner's rotation begins with another one."""
    texts = TEXTS[occasion]
    start = int(derived_uuid(owner, occasion)[:8], 16)
    number = (start + day.toordinal()) % len(texts)
    return Prompt(f"{occasion}-{number + 1}", occasion, texts[number])


TEXTS: Final[dict[Occasion, tuple[str, ...]]] = {
    "day": (
        "What made today different from yesterday?",
        "What did you do today that you would do again?",
        "Who crossed your mind today, and why?",
        "What took more of your time than it was worth?",
        "What did you notice that you usually overlook?",
        "Which small thing went well?",
        "What did you learn today, about anything at all?",
        "What are you putting off, and what would be its first step?",
        "Where did your energy go, and what gave some back?",
        "What would you tell a friend about today?",
        "What did you say no to, or wish you had?",
        "Which conversation is still with you?",
        "What did your body tell you today?",
        "What was the quietest moment of the day?",
        "If today had a title, what would it be?",
        "What would have made today a little better?",
        "What are you looking forward to?",
        "What did you change your mind about lately?",
        "What is on your mind that nobody knows of?",
        "Which habit served you today, and which did not?",
        "What did you make, mend or finish?",
        "What was hard, and how did you get through it?",
        "Whom could you thank, and for what?",
        "What would you like to remember of today in ten years?",
        "What was the best thing that you ate, heard or read?",
        "Where were you most yourself today?",
        "What would you do with one hour more?",
        "What is one thing that you can let go of?",
        "What surprised you?",
        "What do you need more of this week?",
        "How do you want tomorrow to begin?",
    ),
    "goal": (
        "Why does this goal matter to you now?",
        "What did you do for it this week, however small?",
        "What is in its way, and which part of that is yours to move?",
        "What would be the easiest next step?",
        "How will you notice that you are getting closer?",
        "Who could help you with it, and with what?",
        "What have you learned from what did not work?",
        "What would you do if you could not fail?",
        "What will you not do, so that there is room for it?",
        "When in the day is it easiest to work on it?",
        "Which excuse do you know best, and what is true in it?",
        "What would half of this goal be worth to you?",
        "What would you advise somebody with the same goal?",
        "Which earlier success is like this one, and what carried you then?",
        "What will your life look like when you are there?",
        "What do you enjoy on the way, apart from arriving?",
        "What would make it smaller, without making it worthless?",
        "What could you prepare today for tomorrow's step?",
        "Whose goal is it, really?",
        "What does a good day on the way look like?",
        "What does a bad day look like, and how do you come back from it?",
        "What would you have to believe to go on with ease?",
        "What are you proud of so far?",
        "How do you reward yourself for a step?",
        "Which of your strengths have you not used for it yet?",
        "What would you regret not having tried?",
        "What has changed since you set it?",
        "Is the date still right, and what speaks for another one?",
        "What can you measure, and what can only be felt?",
        "What would happen if you paused it for a week?",
        "What is the one thing that would make the rest easier?",
    ),
    "low": (
        "What weighs on you most, in one sentence?",
        "What would you say to a friend who felt like this?",
        "What helped the last time that you felt this way?",
        "Which thought keeps coming back, and is it true?",
        "What is within your reach today, and what is not?",
        "What does this feeling want to tell you?",
        "Who could you call, even just to hear a voice?",
        "What can wait until you feel better?",
        "Which small kindness could you do yourself now?",
        "When did it begin, and what happened just before?",
        "Where in your body do you feel it?",
        "What is one thing that still works?",
        "What did you need today and not get?",
        "What would make the next hour a little lighter?",
        "What are you angry about, if you are honest?",
        "What have you lost, and what is left of it?",
        "Which expectation of yours was too much for today?",
        "What would rest look like tonight?",
        "What are you blaming yourself for that was not yours?",
        "What did you manage in spite of everything?",
        "Whom do you not have to please today?",
        "What would you write if nobody ever read it?",
        "Which place is good for you, and when can you be there?",
        "What is the worst that you fear, and how likely is it?",
        "What came before every time that it got better?",
        "What would you like to hear from somebody now?",
        "What can you finish in five minutes?",
        "What would you like to be forgiven, and by whom?",
        "What are you holding on to that hurts?",
        "What is true now, and was true on good days, too?",
        "If this feeling were weather, what would it be, and what comes after?",
    ),
    "high": (
        "What made you feel this good?",
        "Who had a part in it, and do they know?",
        "What would you like to keep of this day?",
        "What does this feeling make you want to do next?",
        "Which of your own choices led here?",
        "Where did you feel it first?",
        "What did you do differently from other days?",
        "With whom do you want to share it?",
        "What have you stopped worrying about?",
        "What is easy today that is hard on other days?",
        "What are you grateful for that you did not plan?",
        "What would you tell yourself on a bad day?",
        "Which strength of yours showed today?",
        "What did you laugh about?",
        "What gave you courage?",
        "What is growing in your life at present?",
        "What beautiful thing did you see?",
        "Which promise to yourself did you keep?",
        "How could you make such a day more likely?",
        "What are you ready for now?",
        "Whose joy did you share in?",
        "What did you do just because you like it?",
        "What would you do with this energy if nothing stood in its way?",
        "Which worry turned out to be for nothing?",
        "What did you give today?",
        "What does enough look like, and was it here?",
        "What song, picture or scent belongs to today?",
        "What were you good at?",
        "Which moment would you live again?",
        "What has changed for the better in a year?",
        "What do you want to celebrate, and how?",
    ),
}
