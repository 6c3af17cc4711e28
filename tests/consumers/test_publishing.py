import asyncio

import pytest

from models.base.errors import Conflict, Unavailable
from streams.consumers.publishing import MAX_CONCURRENT_WRITES, UnpublishedOutputs


async def test_however_many_outputs_wait_few_are_written_at_a_time() -> None:
    written, most = list[int](), 0

    async def write(output: int) -> None:
        nonlocal most
        most = max(most, len(asyncio.all_tasks()))
        await asyncio.sleep(0)
        written.append(output)

    outputs = UnpublishedOutputs(write)
    outputs.add({number: number for number in range(5_000)})
    await outputs.publish()
    await outputs.publish()

    assert sorted(written) == list(range(5_000))
    assert most <= MAX_CONCURRENT_WRITES + len(asyncio.all_tasks())


async def test_what_is_refused_or_fails_is_written_the_next_time() -> None:
    answers: dict[str, list[Exception]] = {
        "refused": [Conflict("later", "Not now.")],
        "away": [Unavailable("away", "Not there.")],
        "broken": [RuntimeError("broken")],
        "fine": [],
    }
    written = list[str]()

    async def write(output: str) -> None:
        await asyncio.sleep(0)
        if answers[output]:
            raise answers[output].pop()
        written.append(output)

    outputs = UnpublishedOutputs(write)
    outputs.add({name: name for name in answers})
    with pytest.raises(RuntimeError, match="broken"):
        await outputs.publish()
    first = list(written)
    await outputs.publish()

    assert first == ["fine"]
    assert sorted(written) == sorted(answers)
