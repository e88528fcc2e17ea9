"""Laws of cases: what is written is what is measured, and nothing else is taken."""

import pytest

from leukgan.errors import InputError
from leukgan.tools.benchmark.cases import Case, case_of


@pytest.mark.parametrize("text", ["64-16-fp32", "256-1-bf16"])
def test_a_case_is_written_as_it_is_read(text):
    assert str(case_of(text)) == text


def test_a_case_is_image_size_width_and_precision():
    assert case_of("64-16-bf16") == Case(image_size=64, width=16, precision="bf16")


@pytest.mark.parametrize(
    "text", ["", "64", "64-16", "48-16-fp32", "64-0-fp32", "64-16-fp64", "64-16-fp32-cpu", "-64-16-fp32", "64-w16-fp32"]
)
def test_a_malformed_case_is_refused_with_what_is_allowed(text):
    with pytest.raises(InputError) as refused:
        case_of(text)
    message = str(refused.value)
    assert message.endswith(f"got {text}.")
    assert all(allowed in message for allowed in ("64-16-fp32", "32, 64, 128, 256", "at least 1", "fp32 or bf16"))


def test_half_precision_is_refused_for_its_range():
    with pytest.raises(InputError, match=r"can't have fp16, got 64-16-fp16: its range ends at 65504 .* take bf16"):
        case_of("64-16-fp16")
