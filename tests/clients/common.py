"""What the scripts share: where the server is, what is asked of it, and how an answer is checked."""

import os

URL = os.environ["YIJU_URL"]
MODEL = "yiju-e5-small-q8"
QUESTION = "超大城市的规模要不要控制？"
FOLLOW_UP = "那中小城市的承载能力呢？"
QUOTE = "控制超大城市的规模"

# The clients ask for a key, and the server needs none.
os.environ.setdefault("OPENAI_API_KEY", "none")


def check(condition, said):
    """Ends the script where `condition` does not hold, with what was there instead."""
    if not condition:
        raise SystemExit(f"wrong: {said!r}")


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))
