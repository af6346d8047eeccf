"""`python -m portal.up.enrolment`: an enrolment token for this machine's agent, and nothing else on standard output."""

import sys

import django


def main() -> int:
    django.setup()
    from hosts.services.enrolments import enrolment_create
    from portal.people.access import portal_actor
    from portal.up.first_administrator import first_team

    team = first_team()
    if team is None:
        sys.stderr.write("There is no team yet, so this machine cannot be enrolled. Make a team and start again.\n")
        return 1
    _, token = enrolment_create(team=team, ttl_seconds=300, actor=portal_actor("manage.py up"))
    sys.stdout.write(f"{token}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
