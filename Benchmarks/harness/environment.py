"""The Python that the peers run in: Benchmarks/.venv, made at the first run, or the user's own."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .machine import BenchmarkError

BENCHMARKS = Path(__file__).resolve().parent.parent
ENVIRONMENT = BENCHMARKS / ".venv"
PEERS = BENCHMARKS / "peers"


def peers_python():
    """The interpreter that has the peers: what APUS_PEERS_PYTHON names, else that of .venv."""
    own = os.environ.get("APUS_PEERS_PYTHON")
    if own:
        program = shutil.which(own)
        if not program:
            raise BenchmarkError(f"APUS_PEERS_PYTHON is no program: {own}")
        return program
    prepare_environment()
    return str(ENVIRONMENT / "bin" / "python")


def prepare_environment():
    """Makes Benchmarks/.venv with what peers/requirements.txt names."""
    requirements = PEERS / "requirements.txt"
    wanted = requirements.read_bytes() + sys.version.encode()  # another Python does not find them
    version = hashlib.sha256(wanted).hexdigest()
    stamp = ENVIRONMENT / "requirements.sha256"
    if stamp.exists() and stamp.read_text() == version:
        return
    print("Installing the peers into Benchmarks/.venv", file=sys.stderr)
    for command in (
        [sys.executable, "-m", "venv", "--clear", ENVIRONMENT],
        [ENVIRONMENT / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check",
         "--requirement", requirements],
    ):
        if subprocess.run(command).returncode != 0:
            raise BenchmarkError(f"{' '.join(map(str, command))} failed; its words are above")
    stamp.write_text(version)


def compiler_cache():
    """Where torch.compile keeps what it made, so that the next variant and run start at once."""
    return ENVIRONMENT / "inductor"
