"""The one kind of error that is the user's to mend."""


class InputError(ValueError):
    """A sentence for the user: what is wrong, the value, where it is from, what to do."""


class DivergedError(InputError):
    """A training has gone astray, and its settings are the user's to mend."""
