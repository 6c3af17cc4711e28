"""What people bring from elsewhere: all of a file, or nothing of it.

`archive` and `table` read what a stranger sent, within bounds; `loop` and its two modules know the
format; `flaws` collects what is wrong, with the line; `service` keeps what was read.
"""
