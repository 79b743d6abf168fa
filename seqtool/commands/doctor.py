"""The doctor command, which checks texts."""

from __future__ import annotations

from typing import Annotated

from seqtool.commands.answers import Table
from seqtool.commands.declaration import PictureTarget
from seqtool.corpus.options import SUBWORD_TOKENIZERS, PreprocessOptions, SourceOptions
from seqtool.errors import UsageError
from seqtool.options import Argument


def doctor(
    texts: Annotated[list[str], Argument("texts: the first is the training text, the others are test texts")],
    *,
    target: PictureTarget,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
) -> Table:
    """Check texts for problems and estimate training costs.

    Reads texts and reports encoding errors, odd lines, duplicates, vocabulary size, the overlap between files, and
    the estimated time and memory of each training on this machine. If bytes are invalid, doctor guesses the
    encoding or replaces them, and says which.

    Without -o, doctor writes no files. With -o and an image name, it draws the curves of Zipf's and Heaps's laws; with
    -o and a folder name, it saves the findings for report. Run times are rough estimates for default options.

    Example: seqtool doctor corpus.txt
    """
    from seqtool.corpus.doctor.costs import cost_findings
    from seqtool.corpus.doctor.examine import COLUMNS, examine_texts
    from seqtool.corpus.options import thread_count
    from seqtool.evaluation.saved_answers import picture_output, tell_missing, told_when_drawn
    from seqtool.evaluation.saved_findings import save_findings
    from seqtool.vectors.plots.text_plot import draw_text_laws

    if preprocessing.tokenizer in SUBWORD_TOKENIZERS:
        raise UsageError(
            f"doctor cannot use --tokenizer {preprocessing.tokenizer}, which must be trained first",
            "use another tokenizer",
        )
    picture = picture_output(target.output)
    if target.output is not None and picture is None:
        return Table(COLUMNS, save_findings(texts, sources, preprocessing, target.output, target.overwrite))
    examined = examine_texts(texts, sources, preprocessing)
    if picture is not None:
        with told_when_drawn(picture):
            missing = draw_text_laws([text.inspection for text in examined], picture, target.overwrite)
        tell_missing(missing)
    examined[0].findings.extend(cost_findings(examined[0].inspection, thread_count(preprocessing.threads)))
    return Table(COLUMNS, [row for text in examined for row in text.rows()])
