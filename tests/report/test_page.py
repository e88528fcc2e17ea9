"""Law of the warning: it speaks where the test images are of few groups, and only there."""

import json

import pytest
from synthetic_runs import write_run

from leukgan.report.page import group_warnings
from leukgan.report.reading import read_run


@pytest.mark.parametrize(("groups", "told"), [(52, False), (40, False), (34, True), (8, True), (None, False)])
def test_few_groups_of_test_images_are_told(tmp_path, groups, told):
    write_run(tmp_path)
    path = tmp_path / "split-00" / "provenance.json"
    provenance = json.loads(path.read_text())
    if groups is not None:
        provenance["data"]["groups"] = {"train": 200, "validation": 0, "test": groups}
    path.write_text(json.dumps(provenance))
    warnings = group_warnings(read_run(tmp_path))
    assert len(warnings) == told
    if told:
        assert str(warnings[0]).startswith(f"Groups: the 52 test images of split-00 are of {groups} groups")
