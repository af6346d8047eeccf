"""What the stand-in refuses, as Azure says it."""


class Refused(Exception):
    """status: of the answer; code, message: of the error in its body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
