import pytest
import torch

from seqtool.errors import InputError, UsageError
from seqtool.nn import device


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some GPU")


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_auto_is_the_cpu_and_cuda_is_refused() -> None:
    chosen, reason = device.choose_device("auto")
    assert chosen.type == "cpu"
    assert "no CUDA device" in reason
    with pytest.raises(InputError, match="CUDA"):
        device.choose_device("cuda")
    with pytest.raises(UsageError, match="tpu"):
        device.choose_device("tpu")


@pytest.mark.usefixtures("one_gpu")
def test_with_a_gpu_auto_takes_it_and_cpu_does_not() -> None:
    chosen, reason = device.choose_device("auto")
    assert chosen == torch.device("cuda")
    assert "Some GPU" in reason
    assert device.choose_device("cpu")[0].type == "cpu"


@pytest.mark.parametrize(("flag", "expected"), [("amx_bf16", "bf16"), ("avx512_bf16", "bf16"), ("avx512_f", "fp32")])
def test_precision_follows_the_cpu(flag: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {flag: True})
    cpu = torch.device("cpu")
    assert device.choose_precision("auto", cpu)[0] == expected
    precision, reason = device.choose_precision("bf16", cpu)
    assert precision == "bf16"
    assert ("although" in reason) == (expected == "fp32")
    assert device.choose_precision("fp32", cpu)[0] == "fp32"
    with pytest.raises(UsageError, match="fp8"):
        device.choose_precision("fp8", cpu)


@pytest.mark.parametrize(("capability", "expected"), [((7, 5), "fp32"), ((8, 0), "bf16"), ((9, 0), "bf16")])
def test_precision_follows_the_gpu(capability: tuple[int, int], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert device.choose_precision("auto", torch.device("cuda"))[0] == expected


def test_random_state_goes_back_to_where_it_was() -> None:
    device.seed_everything(3)
    torch.rand(5)
    state = device.random_state()
    first = torch.rand(4)
    torch.rand(100)
    device.restore_random_state(state)
    assert torch.equal(torch.rand(4), first)
    assert all(part.dtype == torch.uint8 for part in state.values())
    device.seed_everything(3)
    assert torch.equal(device.random_state()["cpu"], (device.seed_everything(3), device.random_state()["cpu"])[1])


def test_same_seed_same_numbers() -> None:
    device.seed_everything(3)
    first = torch.rand(4)
    device.seed_everything(3)
    assert torch.equal(torch.rand(4), first)
    device.seed_everything(4)
    assert not torch.equal(torch.rand(4), first)


def test_threads() -> None:
    before = torch.get_num_threads()
    try:
        assert device.set_threads(1) == torch.get_num_threads() == 1
        assert device.set_threads(None) == 1
    finally:
        torch.set_num_threads(before)


def test_deterministic_goes_on_and_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    try:
        device.deterministic(True)
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        device.deterministic(False)
    assert not torch.are_deterministic_algorithms_enabled()
