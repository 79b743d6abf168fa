"""Assembles the app; turns errors into one line and an exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from typing import Annotated, Any

import typer

from seqtool import __version__
from seqtool.cli.lazy import LazyGroup
from seqtool.errors import SeqtoolError

_OUT_OF_MEMORY = "out of memory; use a smaller model, vocabulary or batch"
EXIT_FAILURE, EXIT_USAGE, EXIT_INTERRUPTED, EXIT_PIPE, EXIT_TERMINATED = 1, 2, 130, 141, 143

app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From a text corpus to models: every command reads files and writes an artifact that the next one reads.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"seqtool {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print the version and exit")
    ] = False,
) -> None:
    pass


def main() -> None:
    """The entry point: run a command and exit with its code (DESIGN §7)."""
    # A terminated command, or one whose terminal is lost, cleans up behind itself as an interrupted one does.
    signal.signal(signal.SIGTERM, _terminate)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as it is under nohup
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    # A thread that waits for the others spins for milliseconds with libgomp's default, on a core that they may need
    # where anything else runs: small trainings became ten times slower and more, and do not with a thousand turns.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    # Imports and vocabularies make millions of objects that live to the end: looking through them for cycles takes a
    # sixth of the time of `preprocess`. Training, which can last for days, turns the collector on again.
    gc.disable()
    code = run()
    if code != EXIT_INTERRUPTED:
        sys.exit(code)
    # At once: a thread that was left behind in a foreign call would fail in an interpreter that is being taken down.
    sys.stderr.flush()
    os._exit(EXIT_TERMINATED if _terminated else code)


_terminated: list[int] = []  # the signals that asked for an end


def _terminate(number: int, frame: Any) -> None:
    _terminated.append(number)
    raise KeyboardInterrupt


def run(arguments: list[str] | None = None) -> int:
    """Run a command line; the exit code. Errors become one line on stderr."""
    debug = "--debug" in (sys.argv[1:] if arguments is None else arguments)
    try:
        code = app(args=arguments, standalone_mode=False)
        sys.stdout.flush()
        if code == EXIT_INTERRUPTED:  # what Typer makes of Ctrl-C
            return _fail("interrupted", EXIT_INTERRUPTED, debug)
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        return _reader_went_away()
    except SystemExit as stop:  # what Typer makes of a closed pipe
        if isinstance(stop.__context__, BrokenPipeError):
            return _reader_went_away()
        raise
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", EXIT_INTERRUPTED, debug)
    except SeqtoolError as error:
        return _fail(str(error), error.exit_code, debug)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            return _show(error.format_message())
        return _fail(_usage(error), EXIT_USAGE, debug)
    except MemoryError:
        return _fail(_OUT_OF_MEMORY, EXIT_FAILURE, debug)
    except Exception as error:  # a defect of seqtool: still one line, with the way to its traceback
        if isinstance(error.__cause__, BrokenPipeError):
            return _reader_went_away()
        if isinstance(error.__cause__, KeyboardInterrupt):  # heard while a kernel's result was made
            return _fail("interrupted", EXIT_INTERRUPTED, debug)
        if "allocate memory" in str(error) or type(error).__name__ == "OutOfMemoryError":
            return _fail(_OUT_OF_MEMORY, EXIT_FAILURE, debug)
        text = " ".join(str(error).split())
        return _fail(f"unexpected {type(error).__name__}: {text}; run again with --debug and report it", 1, debug)


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "seqtool"
    message = " ".join(error.format_message().split()).rstrip(".").replace("Value error, ", "")
    return f"{message}; see {command} --help"


def _show(text: str) -> int:
    """Print what was asked for without a command; the exit code."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        return _reader_went_away()
    return 0


def _fail(message: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"error: {message}", file=sys.stderr)
    return code


def _reader_went_away() -> int:
    # Python would complain again when it flushes stdout at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_PIPE
