"""Which kinds of cells make a class."""

import pytest

from leukgan.data.members import labels_of_kinds
from leukgan.errors import InputError

PRESENT = ("blast", "lymphocyte", "monocyte", "neutrophil")
CLASSES = ("healthy", "leukemia")


def labels(members, classes=CLASSES, present=PRESENT):
    return labels_of_kinds(classes, members, present, "the data has the folders")


def test_without_members_a_class_is_the_kind_of_its_name():
    assert labels(None, classes=("monocyte", "blast")) == {"monocyte": 0, "blast": 1}
    assert labels({}, classes=("blast", "monocyte")) == {"blast": 0, "monocyte": 1}


def test_a_class_has_the_kinds_that_it_names():
    found = labels({"healthy": ["lymphocyte", "monocyte"], "leukemia": "blast"})
    assert found == {"lymphocyte": 0, "monocyte": 0, "blast": 1}
    assert labels({"healthy": ["lymphocyte"]}, classes=("healthy", "blast")) == {"lymphocyte": 0, "blast": 1}


@pytest.mark.parametrize("members", [{"healthy": "*", "leukemia": ["blast"]}, {"leukemia": "blast", "healthy": ["*"]}])
def test_the_rest_is_all_that_the_other_class_leaves(members):
    assert labels(members) == {"lymphocyte": 0, "monocyte": 0, "neutrophil": 0, "blast": 1}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ("healthy", "data.members must name the kinds of a class, as in"),
        ({"healthy": None}, "data.members must name the kinds of a class"),
        ({"healthy": 16}, "data.members must name the kinds of a class"),
        ({"blast": ["monocyte"]}, "data.members has 'blast', which is none of data.classes=healthy,leukemia"),
        ({"healthy": "basophil", "leukemia": "blast"}, "neutrophil, and data.members asks for 'basophil'. A class of"),
        ({"healthy": "monocyte"}, "and data.classes asks for 'leukemia'"),
        ({"healthy": ["blast", "monocyte"], "leukemia": "blast"}, "'blast' in both classes"),
        ({"healthy": "*", "leukemia": "*"}, "'\\*' for both classes"),
        ({"healthy": "*", "leukemia": list(PRESENT)}, "data.members leaves none of them for class healthy"),
        ({"healthy": [], "leukemia": "blast"}, "leaves none of them for class healthy"),
    ],
)
def test_kinds_that_make_no_two_classes_are_refused(members, said):
    with pytest.raises(InputError, match=said):
        labels(members)
