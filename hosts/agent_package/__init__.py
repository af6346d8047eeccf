"""The agent as something a machine without internet can install from this portal.

wheel.py    engine_agent/ as a wheel, the same bytes on every node
locks.py    what it needs, pinned by version and hash in this portal's own requirements
wheels.py   the wheels of what it needs, collected for Linux and Windows, kept in the data folder
scripts.py  install.sh and install.ps1
"""
