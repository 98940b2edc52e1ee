"""Open a page in Chromium as people do, and print as JSON what was seen.

Usage: browse.py CHROMIUM PAGE FOLDER; the screenshots go into FOLDER.
"""

import json
import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

VIEWS = {
    "wide": {"viewport": {"width": 1400, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1400, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def looks(browser, page, folder):
    seen = {}
    for name, view in VIEWS.items():
        context = browser.new_context(**view)
        tab = context.new_page()
        said, asked = [], []
        tab.on("console", lambda message, said=said: said.append(message.text))
        tab.on("pageerror", lambda error, said=said: said.append(str(error)))
        tab.on("request", lambda request, asked=asked: asked.append(request.url[:5]))
        tab.goto(page)
        tab.screenshot(path=folder / f"{name}.png")
        seen[name] = {
            "said": said,
            "asked": sorted(set(asked)),
            "wider": tab.evaluate(WIDER),
            "violations": [v["id"] for v in Axe().run(tab).response["violations"]],
            "dialogs": tab.evaluate("window.opened || 0"),
            "pictures": tab.evaluate(
                "[...document.querySelectorAll('main img')].map(image => image.naturalWidth)"
            ),
        }
        context.close()
    return seen


def keys(browser, page):
    """Do it all with the keyboard."""
    tab = browser.new_page()
    tab.goto(page)
    count = tab.locator("output")
    seen = {"all": count.inner_text()}
    tab.keyboard.press("/")
    tab.keyboard.type("needle")
    expect(count).not_to_have_text(seen["all"])
    seen["found"] = count.inner_text()
    seen["places"] = tab.locator("article:visible h2 bdi").all_inner_texts()
    tab.keyboard.press("Escape")
    expect(count).to_have_text(seen["all"])
    tab.get_by_label("Format").select_option("image")
    expect(count).not_to_have_text(seen["all"])
    seen["image"] = count.inner_text()
    tab.get_by_label("Format").select_option("")
    expect(count).to_have_text(seen["all"])
    tab.locator("h1").click()
    tab.keyboard.press("j")
    seen["first"] = tab.evaluate("document.activeElement.id")
    tab.keyboard.press("j")
    seen["second"] = tab.evaluate("document.activeElement.id")
    tab.keyboard.press("k")
    tab.keyboard.press("Tab")
    while tab.evaluate("document.activeElement.tagName") != "BUTTON":
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    caption = tab.locator("dialog figcaption")
    seen["full"] = caption.inner_text()
    tab.keyboard.press("ArrowRight")
    seen["neighbour"] = caption.inner_text()
    tab.keyboard.press("Escape")
    seen["closed"] = not tab.locator("dialog").is_visible()
    tab.get_by_label("Drafts").uncheck()
    expect(tab.locator("figure.draft:visible")).to_have_count(0)
    return seen


def main():
    chromium, page, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print(json.dumps({"looks": looks(browser, page, folder), "keys": keys(browser, page)}))
        browser.close()


if __name__ == "__main__":
    main()
