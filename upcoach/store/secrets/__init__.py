"""Keys and tokens: data keys, signing keys, one-time tokens, refresh tokens.

What can be used once is taken by one atomic operation before anybody looks at it.  Without
somebody's data key all that is sealed of theirs is unreadable; `KeyRing.destroy` is for the erasing
of accounts, which is not built: only tests call it.
"""
