"""Assembles the app; turns errors into one line and an exit code."""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import os
import re
import sys
import traceback
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any

import typer

from seqtool import __version__, signals
from seqtool.cli.answer import flush
from seqtool.cli.lazy import LazyGroup
from seqtool.cli.leaving import INTERRUPTED, end_soon_after_signals, ignore_signals, leave, signal_code
from seqtool.cli.retype import example, in_order, plain_value, with_option, with_value
from seqtool.errors import InterruptedRunError, SeqtoolError, cause, remedy, temporary_remedy
from seqtool.progress import say, say_last

_OUT_OF_MEMORY = "out of memory; use a smaller model, vocabulary or batch"
EXIT_FAILURE, EXIT_USAGE, EXIT_INTERRUPTED, EXIT_PIPE = 1, 2, 130, 141

app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Turn a text corpus into models. For help on a command: seqtool COMMAND -h.",
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
    """Run a command and exit with its code (DESIGN §7)."""
    _fill_closed_streams()
    # A thread that waits for the others spins for milliseconds with libgomp's default, on a core that they may need
    # where anything else runs: small trainings became ten times slower and more, and do not with a thousand turns.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    # Imports and vocabularies make millions of objects that live to the end: looking through them for cycles takes a
    # sixth of the time of `preprocess`. Training, which can last for days, turns the collector on again.
    gc.disable()
    end_soon_after_signals()
    code = _run(None)
    ignore_signals()
    if code == EXIT_INTERRUPTED:
        leave(signal_code())
    sys.exit(code)


def _fill_closed_streams() -> None:
    """Where a standard stream is closed (``<&-``), no file that is opened later takes its number; reading it fails."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115


def run(arguments: list[str]) -> int:
    """Run a command line in this process; the exit code. Errors become one line on stderr."""
    signals.received.clear()
    return _run(arguments)


def _run(arguments: list[str] | None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    try:
        with signals.Raising():
            for stream in (sys.stdout, sys.stderr):
                _speak_utf8(stream)
            code = app(args=arguments, prog_name="seqtool", standalone_mode=False)
            flush()
    except BaseException as error:
        return _failed(error, debug, given)
    if code == EXIT_INTERRUPTED:  # what Typer makes of Ctrl-C
        return _fail(INTERRUPTED, EXIT_INTERRUPTED, debug)
    return code if isinstance(code, int) else 0


def _failed(error: BaseException, debug: bool, arguments: Sequence[str] = ()) -> int:
    """Say in one line why a command with these arguments ended; the exit code."""
    if _came_of(error, BrokenPipeError):
        return _reader_went_away()
    if isinstance(error, InterruptedRunError):
        return _fail(str(error), EXIT_INTERRUPTED, debug)
    # After a signal every error may be its consequence: an import that was cut short, a kernel without a result.
    if signals.received or _came_of(error, KeyboardInterrupt | typer.Abort):
        return _fail(INTERRUPTED, EXIT_INTERRUPTED, debug)
    if isinstance(error, SeqtoolError | typer.TyperException) and (meant := in_order(arguments)):
        code = getattr(error, "exit_code", EXIT_FAILURE)
        message = _shorter(getattr(error, "message", str(error)).rstrip("."))
        return _fail(f"{message}; {meant}", code, debug)
    if isinstance(error, SeqtoolError):
        return _fail(f"{error}{_deleted_folder()}", error.exit_code, debug)
    if isinstance(error, typer.TyperException):
        if type(error).__name__ == "NoArgsIsHelpError":
            return _help(error.format_message(), debug)
        return _fail(_usage(error, arguments), EXIT_USAGE, debug)
    if _is_out_of_memory(error):
        return _fail(_OUT_OF_MEMORY, EXIT_FAILURE, debug)
    if isinstance(error, OSError) and error.errno:
        return _fail(_system(error), EXIT_FAILURE, debug)
    if not isinstance(error, Exception):
        raise error
    # A defect of seqtool: still one line, with the way to its traceback.
    text = f"unexpected {type(error).__name__}: {error}; this is a bug: run again with --debug and report it"
    return _fail(text, EXIT_FAILURE, debug)


def _came_of(error: BaseException, kinds: type[BaseException] | UnionType) -> bool:
    """Whether an error is of a kind, or was raised because of one; Typer's own exit names no cause."""
    reason = error.__context__ if isinstance(error, SystemExit) else error.__cause__
    return isinstance(error, kinds) or isinstance(reason, kinds)


def _is_out_of_memory(error: BaseException) -> bool:
    named = "allocate memory" in str(error) or type(error).__name__ == "OutOfMemoryError"
    return isinstance(error, MemoryError) or named


def _system(error: OSError) -> str:
    """What the system refused, where nothing closer to it has said so."""
    what = os.fspath(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else None
    name = os.fsdecode(what) if what is not None else None
    helps = remedy(error)
    if name is None and error.errno in (errno.ENOSPC, errno.EDQUOT):
        helps = f"{temporary_remedy(error)}; temporary files go to {_temporary_folder()}"
    said = f"{name}: {cause(error)}" if name else cause(error)
    return (f"{said}; {helps}" if helps else said) + _deleted_folder()


def _as_named(message: str) -> str:
    """A message in which the folder of an artifact that is held open stands by its name."""

    def name(held: re.Match[str]) -> str:
        with contextlib.suppress(OSError):
            folder = os.readlink(held[0])
            inside = os.path.relpath(folder)
            return folder if inside.startswith("..") else inside
        return held[0]

    return re.sub(r"/proc/self/fd/\d+", name, message)


def _deleted_folder() -> str:
    """What to add to an error where the current folder is gone, and relative names mean nothing."""
    try:
        os.getcwd()
    except OSError:
        return "; the current folder was deleted: change to another one with cd"
    return ""


def _temporary_folder() -> str:
    import tempfile

    return tempfile.gettempdir()


def _usage(error: typer.TyperException, arguments: Sequence[str]) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "seqtool"
    message = _shorter(" ".join(error.format_message().split()).rstrip(".").replace("Value error, ", ""))
    message = plain_value(message, arguments)
    option = getattr(error, "option_name", None)
    meant = with_option(option, context, arguments) if option and context else with_value(message, arguments)
    if meant:
        return f"{f'unknown option {option}' if option else message}; did you mean: {meant}"
    if message.startswith("Missing argument") and (shown := example(context)):
        return f"{message[0].lower()}{message[1:]}; for example: {shown}"
    return f"{message}{'' if message.endswith('?') else ';'} see {command} --help"


def _shorter(message: str) -> str:
    """What the parser says, in the words of the other errors."""
    message = re.sub(r"^Got unexpected extra arguments?(?:\(s\))? \((.*)\)$", r"too many arguments: \1", message)
    return re.sub(r"^No such option: ", "unknown option ", message)


def _help(text: str, debug: bool) -> int:
    """Print what was asked for without a command; the exit code."""
    try:
        print(text)  # not escaped for the terminal: its colors are ours
        flush()
    except Exception as error:
        return _failed(error, debug)
    return 0


def _fail(message: str, code: int, debug: bool) -> int:
    if debug:
        for line in traceback.format_exc().splitlines():
            say(line)
    _drop_stdout()
    say_last("error: " + " ".join(_as_named(message).split()))
    return code


def _reader_went_away() -> int:
    _drop_stdout()
    return EXIT_PIPE


def _drop_stdout() -> None:
    """What could not be written to stdout stays unwritten: Python would try, and complain, again at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _speak_utf8(stream: Any) -> None:
    """Write UTF-8 in every locale, stray bytes as they are; a lone surrogate, which is neither, as an escape."""
    if isinstance(stream, io.TextIOWrapper):
        with contextlib.suppress(OSError):  # it was read from already
            stream.reconfigure(encoding="utf-8", errors=stream.errors)
