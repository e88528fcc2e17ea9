"""What a paper must say of a study, by items of CLAIM 2024 and TRIPOD+AI: filled in where the run knows the answer."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from leukgan.data.sources.registry import describe_source
from leukgan.presentation.formatting import LEAKY, UNVERIFIED, classifier_phrase, join_words, quantity
from leukgan.presentation.page import inline
from leukgan.presentation.tables import Column, Table
from leukgan.report.comparisons import is_multi_reader
from leukgan.report.results import Run
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS
from leukgan.study.audit import Audit


@dataclass(frozen=True)
class Item:
    """One item: what is asked, its numbers in both lists, what the run answers, and what only its authors can."""

    topic: str
    asked: str
    claim: str
    tripod: str
    known: str = ""
    you_must_say: str = ""


COLUMNS = (
    Column("Asked", "asked"),
    Column("CLAIM 2024", "claim"),
    Column("TRIPOD+AI", "tripod"),
    Column("This run", "known"),
    Column("You must say", "you_must_say"),
)


def checklist_table(run: Run, audits: Mapping[str, Audit]) -> Table:
    """The items that concern data, partitions, leakage, model selection, metrics, intervals, external test and code."""
    frame = pd.DataFrame(map(asdict, checklist_items(run, audits)))
    return Table(
        name="checklist",
        title=run.stamped("What a paper must say"),
        frame=frame,
        columns=COLUMNS,
        notes=(
            "Items in our own words, of those that concern data, partitions, leakage, choices, metrics, intervals, "
            "external tests and code. The numbers refer to CLAIM 2024 (Tejani and others, Radiology: Artificial "
            "Intelligence) and TRIPOD+AI (Collins and others, BMJ 2024); a journal may ask for the full lists.",
        ),
        numbers=frame,
        grouped_by=Column("Topic", "topic"),
    )


def checklist_items(run: Run, audits: Mapping[str, Audit]) -> Iterator[Item]:
    """All items in the order of a paper."""
    yield from _data(run)
    yield from _partitions(run, audits)
    yield from _model(run)
    yield from _evaluation(run)
    yield from _code(run)


def _data(run: Run) -> Iterator[Item]:
    first = run.splits[0]
    data = first.provenance["data"]
    size, augmentation = data["image_size"], first.config.get("augmentation", {})
    totals = {name: sum(part[name] for part in data["counts"].values()) for name in run.classes}
    counted = join_words([f"{count:,} of {name}" for name, count in totals.items()])
    source = f"{describe_source(data['source'])}; {counted}; fingerprint {data['fingerprint'][:16]}"
    prepared = f"decoded and resized once to {size} × {size} pixels" + (
        f"; augmentation of the GANs' images {augmentation['gan']}, of the sets with +aug {augmentation['classifiers']}"
        if {"gan", "classifiers"} <= set(augmentation)
        else ""
    )
    shares = ", ".join(f"{name} {count / sum(totals.values()):.0%}" for name, count in totals.items())

    rendered = "" if run.rendered else "who collected the images, where, when, for what, and by which right"
    yield Item("Data", "Where the images are from", "7", "5a, 5b, 6a", source, rendered)
    yield Item("Data", "Who was included and left out", "8, 10", "6b", "", "criteria, and how many were left out")
    yield Item("Data", "How images were taken", "13", "7", "", "camera, magnification and stain, of each site")
    yield Item("Data", "How images were prepared", "9", "7", prepared)
    yield Item("Data", "De-identification and ethics", "11", "17", "", "how, and which board approved")
    yield Item("Data", "Missing or unusable images", "12", "11", "", "how many, why, and what was done with them")
    yield Item("Data", "Shares of the classes", "36", "13", shares, "whether patients come in these shares")
    yield Item(
        "Data", "What makes a label true", "14 to 18", "8a, 8b", "", "method, annotators, and how far they agree"
    )


def _partitions(run: Run, audits: Mapping[str, Audit]) -> Iterator[Item]:
    first = run.splits[0]
    data = first.provenance["data"]
    counts = {part: sum(of_class.values()) for part, of_class in data["counts"].items()}
    sizes = ", ".join(f"{part} {count:,}" for part, count in counts.items())
    groups = data.get("groups", {}).get("test")
    level = "images that show the same, and images of one named group, are in one part"
    if groups is not None:
        level += f"; {counts['test']:,} test images in {quantity(groups, 'group')}"
    alone = groups is None or groups == counts["test"]
    patients = "whether images of one patient can be in two parts: no groups such as patients are known here"
    links = sum(len(audit.held) for audit in audits.values())
    absent = sum(len(audit.absent) for audit in audits.values())
    walked = f"no: {links} links of the chain of hashes hold" + (f", {absent} could not be checked" if absent else "")

    yield Item(
        "Partitions", "How images were assigned", "19", "12a", f"at random by class and seed, in {first.name}: {sizes}"
    )
    yield Item("Partitions", "Level at which parts are disjoint", "20", "12a", level, patients if alone else "")
    yield Item("Partitions", "Number of images", "21", "10", "see Design above", "why this number")
    leaks = {
        LEAKY: "LEAKY: the GAN was trained on test images in part of the splits",
        UNVERIFIED: "UNVERIFIED: not known of the generator of the images",
    }.get(run.stamp, walked)
    origin = "" if first.given is None else "what the generator of the images was trained on"
    yield Item("Leakage", "Whether training saw test images", "20, 32", "12a", leaks, origin)
    if len(run.copying):
        alarms = int(run.copying["alarm"].astype(str).eq("True").sum())
        copies = f"{alarms} of {len(run.copying)} comparisons of generated images with real ones raise the alarm"
        yield Item("Leakage", "Whether generated images are copies of real ones", "–", "–", copies)


def _model(run: Run) -> Iterator[Item]:
    first = run.splits[0]
    config: dict[str, Any] = first.config
    gan, generation = first.provenance["gan"], config.get("generation", {})
    titles = join_words([classifier_phrase(title) for title in run.titles.values()]) if run.titles else "no classifier"
    maker = gan["name"] if gan else "a generator that leukgan did not train"
    trained = f"{maker}: {inline(gan.get('parameters', {}))}" if gan else maker
    steps = f"generator steps {config['generator_steps']}; " if "generator_steps" in config else ""
    checkpoint = f"checkpoint {generation.get('checkpoint', 'last')}, " if gan else ""
    chosen = f"{checkpoint}images {generation.get('selection', 'random')}"

    held_out = first.provenance["data"]["counts"].get("validation", {})
    seen = "training and validation" if sum(held_out.values()) else "training"
    yield Item("Model", "What was trained", "22", "12c", f"{maker} and {titles}")
    yield Item(
        "Model",
        "How it began and was trained",
        "24, 25",
        "12c",
        f"seed {first.provenance['seed']}; {steps}{trained}",
        "" if gan else "the generator's method, settings and training images",
    )
    yield Item(
        "Model selection",
        "How the final model was chosen",
        "26",
        "12c",
        chosen if run.leaky or not gan else f"{chosen}; choices see {seen} images alone",
        "how many settings were tried, and whether test results were known when these were chosen",
    )


def _evaluation(run: Run) -> Iterator[Item]:
    first = run.splits[0]
    primary = CLASSIFIER_METRICS[run.primary].phrase
    others = join_words([metric.phrase for name, metric in CLASSIFIER_METRICS.items() if name != run.primary])
    splits = run.groups()[0]
    if len(splits) == 1:
        tests = "one split: exact McNemar test, or t test on the jackknife's error"
    elif is_multi_reader(run, splits):
        tests = f"{len(splits)} training sets, one set of test images: t test of the crossed design"
    else:
        tests = f"{len(splits)} splits: corrected resampled t test (Nadeau and Bengio, 2003)"
    given = run.predictions["probability"].notna().any()
    shifted = "; how far its images are from the training images: see the table of shift" if len(run.shift) else ""

    named = f"primary, named beforehand: {primary}; secondary: {others}"
    yield Item("Metrics", "Which metrics, and which one decides", "28", "12e", named)
    yield Item("Metrics", "The cut between the classes", "28", "15", "score 0; probability 0.5 where one is given")
    calibration = "see the figure of reliability" if given else "no classifier gives probabilities"
    yield Item("Metrics", "Calibration", "28", "12e", calibration)
    yield Item(
        "Intervals", "Uncertainty and tests", "29, 37, 38", "12e, 23a", f"{tests}; 95% intervals; Holm's correction"
    )
    controls = sorted({*run.controls["control"]})
    robust = join_words([f"“{name}”" for name in controls]) if controls else ""
    wanted = "" if controls else "what else could explain the result"
    yield Item("Intervals", "Robustness", "30", "12e", f"controls: {robust}" if controls else "", wanted)
    yield Item(
        "Metrics", "Images that were got wrong", "39", "–", f"listed in {first.name}/predictions.csv", "what they show"
    )
    yield Item(
        "Metrics", "Groups of patients", "36", "14", "", "results by sex, age, subtype and site, if these are known"
    )
    yield Item(
        "External test",
        "Test on data from elsewhere",
        "33",
        "12a, 16",
        f"tested on {join_words(run.external)}{shifted}" if run.external else "",
        "where they are from, and how the patients differ"
        if run.external
        else "that none was made: nothing here tells how it does elsewhere",
    )


def _code(run: Run) -> Iterator[Item]:
    first = run.splits[0].provenance
    version = f"leukgan {first['code_version']}; {inline(first['packages'])}"
    yield Item("Code", "Software and versions", "23", "18f", version)
    yield Item("Code", "How to repeat it", "42", "18f", str(first["command"]))
    yield Item(
        "Code", "Where code, data and models can be had", "43", "18e, 18f", "", "addresses, or why there are none"
    )
