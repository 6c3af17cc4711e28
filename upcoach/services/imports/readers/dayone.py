"""Day One's JSON export: a zip with a JSON file for each journal, and folders of attachments.

A journal becomes a journal of the file's name, an entry an entry: its text as it stands, its tags,
its star as a pin, its date where it was written.  Photos, recordings, places and the weather have
no place here; how many attachments there were is said.
"""

import datetime as dt
import re
from typing import Any, Final

import msgspec

from models.base.errors import Invalid
from models.base.ids import derived_id
from models.base.time import check_zone, local_date, to_stored
from models.base.validation import checked
from models.journal import Journal, JournalEntry, NewJournal, NewJournalEntry
from upcoach.services.imports.planning.diary_items import JournalEntryItem, JournalItem
from upcoach.services.imports.planning.import_errors import ImportErrors, pointer_to, refused
from upcoach.services.imports.planning.plan import ImportItem, ImportPlan
from upcoach.services.imports.readers.archive import read_archive

DAY_ONE: Final = "dayone"
ENTRIES: Final = 20_000
_LOST: Final = ("photos", "audios", "videos", "pdf_attachments")
RAW: Final = 100_000  # characters of a text with its Markdown, of which 30,000 may be left
# Where an attachment stood; what may stand in it cannot begin another one.
_MOMENT: Final = re.compile(r"!\[[^\[\]]*\]\(dayone-moment:[^()\s]*\)\s*")
_ESCAPED: Final = re.compile(r"\\([.\-!()+#*_`>\[\]{}])")  # its Markdown escapes all punctuation


class TheirEntry(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The fields of an entry that are read."""

    uuid: str
    creation_date: dt.datetime
    time_zone: str | None = None
    text: str = ""
    tags: tuple[str, ...] = ()
    starred: bool = False
    is_pinned: bool = False
    photos: tuple[Any, ...] = ()
    audios: tuple[Any, ...] = ()
    videos: tuple[Any, ...] = ()
    pdf_attachments: tuple[Any, ...] = ()


class TheirJournal(msgspec.Struct, frozen=True):
    """One file."""

    entries: tuple[TheirEntry, ...]


def read(archive: bytes, *, owner: str, tz: str) -> ImportPlan:
    """Read the zip *archive* into a plan, for somebody in *tz*; raises `Invalid`."""
    files = read_archive(archive, (), suffix=".json")
    journals = {name: content for name, content in files.items() if "/" not in name}
    if not journals:
        raise refused("", "file_missing", "The archive has no JSON file at its top.")
    return _Reader(owner, tz).read(journals)


class _Reader:
    """Reads what it can, and collects what is wrong."""

    def __init__(self, owner: str, tz: str) -> None:
        self._owner = owner
        self._tz = tz
        self._flaws = ImportErrors()
        self._pages: dict[str, JournalEntryItem] = {}
        self._lost = 0

    def read(self, files: dict[str, bytes]) -> ImportPlan:
        journals: list[ImportItem] = [self._journal(name, files[name]) for name in sorted(files)]
        self._flaws.refuse()
        notes = []
        if self._lost:
            notes.append(f"Left out are attachments of entries ({self._lost}).")
        items = (*journals, *self._pages.values())
        return ImportPlan(DAY_ONE, items, (JournalItem, JournalEntryItem), tuple(notes))

    def _journal(self, file: str, content: bytes) -> JournalItem:
        name = file.removesuffix(".json")[:100] or "Day One"
        journal = derived_id(Journal.id_prefix, self._owner, DAY_ONE, name)
        try:
            theirs = msgspec.json.decode(content, type=TheirJournal)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failure:
            self._flaws.add(pointer_to(file), "json_invalid", f"{file}: {str(failure)[:200]}.")
            theirs = TheirJournal(())
        if len(theirs.entries) > ENTRIES:
            detail = f"{file} holds more than {ENTRIES:,} entries."
            raise refused(pointer_to(file), "export_too_large", detail)
        for number, entry in enumerate(theirs.entries):
            try:
                self._page(journal, entry)
            except Invalid as refusal:
                pointer = f"{pointer_to(file)}/entries/{number}"
                self._flaws.add(pointer, refusal.code, f"{file}, entry {number}: {refusal.detail}")
        return JournalItem(NewJournal(id=journal, name=name))

    def _page(self, journal: str, entry: TheirEntry) -> None:
        if len(entry.text) > RAW:
            raise Invalid("text_too_long", f"its text has more than {RAW:,} characters")
        self._lost += sum(len(getattr(entry, name)) for name in _LOST)
        tz = self._zone(entry.time_zone)
        if entry.creation_date.tzinfo is None:
            raise Invalid("date_without_zone", "its creation date has no offset")
        written = to_stored(entry.creation_date)
        fields = {
            "id": derived_id(JournalEntry.id_prefix, self._owner, DAY_ONE, entry.uuid),
            "journal": journal,
            "text": _ESCAPED.sub(r"\1", _MOMENT.sub("", entry.text)).strip(),
            "tags": [tag[:50] for tag in entry.tags if tag.strip()][:30],
            "pinned": entry.starred or entry.is_pinned,
            "tz": tz,
            "local_date": local_date(written, tz).isoformat(),
        }
        page = JournalEntryItem(checked(fields, NewJournalEntry))
        if page.id in self._pages:
            raise Invalid("entry_twice", "another entry has the same uuid")
        self._pages[page.id] = page

    def _zone(self, name: str | None) -> str:
        """Where an entry was written: an old phone's name for a place may be unknown here."""
        if name is None:
            return self._tz
        try:
            check_zone(name.replace("\\/", "/"))
        except Invalid:
            return self._tz
        return name.replace("\\/", "/")
