"""Who may ask for what of the site itself."""

from . import Row, page

ROWS: list[Row] = [
    page("/", stranger=200),
    page("/home/now/", stranger=200),
    Row("GET", "/healthz", (200, 503), (200, 503), (200, 503), (200, 503), (200, 503)),  # 503 where no Redis answers
    Row("GET", "/metrics", 200, 200, 200, 200, 200),  # by address; see PIERHEAD_METRICS_ALLOWED
]
