"""`python -m portal.up.worker`: one worker for the background jobs, with the scheduler.

The same as `manage.py rqworker --with-scheduler`, started with its memory frozen first: jobs run in forked processes,
and pages that the garbage collector does not touch stay shared with them.
"""

import gc
import logging
import sys

import django

QUEUE = "default"


def main() -> int:
    django.setup()
    from django.db import connections
    from django_rq.workers import get_worker

    logging.captureWarnings(True)
    worker = get_worker(QUEUE)
    connections.close_all()
    gc.collect()
    gc.freeze()
    worker.work(with_scheduler=True, logging_level="WARNING")
    return 0


if __name__ == "__main__":
    sys.exit(main())
