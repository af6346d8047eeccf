"""The root of the HTTP API, /api/v1/: bearer tokens, JSON, problem details, lists in pages."""
