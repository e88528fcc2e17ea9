"""Laws of the figures of a run's images."""

import io

import numpy as np
from PIL import Image
from synthetic_runs import write_run

from leukgan.data.check.figures import augmentation_figures
from leukgan.report.image_figures import augmented_image_figures, image_figures
from leukgan.report.reading import read_run


def test_a_run_augments_its_own_first_image_and_an_old_run_none(tmp_path):
    write_run(tmp_path)
    run = read_run(tmp_path)
    assert augmented_image_figures(run) == []
    run.splits[0].config["augmentation"] = {"gan": "orbit", "classifiers": "rotations"}
    with Image.open(sorted((tmp_path / "split-00/real/leukemia").glob("*.png"))[0]) as image:
        expected = augmentation_figures({"gan": "orbit", "classifiers": "rotations"}, np.asarray(image.convert("RGB")))
    assert augmented_image_figures(run) == expected


def test_samples_of_few_stages_leave_the_other_places_of_the_figure_blank(tmp_path):
    write_run(tmp_path)
    steps = sorted((tmp_path / "split-00/gan/leukemia/samples").glob("step_*.png"))
    for path in steps[2:]:
        path.unlink()

    (figure,) = (f for f in image_figures(read_run(tmp_path)) if f.name == "gan_samples_leukemia")
    with Image.open(io.BytesIO(figure.png)) as image:
        pixels = np.asarray(image.convert("L"))
    assert (pixels[:, pixels.shape[1] // 2 :] == 255).all()
    assert (pixels[:, : pixels.shape[1] // 2] < 255).any()
