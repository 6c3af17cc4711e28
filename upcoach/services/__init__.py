"""The services: the use cases of each context.

A service takes the caller's scope first, states which documents a write must see and decides, in a
pure function, what changes.  It knows nothing of HTTP, sockets, Redis or the database's language;
handlers call it, and so does the learner.  Each context has one struct of services, which makes
itself from `base.dependencies` and the contexts that it names; `contexts` folds them.
"""
