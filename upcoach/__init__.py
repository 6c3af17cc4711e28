"""UpCoach's backend: services, store, node, command line, client, embedded engines.

`node.app` puts everything together and is the only module that knows every other one; `cli` has
what operators do, `embedded` the engines that ship with us, and `client` is for others to use.
"""
