"""Errors that the user can correct."""

from __future__ import annotations


class InputError(ValueError):
    """A mistake that the user can correct, as one sentence: what is wrong, its value, where it is from, what to do.

    Constructors name a setting as their argument is called; whoever builds them from a config knows its full key:

        raise InputError("{setting}={value} is not a file", setting="weights", value=path, remedy="give another one")
        error.under("classifier")  # classifier.weights=cells.pth is not a file; give another one.

    Args:
        sentence: The whole sentence; or, with `setting`, one that has {setting} and {value} in their places.
        setting: Key of the wrong setting.
        value: Its value.
        remedy: What to do, which ends the sentence; it may name {setting} too.
    """

    def __init__(self, sentence: str, *, setting: str = "", value: object = None, remedy: str = "") -> None:
        self.sentence, self.setting, self.value, self.remedy = sentence, setting, value, remedy
        if remedy:
            sentence = f"{sentence}; {remedy}."
        if setting:
            sentence = sentence.replace("{setting}", setting).replace("{value}", str(value))
        super().__init__(sentence)

    def under(self, group: str) -> InputError:
        """The same error with its setting in a group: `weights` under `quality.features`."""
        if not self.setting or not group:
            return self
        setting = f"{group}.{self.setting}"
        return type(self)(self.sentence, setting=setting, value=self.value, remedy=self.remedy)


class TrainingDiverged(InputError):  # noqa: N818  (what happened, not a fault of the program)
    """A training's losses or weights are no longer finite; its settings are the user's to change."""
