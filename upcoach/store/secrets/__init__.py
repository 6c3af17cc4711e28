"""Keys and tokens: data keys, signing keys, one-time tokens, refresh tokens.

What can be used once is taken by one atomic operation before anybody looks at it.  Destroying
somebody's data key (`KeyRing.destroy`) makes all that is sealed of theirs unreadable.
"""
