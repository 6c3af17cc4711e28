"""The journal: entries, journals and templates."""
