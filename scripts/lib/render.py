"""Renders pages in headless Chromium as people will see them, and says what is wrong with them.

usage: render.py FOLDER PAGE ...: writes PAGE-phone-light.png and so on into FOLDER. Fails on messages
in the console, on requests to anywhere, and on pages that are wider than the screen.
"""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SCREENS = {"phone": (360, 740, 2, True), "desktop": (1280, 900, 1, False)}
SCHEMES = ["light", "dark"]


class Browser:
    """Chromium, spoken to over two pipes: its own protocol, one JSON text per message."""

    def __init__(self, profile):
        self.events, self.number = [], 0
        program = shutil.which("chromium") or sys.exit("chromium is missing: scripts/test installs it")
        to_read, self.write = os.pipe()
        self.read, to_write = os.pipe()

        def place():
            # The protocol is spoken over descriptors 3 and 4; what is there is moved out of the way first.
            first, second = os.dup(to_read), os.dup(to_write)
            high = [os.dup2(first, 100), os.dup2(second, 101)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        flags = ["--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                 "--disable-dev-shm-usage", "--disable-background-networking", f"--user-data-dir={profile}"]
        # Its sandbox wants another user than root.
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen([program, *flags], preexec_fn=place, close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.buffer = b""

    def receive(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.read, 1 << 16)
            if not piece:
                sys.exit("chromium ended")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method, session):
        while not any(event["method"] == method and event.get("sessionId") == session for event in self.events):
            self.events.append(self.receive())

    def end(self):
        self.process.terminate()
        self.process.wait()


def render(browser, page, screen, scheme, folder):
    """What is wrong with the page, as sentences."""
    width, height, scale, mobile = SCREENS[screen]
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    browser.events.clear()
    for domain in ["Page", "Runtime", "Log", "Network"]:
        browser.call(f"{domain}.enable", session)
    browser.call("Emulation.setDeviceMetricsOverride", session, width=width, height=height, deviceScaleFactor=scale,
                 mobile=mobile)
    browser.call("Emulation.setEmulatedMedia", session, features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.call("Page.navigate", session, url=page.resolve().as_uri())
    browser.wait_for("Page.loadEventFired", session)

    def value(expression):
        return browser.call("Runtime.evaluate", session, expression=expression, returnByValue=True)["result"]["value"]

    wrong = []
    wide = value("document.documentElement.scrollWidth")
    if wide > width:
        wrong.append(f"it is {wide} pixels wide")
    # What is wider than the screen but cut off is lost as well.
    cut = value("[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1"
                " || e instanceof HTMLElement && e.clientWidth && e.scrollWidth > e.clientWidth + 1)"
                ".map(e => e.tagName + '.' + (e.className.baseVal ?? e.className)).slice(0, 5).join(' ')")
    if cut:
        wrong.append(f"these are cut off: {cut}")
    if not value("document.body.innerText.trim().length > 100"):
        wrong.append("it is empty")
    shot = browser.call("Page.captureScreenshot", session, captureBeyondViewport=True)
    name = folder / f"{page.stem}-{screen}-{scheme}.png"
    name.write_bytes(base64.b64decode(shot["data"]))
    for event in browser.events:
        params = event.get("params", {})
        if event["method"] in ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"]:
            wrong.append(f"the console says {json.dumps(params)[:300]}")
        if event["method"] == "Network.requestWillBeSent" and params["request"]["url"] != page.resolve().as_uri():
            wrong.append(f"it asks for {params['request']['url']}")
        if event["method"] == "Page.javascriptDialogOpening":
            wrong.append("it opens a dialog")
    browser.call("Target.closeTarget", targetId=target)
    return [f"{page.name} on a {scheme} {screen}: {what}" for what in wrong]


def main():
    folder, pages = pathlib.Path(sys.argv[1]), [pathlib.Path(page) for page in sys.argv[2:]]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            wrong = [what for page in pages for screen in SCREENS for scheme in SCHEMES
                     for what in render(browser, page, screen, scheme, folder)]
        finally:
            browser.end()
    print("\n".join(wrong) or f"{len(pages)} pages on {len(SCREENS)} screens in {len(SCHEMES)} schemes")
    sys.exit(1 if wrong else 0)


main()
