"""docs/deploy: what the container, compose, nginx and systemd are told agrees with the program."""

from __future__ import annotations

import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from doodle.ui import serving

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "deploy"
# seconds from the signal to the end: answers, their last words, open streams, the models' process
LONGEST_STOP = serving.GRACE + serving._DELIVERY + serving._PARTING + 5 + 1


def test_the_image_holds_all_that_is_copied_into_it():
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    docker = (FOLDER / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (?!--)(\S+) ", docker, re.M))
    assert copied == let_in == {"app.py", "requirements.txt", "doodle", "checkpoints"}
    assert all((ROOT / name).exists() for name in copied)
    # weights and tables among the package's files are not among what is left out
    left_out = [line for line in ignored if line and not line.startswith(("!", "#", "*"))]
    files = subprocess.run(
        ["git", "ls-files", *copied], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    assert not [file for file in files if any(fnmatch(file, one) for one in left_out)]


def test_the_container_runs_without_rights_and_looks_at_its_health():
    docker = (FOLDER / "Dockerfile").read_text()
    last = docker[docker.rindex("\nFROM ") :]
    assert re.search(r"^USER doodle$", last, re.M) and last.index("USER") < last.index("ENTRYPOINT")
    assert "127.0.0.1:7860/healthz" in last and '"--port", "7860"' in last
    page = yaml.safe_load((FOLDER / "compose.yaml").read_text())["x-page"]
    assert page["read_only"] and page["cap_drop"] == ["ALL"]
    assert (FOLDER / page["build"]["context"]).resolve() == ROOT
    assert (ROOT / page["build"]["dockerfile"]).is_file()


def test_nobody_is_killed_before_his_answers_are_given():
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    assert float(compose["x-page"]["stop_grace_period"].rstrip("s")) > LONGEST_STOP
    unit = (FOLDER / "doodle.service").read_text()
    assert float(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)[1]) > LONGEST_STOP
    # the models' process hears of no signal but from the page
    assert re.search(r"^KillMode=mixed$", unit, re.M)
    told = re.findall(r"--stop-timeout (\d+)", (ROOT / "docs" / "deploying.md").read_text())
    assert told and all(float(seconds) > LONGEST_STOP for seconds in told)


def test_nginx_and_the_servers_know_the_same_path_and_names():
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    nginx = (FOLDER / "nginx.conf").read_text()
    image = compose["x-page"]["image"]
    servers = {name for name, one in compose["services"].items() if one["image"] == image}
    assert set(re.findall(r"^ *server (\w+):7860;", nginx, re.M)) == servers
    path = compose["x-page"]["environment"]["GRADIO_ROOT_PATH"]
    assert f"location {path}/ {{" in nginx and f"Path={path};" in nginx
    assert "proxy_buffering off;" in nginx


def test_nginx_understands_its_configuration(tmp_path: Path):
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin")
    if nginx is None:
        pytest.skip("no nginx")
    text = (FOLDER / "nginx.conf").read_text()
    text = re.sub(r"server \w+:7860;", "server 127.0.0.1:7860;", text)  # names that resolve
    (tmp_path / "nginx.conf").write_text(text.replace("/run/nginx.pid", str(tmp_path / "pid")))
    got = subprocess.run(
        [nginx, "-t", "-q", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "errors")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert got.returncode == 0, got.stderr


def test_systemd_understands_the_unit():
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")
    got = subprocess.run(
        ["systemd-analyze", "verify", str(FOLDER / "doodle.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in got.stderr.splitlines() if "is not executable" not in line]
    assert not complaints  # of the unit: the program itself need not lie there


def test_the_application_of_the_documentation_is_built():
    from fastapi import FastAPI

    text = (ROOT / "docs" / "deploying.md").read_text()
    (program,) = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    ran: list[FastAPI] = []
    served = program.replace("uvicorn.run(app,", "ran(app,")
    exec(served, {"ran": lambda app, **_: ran.append(app)})
    (app,) = ran
    assert "/doodle" in [getattr(route, "path", "") for route in app.routes]
