"""Exports of other apps, as tables."""

import io
import json
import zipfile
from typing import Any

from models.base.merge_patch import Json

ENTRY: Json = {
    "uuid": "0A1B",
    "creationDate": "2026-01-05T23:30:00Z",
    "timeZone": "Europe\\/Berlin",
    "text": "# Lake\n\nWent out\\. ![](dayone-moment://77)\nCard 4111 1111 1111 1111",
    "tags": ["trip", "  ", "lake"],
    "starred": True,
    "photos": [{"identifier": "77"}],
    "weather": {"temperatureCelsius": 3},
}
PLAIN: Json = {"uuid": "0A1C", "creationDate": "2026-01-06T08:00:00+00:00", "text": "Home"}

DAYLIO = (
    "full_date,date,weekday,time,mood,activities,note_title,note\n"
    '2026-01-06,6 January,Tuesday,6:50 pm,rad,friends | nap,,"Went\nout"\n'
    "2026-01-05,5 January,Monday,18:52,Solid,,Lake,Swam\n"
)
STREAKS = (
    "task_id,title,entry_type,entry_date,entry_timestamp,page,display_order\n"
    "p2,Wake up,missed_auto,20260105,2026-01-06T12:24:16+08:00,1,1\n"
    "p2,Wake up,completed_manually,20260106,2026-01-07T09:37:49+08:00,1,1\n"
)
TABLES = {
    "habits": "Date,Habit,Value,Unit,Note,Weather\n2026-01-05,Water,2,l,calm,fog\n"
    "2026-01-06,Water,1.5,,,\n2026-01-05,Walk,,,,\n",
    "moods": "at,level,activities\n2026-01-05T08:00:00Z,4,running; tea\n"
    "2026-01-05T08:00:00Z,4,tea\n",
    "tasks": "title,due_date,status,tags\nTaxes,2026-05-31,,money\nTaxes,2026-05-31,,tax\n",
    "journal": 'date,title,text,mood\n2026-01-05,Lake,"Went\nout",4\n',
}


def zipped(**files: Any) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, entries in files.items():
            file.writestr(f"{name}.json", json.dumps({"metadata": {}, "entries": entries}))
        file.writestr("photos/77.jpeg", b"\xff\xd8")
    return archive.getvalue()
