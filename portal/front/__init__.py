"""The site's own pages: home, errors, headers that every page carries, and the context of every template."""
