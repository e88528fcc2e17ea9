"""Pages for experts, each one html file: generated images to pick from, and a blind test of real or generated."""

from leukgan.review.blind import write_blind_page
from leukgan.review.pick import write_pick_page
from leukgan.review.reviewed import read_reviewed

__all__ = ["read_reviewed", "write_blind_page", "write_pick_page"]
