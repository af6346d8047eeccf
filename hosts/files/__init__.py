"""Files of containers, through the archive calls of the Engine API.

paths.py and tars.py are pure; browsing.py asks the engine.
"""
