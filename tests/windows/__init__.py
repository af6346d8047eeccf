"""The agent on Windows: a genuine Windows CPython under Debian's wine. docs/windows.md says what that proves.

portable.py makes the interpreter, pe.py the two small files it lacks, wine.py runs it.
"""
