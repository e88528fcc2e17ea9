"""Laws of a run folder's tables: what was written as text is read as that text, and damage is a sentence."""

import pandas as pd
import pytest

from leukgan.errors import InputError
from leukgan.run_folder.files import read_rows

PAIRS = [("0", "1"), ("01", "02"), ("1e3", "2e3"), ("true", "false"), ("NA", "None"), ("null", "nan"), ("", "inf")]


@pytest.mark.parametrize("names", PAIRS)
def test_names_that_look_like_something_else_stay_text(tmp_path, names):
    written = pd.DataFrame({"class": names, "image": names[::-1], "kid": [0.5, float("nan")]})
    written.to_csv(tmp_path / "table.csv", index=False)
    pd.testing.assert_frame_equal(read_rows(tmp_path / "table.csv"), written)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2,3\n4,5,6,7\n", b'a,b\n"1,2\n', b"a\n\xff\xfe\n"])
def test_damage_is_a_sentence_that_names_the_file(tmp_path, content):
    path = tmp_path / "scores.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"^{path} is damaged \(.*\); delete {path}, "):
        read_rows(path)
