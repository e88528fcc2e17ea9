"""What is in a data source and what is wrong with it, before a study uses it."""

from dataclasses import asdict, replace
from pathlib import Path

from leukgan.cli import app
from leukgan.config import CheckDataSettings
from leukgan.errors import InputError
from leukgan.presentation.console import status, within


@app("check_data")
def main(config: CheckDataSettings) -> Path:
    from leukgan.data.check import check, write_check
    from leukgan.data.sources.registry import source_by_target
    from leukgan.data.split_file import disjoint_training_sets
    from leukgan.report import count_comparisons, describe_power
    from leukgan.run_folder.provenance import command
    from leukgan.study.build import check_study
    from leukgan.study.external import load_external
    from leukgan.study.instantiate import instantiate

    check_study(config)
    source = instantiate("data", config.source)
    name = source_by_target(config.source["_target_"]).name

    with status("") as show:
        stages = [within(show, f"stage {number} of 3") for number in (1, 2, 3)]
        checked = check(source, name, config.split, seed=config.seed, overlaps=config.overlaps, progress=stages[0])
        if checked.images is not None and not checked.refusal:
            try:
                load_external(config, checked.images, stages[1])
            except InputError as error:
                checked = replace(checked, refusal=str(error))
        stages[2]("writing the page")
        family, design = count_comparisons(config.classifiers, config.training_sets), None
        if family and checked.splits and checked.images is not None:
            first, own = checked.splits[0], disjoint_training_sets(checked.images, asdict(config.split))
            sizes = len(checked.splits), len(first.test), len(first.train)
            design = describe_power(*sizes, family, disjoint_training_sets=own)
        page = write_check(
            checked,
            config.run(config.name) / "check",
            augmentation=asdict(config.augmentation),
            design=design,
            command=command(),
        )

    if checked.refusal:
        raise InputError(f"a study of this data would be invalid: {checked.refusal.rstrip('.')}; {page} shows it.")
    return page


if __name__ == "__main__":
    main()
