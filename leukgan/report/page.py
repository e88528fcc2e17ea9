"""report.html: the answer first, then everything it rests on, in one file that needs no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from leukgan.data.sources.registry import describe_source
from leukgan.presentation.figures import Figure
from leukgan.presentation.formatting import LEAKY, classifier_phrase, join_words, quantity
from leukgan.presentation.page import inline, render_template
from leukgan.presentation.tables import Table
from leukgan.report.design import comparisons_of, design_sentence
from leukgan.report.over_splits import crossed
from leukgan.report.results import TRAINING_SETS, Run, Split
from leukgan.study.audit import Audit

GANS = {"WGANGP": "WGAN-GP", "InfoWGANGP": "Info-WGAN-GP"}
SET_WORDS = {
    "real": "real images only",
    "real+aug": "real and rotated images",
    "real+gen": "real and generated images",
    "real+aug+gen": "real, rotated and generated images",
}


def render(
    run: Run,
    answer: str,
    warnings: Sequence[str],
    tables: Mapping[str, Table],
    figures: Sequence[Figure],
    audits: Mapping[str, Audit],
) -> str:
    """The page's HTML.

    Args:
        run: What is reported.
        answer: In a sentence.
        warnings: What must be read before anything is believed.
        tables: By name.
        figures: In order.
        audits: By the split's name.
    """
    lead, colon, rest = answer.partition(":")
    clean, leaky = ([s.name for s in run.splits if s.leaky == wanted] for wanted in (False, True))
    return render_template(
        "report/report.html.j2",
        run=run,
        name=str(run.splits[0].config.get("name", run.folder.name)),
        lead=lead + colon,
        rest=rest,
        warnings=warnings,
        audits=audits,
        tables=tables,
        figures=_by_section(figures),
        first=run.splits[0],
        source=describe_source(_data(run)["source"]),
        design=list(_design(run)),
        reach=list(_reach(run)),
        classifiers=list(_classifiers(run)),
        clean=clean,
        leaky=leaky,
        LEAKY=LEAKY,
        seconds=_seconds,
        chain=list(_flat(run.splits[0].provenance["chain"])),
        join_words=join_words,
    )


def _data(run: Run) -> dict[str, Any]:
    return dict(run.splits[0].provenance["data"])


def _design(run: Run) -> Iterator[str]:
    """What was done, in sentences; what the configuration does not tell is left out."""
    first, negative_positive = run.splits[0], run.classes
    data, config = _data(run), first.config
    size = data["image_size"]
    parts = {
        part: f"{sum(counts.values()):,} ({join_words([f'{counts[name]:,} {name}' for name in negative_positive])})"
        for part, counts in data["counts"].items()
        if sum(counts.values())
    }
    validation = f", {parts['validation']} validation images" if "validation" in parts else ""
    splits = "" if len(run.splits) == 1 else f", in {first.name} of {quantity(len(run.splits), 'split')}"
    yield (
        f"The data, {describe_source(data['source'])}, {size} × {size} pixels, was split into "
        f"{parts['train']} training images{validation} and {parts['test']} test images{splits}."
    )
    seen = {False: "the training images only", True: "all images, test images included,"}
    protocols = {split.leaky for split in run.splits}
    saw = seen[first.leaky] if len(protocols) == 1 else "the training images only, in some splits from all images,"
    steps = f" for {quantity(int(config['generator_steps']), 'generator step')}" if "generator_steps" in config else ""
    per_class = dict(config.get("generation") or {}).get("per_class")
    made = f"; each then made {quantity(int(per_class), 'image')}" if per_class is not None else ""
    gan = GANS.get(first.provenance["gan"]["name"], first.provenance["gan"]["name"])
    gans = "One GAN of both classes" if first.conditional else "One GAN a class"
    yield f"{gans} ({gan}) learned from {saw}{steps}{made}."
    yield from _choices(config)
    keys = {key for split in run.splits for key in split.counts}
    names = [classifier_phrase(title) for name, title in run.titles.items() if any(key[0] == name for key in keys)]
    if names:
        sets = join_words([SET_WORDS[name] for name in TRAINING_SETS if any(key[1] == name for key in keys)])
        each = "was trained on" if len(names) == 1 else "were each trained on"
        unseen = "which the GAN had seen" if run.leaky else "which neither GAN nor classifier had seen"
        text = f"{join_words(names)} {each} {sets}, and tested on real images, {unseen}"
        yield f"{text[0].upper()}{text[1:]}{' in the leaky splits' if len(run.groups()) > 1 else ''}."


def _reach(run: Run) -> Iterator[str]:
    """What the design could find, in a sentence for each protocol."""
    for group in run.groups():
        classifiers, training_sets, _ = ({key[i] for key in group[0].counts} for i in range(3))
        family = comparisons_of(sorted(classifiers), sorted(training_sets))
        if family:
            n_train, n_test = group[0].real_images
            yield design_sentence(len(group), n_test, n_train, family, own_training_images=crossed(group))


def _choices(config: Mapping[str, Any]) -> Iterator[str]:
    """How checkpoints and images were chosen, where they were."""
    generation = dict(config.get("generation") or {})
    selection = generation.get("selection", "random")
    if selection != "random":
        candidates = generation.get("candidates")
        yield (
            f"The images were chosen from {candidates} times as many by generation.selection={selection}; the table of "
            "quality shows what that adds."
        )


def _classifiers(run: Run) -> Iterator[tuple[str, str]]:
    """Each classifier's title and the settings in which it differs from the paper's recipe."""
    for name, settings in dict(run.splits[0].config.get("classifier") or {}).items():
        changed = {key: value for key, value in settings.items() if key not in ("_target_", "seed", "weights")}
        if name in run.titles:
            yield run.titles[name], inline(changed) or "the paper's settings"


def _by_section(figures: Sequence[Figure]) -> dict[str, list[Figure]]:
    starts = {
        "differences": ("differences",),
        "beside": ("real_vs_generated_",),
        "loss": ("loss_by_",),
        "grids": ("generated_",),
        "copies": ("closest_pairs_",),
        "cells": ("measurements_",),
        "masks": ("masks",),
        "gan": ("gan_",),
        "turned": ("augmentation_",),
    }
    return {section: [f for f in figures if f.name.startswith(start)] for section, start in starts.items()}


def _seconds(split: Split) -> str:
    stages = split.provenance["seconds"]
    return ", ".join(f"{stage} {_duration(float(seconds))}" for stage, seconds in stages.items()) or "not recorded"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _flat(tree: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Leaves of a tree of dicts as dotted names and shortened hashes."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        text = str(tree)
        yield prefix, text if len(text) <= 24 else f"{text[:16]}…"
