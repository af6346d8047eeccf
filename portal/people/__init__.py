"""Users, teams, members, roles, sign-in, API tokens and the audit. The bottom room: it imports no other app."""
