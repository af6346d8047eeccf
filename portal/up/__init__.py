"""`manage.py up`: the whole portal from one command.

`portal.management.commands.up` prepares with Django (data directory, migrations, assets, first administrator) and then
replaces itself by `python -m portal.up`, a small process that knows no Django and only watches over its children:

    redis (private)  node (Daphne)  worker (jobs)  agent (this machine's)  engine (only where none ran)

Modules that need Django: prepare, assets, first_administrator, enrolment, demo, worker, node. None of them is imported
by the supervisor; it starts them as programs of their own.
"""
