"""The vocabulary: documents, events, frames, refusals and the rules between them.

Nothing here reads or writes anything, and nothing awaits: every module can be imported, called and
tested with plain values.  Each context has its documents and its rules, and declares them as
`CONTEXT` in its package; `contexts` folds these, and `visibility` says what others see.  `learners`
is what we infer, and `base`, `wire` and `access` are the words that all others speak.
"""
