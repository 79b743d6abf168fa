"""A seqtool that answers at once, for tests of whole pipelines: a server with all imports done forks for each command.

``python tests/quick.py serve SOCKET`` waits at a socket. ``python -IS tests/quick.py ask SOCKET ARGUMENTS`` hands it
its own folder, environment and standard streams, and exits with the command's code. Everything but the imports and the
signals is what ``python -m seqtool`` does.
"""

import json
import os
import socket
import sys
import traceback

_STREAMS = [0, 1, 2]


def ask(address: str, arguments: list[str]) -> int:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        asked = json.dumps({"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}).encode()
        socket.send_fds(server, [len(asked).to_bytes(4, "big")], _STREAMS)
        server.sendall(asked)
        return int(server.recv(16) or 1)


def import_everything() -> None:
    """Import what commands import late, so that whoever is forked has it."""
    import importlib
    import pkgutil

    import seqtool

    for module in pkgutil.walk_packages(seqtool.__path__, "seqtool."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for library in ("sklearn.linear_model", "torch._dynamo"):  # imported by functions, when they are called
        importlib.import_module(library)


def serve(address: str) -> None:
    import gc
    import signal

    import_everything()
    gc.disable()  # as the command line does, and a collection would copy the parent's memory
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # what has ended needs no funeral
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address + ".new")
        listening.listen()
        os.rename(address + ".new", address)  # who finds it may ask
        while True:
            client, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                answer(client)
            client.close()


def answer(client: socket.socket) -> None:
    """Run what a client asks for with the client's streams, tell it the exit code, and end this process."""
    from seqtool.cli.main import run

    code = 1
    try:
        size, streams, _, _ = socket.recv_fds(client, 4, len(_STREAMS))
        with client.makefile("rb") as sent:
            asked = json.loads(sent.read(int.from_bytes(size, "big")))
        for stream, its in zip(_STREAMS, streams, strict=True):
            os.dup2(its, stream)
            os.close(its)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        code = run(asked["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # a defect of this file: `run` has told of all others
        traceback.print_exc()
    finally:
        client.sendall(str(code).encode())
        os._exit(code)


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    if what == "serve":
        serve(where)
    sys.exit(ask(where, rest))
