"""The vocabulary: documents, events, frames, refusals and the rules between them.

Nothing here reads or writes anything, and nothing awaits: every module can be imported, called and
tested with plain values.  Each context has its documents and its rules (`contexts` lists them,
`visibility` says what others see of them), `learners` is what we infer, and `base`, `wire` and
`access` are the words that all others speak.
"""
