"""The edge: parse, authorize, call, reply.

Every route is an `Operation` in a table (`OPERATIONS` of each context): method, path, what its body
is, and one function that calls a service.  REST requests and `mut` frames look their operation up
in the same table, so both give the same answers by construction; `http.rest` and `live` only
translate.  A refusal becomes a problem (RFC 9457) in one place, `http.problems`.
"""
