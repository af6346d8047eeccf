"""What can be run: sources, repositories, tags, templates, update checks."""
