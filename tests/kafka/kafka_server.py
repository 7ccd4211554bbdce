"""A real Apache Kafka on this machine, without Docker: `make kafka` and `make kafka-stop`.

Maven brings Kafka's own jars; one node runs them (KRaft: broker and controller at once), on
loopback only, with three listeners: plain, TLS, and TLS with SASL/SCRAM. All it keeps is under
one folder, `.kafka/`; what a client has to know is in `.kafka/server.json`, which is there while
the server runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
JARS = HERE.parent.parent / ".kafka" / "jars"
HOST = "127.0.0.1"
USER = "logloom"
MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")
JAVA_OPTIONS = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
UP = "Kafka Server started"
START_SECONDS_MAX = 90.0
STOP_SECONDS_MAX = 20.0

JAAS = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


class KafkaServerError(Exception):
    """Kafka cannot be had here; the message says why and what to do."""


@dataclass(frozen=True)
class Home:
    """The folder of one server and the files in it."""

    folder: Path

    @property
    def facts(self) -> Path:
        return self.folder / "server.json"

    @property
    def properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def server_pid(self) -> int | None:
        """The running server's process id; None if there is none. A process id that has gone to
        another program is recognised by its command."""
        try:
            pid = int(json.loads(self.facts.read_text())["pid"])
        except (OSError, ValueError, KeyError):
            return None
        return pid if str(self.properties) in ask_ps(pid, "command=") else None


def start(home: Home, port: int) -> str:
    """Start the server, or find it running; gives the line for the person who asked."""
    if home.server_pid() is not None:
        return told(home, "is already running")
    check_programs()
    ports = range(port, port + 4)
    check_free(ports)
    home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fetch_jars()
    password = kept_password(home)
    make_certificate(home, password)
    write_private(
        home.properties,
        (HERE / "server.properties")
        .read_text()
        .format(
            host=HOST,
            plain=ports[0],
            tls=ports[1],
            sasl=ports[2],
            controller=ports[3],
            home=home.folder,
            password=password,
            jaas=JAAS,
        ),
    )
    format_storage(home, password)
    pid = launch(home)
    facts = {
        "pid": pid,
        "bootstrap": f"{HOST}:{ports[0]}",
        "bootstrap_tls": f"{HOST}:{ports[1]}",
        "bootstrap_sasl": f"{HOST}:{ports[2]}",
        "ca_file": str(home.folder / "tls" / "ca.pem"),
        "mechanisms": list(MECHANISMS),
        "user": USER,
        "password": password,
    }
    write_private(home.facts, json.dumps(facts, indent=2) + "\n")
    return told(home, "runs")


def stop(home: Home) -> str:
    """Stop the server and keep its data."""
    pid = home.server_pid()
    home.facts.unlink(missing_ok=True)
    if pid is None:
        return "Apache Kafka was not running."
    end(pid)
    return "Apache Kafka is stopped."


def told(home: Home, how: str) -> str:
    facts = json.loads(home.facts.read_text())
    return (
        f"Apache Kafka {how} at {facts['bootstrap']} (TLS {facts['bootstrap_tls']}, "
        f"SASL/SCRAM {facts['bootstrap_sasl']}; facts in {home.facts}). "
        "Stop it with: make kafka-stop"
    )


def check_programs() -> None:
    for program, package in (("java", "Java 17"), ("keytool", "Java 17"), ("mvn", "Maven")):
        if shutil.which(program) is None:
            raise KafkaServerError(
                f"{program} is missing: install {package} or newer "
                "(Debian: apt-get install openjdk-17-jdk-headless maven)"
            )
    said = run("java", "-version").stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version.group(1)) < 17:
        raise KafkaServerError(f"Kafka 4 needs Java 17 or newer; here is: {said.splitlines()[0]}")


def check_free(ports: range) -> None:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise KafkaServerError(
                    f"port {port} is taken ({error.strerror}); Kafka needs {ports[0]} to "
                    f"{ports[-1]}. Take others with: make kafka KAFKA_PORT={ports[0] + 100}"
                ) from None


def fetch_jars() -> None:
    """Kafka's jars by Maven, once for each pom.xml."""
    pom = HERE / "pom.xml"
    wanted = hashlib.sha256(pom.read_bytes()).hexdigest()
    stamp = JARS / "pom.sha256"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Maven fetches Apache Kafka (some 40 MB, once) ...", flush=True)
    shutil.rmtree(JARS, ignore_errors=True)
    run(
        "mvn",
        "--batch-mode",
        "--quiet",
        "--strict-checksums",
        "--file",
        str(pom),
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        f"-DoutputDirectory={JARS}",
    )
    stamp.write_text(wanted)


def kept_password(home: Home) -> str:
    """The password of this folder's user and key, made once: the stored user must go on fitting."""
    file = home.folder / "password"
    if not file.exists():
        write_private(file, secrets.token_hex(16))
    return file.read_text()


def make_certificate(home: Home, password: str) -> None:
    tls = home.folder / "tls"
    if (tls / "ca.pem").exists():
        return
    shutil.rmtree(tls, ignore_errors=True)
    tls.mkdir(mode=0o700)
    store = (
        "-storetype",
        "PKCS12",
        "-keystore",
        str(tls / "server.p12"),
        "-storepass:env",
        "PASS",
        "-alias",
        "server",
    )
    secret = {"PASS": password}
    run(
        "keytool",
        "-genkeypair",
        *store,
        "-keyalg",
        "RSA",
        "-keysize",
        "2048",
        "-validity",
        "3650",
        "-dname",
        "CN=localhost",
        "-ext",
        f"SAN=DNS:localhost,IP:{HOST}",
        "-ext",
        "bc=ca:true",
        env=secret,
    )
    run("keytool", "-exportcert", "-rfc", *store, "-file", str(tls / "ca.pem"), env=secret)


def format_storage(home: Home, password: str) -> None:
    """Lay out an empty data folder, with the SCRAM user in it."""
    if (home.folder / "data" / "meta.properties").exists():
        return
    shutil.rmtree(home.folder / "data", ignore_errors=True)
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    users = [f"{mechanism}=[name={USER},password={password}]" for mechanism in MECHANISMS]
    run(
        *java("kafka.tools.StorageTool"),
        "format",
        "--cluster-id",
        f"k{cluster[1:]}",
        "--config",
        str(home.properties),
        *(f"--add-scram={user}" for user in users),
    )


def launch(home: Home) -> int:
    """The process id of a server that is up."""
    with home.log.open("wb") as log:
        server = subprocess.Popen(
            [*java("kafka.Kafka"), str(home.properties)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home.folder,
            start_new_session=True,
        )
    try:
        wait_until_up(server, home.log)
    except BaseException:
        server.kill()
        raise
    return server.pid


def wait_until_up(server: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS_MAX
    while UP not in (said := log.read_text(errors="replace")):
        if server.poll() is not None or time.monotonic() > give_up:
            tail = "\n".join(said.splitlines()[-5:])
            raise KafkaServerError(f"Kafka did not start; the end of {log}:\n{tail}")
        time.sleep(0.1)


def end(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    give_up = time.monotonic() + STOP_SECONDS_MAX
    while is_alive(pid):
        if time.monotonic() > give_up:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def is_alive(pid: int) -> bool:
    state = ask_ps(pid, "stat=")
    return bool(state) and not state.startswith("Z")


def java(main_class: str) -> list[str]:
    logging = f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}"
    return ["java", *JAVA_OPTIONS, logging, "-cp", f"{JARS}/*", main_class]


def ask_ps(pid: int, column: str) -> str:
    command = ["ps", "-ww", "-o", column, "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def run(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Raises KafkaServerError with what the command said when it fails."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise KafkaServerError(f"{command[0]} failed:\n{said}")
    return done


def write_private(file: Path, text: str) -> None:
    """For this user's eyes only, and there as a whole or not at all."""
    beside = file.with_name(f"{file.name}.new")
    beside.touch(mode=0o600)
    beside.write_text(text)
    beside.replace(file)


def main() -> int:
    parser = argparse.ArgumentParser(description="A real Apache Kafka on this machine.")
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("--home", type=Path, default=JARS.parent, help="default: .kafka")
    parser.add_argument("--port", type=int, default=9092, help="the first of four (default: 9092)")
    chosen = parser.parse_args()
    home = Home(chosen.home.resolve())
    try:
        print(start(home, chosen.port) if chosen.action == "start" else stop(home), flush=True)
    except KafkaServerError as error:
        print(f"make kafka: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
