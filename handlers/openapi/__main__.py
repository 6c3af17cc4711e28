"""`python -m handlers.openapi FILE`: write the document."""

import sys
from pathlib import Path

from handlers.openapi import text
from handlers.surface import described_router

if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(text(described_router()))
