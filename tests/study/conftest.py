from collections.abc import Iterator

import pytest
from apps import undrawn


@pytest.fixture(scope="module", autouse=True)
def _undrawn() -> Iterator[None]:
    with undrawn():
        yield
