"""The vocabulary: documents, events, frames, refusals and the rules between them.

Nothing here reads or writes anything, and nothing awaits: every module can be imported, called and
tested with plain values.  `documents` is what we keep, `learners` what we infer, and the modules
beside them are the words that every other package speaks.
"""
