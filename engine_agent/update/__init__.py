"""The agent replaces itself: staged beside the old version, tried, and given up when it does not report.

record.py   what is remembered of an update, across processes and versions
stage.py    fetch, verify, install into a folder of its own, ask it for its version
order.py    the command update_agent
trial.py    the old process starts the new version, waits for its report, and takes over again without one
"""
