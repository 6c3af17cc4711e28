"""What tests of several contexts share.

`engines` starts MongoDB and Valkey, `server` nodes on them, `people` who use those, `wire` what
they use them by, and `laws` says what holds for everything that is written.
"""
