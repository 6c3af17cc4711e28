"""Day One's JSON export: a zip with a JSON file for each journal, and folders of attachments.

A journal becomes a journal of the file's name, an entry an entry: its text as its owner wrote it,
its tags, its star as a pin, its date where it was written.  Photos, recordings, places and the
weather have no place here; how many attachments there were is said.
"""

import datetime as dt
from typing import Any, Final

import msgspec

from models.base.errors import Invalid
from models.base.ids import derived_id
from models.base.merge_patch import Json
from models.base.text.counting import counted
from models.base.time import local_date, to_stored
from models.base.validation import checked
from models.journal import Journal, JournalEntry, NewJournal, NewJournalEntry
from upcoach.services.imports.files.archive import Archive, from_top, read_archive
from upcoach.services.imports.files.json_entries import ArraySplitter, SplitArray
from upcoach.services.imports.planning.diary_items import JournalEntryItem, JournalItem
from upcoach.services.imports.planning.fitting import fitted, shortened
from upcoach.services.imports.planning.import_errors import pointer_to, refused
from upcoach.services.imports.planning.plan import ImportItem, ImportPlan
from upcoach.services.imports.planning.reports import ImportReports, Report, ReportPlace
from upcoach.services.imports.readers.dayone_text import plain_text
from upcoach.services.imports.readers.dayone_zones import offset_of, zone_of

DAY_ONE: Final = "dayone"
ENTRIES: Final = 20_000  # of an archive: an account keeps no more
RAW: Final = 100_000  # characters of a text with its Markdown, of which 30,000 may be left
NAME: Final = 100  # characters
_LOST: Final = ("photos", "audios", "videos", "pdf_attachments")
_NEEDED: Final = ("uuid", "creationDate")
# The last two are of bytes that are no UTF-8, of numbers with thousands of digits, and of nesting.
_NO_JSON: Final = (msgspec.MsgspecError, ValueError, RecursionError)


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

    entries: tuple[msgspec.Raw, ...]


def read(archive: Archive, *, owner: str, tz: str, now: dt.datetime) -> ImportPlan:  # noqa: ARG001 - a diary may look ahead
    """Read the zip *archive* into a plan, for somebody in *tz*; raises `Invalid`."""
    files = from_top(read_archive(archive, (), suffix=".json"), ".json")
    journals = {name: content for name, content in files.items() if "/" not in name}
    if not journals:
        raise refused("", "file_missing", "The archive has no JSON file at its top.")
    return _Reader(owner, tz).read(journals)


class _Reader:
    """Reads what it can, and reports the rest."""

    def __init__(self, owner: str, tz: str) -> None:
        self._owner = owner
        self._tz = tz
        self._reports = ImportReports()
        self._pages: dict[str, tuple[JournalEntryItem, ReportPlace]] = {}
        self._lost = 0
        self._splitter = ArraySplitter()

    def read(self, files: dict[str, bytes]) -> ImportPlan:
        parsed = {name: self._parsed(name, files[name]) for name in sorted(files)}
        found = {name: theirs for name, theirs in parsed.items() if theirs is not None}
        if sum(len(theirs.entries) for theirs in found.values()) > ENTRIES:
            words = f"The archive holds more than {ENTRIES:,} entries: split it."
            raise refused("", "export_too_large", words)
        journals: list[ImportItem] = [self._journal(name, theirs) for name, theirs in found.items()]
        reported = self._reports.reported(brought=bool(self._pages))
        notes = []
        if self._lost:
            notes.append(f"Left out {counted(self._lost, 'attachment')} of entries.")
        items = (*journals, *(page for page, _ in self._pages.values()))
        areas = (JournalItem, JournalEntryItem)
        return ImportPlan(DAY_ONE, items, areas, tuple(notes), reported)

    def _parsed(self, file: str, content: bytes) -> TheirJournal | None:
        try:
            return msgspec.json.decode(content, type=TheirJournal)
        except _NO_JSON as failure:
            split = self._splitter.split(content, "entries")
            if split is None:
                words = f"left out, since it is no journal: {str(failure)[:200]}"
                self._reports.at(_place_of(file))("json_invalid", words)
                return None
        return self._pieces(file, split)

    def _pieces(self, file: str, split: SplitArray) -> TheirJournal:
        """A journal of which something is no JSON: each entry stands or falls by itself."""
        try:
            msgspec.json.decode(split.rest)
        except _NO_JSON:
            words = "left out is what stands beside its entries, which is no JSON"
            self._reports.at(_place_of(file))("json_invalid", words)
        return TheirJournal(tuple(map(msgspec.Raw, split.elements)))

    def _journal(self, file: str, theirs: TheirJournal) -> JournalItem:
        whole = _place_of(file)
        name = file.removesuffix(".json")
        name = shortened(name, NAME, "name", self._reports.at(whole)) or "Day One"
        journal = derived_id(Journal.id_prefix, self._owner, DAY_ONE, name)
        for number, entry in enumerate(theirs.entries):
            pointer = f"{whole.pointer}/entries/{number}"
            place = ReportPlace(pointer, f"{file}, entry {number}")
            with self._reports.leaving_out(place):
                report = self._reports.at(place)
                self._keep(self._page(journal, _entry(entry, report), report), place)
        return JournalItem(NewJournal(id=journal, name=name))

    def _keep(self, page: JournalEntryItem, place: ReportPlace) -> None:
        before, where = self._pages.setdefault(page.id, (page, place))
        if before is page:
            return
        if before.draft == page.draft:
            raise Invalid("row_twice", f"it says the same as {where.name}")
        raise Invalid("entry_twice", f"{where.name} has the same uuid, and says something else")

    def _page(self, journal: str, entry: TheirEntry, report: Report) -> JournalEntryItem:
        self._lost += sum(len(getattr(entry, name)) for name in _LOST)
        tz = self._zone(entry.time_zone, report)
        raw = shortened(entry.text, RAW, "text", report)
        fields: Json = {
            "id": derived_id(JournalEntry.id_prefix, self._owner, DAY_ONE, entry.uuid),
            "journal": journal,
            "text": plain_text(raw),
            "tags": entry.tags,
            "pinned": entry.starred or entry.is_pinned,
            "tz": tz,
            "local_date": _date(entry, tz, report).isoformat(),
        }
        return JournalEntryItem(fitted(fields, NewJournalEntry, report, needed=("local_date",)))

    def _zone(self, name: str | None, report: Report) -> str:
        """Where an entry was written, as a zone of the IANA database."""
        if name is None:
            return self._tz
        zone = zone_of(name)
        tz = self._tz if zone is None else zone.tz
        if zone is None or zone.is_guess:
            report("zone_unknown", f"its zone, {name[:64]!r}, is taken to be {tz}")
        return tz


def _entry(entry: msgspec.Raw, report: Report) -> TheirEntry:
    """Decode one *entry*, without the fields that are not as they write them."""
    try:
        return msgspec.json.decode(entry, type=TheirEntry)
    except _NO_JSON:
        fields = checked(_decoded(entry), dict[str, Any])
        given = {name: value for name, value in fields.items() if value is not None}
        return fitted(given, TheirEntry, report, needed=_NEEDED)


def _decoded(entry: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(entry)
    except _NO_JSON as failure:
        raise Invalid("json_invalid", f"it is no JSON: {str(failure)[:200]}") from None


def _place_of(file: str) -> ReportPlace:
    return ReportPlace(pointer_to(file), file)


def _date(entry: TheirEntry, tz: str, report: Report) -> dt.date:
    """The date on which an entry was written, where that was."""
    written = entry.creation_date
    if written.tzinfo is None:
        report(
            "date_without_zone", f"its creation date, which has no offset, is taken to be in {tz}"
        )
        return to_stored(written.replace(tzinfo=dt.UTC)).date()
    offset = offset_of(entry.time_zone or "")
    if offset is not None:
        return (to_stored(written) + offset).date()
    return local_date(to_stored(written), tz)
