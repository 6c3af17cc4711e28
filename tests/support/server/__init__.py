"""Nodes in this process and in others, and the servers that they talk to."""

from tests.support.server.nodes import PASSWORD, Server, serving
from tests.support.server.processes import ServerProcess

__all__ = ["PASSWORD", "Server", "ServerProcess", "serving"]
