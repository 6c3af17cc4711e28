"""A password hasher that tells what it was asked."""

import os
import threading
import time

import argon2


class Counted(argon2.PasswordHasher):
    """A hasher that is held until it is let go, and knows on which threads it was asked."""

    def __init__(self, hasher: argon2.PasswordHasher) -> None:
        super().__init__(
            time_cost=hasher.time_cost,
            memory_cost=hasher.memory_cost,
            parallelism=hasher.parallelism,
        )
        self.go = threading.Event()
        self.threads: list[int] = []
        self.niceness: list[int] = []
        self.took_s: list[float] = []
        self.asked: list[str | bytes] = []  # in the order in which it was

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override] # noqa: A002
        self.asked.append(password)
        self.threads.append(threading.get_ident())
        self.niceness.append(os.getpriority(os.PRIO_PROCESS, 0))
        assert self.go.wait(60)
        began = time.perf_counter()
        is_right = super().verify(hash, password)
        self.took_s.append(time.perf_counter() - began)
        return is_right
