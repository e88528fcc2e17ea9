"""What a training's metrics tell: whether the critic knows its training images by heart, and whether it diverged."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.statistics.intervals import Estimate

LOSSES = ["train/critic_loss", "train/generator_loss"]
SCORES = ["train/real_score", "train/fake_score", "val/real_score"]
HALVES = 500  # random halves that the standard error is taken from


def last_fifth(metrics: pd.DataFrame) -> pd.DataFrame:
    """The last fifth of the logged steps, at least one."""
    return metrics.tail(max(1, round(len(metrics) / 5)))


def overfitting_gap(metrics: pd.DataFrame) -> Estimate:
    """How far held-out images have sunk from the score of training images to that of generated ones.

    r_v of Karras et al. (2020, eq. 1) over the last fifth of the logged steps: near 0 for a critic that treats unseen
    images as it treats those of its training, 1 where it takes them for generated, NaN without held-out images. As in
    the paper it is a ratio of means over steps: single steps are batches, whose ratios have no mean to speak of. The
    standard error is the spread over random halves of the steps.
    """
    if not set(SCORES) <= set(metrics):
        return Estimate(math.nan)
    scores = last_fifth(metrics)[SCORES].to_numpy(float)  # (T, 3)
    source = np.random.default_rng(0)
    halves = [gap_of(scores[source.permutation(len(scores))[: max(1, len(scores) // 2)]]) for _ in range(HALVES)]
    return Estimate(gap_of(scores), standard_error=float(np.std(halves)) if len(scores) > 1 else math.nan)


def gap_of(scores: NDArray[np.float64]) -> float:
    """The gap of the means of scores (T, 3) of training, generated and held-out images."""
    train, fake, held_out = scores.mean(0)
    return float((train - held_out) / (train - fake)) if train != fake else math.nan


def final_mean(metrics: pd.DataFrame, column: str) -> float:
    """A metric's mean over the last fifth of the logged steps; NaN where it was not logged."""
    return float(last_fifth(metrics)[column].mean(skipna=False)) if column in metrics else math.nan


def has_diverged(metrics: pd.DataFrame) -> bool:
    """Whether a loss of the last logged step is not a finite number."""
    return not np.isfinite(metrics[LOSSES].iloc[-1].astype(float)).all()


def lead_by_step(metrics: pd.DataFrame) -> pd.DataFrame:
    """How far the critic scores real images above generated ones, by generator step.

    Columns are `training` and, where there were held-out images, `held-out`. For a Wasserstein GAN this is the critic's
    estimate of the distance.
    """
    sides = {"training": "train", "held-out": "val"}
    columns = {
        side: metrics[f"{stage}/real_score"] - metrics[f"{stage}/fake_score"]
        for side, stage in sides.items()
        if {f"{stage}/real_score", f"{stage}/fake_score"} <= set(metrics)
    }
    return pd.DataFrame(columns).set_axis(metrics["generator_step"], axis=0)


def running_mean(lead: pd.DataFrame) -> pd.DataFrame:
    """Centred means over an eighth of the logged steps."""
    return lead.rolling(max(1, len(lead) // 8), center=True, min_periods=1).mean()


def settled_range(lead: pd.DataFrame) -> tuple[float, float] | None:
    """Where nearly all values lie after the first fifth of the steps, whose scores would press all others flat."""
    settled = lead.iloc[len(lead) // 5 :].to_numpy()
    settled = settled[np.isfinite(settled)]
    if not len(settled):
        return None
    low, high = np.quantile(settled, (0.005, 0.995))
    return float(low), float(high)
