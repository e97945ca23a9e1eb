"""Pages to PDF by a Chromium that is on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from finops_lib.errors import ReportError

CHROMIUM = "FINOPS_CHROMIUM"
"""Environment variable: the browser to print with, where it is not found by its name."""

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "msedge")  # fmt: skip

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--no-pdf-header-footer", "--generate-pdf-document-outline", "--virtual-time-budget=10000",
)  # fmt: skip


def find_chromium() -> str | None:
    """The path of a Chromium or a browser of its family; None where there is none."""
    named = os.environ.get(CHROMIUM)
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def print_to_pdf(page: Path, pdf: Path, *, timeout_s: float = 120) -> None:
    """Print the page as tagged PDF.

    Raises ReportError where there is no Chromium, or where it writes nothing in time.
    """
    browser = find_chromium()
    if not browser:
        raise ReportError(
            f"No Chromium was found, so there is no PDF; the HTML is complete. Install chromium, or name a browser in {CHROMIUM}."
        )
    with tempfile.TemporaryDirectory(prefix="fo-pdf-") as profile:
        command = [
            browser,
            *_FLAGS,
            f"--user-data-dir={profile}",
            f"--print-to-pdf={pdf.resolve()}",
            page.resolve().as_uri(),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=timeout_s, check=True)
        except subprocess.SubprocessError as error:
            raise ReportError(
                f"{browser} could not print {page.name} ({error}). The HTML is complete."
            ) from None
    if not pdf.exists():
        raise ReportError(f"{browser} wrote no PDF of {page.name}. The HTML is complete.")
