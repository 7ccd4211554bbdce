"""Run a collector that follows files for ever over one file, and end it when the file is read.

    python run.py RECORDS SCRATCH LINK PROGRAM ARGUMENT...

The program has to be set to remove a file once it has read all of it. It is given a symbolic
link, ``LINK`` in the folder ``SCRATCH``, and asked to end when that is gone; what it still holds
it writes before it ends. Waiting costs a look at the folder ten times a second. Vector is run by
it too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    """The program's exit status, or 1 if it ended by itself before the file was read."""
    records, scratch, name, *command = sys.argv[1:]
    link = Path(scratch, name)
    link.unlink(missing_ok=True)
    link.symlink_to(Path(records).resolve())
    program = subprocess.Popen(command)
    while os.path.lexists(link):
        if program.poll() is not None:
            link.unlink()
            return program.returncode or 1
        time.sleep(0.1)
    program.send_signal(signal.SIGTERM)
    return program.wait()


if __name__ == "__main__":
    sys.exit(main())
