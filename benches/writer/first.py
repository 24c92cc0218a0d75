#!/usr/bin/env python3
"""Measures how much later than the endpoint's own first sentence a client sees it, checked.

    benches/writer/first.py [PROGRAM]      PROGRAM: default target/release/yiju

Starts an endpoint that streams an answer of two sentences, three characters every 20 ms, and a server over the seed that
writes with it; asks 30 times, and takes the time between the last event of the first sentence, as sent, and the event
`sentence`, as received. Beside it: from the question to the endpoint's being asked.
"""
import json, os, pathlib, statistics, subprocess, sys, tempfile, time, urllib.request

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "tests/clients"))
from endpoint import Endpoint

program = sys.argv[1] if len(sys.argv) > 1 else str(root / "target/release/yiju")
endpoint = Endpoint(pause=0.02)
place = tempfile.TemporaryDirectory()
environment = {**os.environ, "YIJU_LIBRARY": f"{place.name}/library", "XDG_CONFIG_HOME": place.name}
run = {"cwd": root, "env": environment}
subprocess.run([program, "--quiet", "add", "seeds"], check=True, stdout=subprocess.DEVNULL, **run)
flags = ["--listen", "127.0.0.1:0", "--writer-url", endpoint.url, "--writer-model", "made"]
server = subprocess.Popen([program, "serve", *flags], stderr=subprocess.PIPE, text=True, **run)
try:
    url = None
    for line in server.stderr:
        if line.startswith("listening on "):
            url = line.split()[2].rstrip(",;")
        if line.startswith("ready"):
            break
    body = json.dumps({"question": "超大城市的规模要不要控制？", "write": True, "stream": True}).encode()
    before, after = [], []
    for number in range(33):
        request = urllib.request.Request(url + "/v1/ask", body, {"content-type": "application/json"})
        began, seen = time.perf_counter(), None
        with urllib.request.urlopen(request) as response:
            for line in response:
                if line.startswith(b"event: sentence") and seen is None:
                    seen = time.perf_counter()
                    # When asked again, the endpoint forgets.
                    asked, first = endpoint.asked, endpoint.first
        if seen is None:
            sys.exit("no sentence held")
        # The first three warm up.
        if number >= 3:
            before.append((asked - began) * 1e3)
            after.append((seen - first) * 1e3)
finally:
    server.terminate()
    server.wait()


def line(what, times):
    times.sort()
    print(f"{what}: median {statistics.median(times):.1f} ms, p95 {times[int(len(times) * 0.95)]:.1f} ms, most {times[-1]:.1f} ms")


line("from the question to the endpoint", before)
line("from the endpoint's first sentence to the client", after)
