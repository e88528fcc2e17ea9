"""A page for an expert: generated images to pick from, or a blind test of telling real from generated."""

from pathlib import Path

from leukgan.cli import app
from leukgan.config import ReviewSettings
from leukgan.presentation.console import status, stderr_console
from leukgan.review import read_reviewed, write_blind_page, write_pick_page


@app("review")
def main(config: ReviewSettings) -> Path:
    console = stderr_console()
    with status("reading the images", console) as show:
        run = read_reviewed(config.run(config.name), config.split)
        if config.mode == "pick":
            return write_pick_page(
                run,
                class_name=config.class_name,
                count=config.images,
                generated=config.generated.root,
                progress=show,
            )
        page, design = write_blind_page(
            run,
            count=config.images,
            precision=config.precision,
            parts=config.parts,
            generated=config.generated.root,
            seed=config.seed,
        )
    console.print(str(design))
    return page


if __name__ == "__main__":
    main()
