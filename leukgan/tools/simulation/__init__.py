"""The report's tests on many studies whose truth is known: how often they err, and how often they find."""
