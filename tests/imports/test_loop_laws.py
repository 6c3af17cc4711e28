import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base.errors import Invalid
from models.base.time import EPOCH
from models.habits import EntryDraft, HabitDraft
from models.habits.measures import Amount, Measure, YesNo
from models.habits.schedules import Daily, Rate, Schedule
from tests.imports.exports import NEWER, NOW, TZ, read, written, zipped
from upcoach.services.imports.planning.import_errors import MOST
from upcoach.services.imports.readers.loop import LoopEntry, LoopExport, LoopHabit, read_export

# A busy machine is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
ANSWERS = st.builds(
    EntryDraft,
    state=st.sampled_from(("done", "missed", "skip")),
    note=TEXT.map(lambda s: s or None),
)
AMOUNTS = st.one_of(
    st.integers(4, 10**12 - 1).map(lambda thousandths: EntryDraft(value=thousandths / 1000)),
    st.sampled_from((EntryDraft(value=0.0), EntryDraft(state="skip"))),
)
MEASURES: st.SearchStrategy[Measure] = st.one_of(
    st.just(YesNo()),
    st.builds(
        Amount, st.integers(0, 10**9).map(float), st.text("km €", max_size=32), st.booleans()
    ),
)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    days = draw(st.integers(1, 366))
    times = draw(st.integers(1, days))
    return Daily() if times == days else Rate(times, days)


@st.composite
def habits(draw: st.DrawFn) -> LoopHabit:
    measure = draw(MEASURES)
    drafts = AMOUNTS if isinstance(measure, Amount) else ANSWERS
    days = draw(st.dictionaries(st.dates(EPOCH, NOW.date()), drafts, max_size=8))
    draft = HabitDraft(
        name=draw(TEXT.filter(bool)),
        question=draw(TEXT) or None,
        description=draw(TEXT) or None,
        measure=measure,
        schedule=draw(schedules()),
        tz=TZ,
        starts_on=min(days, default=None),
        color=draw(st.sampled_from((None, "#FF8F00", "#00897b"))),
        archived=draw(st.booleans()),
    )
    return LoopHabit(1, draft, tuple(LoopEntry(*day) for day in sorted(days.items())))


EXPORTS = st.lists(habits(), max_size=4).map(
    lambda found: tuple(
        msgspec.structs.replace(one, position=place) for place, one in enumerate(found, start=1)
    )
)


@patient
@given(EXPORTS)
def test_what_was_written_is_read_again(habits: tuple[LoopHabit, ...]) -> None:
    assert read(written(habits)).habits == habits


def outcome(archive: bytes) -> LoopExport | Invalid:
    try:
        return read_export(archive, tz=TZ, now=NOW)
    except Invalid as refusal:
        return refusal


def is_sound(outcome: LoopExport | Invalid) -> bool:
    """Whether it is an export that may be kept, or a refusal that says what is wrong."""
    if isinstance(outcome, LoopExport):
        return msgspec.convert(msgspec.to_builtins(outcome), LoopExport) == outcome
    return 0 < len(outcome.flaws) <= MOST and all(one.code and one.detail for one in outcome.flaws)


@st.composite
def spoiled(draw: st.DrawFn, whole: bytes) -> bytes:
    """*whole* with some stretches of it replaced."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = start + draw(st.integers(0, 8))
        content[start:end] = draw(
            st.binary(max_size=8) | st.sampled_from((b'"', b"\n", b",", b"-"))
        )
    return bytes(content)


@patient
@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(archive: bytes) -> None:
    assert is_sound(outcome(archive))


@settings(patient, max_examples=500)
@given(spoiled(zipped(NEWER)))
def test_no_spoiled_archive_breaks_the_reader(archive: bytes) -> None:
    assert is_sound(outcome(archive))


@settings(patient, max_examples=500)
@given(st.sampled_from(sorted(NEWER)), st.data())
def test_no_spoiled_file_breaks_the_reader(name: str, data: st.DataObject) -> None:
    content = data.draw(spoiled(NEWER[name].encode()))

    assert is_sound(outcome(zipped(NEWER | {name: content})))
