"""Sharing between clients and coaches: invitations, relations, shares."""
