"""What a start says: every place at which somebody may want to go on."""

import dataclasses

from config.settings import Settings
from upcoach.node.output import welcome

URL = "http://127.0.0.1:9000"


def places(words: str) -> list[str]:
    return [word.removeprefix(URL) for word in words.split() if word.startswith(URL)]


def test_a_start_names_the_pages_of_people_and_of_developers() -> None:
    alone = Settings.from_environ({"UPCOACH_PORT": "9000"})
    mailing = Settings.from_environ({"UPCOACH_PORT": "9000", "UPCOACH_SMTP_URL": "smtp://mail"})
    serving = dataclasses.replace(mailing, environment="production")

    words = welcome(alone, 9000, [9001])
    assert places(words) == ["", "/account", "/docs", "/dev/outbox", "/readyz"]
    assert "/dev/outbox" in welcome(mailing, 9000, [9001])  # with the pushes
    assert "make demo" in words
    assert "/dev/" not in welcome(serving, 9000, [9001])
    assert "demo" not in welcome(serving, 9000, [9001])  # which would leave an account there
    assert "" not in places(welcome(alone, None, [9001]))
