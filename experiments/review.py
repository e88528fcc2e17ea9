"""A page for an expert: generated images to pick from, or a blind test of telling real from generated."""

from pathlib import Path

from rich.console import Console

from leukgan.cli import app
from leukgan.config import ReviewSettings
from leukgan.review import read_reviewed, write_blind_page, write_pick_page
from leukgan.run_folder.paths import RUNS


@app("review")
def main(config: ReviewSettings) -> Path:
    console = Console(stderr=True)
    with console.status("reading the images") as status:
        run = read_reviewed(RUNS / config.name, config.split)
        if config.mode == "pick":
            return write_pick_page(
                run,
                class_name=config.class_name,
                count=config.images,
                generated=config.generated.root,
                progress=status.update,
            )
        page, design = write_blind_page(
            run,
            count=config.images,
            precision=config.precision,
            parts=config.parts,
            generated=config.generated.root,
            seed=config.seed,
        )
    console.print(str(design), highlight=False, soft_wrap=True)
    return page


if __name__ == "__main__":
    main()
