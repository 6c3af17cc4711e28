"""The rules of docs/habits.md once more, day by day and as plainly as they can be written.

Nothing here is shared with the code that is tested but the schedules' own declarations.
"""

import datetime as dt
from collections.abc import Iterator

from models.habits.schedules import PerMonth, PerWeek, Rate, Schedule

DAY = dt.timedelta(days=1)
Marks = dict[dt.date, str]  # done, short, missed, skip, away or freeze; nothing logged is absent


def days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    while first <= last:
        yield first
        first += DAY


def with_freezes(marks: Marks) -> Marks:
    """A freeze is held by one of at most two tokens; each ten done days give one."""
    found, done, held = dict(marks), 0, 0
    for day in sorted(marks):
        if marks[day] == "done":
            done += 1
            if done % 10 == 0 and held < 2:
                held += 1
        elif marks[day] == "freeze":
            if held:
                held -= 1
            else:
                found[day] = "missed"
    return found


def verdicts(schedule: Schedule, marks: Marks, starts: dt.date, today: dt.date) -> list[str]:
    """kept, missed, neutral or open: of each unit, oldest first."""
    marks = with_freezes({day: mark for day, mark in marks.items() if day <= today})
    first = min([starts, *marks])
    asked = [day for day in days(first, today) if day >= starts or day in marks]
    coming = list(days(max(starts, today + DAY), today + 31 * DAY))
    unfinished = today in asked and marks.get(today) in (None, "short")
    if isinstance(schedule, PerWeek | PerMonth):
        return _of_windows(schedule, marks, asked, coming, today, unfinished=unfinished)
    if isinstance(schedule, Rate):
        return _of_rate(schedule, marks, asked, today, unfinished=unfinished)
    found = []
    for day in asked:
        if schedule.is_due(day):
            mark = marks.get(day)
            if mark == "done":
                found.append("kept")
            elif mark in ("skip", "away", "freeze"):
                found.append("neutral")
            else:
                found.append("open" if day == today and unfinished else "missed")
    return found


def _of_windows(
    schedule: PerWeek | PerMonth,
    marks: Marks,
    asked: list[dt.date],
    coming: list[dt.date],
    today: dt.date,
    *,
    unfinished: bool,
) -> list[str]:
    found = []
    windows = sorted({schedule.window(day) for day in days(asked[0], today)}) if asked else []
    for first, last in windows:
        inside = [day for day in (*asked, *coming) if first <= day <= last]
        done = sum(marks.get(day) == "done" for day in inside)
        frozen = sum(marks.get(day) == "freeze" for day in inside)
        paused = sum(marks.get(day) in ("skip", "away") for day in inside)
        needed = min(schedule.times, len(inside) - paused)
        later = len([day for day in inside if day > today])
        chances = later + (unfinished and first <= today <= last)
        if len(inside) - paused - frozen == 0:
            found.append("neutral")
        elif done >= needed:
            found.append("kept")
        elif done + frozen >= needed:
            found.append("neutral")
        elif last >= today and done + frozen + chances >= needed:
            found.append("open")
        else:
            found.append("missed")
    return found


def _of_rate(
    schedule: Rate, marks: Marks, asked: list[dt.date], today: dt.date, *, unfinished: bool
) -> list[str]:
    active = [day for day in asked if marks.get(day) not in ("skip", "away", "freeze")]
    done = [place for place, day in enumerate(active) if marks.get(day) == "done"]
    covered: set[int] = set()
    end = 0
    for number in range(len(done) - schedule.times + 1):
        begin, last = done[number], done[number + schedule.times - 1]
        if last - begin >= schedule.days:
            continue
        if covered and begin > end and last < end + schedule.days:
            begin = end
        covered |= set(range(begin, begin + schedule.days))
        end = max(end, begin + schedule.days)
    found = ["kept" if place in covered else "missed" for place in range(len(active))]
    if end < len(active):
        ends = end + schedule.days
        so_far = sum(place >= end for place in done)
        chances = ends - len(active) + (unfinished and active[-1:] == [today])
        if ends >= len(active) and so_far + chances >= schedule.times:
            found[end:] = ["open"] * (len(active) - end)
    return found


def streaks(found: list[str]) -> tuple[int, int]:
    """The current one and the best."""
    current = best = 0
    for verdict in found:
        if verdict == "kept":
            current += 1
        elif verdict == "missed":
            current = 0
        best = max(best, current)
    return current, best
