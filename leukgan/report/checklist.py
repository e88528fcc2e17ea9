"""What a paper must say of a study, by items of CLAIM 2024 and TRIPOD+AI: filled in where the run knows the answer.

checklist.csv holds the items: what is asked, its numbers in both lists, what the run answers, and what only its authors
can say, with names in braces for what depends on the run.
"""

from collections.abc import Mapping
from importlib.resources import files
from io import StringIO

import pandas as pd

from leukgan.data.sources.registry import describe_source
from leukgan.presentation.formatting import LEAKY, UNVERIFIED, classifier_phrase, join_words, quantity
from leukgan.presentation.page import inline
from leukgan.presentation.tables import Column, Table
from leukgan.report.comparisons import is_multi_reader
from leukgan.report.results import Run
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS
from leukgan.study.audit import Audit

COLUMNS = (
    Column("Asked", "asked"),
    Column("CLAIM 2024", "claim"),
    Column("TRIPOD+AI", "tripod"),
    Column("This run", "known"),
    Column("You must say", "you_must_say"),
)


def checklist_table(run: Run, audits: Mapping[str, Audit]) -> Table:
    """The items that concern data, partitions, leakage, model selection, metrics, intervals, external test and code."""
    return Table(
        name="checklist",
        title=run.stamped("What a paper must say"),
        frame=checklist_items(run, audits),
        columns=COLUMNS,
        notes=(
            "Items in our own words, of those that concern data, partitions, leakage, choices, metrics, intervals, "
            "external tests and code. The numbers refer to CLAIM 2024 (Tejani and others, Radiology: Artificial "
            "Intelligence) and TRIPOD+AI (Collins and others, BMJ 2024); a journal may ask for the full lists.",
        ),
        grouped_by=Column("Topic", "topic"),
    )


def checklist_items(run: Run, audits: Mapping[str, Audit]) -> pd.DataFrame:
    """A row for each item that the run answers or its authors must, with the columns of checklist.csv."""
    text = files("leukgan.report").joinpath("checklist.csv").read_text(encoding="utf-8")
    items = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    values = _of_data(run) | _of_partitions(run, audits) | _of_model(run) | _of_evaluation(run)
    for column in ("known", "you_must_say"):
        items[column] = [cell.format_map(values) for cell in items[column]]
    return items[(items["known"] != "") | (items["you_must_say"] != "")]


def _of_data(run: Run) -> dict[str, object]:
    first = run.splits[0]
    data, augmentation = first.provenance["data"], first.config.get("augmentation", {})
    totals = {name: sum(part[name] for part in data["counts"].values()) for name in run.classes}
    counted = join_words([f"{count:,} of {name}" for name, count in totals.items()])
    used = (
        f"; augmentation of the GANs' images {augmentation['gan']}, of the sets with +aug {augmentation['classifiers']}"
        if {"gan", "classifiers"} <= set(augmentation)
        else ""
    )
    return {
        "source": f"{describe_source(data['source'])}; {counted}; fingerprint {data['fingerprint'][:16]}",
        "collected": "" if run.rendered else "who collected the images, where, when, for what, and by which right",
        "size": data["image_size"],
        "augmentation": used,
        "shares": ", ".join(f"{name} {count / sum(totals.values()):.0%}" for name, count in totals.items()),
    }


def _of_partitions(run: Run, audits: Mapping[str, Audit]) -> dict[str, object]:
    first = run.splits[0]
    data = first.provenance["data"]
    counts = {part: sum(of_class.values()) for part, of_class in data["counts"].items()}
    groups = first.test_groups
    alone = groups is None or groups == counts["test"]
    patients = "whether images of one patient can be in two parts: no groups such as patients are known here"

    # The chain of hashes tells of a leak, unless the rows bear a stamp already.
    links = sum(len(audit.held) for audit in audits.values())
    absent = sum(len(audit.absent) for audit in audits.values())
    walked = f"no: {links} links of the chain of hashes hold" + (f", {absent} could not be checked" if absent else "")
    stamped = {
        LEAKY: "LEAKY: the GAN was trained on test images in part of the splits",
        UNVERIFIED: "UNVERIFIED: not known of the generator of the images",
    }
    alarms = int(run.copying["alarm"].astype(str).eq("True").sum())
    copies = f"{alarms} of {len(run.copying)} comparisons of generated images with real ones raise the alarm"
    return {
        "split": first.name,
        "sizes": ", ".join(f"{part} {count:,}" for part, count in counts.items()),
        "grouped": "" if groups is None else f"; {counts['test']:,} test images in {quantity(groups, 'group')}",
        "patients": patients if alone else "",
        "leaks": stamped.get(run.stamp, walked),
        "origin": "" if first.given is None else "what the generator of the images was trained on",
        "copies": copies if len(run.copying) else "",
    }


def _of_model(run: Run) -> dict[str, object]:
    first = run.splits[0]
    config, gan = first.config, first.provenance["gan"]
    generation, held_out = config.get("generation", {}), first.provenance["data"]["counts"].get("validation", {})
    seen = "training and validation" if sum(held_out.values()) else "training"
    chosen = f"images {generation.get('selection', 'random')}"
    if gan:
        chosen = f"checkpoint {generation.get('checkpoint', 'last')}, {chosen}"
        chosen += "" if run.leaky else f"; choices see {seen} images alone"
    return {
        "maker": gan["name"] if gan else "a generator that leukgan did not train",
        "classifiers": join_words([*map(classifier_phrase, run.titles.values())]) if run.titles else "no classifier",
        "seed": first.provenance["seed"],
        "steps": f"generator steps {config['generator_steps']}; " if "generator_steps" in config else "",
        "parameters": f": {inline(gan.get('parameters', {}))}" if gan else "",
        "method": "" if gan else "the generator's method, settings and training images",
        "chosen": chosen,
    }


def _of_evaluation(run: Run) -> dict[str, object]:
    first, splits = run.splits[0].provenance, run.groups()[0]
    if len(splits) == 1:
        tests = "one split: exact McNemar test, or t test on the jackknife's error"
    elif is_multi_reader(run, splits):
        tests = f"{len(splits)} training sets, one set of test images: t test of the crossed design"
    else:
        tests = f"{len(splits)} splits: corrected resampled t test (Nadeau and Bengio, 2003)"

    given = run.predictions["probability"].notna().any()
    controls = [f"“{name}”" for name in sorted({*run.controls["control"]})]
    shifted = "; how far its images are from the training images: see the table of shift" if len(run.shift) else ""
    elsewhere = "that none was made: nothing here tells how it does elsewhere"
    return {
        "primary": CLASSIFIER_METRICS[run.primary].phrase,
        "secondary": join_words([metric.phrase for name, metric in CLASSIFIER_METRICS.items() if name != run.primary]),
        "calibration": "see the figure of reliability" if given else "no classifier gives probabilities",
        "tests": tests,
        "controls": f"controls: {join_words(controls)}" if controls else "",
        "explanations": "" if controls else "what else could explain the result",
        "external": f"tested on {join_words(run.external)}{shifted}" if run.external else "",
        "elsewhere": "where they are from, and how the patients differ" if run.external else elsewhere,
        "version": first["code_version"],
        "packages": inline(first["packages"]),
        "command": first["command"],
    }
