"""What can be started in a container, and why it could not. Pure."""

import re

AUTO = "auto"
LINUX: dict[str, tuple[str, ...]] = {
    AUTO: ("/bin/sh", "-c", "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi"),
    "bash": ("bash",),
    "sh": ("/bin/sh",),
    "ash": ("ash",),
    "zsh": ("zsh",),
}
WINDOWS: dict[str, tuple[str, ...]] = {
    AUTO: ("cmd.exe",),
    "cmd": ("cmd.exe",),
    "powershell": ("powershell.exe", "-NoLogo"),
    "pwsh": ("pwsh.exe", "-NoLogo"),
}
MAX_COMMAND = 500
ABSENT = re.compile(
    r"executable file not found|no such file or directory|cannot find the file specified|0x2\b", re.IGNORECASE
)


def shells_of(os: str) -> dict[str, tuple[str, ...]]:
    """The shells offered in containers of this system."""
    return WINDOWS if os == "windows" else LINUX


def command_of(os: str, shell: str, command: str) -> list[str]:
    """The words to start: those of a known shell, or of a command that was typed. Raises ValueError."""
    if command.strip():
        words = command.split()
        if len(command) > MAX_COMMAND or not command.isprintable():
            raise ValueError("The command is too long, or holds characters that cannot be typed.")
        return words
    try:
        return list(shells_of(os)[shell])
    except KeyError:
        raise ValueError(f"There is no shell “{shell[:40]}” to choose here.") from None


def failure_of(exit_code: int | None, output: bytes, words: list[str]) -> str:
    """Why a command ended at once, for people; "" when it did not fail to start.

    The engine writes its own error into the stream and gives 126 or 127. [runc; docker exec]
    """
    text = output[-2000:].decode("utf-8", "replace")
    started = exit_code not in (126, 127) or not ("OCI runtime" in text or "exec failed" in text or ABSENT.search(text))
    if started:
        return ""
    if ABSENT.search(text):
        return (
            f"There is no {words[0]} in this image. Choose another shell or type the command of a program that it has; "
            "images from scratch have none."
        )
    if "permission denied" in text.lower():
        return f"{words[0]} may not be run in this container."
    return f"The engine could not start {words[0]}: {text.strip()[:300]}"
