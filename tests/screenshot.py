"""Makes the README's picture of the page anew: `python tests/screenshot.py`."""

from __future__ import annotations

from pathlib import Path

from browser import Browser, Served

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "outputs" / "explorer.png"
VIEW = ("--with", "preseed,snapshot")


def main() -> None:
    served, browser = Served(ROOT / "code", *VIEW), Browser()
    try:
        browser.size(1280, 720)
        browser.do("Page.navigate", url=served.address)
        browser.until("document.getElementById('day')?.textContent")
        browser.js("new Promise(done => setTimeout(done, 600))")  # what moves has arrived
        PICTURE.write_bytes(browser.picture(whole=False))
    finally:
        browser.close()
        served.close()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
