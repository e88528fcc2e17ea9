"""How far rendered smears are from real cells: whether they are told apart, colours, sizes, and a figure."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import CompareSmearsSettings
from leukgan.errors import InputError
from leukgan.presentation.console import status
from leukgan.run_folder.paths import CACHE


@app("compare_smears")
def main(config: CompareSmearsSettings) -> Path:
    from leukgan.data.sources.registry import source_by_target
    from leukgan.study.instantiate import instantiate
    from leukgan.tools.smears_realism.comparison import text_of, write_smears_comparison

    if source_by_target(config.data["_target_"]).rendered:
        raise InputError("data=smears is rendered; give a folder of real images, as in data=all_idb2 data.root=FOLDER.")
    source = instantiate("data", config.data)
    folder = config.run(config.name) / "smears"
    with status("") as show:
        comparisons = write_smears_comparison(
            source.load(config.run(CACHE.name), show).images,
            folder,
            subtypes=config.subtypes,
            repeats=config.repeats,
            seed=config.seed,
            progress=show,
        )
    print(text_of(comparisons))
    return folder / "smears.png"


if __name__ == "__main__":
    main()
