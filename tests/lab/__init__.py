"""Real parts for tests, each in one line, none left behind: engines, hosts, a registry, Redis, PostgreSQL, a browser.

    start_engine()            a private Docker Engine on this machine
    start_hosts(2)            engines as hosts of their own, in network namespaces on one bridge
    start_registry()          a registry; `registry.push(engine, "busybox:lab")` fills it
    start_redis()             a redis-server on a unix socket
    start_postgres()          a PostgreSQL cluster on a unix socket
    start_portal(...)         the whole portal as a user starts it
    start_agent(...)          an enrolled agent beside an engine
    start_browser()           headless Chromium that fails a test on a console error

The fixtures in tests/conftest.py hand them to tests. Everything is real; what is missing is an error (MissingPart).
"""
