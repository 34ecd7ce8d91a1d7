"""The secret: read, made once, the keys in it, and which of them a database was ever used with."""

from newsletter.secret.generations import Generations
from newsletter.secret.keyring import Keyring, load_secret, merge_secrets, read_secret

__all__ = ["Generations", "Keyring", "load_secret", "merge_secrets", "read_secret"]
