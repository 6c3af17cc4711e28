"""The journal: journals, templates, entries and prompts."""
