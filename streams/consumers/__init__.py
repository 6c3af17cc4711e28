"""Consumers of the log: the learner, and the revocation of sessions."""
