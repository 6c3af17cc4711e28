"""HTTP: operations over REST, and what every request passes through.

`operations` says what a row of the surface is, `manifest` what a context adds to it.  `rest` takes
requests to rows and `operation_runner` carries rows out, for REST, pages and OAuth alike; `policy`
is the one place where a token meets an operation.  No context of this layer is known here.
"""
