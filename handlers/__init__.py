"""Handlers of requests: parse, authorize, run the operation, reply.

A context says in its package (`CONTEXT`) what it adds: operations, paths with handlers of their
own, and how it is described; `contexts` folds them.  An `Operation` is a row: method, path, what
its body is, and one function that is given the services of its context.  REST requests and `mut`
frames look their operation up in the same table, so both give the same answers by construction;
`http.rest` and `live` only translate.  A refusal becomes a problem (RFC 9457) in one place,
`http.problems`.
"""
