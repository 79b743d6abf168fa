"""Options with which a network trains in a moment."""


def tiny(width: int, batch: int, *more: str) -> tuple[str, ...]:
    """Layers ``width`` wide and batches of ``batch`` on one thread, and ``more`` options."""
    sizes = ("--emb-dim", str(width), "--hidden-dim", str(width), "--batch-size", str(batch))
    return (*sizes, "--threads", "1", "--precision", "fp32", *more)


TINY = tiny(8, 4, "--layers", "1", "--bptt", "5")
