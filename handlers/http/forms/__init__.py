"""Paths that take HTML forms, as pages and the authorization server do, in place of JSON."""
