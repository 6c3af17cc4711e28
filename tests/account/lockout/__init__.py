"""Everything that can be given, and everything that takes it away: the two tables of a matrix.

`stage` is where a round plays: two nodes, somebody's account, and whoever is locked out of it.
`givers` and `takers` are the tables; a new thing that can be given, or a new way to take it away,
is one more row.  `tests/account/test_lockout_matrix.py` races each row of the one with all of the
other.
"""
