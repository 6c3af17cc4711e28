"""The journal: entries, drafts, trash, journals, templates and prompts."""
