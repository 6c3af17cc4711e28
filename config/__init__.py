"""What an installation decides: settings from UPCOACH_* names, secrets, and how to log.

A leaf: it imports nothing of ours, and only the composition root reads it, once, at the start.
Everything else is handed the values it needs, so no module below asks the environment.

- `settings` is the table; each row parses, refuses, documents itself.
- `data_folder` refuses a folder that cannot be written.
- `secrets` keeps the generated keys of a development installation.
- `reference` renders the table as `docs/settings.md`.
- `logging` sends structlog and the standard library through one renderer.
"""
