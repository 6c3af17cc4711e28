"""The wire: events, frames and cursors.

What stands here is read by apps that are not updated: fields are added, none changes its meaning.
"""
