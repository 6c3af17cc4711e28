"""The authorization server over HTTP: endpoints for clients, and pages for people.

`endpoints` answers clients in OAuth's words; `authorize`, `devices` and `logout` answer browsers
with plain pages that work without a script.
"""
