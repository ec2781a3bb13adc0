"""A browser's page whose every complaint counts, and what components were told to draw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from graphrec.testing.explorer import window

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from streamlit.testing.v1 import AppTest

EXPECTED = (
    # Streamlit's own page has an inline script, and looks for icons and fonts elsewhere: the policy keeps both away.
    "inline script",
    "fonts.gstatic.com",
    # It asks beneath the page's address where its server is, before it asks at the root.
    "404 (Not Found)",
)


@contextmanager
def watched(browser: Browser, width: int = 1440, height: int = 900) -> Iterator[Page]:
    """A new page during the block; raises ``AssertionError`` if it ran a script of others, or found an error."""
    found: list[str] = []

    def opened(dialog: Any) -> None:
        found.append(f"dialog {dialog.message}")
        dialog.dismiss()

    with window(browser, viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        page.on("dialog", opened)
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
        yield page
    wrong = [text for text in found if not any(known in text for known in EXPECTED)]
    assert not wrong, wrong


def fits(page: Page) -> None:
    """Wait until nothing of the page lies beside the window, which a page that is still drawn may do for a moment."""
    page.wait_for_function(
        "() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]"
        ".every((element) => element.scrollWidth <= element.clientWidth)"
    )


def nameless(page: Page) -> list[str]:
    """Return the visible pictures, videos, frames and maps without a text that stands for them."""
    found: list[str] = page.locator(
        "img:visible, video:visible, iframe:visible, .map canvas:visible"
    ).evaluate_all(
        "(all) => all.filter((one) => !one.hasAttribute('alt') && !one.title && !one.ariaLabel)"
        ".map((one) => one.outerHTML)"
    )
    return found


def drawn(app: AppTest, component: str) -> list[dict[str, Any]]:
    """Return what each component of this name was given to draw, in the page's order."""
    protos = [element.proto for element in app.get("bidi_component")]
    return [json.loads(proto.json or proto.bytes) for proto in protos if proto.component_name == component]
