"""Sharing between clients and coaches: invitations, shares, shared entries."""
