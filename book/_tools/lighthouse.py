"""Measure pages of the built book with Lighthouse: as on a telephone, from a server that compresses.

``npm install --prefix .cache/lighthouse lighthouse`` gets it. Then, on a machine that does nothing else,
``.venv/bin/python book/_tools/lighthouse.py book/mse book/huber`` prints a line a page: the medians of five runs.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread

ROOT = Path(__file__).parents[2]
LIGHTHOUSE = ROOT / ".cache" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
RUNS = 5
PAGES = ["book/intro", "book/mse", "book/categorical_cross_entropy", "book/kl_divergence", "book/triplet"]
SCORES = ["performance", "accessibility"]
TIMES = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"]


@cache
def compressed(path):
    """Return a file as a server sends it."""
    return gzip.compress(path.read_bytes())


class Server(SimpleHTTPRequestHandler):
    """A server of the book that sends everything compressed, but pictures and fonts, which are."""

    def __init__(self, *args):
        """Serve the book's folder."""
        super().__init__(*args, directory=ROOT / "_build" / "html")

    def do_GET(self):
        """Answer a request."""
        path = Path(self.translate_path(self.path))
        if not path.is_file() or path.suffix in (".png", ".woff2"):
            super().do_GET()
            return
        body = compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", len(body))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


def measure(url):
    """Return the scores and times of one run."""
    command = [LIGHTHOUSE, url, "--output=json", "--quiet", "--only-categories=" + ",".join(SCORES)]
    command.append("--chrome-flags=--headless=new --no-sandbox")
    chromium = {"CHROME_PATH": shutil.which("chromium")}
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ | chromium)
    report = json.loads(done.stdout)
    scores = [100 * report["categories"][name]["score"] for name in SCORES]
    return scores + [report["audits"][name]["numericValue"] for name in TIMES]


def main(pages):
    """Print the medians of each page."""
    print(*SCORES, *TIMES, sep=", ")
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        for page in pages:
            runs = [measure(f"http://127.0.0.1:{server.server_port}/{page}.html") for _ in range(RUNS)]
            medians = [f"{median(values):.3g}" for values in zip(*runs, strict=True)]
            print(f"{page}:", ", ".join(medians), flush=True)
        server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:] or PAGES)
