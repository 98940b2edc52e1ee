"""`imageshim gateway` as a program, with its log."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress

import httpx

COMMAND = [sys.executable, "-c", "from imageshim.cli import main; main()"]


class Program:
    def __init__(self, process):
        self.process = process
        self.url = ""
        self.lines = []
        self.up = threading.Event()
        self.line = threading.Condition()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            with self.line:
                self.lines.append(line)
                self.line.notify_all()
            if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                self.url = found[1]
            if self.url and "Application startup complete" in self.log:
                self.up.set()
        self.up.set()

    def until(self, text):
        """Wait for a text in the log."""
        with self.line:
            assert self.line.wait_for(lambda: text in self.log, 120), self.log

    @property
    def log(self):
        return "".join(self.lines)


@contextmanager
def gateway(upstream, *arguments):
    """Run the command until it has ended by itself; it is told to at the block's end."""
    with subprocess.Popen(
        [*COMMAND, "gateway", "--upstream", upstream, "--port", "0", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        program = Program(process)
        try:
            assert program.up.wait(120)
            assert process.poll() is None, program.log
            if "--workers" in arguments:  # each says that it is up before it listens
                with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
                    client.get(f"{program.url}/healthz").raise_for_status()
            yield program
            process.send_signal(signal.SIGTERM)
            process.wait(120)
        finally:
            # Workers of one that did not end have its errors open, and would never end themselves.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            program.reader.join()
