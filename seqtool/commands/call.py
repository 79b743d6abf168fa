"""The commands as Python functions, with options as keywords. A path is a ``str`` or a path-like object.

If a command takes a text or corpus, its function also takes sentences (see `texts`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from seqtool import progress
from seqtool.artifact import files_read
from seqtool.artifact.scratch import filling, scratch_folder
from seqtool.commands.answers import Answer, Made
from seqtool.commands.conversion import converted, refuse_unknown
from seqtool.commands.declaration import Parameter, Target, bind_arguments, command_parameters, option_groups
from seqtool.commands.table import COMMANDS, Entry
from seqtool.commands.texts import TEXTS, in_memory, refuse_reading_options, with_corpus, write_text
from seqtool.errors import UsageError
from seqtool.options import Argument, documented, type_name

_TEXT = "path, list of Paths, or sentences"


@cache
def python_function(name: str) -> Callable[..., Answer]:
    """Return the function of a command by its Python name, such as ``train_lm``.

    Raises:
        KeyError: the command does not exist.
    """
    entry = COMMANDS[name.replace("_", "-")]
    parameters = {parameter.name: parameter for parameter in command_parameters(entry.function())}
    signature = build_signature(list(parameters.values()))

    def call(*args: Any, **keywords: Any) -> Answer:
        refuse_unknown(name, keywords, parameters)
        return _run(entry, parameters, signature.bind(*args, **keywords).arguments)

    call.__name__ = call.__qualname__ = name
    call.__module__ = "seqtool"
    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__doc__ = documentation(entry, list(parameters.values()))
    return call


def _run(entry: Entry, parameters: Mapping[str, Parameter], given: Mapping[str, Any]) -> Answer:
    """Call the command. Sentences in memory exist as temporary files until the answer is complete."""
    function = entry.function()
    names_its_result = any(issubclass(group, Target) for group in option_groups(function).values())
    progress.begin()
    files_read.begin()
    sentences = [name for name, value in given.items() if name in TEXTS and in_memory(value)]
    with scratch_folder() as folder:
        output = given.get("output")
        if sentences and output is None and names_its_result:
            raise UsageError(f"cannot derive an output name, as {sentences[0]} is not a file", "give output=")
        if sentences:
            refuse_reading_options(sentences[0], given)
        with filling(folder):
            files = {name: write_text(name, given[name], folder, output) for name in sentences}
        values = {name: converted(parameters[name], value) for name, value in (dict(given) | files).items()}
        whole = {name: values.get(name, parameter.default) for name, parameter in parameters.items()}
        arguments = bind_arguments(function, whole, values, entry.known_presets())
        if "corpus" in files and names_its_result:
            arguments = with_corpus(arguments, values["output"], bool(values.get("overwrite")))
        answer: Answer = function(**arguments)
        answer.complete()
    for made in (*answer.made, *([answer] if isinstance(answer, Made) else [])):
        progress.note(made.outcome)
    for line in answer.notes:
        progress.note(line)
    if answer.error is not None:
        raise answer.error
    return answer


def build_signature(parameters: list[Parameter]) -> inspect.Signature:
    """Build a signature: arguments by position or name, options by name only, texts annotated in words."""
    made = []
    for parameter in parameters:
        argument = isinstance(parameter.details, Argument)
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if argument else inspect.Parameter.KEYWORD_ONLY
        hint = _TEXT if parameter.name in TEXTS else parameter.hint
        made.append(inspect.Parameter(parameter.name, kind, default=parameter.default, annotation=hint))
    return inspect.Signature(made)


def documentation(entry: Entry, parameters: list[Parameter]) -> str:
    """Return the command's help with one line per option, as ``help(seqtool.train_lm)`` shows it."""
    text, _, example = (inspect.getdoc(entry.function()) or entry.help).partition("Example: ")
    lines = [text.rstrip(), "", *(["On the command line: " + example, ""] if example else []), "Args:"]
    for one in parameters:
        kind = _TEXT if one.name in TEXTS else type_name(one.hint)
        lines.append(f"    {documented(one.name, kind, one.details, one.default)}")
    return "\n".join(lines)
