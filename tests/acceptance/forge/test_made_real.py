"""What was merged is made real on this machine, and what is done by hand is told, by the workflows' steps.

The jobs' root is this machine, with an empty workspace, an empty home and an environment of their own, as a runner's.
State lies where all runs find it, as a team's does. `make workflows` runs it, in a minute or two.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge.comments import marker
from tests.acceptance.forge.repository import Repository
from tests.acceptance.forge.runner import Runner
from tests.e2e.lab import run
from tests.forges.server import CodeHost, served

pytestmark = pytest.mark.usefixtures("libvirt")

STACK = "e2e-forge"
DOMAIN = f"{STACK}-web"
WEB = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}
SECRETS = {"PULUMI_CONFIG_PASSPHRASE": "correct-horse-battery"}


@pytest.fixture(params=["github", "forgejo"])
def host(request: pytest.FixtureRequest) -> Iterator[CodeHost]:
    """One of each API that has workflows here."""
    with served(request.param) as host:
        yield host


@pytest.fixture
def disk() -> Iterator[Path]:
    """Where QEMU gets through, which it does not in what pytest offers."""
    directory = Path(tempfile.mkdtemp(prefix="kvmlab-", dir="/var/tmp"))
    directory.chmod(0o711)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", directory / "empty.qcow2", "64M"], check=True)
    (directory / "state").mkdir()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def runner(tmp_path: Path, host: CodeHost, disk: Path) -> Iterator[Runner]:
    """For a push of the stack to main, after which nothing is left."""
    repository = Repository(tmp_path / "server", host.repository, tmp_path / "clone")
    lab = {
        "kind": "guests",
        "network": {"cidr": "10.20.83.0/24"},
        "image": {"file": str(disk / "empty.qcow2")},
        "pool": {"path": str(disk / "pool")},
        "guests": {"web": WEB},
    }
    config = json.dumps({"config": {"kvmlab:lab": lab, "kvmlab:seed": "a seed that all who run this stack share"}})
    gone = dict.fromkeys(("stacks/Pulumi.six.yaml", "stacks/Pulumi.quickstart.yaml"))
    commit = repository.commit({f"stacks/Pulumi.{STACK}.yaml": config, **gone})
    repository.git("push", "-q", "origin", "HEAD:main")
    made = Runner(
        tmp_path / "runs" / "merged",
        repository.server,
        host,
        "push",
        {"before": repository.main},
        "refs/heads/main",
        commit,
        vars={
            "KVMLAB_RUNNER": "mine",
            "KVMLAB_DRIFT_ISSUE": str(host.number),
            "PULUMI_BACKEND_URL": f"file://{disk}/state",
        },
        secrets=SECRETS,
        inputs={"stack": STACK},
        is_host=True,
    )
    yield made
    env = {**SECRETS, "PULUMI_BACKEND_URL": f"file://{disk}/state"}
    done = made.call("destroy", f"make destroy STACK={STACK}", env)
    assert done.status == 0, done.out + done.err
    assert DOMAIN not in run("virsh", "-q", "list", "--all", "--name").stdout
    shutil.rmtree(tmp_path / "runs")


def test_merged_then_touched_by_hand(runner: Runner, host: CodeHost) -> None:
    """The guest is there; once it was switched off by hand, an issue has a comment that says so, each night."""
    jobs = runner.run("deploy.yml")
    assert all(job.is_well and not job.is_skipped for job in jobs.values()), "\n".join(map(str, jobs.values()))
    assert [name for name in jobs if name.startswith("up")] == (["up " + STACK] if host.api == "github" else ["up"])
    assert DOMAIN in run("virsh", "-q", "list", "--name").stdout
    assert host.requests == []

    quiet = _drift(runner, host, "quiet")
    run("virsh", "destroy", DOMAIN)
    told = _drift(runner, host, "off")
    assert len(host.comments) == 1
    assert "| `web` | changed without a restart | is not whole, and is mended; is shut off, and is started |" in told
    assert told != quiet
    numbers = list(host.comments)
    assert _drift(runner, host, "still-off") == told
    assert list(host.comments) == numbers
    assert DOMAIN not in run("virsh", "-q", "list", "--name").stdout


def _drift(runner: Runner, host: CodeHost, night: str) -> str:
    """What the issue's comment says after a night."""
    runner.directory = runner.directory.parent / night
    jobs = runner.run("drift.yml")
    assert all(job.is_well and not job.is_skipped for job in jobs.values()), "\n".join(map(str, jobs.values()))
    (body,) = host.bodies
    assert body.startswith(marker(STACK))
    return body
