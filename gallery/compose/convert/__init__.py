"""From other ways to say what shall run to compose text: `docker run` lines, Portainer templates."""
