"""The GANs by the name that users type, and from their checkpoints, which carry it.

A new one is a module beside this one, a line here and a file in conf/gan.
"""

from pathlib import Path

from leukgan.arguments import allow_target
from leukgan.errors import InputError
from leukgan.gans.checkpoints import read_checkpoint
from leukgan.gans.dcgan import DCGAN
from leukgan.gans.gan import GAN
from leukgan.gans.info_wgan_gp import InfoWGANGP
from leukgan.gans.infogan import InfoGAN
from leukgan.gans.projected import ProjectedGAN
from leukgan.gans.r3gan import R3GAN
from leukgan.gans.wgan_gp import WGANGP

GANS: dict[str, type[GAN]] = {}


def register_gan(name: str, gan: type[GAN]) -> None:
    """Let a study train a GAN, and load it from its checkpoints, which carry the name.

    A config chooses it by `_target_: <module>.<class>`.
    """
    gan.name = name
    GANS[name] = gan
    allow_target("gan", gan)


register_gan("wgan_gp", WGANGP)
register_gan("dcgan", DCGAN)
register_gan("infogan", InfoGAN)
register_gan("info_wgan_gp", InfoWGANGP)
register_gan("r3gan", R3GAN)
register_gan("projected", ProjectedGAN)


def find_gan(name: str) -> type[GAN] | None:
    """The GAN of a registered name, or of a class name, by which older checkpoints and run folders name it."""
    return GANS.get(name) or next((gan for gan in GANS.values() if gan.__name__ == name), None)


def gan_title(name: str) -> str:
    """The GAN's name in reports; a name that is not registered stays as it is."""
    gan = find_gan(name)
    return gan.title if gan is not None else name


def check_registered(gan: GAN) -> None:
    """Refuse a GAN whose checkpoints could not be loaded again."""
    kind = type(gan)
    if GANS.get(kind.name) is not kind:
        raise InputError(
            f"{kind.__name__} is not a registered GAN, so its checkpoints could not be loaded; "
            f"call leukgan.gans.register_gan('<name>', {kind.__name__}) in its module."
        )


def load_gan(path: Path) -> GAN:
    """The GAN that a training's checkpoint holds, on the CPU, ready to sample from.

    Raises:
        InputError: No such file, a damaged one, or no checkpoint of a GAN of this version of leukgan.
    """
    gan = find_gan(str(read_checkpoint(path).get("gan")))
    try:
        if gan is None:
            raise KeyError("gan")
        return gan.load_from_checkpoint(path, map_location="cpu", weights_only=True)
    except (IndexError, KeyError, TypeError, RuntimeError) as error:
        raise InputError(f"{path} is no checkpoint of a GAN of this version of leukgan.") from error
