"""Take the pictures of the documentation from a finished run: `python docs/pictures.py RUN_FOLDER`.

They show what a run wrote, in a real Chromium; nothing is drawn for them.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from finops_lib.dashboards import picture as draw_dashboard
from finops_lib.export.pdf import find_chromium

IMAGES = Path(__file__).parent / "images"
PICTURES = {
    "executive-summary": ("05_executive_summary", "light", "", 1250),
    "visibility": ("01_visibility", "light", "month-by-month", 900),
    "allocation": ("02_allocation", "light", "what-each-team-pays", 900),
    "optimization": ("03_optimization", "light", "by-kind-of-waste", 1000),
    "dark": ("01_visibility", "dark", "what-changed", 1000),
    "run": ("index", "light", "", 1250),
}
"""Name of the picture: the page, light or dark, the section it begins at, and its height in pixels."""


def main() -> None:
    """Write every picture, in 256 colours so that it stays small."""
    run = Path(sys.argv[1]).resolve()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for name, (page_name, scheme, section, height) in PICTURES.items():
            page = browser.new_page(
                viewport={"width": 1280, "height": height},
                color_scheme=scheme,
                device_scale_factor=1,
            )
            page.goto((run / f"{page_name}.html").as_uri())
            if section:
                page.evaluate(f"document.getElementById('{section}').scrollIntoView()")
            page.wait_for_timeout(1200)
            picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
            picture.quantize(256).save(IMAGES / f"{name}.png", optimize=True)
            page.close()
        browser.close()
    draw_dashboard(run, [IMAGES / "dashboard.png"])
    Image.open(IMAGES / "dashboard.png").convert("RGB").resize((1280, 1152)).quantize(128).save(
        IMAGES / "dashboard.png", optimize=True
    )


if __name__ == "__main__":
    main()
