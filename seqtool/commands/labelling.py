"""The command train-classifier."""

from __future__ import annotations

from typing import Annotated

from seqtool.commands.answers import Answer
from seqtool.commands.declaration import PresetName, TargetOfText
from seqtool.commands.training import described, made_model, validation_scores
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.labelling.options import ClassifierOptions, ClassifierTraining, LabelledTexts, Validation
from seqtool.options import Argument, Option


def train_classifier(
    texts: Annotated[str, Argument("labelled texts: label TAB text, __label__x text, .csv, .jsonl, .parquet, hf:")],
    preset: PresetName = None,
    linear: Annotated[bool, Option("say how well linear classifiers do beside it (--arch tfidf: one alone)")] = False,
    *,
    target: TargetOfText,
    labelled: LabelledTexts,
    validation: Validation,
    model: ClassifierOptions,
    training: ClassifierTraining,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    """Train a model that gives each text a label: recurrent, or logistic regression on TF-IDF or word vectors.

    The texts are first made into a corpus beside them. Run the same command again after an interruption and the
    training goes on where it stood.

    Example: seqtool train-classifier reviews.tsv --tokenizer word --lower -o reviews.classifier
    """
    from seqtool.labelling.classification.plan import train_classifier as train
    from seqtool.labelling.classification.planning import check, plan
    from seqtool.labelling.classification.texts import LabelledReader
    from seqtool.nn.training.distributed import training_world

    reader = LabelledReader(texts, labelled, validation, model, sources, preprocessing)
    written = explicit - set(ClassifierOptions.__dataclass_fields__)
    with training_world() as world:
        check(model, linear)
        reader.check()
        output = target.output or reader.default_output()
        with world.first_process_first():
            like = reader.text_processor(written, output, target.overwrite and not world.rank)
        with reader.open(like) as (data, given):
            planned = plan(data, given, like, model, training, validation.valid_share, linear)
            if target.dry_run:
                return described(planned, world.rank)
            return made_model(train(planned, output, target.overwrite), world.rank, validation_scores)
