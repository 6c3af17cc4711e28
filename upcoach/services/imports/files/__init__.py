"""Reads files that a stranger sent, within bounds: archives and tables."""
