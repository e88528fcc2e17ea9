"""The whole way for one split or several: images, split, GANs, generated images, classifiers, report."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import StudySettings
from leukgan.errors import TrainingDiverged
from leukgan.presentation.console import each, status, stderr_console, within


@app("study", trains=True)
def main(config: StudySettings) -> Path:
    from leukgan.report import count_comparisons, describe_power, write_report
    from leukgan.search.jobs import does_some_splits, rounds_of_jobs
    from leukgan.study import SplitStudy, build_study, refuse_test_copies

    study, indices = build_study(config), config.split.chosen()
    console = stderr_console()
    console.print(study.describe_memory())

    first = study.split(indices[0])
    family = count_comparisons(config.classifiers, config.training_sets)
    if family and not does_some_splits():
        own, sizes = study.own_training_images, (len(first.test), len(first.train))
        console.print(str(describe_power(len(indices), *sizes, family, disjoint_training_sets=own)))

    diverged: dict[int, TrainingDiverged] = {}
    for position, index in enumerate(each(indices, "splits")):
        split = SplitStudy(study, index)
        console.print(f"Split {index}: {len(split.split.train)} training and {len(split.split.test)} test images")
        split.prepare()
        try:
            split.train_gans(rounds=rounds_of_jobs() * (len(indices) - position))
        except TrainingDiverged as error:  # the other splits may do better
            console.print(f"Split {index}: {error}")
            diverged[index] = error
            continue
        for fault in split.training_faults():
            console.print(fault)
        with status("generated images", console) as show:
            progress = within(show, f"split {index}")
            split.generate(progress)
            split.evaluate(progress)
        split.artifacts.finish()

    finished = len(diverged) < len(indices)
    result = study.folder.path
    if finished and not does_some_splits():
        result = write_report(result, tracking=study.tracking)
    if diverged:
        index, why = next(iter(diverged.items()))
        raise TrainingDiverged(f"split {index}: {why}{f' {result} is of the other splits.' if finished else ''}")
    refuse_test_copies(study, [index for index in indices if index not in diverged], result)
    return result


if __name__ == "__main__":
    main()
