"""Every path and file name of a run folder; no other module spells them."""

from pathlib import Path

RUNS = Path("runs")
CACHE = RUNS / ".cache"  # decoded images and compiled graphs, for any run
CONDITIONAL = "conditional"  # the GAN that learns all classes
MANIFEST = "manifest.csv"
SPEED = "speed.csv"

# A class's files that later ones follow from, in that order: their place in the chain of hashes, folder and name.
ARTIFACTS = {
    "gan": ("gan", "last.ckpt"),
    "best": ("gan", "best.ckpt"),
    "metrics": ("gan", "metrics.csv"),
    "kid": ("gan", "kid.csv"),
    "generated": ("generated", MANIFEST),
}
TRAINED = ("gan", "best", "metrics", "kid")  # the stages of a training's files, of which best and kid may be missing
MEASURED = ("quality", "copies", "copying", "cells", "spectra")  # tables of the generated images
PICTURES = ("real", "copies")  # folders of a split, with a folder for each class
SHIFT = "shift"  # the table of how far external test sets are from the training images
CLASSIFIED = ("scores", "predictions", "classifier_loss", "controls", "control_predictions")  # of the classifiers
TABLES = (*MEASURED, SHIFT, *CLASSIFIED)


def remade_with(path: Path) -> Path:
    """What to delete so that the command that has made a file of a run folder makes it anew."""
    if path.name in (SPEED, "config.yaml", "provenance.json", "split.json", "external.json", "status.json"):
        return path
    for folder in path.parents:
        if folder.parent.name in ("gan", "generated"):
            return folder
        if folder.name in PICTURES and folder.parent.name not in PICTURES:  # a class may be called so
            return folder if folder.name == "real" else folder.with_suffix(".csv")  # the table that brings them along
    return path


class GANFolder:
    """The files of one GAN's training."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last_checkpoint = path / "last.ckpt"
        self.best_checkpoint = path / "best.ckpt"
        self.metrics = path / "metrics.csv"
        self.kid = path / "kid.csv"
        self.speed = path / SPEED
        self.interpolation = path / "interpolation.png"
        self.codes = path / "codes.png"
        self.samples = path / "samples"

    def sample(self, generator_step: int) -> Path:
        """The grid of samples after a generator step."""
        return self.samples / f"step_{generator_step:06d}.png"


class SplitFolder:
    """The files of one split."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.yaml"
        self.provenance = path / "provenance.json"
        self.split = path / "split.json"
        self.external = path / "external.json"  # the images of the external test sets
        self.status = path / "status.json"
        self.all_generated = path / "generated"
        self.pairs = path / "copies"  # pictures of generated images beside the training images nearest to them

    def generated(self, class_name: str) -> Path:
        return self.all_generated / class_name

    def real(self, class_name: str) -> Path:
        """The folder of some real training images of a class."""
        return self.path / "real" / class_name

    def all_real(self) -> list[Path]:
        """The files of real training images."""
        return sorted(self.path.glob("real/*/*.png"))

    def gan(self, name: str) -> GANFolder:
        """The folder of a GAN, called as the class or member that it draws, or CONDITIONAL."""
        return GANFolder(self.path / "gan" / name)

    def gans(self) -> list[GANFolder]:
        """The folders of all GANs with a checkpoint."""
        return [GANFolder(path.parent) for path in sorted(self.path.glob("gan/*/last.ckpt"))]

    def artifact(self, stage: str, name: str) -> Path:
        """The file of a stage of ARTIFACTS for a class, or for the GAN of both."""
        folder, file = ARTIFACTS[stage]
        return self.path / folder / name / file

    def table(self, name: str) -> Path:
        return self.path / f"{name}.csv"


class RunFolder:
    """The files of one run, of one split or several; of a sweep or search, those that its trials share."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.report = path / "report.html"
        self.tables = path / "tables"
        self.figures = path / "figures"
        self.lock = path / "lock"  # of the process that writes a report

        self.leaderboard = path / "leaderboard.csv"
        self.best_settings = path / "best.txt"
        self.importances = path / "importances.csv"
        self.journal = path / "study.journal"  # Optuna's
        self.claim = path / "claim.lock"

    @property
    def review(self) -> "ReviewFolder":
        return ReviewFolder(self.path / "review")

    def split(self, index: int) -> SplitFolder:
        """The folder of a split, counted from 0."""
        return SplitFolder(self.path / f"split-{index:02d}")

    def splits(self) -> list[SplitFolder]:
        """The folders of all splits that were begun."""
        return [SplitFolder(path) for path in sorted(self.path.glob("split-*")) if path.is_dir()]

    def search_figure(self, kind: str) -> Path:
        """The figure of a search, as png or pdf."""
        return self.path / f"search.{kind}"

    def job(self, label: str) -> "JobFolder":
        """The folder of a job of a sweep, or of a trial of a search."""
        return JobFolder(self.path / "jobs" / label)


class ReviewFolder:
    """The pages for experts, and what they sent back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pick = path / "pick.html"
        self.blind = path / "blind.html"
        self.key = path / "key.csv"  # what each image of the blind page is
        self.images = path / "images"  # those of the blind page by number

    def image(self, item: int) -> Path:
        """An image of the blind page, numbered from 1."""
        return self.images / f"{item:03d}.png"

    def answers(self) -> list[Path]:
        """The files of readers' answers."""
        return sorted(self.path.glob("answers*.csv"))


class JobFolder:
    """The files of one job of a sweep, or one trial of a search, beside those of its run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.status = path / "status.json"
        self.fault = path / "error.txt"  # traceback
        self.lock = path / "lock"
