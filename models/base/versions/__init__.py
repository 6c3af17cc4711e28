"""Versions of documents and of their fields: which one a change or a request is about."""
