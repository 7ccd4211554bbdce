"""Run the collector over one file and end it when the file is read.

    python run.py OTELCOL CONFIG RECORDS ROWS SCRATCH

A collector follows its files for ever. With ``delete_after_read`` it removes a file once it has
read all of it, so it is given a symbolic link, and asked to end when that is gone; what it still
holds is written before it ends. Waiting costs a look at the folder ten times a second.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory


def main() -> int:
    """The collector's exit status, or 1 if it ended by itself before the file was read."""
    binary, config, records, rows, scratch = sys.argv[1:]
    Path(rows).unlink(missing_ok=True)
    with TemporaryDirectory(dir=scratch) as folder:
        link = Path(folder) / "records.log"
        link.symlink_to(Path(records).resolve())
        collector = subprocess.Popen(
            [binary, "--config", config, "--feature-gates=filelog.allowFileDeletion"],
            env={**os.environ, "RECORDS": str(link), "ROWS": rows},
        )
        while os.path.lexists(link):
            if collector.poll() is not None:
                return collector.returncode or 1
            time.sleep(0.1)
        collector.send_signal(signal.SIGTERM)
        return collector.wait()


if __name__ == "__main__":
    sys.exit(main())
