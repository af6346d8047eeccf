"""Pages that update by themselves: one websocket per open page, fragments rendered again as its user.

    browser -> portal   {"watch": [{"id": "host-containers", "path": "/hosts/…/?q=web"}, ...]}  the whole list
                        {"seen": "host-containers"}   the last html of this watch was put into the page
                        {"ping": 1}
    portal -> browser   {"hello": 1, "now": 1785000000000}   milliseconds; also in every pong
                        {"id": ..., "html": ...}
                        {"id": ..., "gone": true}     absent, not permitted, or not a fragment: the watch has ended
                        {"id": ..., "failed": true}   could not be rendered now; the watch goes on
                        {"pong": 1, "now": ...}
                        {"error": "..."}              a watch list that was refused
    close codes         4400 malformed, 4401 not signed in (any more), 4408 silent, 4429 too many sockets of one user

Daphne has no flow control, so the flow is controlled here: a watch has at most one html on its way (`seen` asks for the
next), and is rendered no more often than its own cost allows.
"""
