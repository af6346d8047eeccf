"""Terminals in containers: sessions that outlive a page, held by the portal node that opened them.

ring.py keeps what is replayed (pure), shells.py says what can be started and why it failed (pure), session.py talks to
the engine, desk.py finds sessions again.
"""
