"""`python -m handlers.write_openapi FILE`: write the document."""

import sys
from pathlib import Path

from handlers.contexts import ROUTER
from handlers.openapi import text

if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(text(ROUTER))
