"""The composition root: a node, its services, and the processes that serve.

`app` makes a node, `serving` is one process, `supervisor` several; what a process has is `process`.
"""
