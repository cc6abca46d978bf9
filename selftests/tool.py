# SPDX-License-Identifier: GPL-2.0
"""nft-alias kept running: in a guest with sanitizers starting a program takes a
hundred times as long as what it is asked for."""
import os
import select
import subprocess

from ktap import Failure


class Tool:
    """nft-alias -i, one command a line, in the namespace that is current now."""

    def __init__(self, program, *options):
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen((program, *options, "-i"), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pipes = [self.process.stdout.fileno(), self.process.stderr.fileno()]
        for pipe in self.pipes:
            os.set_blocking(pipe, False)
        self.commands = 0

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def _read(self, got, timeout):
        """Adds what has come; whether anything has."""
        ready = select.select(self.pipes, [], [], timeout)[0]
        for pipe in ready:
            chunk = os.read(pipe, 1 << 16)
            if not chunk:
                raise Failure("nft-alias -i has ended: " + got[self.pipes[1]].decode())
            got[pipe] += chunk
        return bool(ready)

    def run(self, line, patience):
        """What a command prints, and what it complains of."""
        self.commands += 1
        # No command; the complaint about it comes when all before it is done.
        last = "@end %d\n" % self.commands
        self.process.stdin.write((line + "\n" + last).encode())
        self.process.stdin.flush()
        got = {pipe: bytearray() for pipe in self.pipes}
        while not got[self.pipes[1]].endswith(last.encode() + b"^\n"):
            if not self._read(got, patience):
                raise Failure("no answer to " + line)
        while self._read(got, 0):
            pass
        output, complaints = (got[pipe].decode() for pipe in self.pipes)
        return output, complaints[:complaints.rindex("Error: ")]
