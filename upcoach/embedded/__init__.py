"""Embedded mongod and Valkey, for an installation that configures none.

`Engines` owns a data folder, starts what is missing on loopback ports, restarts what exits on the
same port, and stops both at the end.  A command that works beside the owner is its guest: see
`joined`.  Who only wants to know whether a folder is in use asks `owner`.  All refusals are an
`EngineError` of one sentence, or a `SettingsError` about the folder.

On Linux the children get SIGTERM from the kernel when the thread that started them ends, however it
ends; start the engines on a thread that lives as long as they should.  macOS has no such thing: a
Valkey whose parent was killed stays, and the next start names its pid.  No wheel brings mongod to
macOS; there `UPCOACH_MONGO_URL` has to name one.
"""

from upcoach.embedded.engines import Engines
from upcoach.embedded.errors import EngineError
from upcoach.embedded.joining import joined
from upcoach.embedded.ownership import FolderOwner, owner

__all__ = ["EngineError", "Engines", "FolderOwner", "joined", "owner"]
