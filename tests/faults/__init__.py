"""Whole-portal faults: a part dies in the middle of a deploy, and what the API and the page say stays true."""
