"""What a row of the table of settings is: how its text is read, and what it must look like."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ENV_PREFIX = "UPCOACH_"


class SettingsError(Exception):
    """Settings that stop the start; the text is a line for each, for the operator."""


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """One setting: its name, parser, form, meaning and default."""

    name: str
    read: Callable[[str], Any]
    form: str
    meaning: str
    default: str | None = None
    unset: Any = None
    unset_means: str = "unset"
    secret: bool = False
    production: str | None = None
    make: str = ""

    def value(self, environ: Mapping[str, str]) -> Any:
        """The value in the environment, or the default; an empty text counts as unset."""
        text = environ.get(self.name, "").strip() or self.default
        if text is None:
            return self.unset
        try:
            return self.read(text)
        except ValueError as error:
            shown = "" if self.secret else f", not {text!r}"
            end = f"; make one with: {self.make}" if self.make else "."
            raise SettingsError(f"{self.name} must be {self.form}{shown}{end}") from error


def setting(name: str, read: Callable[[str], Any], **row: Any) -> Any:
    """Declare a field of `Settings` and its row."""
    declared = SettingRow(name=ENV_PREFIX + name, read=read, **row)
    return dataclasses.field(repr=not declared.secret, metadata={"row": declared})
