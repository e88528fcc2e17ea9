"""How far rendered smears are from real cells: whether they are told apart, colours, sizes, and a figure."""

from pathlib import Path

from rich.console import Console

from leukgan.cli import app
from leukgan.config import CompareSmearsSettings
from leukgan.data.sources.registry import source_by_target
from leukgan.data.sources.smears import render_smears
from leukgan.errors import InputError
from leukgan.metrics.real_or_generated import Accuracy, compare_sets, sample_of
from leukgan.run_folder.files import write_atomic
from leukgan.run_folder.paths import CACHE, RUNS
from leukgan.study.instantiate import instantiate
from leukgan.tools.smears_realism.figure import smears_figure
from leukgan.tools.smears_realism.table import csv_of, name_of, text_of


@app("compare_smears")
def main(config: CompareSmearsSettings) -> Path:
    if source_by_target(config.data["_target_"]).rendered:
        raise InputError("data=smears is rendered; give a folder of real images, as in data=all_idb2 data.root=FOLDER.")
    source = instantiate("data", config.data)
    with Console(stderr=True).status("") as status:
        images = source.load(CACHE, status.update).images
        status.update(f"rendering {3 * len(images)} images")
        n, drawn = len(images), {"image_size": images.shape[-1], "seed": config.seed}
        some = render_smears(count=2 * n, subtypes=config.subtypes, **drawn)
        alike = name_of(config.subtypes)
        rendered = {"default mix": render_smears(count=n + n % 2, **drawn).images[:n], alike: some.of_class(0).images}
        status.update("comparing")
        real, samples = sample_of(images), {name: sample_of(part) for name, part in rendered.items()}
        comparisons = {
            name: compare_sets(real, sample, repeats=config.repeats, seed=config.seed)
            for name, sample in samples.items()
        }
        told = Accuracy(*comparisons[alike].set_index("measure").loc["accuracy", ["value", "spread"]])
        figure = smears_figure(real, samples[alike], told, alike)
    print(text_of(comparisons))
    folder = RUNS / config.name / "smears"
    write_atomic(folder / "smears.csv", csv_of(comparisons))
    write_atomic(folder / "smears.pdf", figure.pdf)
    write_atomic(folder / "smears.png", figure.png)
    return folder / "smears.png"


if __name__ == "__main__":
    main()
