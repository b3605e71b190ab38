"""What people call the program behind a User-Agent header."""

import pytest

from core.devices import UNKNOWN, device_of

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64)"


CHROME = f"{WEBKIT} Chrome/156.0.0.0 Safari/537.36"
ON_A_LAPTOP = {
    f"{WINDOWS} {CHROME}": "Chrome on Windows",
    f"{WINDOWS} {CHROME} Edg/156.0.0.0": "Edge on Windows",
    f"{MAC} AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15": "Safari on macOS",
    f"{LINUX[:-1]}; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    f"{LINUX} {WEBKIT} HeadlessChrome/156.0.0.0 Safari/537.36": "Chrome on Linux",
}
ON_A_PHONE = {
    f"{IPHONE} AppleWebKit/605.1 Version/18.1 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    f"{IPAD} AppleWebKit/605.1 CriOS/120.0 Mobile/15E148 Safari/604.1": "Chrome on iPad",
    f"{ANDROID} {WEBKIT} Chrome/156.0.0.0 Mobile Safari/537.36": "Chrome on Android",
}
PROGRAMS = {
    "curl/8.1": "curl",
    "python-httpx/0.27": "python-httpx",
    "Python-urllib/3.11": "Python-urllib",
    "": UNKNOWN,
    "x" * 255: UNKNOWN,
}


@pytest.mark.parametrize(
    ("user_agent", "name", "icon"),
    [
        *[(user_agent, name, "laptop") for user_agent, name in ON_A_LAPTOP.items()],
        *[(user_agent, name, "smartphone") for user_agent, name in ON_A_PHONE.items()],
        *[(user_agent, name, "terminal") for user_agent, name in PROGRAMS.items()],
    ],
)
def test_programs_as_people_call_them(user_agent: str, name: str, icon: str) -> None:
    device = device_of(user_agent)
    assert (device.name, device.icon) == (name, icon)


@pytest.mark.parametrize(
    "user_agent",
    ["evil.example/1.0", "Call-us:0800/1", "<b>bold</b>/1", "a\u202eb/1", "http://evil.example/ x"],
)
def test_no_words_of_the_sender_come_through(user_agent: str) -> None:
    assert device_of(user_agent).name == UNKNOWN
