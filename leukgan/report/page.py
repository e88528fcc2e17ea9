"""Values of report.html, whose sentences are in the template: the answer first, then everything that it rests on."""

from collections.abc import Iterator, Mapping, Sequence

from leukgan.classification import TRAINING_SETS, blocks
from leukgan.data.sources.registry import describe_source
from leukgan.gans import gan_title
from leukgan.presentation.figures import Figure
from leukgan.presentation.formatting import LEAKY, UNVERIFIED, classifier_phrase, join_words, quantity
from leukgan.presentation.page import Statement, inline, render_template
from leukgan.presentation.tables import Table
from leukgan.report.comparisons import is_multi_reader
from leukgan.report.headline import set_phrase
from leukgan.report.power import count_comparisons, describe_power
from leukgan.report.quality_table import describe_realism
from leukgan.report.results import Run
from leukgan.report.splits import Split
from leukgan.study.audit import Audit
from leukgan.study.training_faults import find_training_faults

ALIKE = 1.5  # images in a group, from which on a test that counts images is too sure


def render_report(
    run: Run,
    answers: Sequence[Statement],
    warnings: Sequence[Statement],
    tables: Mapping[str, Table],
    figures: Mapping[str, Sequence[Figure]],
    audits: Mapping[str, Audit],
    readers: Statement | None,
) -> str:
    """The page's HTML: the answer and that of each external set, tables by name, figures by section, audits by split.

    `readers` is the answer of a reader test.
    """
    first = run.splits[0]
    data, gan = first.provenance["data"], first.provenance["gan"]
    trained = {name: set(run.scores[name]) for name in ("classifier", "training_set")}

    return render_template(
        "report/report.html.j2",
        LEAKY=LEAKY,
        UNVERIFIED=UNVERIFIED,
        run=run,
        first=first,
        data=data,
        config=first.config,
        name=str(first.config.get("name", run.folder.name)),
        source=describe_source(data["source"]),
        gan=gan_title(gan["name"]) if gan else None,
        given=first.given,
        made=_describe_generation(first.config.get("generation", {}).get("per_class"), first.given is not None),
        clean=[split.name for split in run.splits if not split.stamp],
        unverified=[split.name for split in run.splits if split.stamp == UNVERIFIED],
        leaky=[split.name for split in run.splits if split.leaky],
        answers=answers,
        realism=describe_realism(run),
        warnings=warnings,
        power=list(_power(run)),
        classifiers=[classifier_phrase(title) for name, title in run.titles.items() if name in trained["classifier"]],
        training_sets=[_images_of(name) for name in TRAINING_SETS if name in trained["training_set"]],
        tables=tables,
        figures=figures,
        audits=audits,
        readers=readers,
        settings=list(_settings(run)),
        durations={split.name: _durations(split) for split in run.splits},
        chain=list(_leaves(first.provenance["chain"])),
    )


def group_warnings(run: Run) -> list[Statement]:
    """A warning if the test images are of few groups: there are fewer independent images than images."""
    external = run.splits[0].provenance["data"].get("external", {})
    tested = [
        *((f"test images of {split.name}", split.real_images[1], split.test_groups) for split in run.splits),
        *((f"images of {name}", sum(found["counts"].values()), found["groups"]) for name, found in external.items()),
    ]
    for what, images, groups in tested:
        if groups and images >= ALIKE * groups:
            text = (
                f"the {images} {what} are of {groups} groups, such as patients. Images of one group are alike, and the "
                "tests count images as independent: intervals are too narrow and p values too small, most of all with "
                "one split."
            )
            return [Statement("Groups", text)]
    return []


def training_warnings(run: Run) -> list[Statement]:
    """A warning for each fault of a GAN's training, in any split."""
    return [
        Statement("Training", f"of the GAN of {name} ({split.name}): {fault}")
        for split in run.splits
        for name, folder in split.gans().items()
        for fault in find_training_faults(folder)
    ]


def _images_of(training_set: str) -> str:
    words = set_phrase(training_set)
    return f"{words} images" if len(blocks(training_set)) > 1 else f"{words} images only"


def _describe_generation(per_class: object, given: bool) -> str:
    """How many images were drawn, or taken of given ones, by generation.per_class; nothing if it is not known."""
    if isinstance(per_class, dict):
        made = [f"{count:,} of {name}" if count else f"none of {name}" for name, count in per_class.items()]
        return f"images were then {'taken' if given else 'made'}: {join_words(made)}"
    found = per_class if isinstance(per_class, list) else [per_class]
    numbers = [number for number in found if isinstance(number, int) and number]
    if not numbers:
        return ""
    *smaller, largest = sorted(numbers)
    count = quantity(largest, "image")
    origin = f"{count} of each class were taken" if given else f"each then made {count}"
    if not smaller:
        return origin
    return f"{origin}, of which classifiers were also trained with the first {join_words([*map(str, smaller)])}"


def _power(run: Run) -> Iterator[Statement]:
    """The gains that the design of each protocol's splits could find."""
    for splits in run.groups():
        scores = run.scores[run.scores["folder"] == splits[0].name]
        family = count_comparisons(sorted({*scores["classifier"]}), sorted({*scores["training_set"]}))
        if family:
            n_train, n_test = splits[0].real_images
            disjoint = is_multi_reader(run, splits)
            yield describe_power(len(splits), n_test, n_train, family, disjoint_training_sets=disjoint)


def _settings(run: Run) -> Iterator[tuple[str, str]]:
    """Each classifier's title and the settings in which it differs from the paper's recipe."""
    for name, settings in dict(run.splits[0].config.get("classifier") or {}).items():
        changed = {key: value for key, value in settings.items() if key not in ("_target_", "seed", "weights")}
        if name in run.titles:
            yield run.titles[name], inline(changed) or "the paper's settings"


def _durations(split: Split) -> str:
    stages = split.provenance["seconds"]
    return ", ".join(f"{stage} {_duration(float(seconds))}" for stage, seconds in stages.items()) or "not recorded"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _leaves(tree: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Leaves of a tree of dicts as dotted names and shortened hashes."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        text = str(tree)
        yield prefix, text if len(text) <= 24 else f"{text[:16]}…"
