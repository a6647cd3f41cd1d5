"""A headless Chromium that looks at a page: what it says, what it asks for, what it looks like."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

REMEDY = "apt-get install chromium chromium-driver fonts-noto-cjk"
SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip


def require() -> tuple[str, str]:
    """Where the browser and its driver are; skips with the remedy where one, or a Chinese font, is not."""
    found = shutil.which("chromium"), shutil.which("chromedriver")
    if not all(found):
        pytest.skip(f"chromium or chromedriver is not on PATH: {REMEDY}")
    fonts = shutil.which("fc-list") and subprocess.run(
        ["fc-list", ":lang=zh"], capture_output=True, check=False
    )
    if not fonts or not fonts.stdout.strip():
        pytest.skip(f"no font has Chinese: {REMEDY}")
    return str(found[0]), str(found[1])


class Browser:
    """One page in a browser of its own profile."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, page: Path, *, scripts: bool = True) -> None:
        self.cdp("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.driver.get(page.as_uri())

    def cdp(self, command: str, **parameters: Any) -> dict[str, Any]:
        return self.driver.execute_cdp_cmd(command, parameters)

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def ask(self, expression: str) -> Any:
        return self.driver.execute_script(f"return {expression}")

    def size(self, width: int, height: int) -> None:
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 500,
        )  # fmt: skip

    def shot(self, path: Path, width: int, height: int, *, top: int = 0) -> None:
        clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
        taken = self.cdp("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def complaints(self) -> list[str]:
        """Everything in the console: errors, warnings, what the policy refused."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Every address that was asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser with an empty `profile`; skips as `require` does."""
    binary, chromedriver = require()
    webdriver = pytest.importorskip("selenium.webdriver", reason="pip install selenium")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for switch in (*SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
