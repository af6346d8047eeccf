"""Where it runs: hosts, enrolment, applications, deployments, commands, clusters."""
