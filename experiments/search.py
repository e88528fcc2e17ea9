"""A guided search for a GAN's settings, by any number of workers within one budget."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from leukgan.cli import app
from leukgan.config import SearchSettings
from leukgan.presentation.console import stderr_console


@app("search")
def main(config: SearchSettings) -> Path:
    from leukgan.search.gan_search import search_gans

    console = stderr_console()
    arguments = list(HydraConfig.get().overrides.task)
    return search_gans(config, arguments, lambda words: console.print(words))


if __name__ == "__main__":
    main()
