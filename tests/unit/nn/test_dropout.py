import pytest
import torch

from seqtool.nn.layers.dropout import Dropout, EmbeddingDropout, LockedDropout, make_dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.65])
@pytest.mark.parametrize("kind", [Dropout, LockedDropout])
def test_share_dropped_and_scale(kind: type[Dropout] | type[LockedDropout], p: float) -> None:
    torch.manual_seed(0)
    y = kind(p)(torch.ones(10, 300, 200))
    assert (y == 0).float().mean().item() == pytest.approx(p, abs=0.01)
    assert y.max().item() == pytest.approx(1 / (1 - p), rel=1e-4)
    assert y.unique().numel() == 2
    assert y.mean().item() == pytest.approx(1, abs=0.02)


def test_plain_dropout_draws_every_number_independently() -> None:
    torch.manual_seed(0)
    kept = (Dropout(0.5)(torch.ones(400, 1001)) != 0).float() - 0.5
    for lag in (1, 2, 3, 4):
        assert abs((kept[:, lag:] * kept[:, :-lag]).mean().item()) < 0.003
    assert abs((kept[1:] * kept[:-1]).mean().item()) < 0.003


def test_locked_dropout_is_constant_over_time_only() -> None:
    torch.manual_seed(0)
    kept = LockedDropout(0.5)(torch.ones(7, 4, 50)) != 0
    assert (kept == kept[:1]).all()
    assert not (kept == kept[:, :1]).all()


def test_embedding_dropout_takes_whole_words_at_all_their_places() -> None:
    torch.manual_seed(0)
    ids = torch.randint(0, 30, (20, 10))
    kept = EmbeddingDropout(0.5)(torch.ones(20, 10, 6), ids, vocab_size=30) != 0
    assert (kept == kept[..., :1]).all()
    fates = {int(word): kept[..., 0][ids == word] for word in ids.unique()}
    assert all((fate == fate[0]).all() for fate in fates.values())
    assert {bool(fate[0]) for fate in fates.values()} == {True, False}


@pytest.mark.parametrize("kind", [Dropout, LockedDropout])
def test_gradient_passes_where_the_value_did(kind: type[Dropout] | type[LockedDropout]) -> None:
    x = torch.rand(3, 4, 5, requires_grad=True)
    y = kind(0.5)(x)
    y.sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad * x.detach(), y.detach())


@pytest.mark.parametrize("kind", [Dropout, LockedDropout])
def test_nothing_happens_in_evaluation_or_at_zero_and_all_goes_at_one(
    kind: type[Dropout] | type[LockedDropout],
) -> None:
    x = torch.randn(3, 4, 5)
    assert kind(0.5).eval()(x) is x
    assert kind(0.0)(x) is x
    assert (kind(1.0)(x) == 0).all()
    assert EmbeddingDropout(0.5).eval()(x, torch.zeros(3, 4), 9) is x


def test_same_seed_same_mask() -> None:
    masks = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        masks.append(Dropout(0.5)(torch.ones(1000)))
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])


def test_make_dropout() -> None:
    assert isinstance(make_dropout(0.3, locked=True), LockedDropout)
    assert isinstance(make_dropout(0.3, locked=False), Dropout)
