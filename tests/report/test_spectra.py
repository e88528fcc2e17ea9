"""The figure of power spectra is drawn from spectra.csv, and only if a run has it."""

import numpy as np
import pandas as pd

from leukgan.metrics.two_sample import RINGS, power_spectra, summarise_spectra
from leukgan.report.curves import spectra_figures
from leukgan.report.reading import read_run


def test_the_summary_is_of_images_and_its_rings_are_their_frequencies():
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 32, 32), dtype=np.uint8)
    table = summarise_spectra(images)
    np.testing.assert_allclose(table["median"], np.median(power_spectra(images[None])[0], axis=0))
    assert (table["low"] < table["median"]).all()
    assert (table["median"] < table["high"]).all()
    assert len(table) == RINGS
    assert table["periods"].is_monotonic_increasing
    assert 0.5 < table["periods"].iloc[0] < table["periods"].iloc[-1] < 16


def test_both_classes_have_a_panel_and_a_run_without_spectra_has_no_figure(make_run):
    folder = make_run()
    assert [*spectra_figures(read_run(folder))] == []
    parts = [
        summarise_spectra(np.random.default_rng(seed).integers(0, 256, (5, 3, 32, 32), dtype=np.uint8)).assign(
            **{"class": name, "kind": kind}
        )
        for seed, (name, kind) in enumerate((n, k) for n in ("leukemia", "healthy") for k in ("held-out", "generated"))
    ]
    context = pd.read_csv(folder / "split-00" / "scores.csv").iloc[0][["split", "seed", "protocol"]].to_dict()
    pd.concat(parts).assign(**context).to_csv(folder / "split-00" / "spectra.csv", index=False)
    (figure,) = spectra_figures(read_run(folder))
    assert figure.name == "spectra"
    assert figure.png.startswith(b"\x89PNG")
    assert "split-00" in figure.caption
