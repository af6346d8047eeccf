"""Pages of people: sign-in, account, teams, activity."""
