"""The forms of the people pages."""
