"""Lists of templates that others publish by URL, in the JSON of Portainer's app templates, formats 2 and 3."""
