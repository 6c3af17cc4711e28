"""Sharing between clients and coaches: invitations and shares."""
