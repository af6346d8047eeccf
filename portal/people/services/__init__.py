"""What is written in the people room. Every function checks the permission, writes in one transaction and audits."""
