"""How data.external names test sets."""

import pytest

from leukgan.config.parts import external_sets
from leukgan.config.targets import check_targets
from leukgan.errors import InputError


def test_a_path_is_named_after_its_folder_or_csv_file(tmp_path):
    assert external_sets(None) == external_sets({}) == {}
    assert external_sets("cells/hospital_b/") == {"hospital_b": {"root": "cells/hospital_b/"}}
    assert external_sets(["cells/b", "c.CSV"]) == {"b": {"root": "cells/b"}, "c": {"table": "c.CSV"}}
    (tmp_path / "d.csv").mkdir()
    assert external_sets(str(tmp_path / "d.csv")) == {"d": {"root": str(tmp_path / "d.csv")}}


def test_names_may_be_given_to_paths_and_to_settings_of_a_source():
    given = {"b": "cells", 7: {"table": "c.csv", "label_column": "diagnosis"}}
    assert external_sets(given) == {"b": {"root": "cells"}, "7": {"table": "c.csv", "label_column": "diagnosis"}}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("hospital b", "'hospital b' can't name a test set"),
        ({"real": "b"}, "'real' can't name a test set"),
        ({"Generated": "b"}, "other than real and generated"),
        ({"../b": "b"}, "can't name"),
        (["a/cells", "b/Cells"], "two test sets 'Cells'; give names"),
        ({"b": 3}, "a folder, a csv file, or several by name, got 3"),
        ({"b": ""}, "got ''"),
        (7, "got 7"),
    ],
)
def test_what_names_no_test_set_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        external_sets(given)


@pytest.mark.parametrize("place", ["data.external.b", "external.b"])
def test_an_external_set_may_name_a_data_source_and_no_other_code(place):
    *groups, name = place.split(".")

    def settings(target):
        tree = {name: {"_target_": target}}
        for group in reversed(groups):
            tree = {group: tree}
        return tree

    check_targets(settings("leukgan.data.sources.all_idb2.list_all_idb2"), [])
    for target in ("os.system", "leukgan.gans.WGANGP", "lightning.pytorch.callbacks.Timer"):
        with pytest.raises(InputError, match="names code that settings may not run there"):
            check_targets(settings(target), [])
