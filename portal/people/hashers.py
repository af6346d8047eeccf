"""How passwords are kept: Argon2id with a memory cost that a small portal can bear."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class ModestArgon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB and 2 passes, as the OWASP Password Storage Cheat Sheet recommends at least.

    Django's own cost is 100 MiB for each sign-in, a third of what the whole portal may take.
    """

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1
