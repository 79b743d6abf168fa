"""The file-system calls of a process, seen and answered by its parent: counted, killed at, or made to fail.

Seccomp hands each call to the parent (``SECCOMP_RET_USER_NOTIF``, see seccomp_unotify(2)), so calls of compiled code
(NumPy, safetensors, tokenizers) are seen like Python's own. It needs Linux on x86-64.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import platform
import re
import select
import signal
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

AVAILABLE = sys.platform == "linux" and platform.machine() == "x86_64"
LONGEST_SECONDS = 120.0
_AT_FDCWD = -100
# Where a call's arguments name a file: ("fd", 0) a descriptor, ("path", 0) a path, ("at", 0) a folder and a path in it.
_READING = {
    0: ("read", ("fd", 0)),
    4: ("stat", ("path", 0)),
    5: ("fstat", ("fd", 0)),
    6: ("lstat", ("path", 0)),
    17: ("pread", ("fd", 0)),
    217: ("getdents", ("fd", 0)),
    262: ("stat", ("at", 0)),
    332: ("stat", ("at", 0)),
}
_OPENING = {2: ("open", ("path", 0)), 257: ("open", ("at", 0))}
_WRITING = {
    1: ("write", ("fd", 0)),
    18: ("pwrite", ("fd", 0)),
    20: ("writev", ("fd", 0)),
    40: ("sendfile", ("fd", 0)),
    73: ("flock", ("fd", 0)),
    74: ("fsync", ("fd", 0)),
    75: ("fdatasync", ("fd", 0)),
    76: ("truncate", ("path", 0)),
    77: ("ftruncate", ("fd", 0)),
    82: ("rename", ("path", 0), ("path", 1)),
    83: ("mkdir", ("path", 0)),
    84: ("rmdir", ("path", 0)),
    86: ("link", ("path", 0), ("path", 1)),
    87: ("unlink", ("path", 0)),
    88: ("symlink", ("path", 1)),
    90: ("chmod", ("path", 0)),
    91: ("fchmod", ("fd", 0)),
    258: ("mkdir", ("at", 0)),
    263: ("unlink", ("at", 0)),
    264: ("rename", ("at", 0), ("at", 2)),
    265: ("link", ("at", 0), ("at", 2)),
    280: ("utime", ("at", 0)),
    285: ("fallocate", ("fd", 0)),
    316: ("rename", ("at", 0), ("at", 2)),
    326: ("copy_file_range", ("fd", 2)),
}
_ALL = _READING | _OPENING | _WRITING
_WRITES = {"write": None, "pwrite": 3}  # and which argument is the offset


@dataclass(frozen=True)
class Call:
    """A call on a file: its name, its files relative to where they are watched, and the how-many-eth of these it is."""

    name: str
    places: str
    writes: bool
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.name} {self.places}" + (f" ({self.nth})" if self.nth > 1 else "")


Answer = Callable[[Call], str]
"""What is to happen at a call: ``""`` nothing, ``kill``, ``short`` (half a write), or the name of an error."""


def supervise(body: Callable[[], None], room: Path, answer: Answer, reading: bool = True) -> tuple[int, list[Call]]:
    """Run ``body`` in a fork of this process, and give an answer to each of its calls on files within ``room``.

    Args:
        body: what is run.
        room: a folder.
        answer: is asked at each call.
        reading: whether calls that only read are seen too, which takes some times longer.

    Returns:
        The exit code (minus the signal that ended it), and the calls.
    """
    here, there = socket.socketpair()
    with here, there:
        pid = os.fork()
        if pid == 0:
            try:
                listener = _install(reading)
                socket.send_fds(there, [b"!"], [listener])
                os.close(listener)
                body()
            finally:
                os._exit(70)
        there.close()  # so that a child that ends early is noticed
        _, (listener, *_), *_ = socket.recv_fds(here, 1, 1)
    with contextlib.suppress(OSError):  # before Linux 6.6; with it parent and child take turns at once
        fcntl.ioctl(listener, 0x40082104, 1)  # SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP
    try:
        calls = _Supervisor(pid, listener, room, answer).until_end()
    finally:
        os.close(listener)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), calls


class _Supervisor:
    def __init__(self, pid: int, listener: int, room: Path, answer: Answer) -> None:
        self.pid, self.listener, self.room, self.answer = pid, listener, f"{os.path.realpath(room)}/", answer
        self.calls, self.seen = list[Call](), Counter[str]()

    def until_end(self) -> list[Call]:
        waiting, end = select.poll(), time.monotonic() + LONGEST_SECONDS
        waiting.register(self.listener, select.POLLIN)
        with open(f"/proc/{self.pid}/mem", "rb", buffering=0) as self.memory:
            while found := waiting.poll(1000 * max(0.0, end - time.monotonic())):
                if not found[0][1] & select.POLLIN:
                    return self.calls
                notice = bytearray(80)
                with contextlib.suppress(FileNotFoundError):  # it has died in the meantime
                    fcntl.ioctl(self.listener, 0xC0502100, notice)  # SECCOMP_IOCTL_NOTIF_RECV
                    self._reply(notice)
        os.kill(self.pid, signal.SIGKILL)
        return [*self.calls, Call("it does not end", "", writes=True)]

    def _reply(self, notice: bytearray) -> None:
        identity, _, _, number, _, _, *arguments = struct.unpack("=QIIiIQ6Q", notice)
        call = self._call(number, arguments)
        kind = "" if call is None else self.answer(call)
        value, error, flags = 0, 0, 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE: the call is made
        if kind == "kill":
            os.kill(self.pid, signal.SIGKILL)
        elif kind == "short":
            written = self._half_written(_ALL[number][0], arguments)
            value, flags = (written, 0) if written else (0, 1)
        elif kind:
            error, flags = -getattr(errno, kind), 0
        fcntl.ioctl(self.listener, 0xC0182101, struct.pack("=QqiI", identity, value, error, flags))  # NOTIF_SEND

    def _call(self, number: int, arguments: list[int]) -> Call | None:
        name, *locators = _ALL[number]
        places = [self._place(how, index, arguments) for how, index in locators]
        if not any(place.startswith(self.room) for place in places):
            return None
        writes = number in _WRITING
        if number in _OPENING:
            writes = bool(arguments[locators[0][1] + 1 + (locators[0][0] == "at")] & _OPENED_TO_WRITE)
            name = "create" if writes else "open"
        shown = " ".join(_steady(place.removeprefix(self.room)) for place in places)
        self.seen[f"{name} {shown}"] += 1
        self.calls.append(Call(name, shown, writes, self.seen[f"{name} {shown}"]))
        return self.calls[-1]

    def _place(self, how: str, index: int, arguments: list[int]) -> str:
        with contextlib.suppress(OSError):
            if how == "fd":
                return os.readlink(f"/proc/{self.pid}/fd/{_signed(arguments[index])}")
            folder = _signed(arguments[index]) if how == "at" else _AT_FDCWD
            path = os.fsdecode(os.pread(self.memory.fileno(), 4096, arguments[index + (how == "at")]).split(b"\0")[0])
            if how == "at" and not path:
                return os.readlink(f"/proc/{self.pid}/fd/{folder}")
            if os.path.isabs(path):
                return path
            top = os.readlink(f"/proc/{self.pid}/" + ("cwd" if folder == _AT_FDCWD else f"fd/{folder}"))
            return os.path.normpath(os.path.join(top, path))
        return ""

    def _half_written(self, name: str, arguments: list[int]) -> int:
        """Make a write in the child's name, of the first half of its bytes: how many that are."""
        half = arguments[2] // 2
        if name not in _WRITES or not half:
            return 0
        process = os.pidfd_open(self.pid)
        descriptor = ctypes.CDLL(None, use_errno=True).syscall(438, process, arguments[0], 0)  # pidfd_getfd
        os.close(process)
        try:
            data = os.pread(self.memory.fileno(), half, arguments[1])
            offset = _WRITES[name]
            return os.write(descriptor, data) if offset is None else os.pwrite(descriptor, data, arguments[offset])
        finally:
            os.close(descriptor)


_OPENED_TO_WRITE = os.O_CREAT | os.O_WRONLY | os.O_RDWR


def _signed(argument: int) -> int:
    return ctypes.c_int(argument & 0xFFFFFFFF).value


def _steady(place: str) -> str:
    """A path without what is random in it: names of scratch folders, of files without a name, of old versions."""
    place = re.sub(r"seqtool-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+", "seqtool-*", place)
    return re.sub(r"#\d+ \(deleted\)|(?<=\.old/)\d+|(?<=/)\.?tmp\w{6,8}", "*", place)


def _install(reading: bool) -> int:
    """From now on the calls of this process wait for its parent: the descriptor of their list."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in _filter(reading)))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    descriptor: int = libc.syscall(317, 1, 8, ctypes.c_char_p(header))  # seccomp, SET_MODE_FILTER, NEW_LISTENER
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return descriptor


def _filter(reading: bool) -> list[tuple[int, int, int, int]]:
    """The program of the kernel that chooses calls: operation, lines to jump where true and where false, value."""
    load, jump, equal, any_bit, give = 0x20, 0x05, 0x15, 0x45, 0x06
    allow, notify = (give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x7FC00000)  # SECCOMP_RET_ALLOW, SECCOMP_RET_USER_NOTIF
    whole = sorted(_ALL if reading else _WRITING)
    return [
        (load, 0, 0, 0),  # the number of the call
        *((equal, len(whole) - i + 7, 0, number) for i, number in enumerate(whole)),  # to the last line
        (equal, 2, 0, 2),  # open, and below openat: their flags decide
        (equal, 3, 0, 257),
        allow,
        (load, 0, 0, 24),
        (jump, 0, 0, 1),
        (load, 0, 0, 32),
        (any_bit, 1, 0, _OPENED_TO_WRITE),
        allow,
        notify,
    ]
