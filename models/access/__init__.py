"""Access control: scopes, callers, permissions, limits, and where requests come from.

`model_context` is the manifest in which each context declares what it has.
"""
