"""Several processes on one port, as `make run ARGS="--processes 2"` starts them."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from models.identity import new_id
from tests.support.chaos import Person, assert_quiet, until
from tests.support.fleet import Follower, following
from tests.support.server import PASSWORD, ServerProcess
from upcoach.client import Client

SOCKETS = 12  # the kernel puts all of them on one of two processes once in 2048 times
TRIES = 5


def children(parent: ServerProcess, role: str) -> list[psutil.Process]:
    """The processes of *parent* that do *role*."""
    some = psutil.Process(parent.pid).children()
    return [one for one in some if one.environ().get("UPCOACH_ROLES") == role]


async def spread(parent: ServerProcess, token: str) -> list[Follower]:
    """Followers of which some are at each process."""
    return [Follower([parent.url], token) for _ in range(SOCKETS)]


def nodes_of(followers: list[Follower]) -> set[str]:
    """The names of the processes at which *followers* are."""
    return {one.conn.partition("-")[0] for one in followers}


async def person_at(url: str) -> Client:
    """Somebody new, logged in."""
    anonymous = Client(url)
    email = f"{new_id('test')}@example.org"
    assert (await anonymous.register(email, PASSWORD, "Test Person")).status == 201
    person = await anonymous.log_in(email, PASSWORD, "phone")
    anonymous.close()
    return person
