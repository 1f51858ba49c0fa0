"""Clients that are none of ours do a full round on the embedded servers: drop, collect, delete."""

import base64
import hashlib
import shlex
import subprocess

import pytest

from annexe5.transport.edge import EventKind
from annexe5.transport.ftp_server import FtpServer

IN, OUT = "IN/COVA/ZD", "OUT/COVA/ZD"
ORDER, ANSWER = "ORDER.csv", "ANSWER.csv"


def run(command, *, stdin=""):
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "client"
    folder.mkdir()
    (folder / ORDER).write_bytes(b"a;b\r\n")
    return folder


@pytest.fixture
def full_round(server, events, work):
    """Prepare an answer, let the client work, then see that each side got its file whole, once, and no other."""
    server.deliver("FREE", f"{OUT}/{ANSWER}", b"ok\r\n")

    def check(result, edge=server):
        assert result.returncode == 0, result.stdout + result.stderr
        assert (work / ANSWER).read_bytes() == b"ok\r\n"
        assert edge.take("FREE", f"{IN}/{ORDER}") == b"a;b\r\n"
        assert edge.list("FREE", IN) == edge.list("FREE", OUT) == []
        assert events.of(EventKind.STORED) == [("FREE", f"{IN}/{ORDER}")]
        assert events.of(EventKind.READ) == events.of(EventKind.REMOVED) == [("FREE", f"{OUT}/{ANSWER}")]

    return check


@pytest.fixture
def known_hosts(server, work):
    path = work / "known_hosts"
    path.write_text(f"[127.0.0.1]:{server.port} {server.host_key_public}\n")
    return path


@pytest.fixture
def ftp(tmp_path, server, events):
    """An FTP server beside the SFTP one, in clear."""
    with FtpServer(server.root, [*server.accounts.values()], on_event=events, beside=server) as running:
        yield running


@pytest.fixture(params=["explicit", "implicit"])
def ftps(request, tmp_path, server, events):
    with FtpServer(
        server.root,
        [*server.accounts.values()],
        certificate=tmp_path / "ftps.pem",
        implicit=request.param == "implicit",
        on_event=events,
        beside=server,
    ) as running:
        yield running, request.param


def test_openssh(server, full_round, known_hosts, work, rsa1024):
    batch = f"cd {IN}\nput {ORDER} {ORDER}.part\nrename {ORDER}.part {ORDER}\ncd /{OUT}\nget {ANSWER}\nrm {ANSWER}\n"
    (work / "batch").write_text(f"lcd {work}\n{batch}")
    options = f"-b {work}/batch -i {rsa1024.path} -P {server.port} -o IdentitiesOnly=yes"
    full_round(run(shlex.split(f"sftp {options} -o UserKnownHostsFile={known_hosts} FREE@127.0.0.1")))


def test_psftp(server, full_round, work):
    batch = f"lcd {work}\ncd {IN}\nput {ORDER} {ORDER}.filepart\nmv {ORDER}.filepart {ORDER}\n"
    batch += f"cd /{OUT}\nget {ANSWER}\ndel {ANSWER}\n"
    (work / "batch").write_text(batch)
    command = f"psftp -batch -P {server.port} -pw secret-free -hostkey {server.host_key_md5} -b {work}/batch"
    full_round(run([*shlex.split(command), "FREE@127.0.0.1"]))


def test_psftp_stops_at_another_host_key(server, events):
    wrong = ":".join(["00"] * 16)
    command = f"psftp -batch -P {server.port} -pw secret-free -hostkey {wrong} FREE@127.0.0.1"
    assert run(shlex.split(command)).returncode != 0
    assert events.seen == []


LFTP_ROUND = f"put -O {IN} {ORDER}; get -E {OUT}/{ANSWER}"


def test_lftp_over_sftp(server, full_round, known_hosts, work):
    ssh = f"ssh -a -x -o UserKnownHostsFile={known_hosts} -o PubkeyAuthentication=no"
    script = f'set sftp:connect-program "{ssh}"; open -u FREE,secret-free sftp://127.0.0.1:{server.port}; '
    full_round(run(["lftp", "--norc", "-c", f"lcd {work}; {script}{LFTP_ROUND}"]))


def test_lftp_over_ftp(ftp, full_round, work):
    script = f"set ftp:ssl-allow no; open -u FREE,secret-free ftp://127.0.0.1:{ftp.port}; "
    full_round(run(["lftp", "--norc", "-c", f"lcd {work}; {script}{LFTP_ROUND}"]))


def test_lftp_over_ftps(ftps, full_round, work):
    server, mode = ftps
    scheme = "ftps" if mode == "implicit" else "ftp"
    settings = f"set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:ca-file {server.certificate}; "
    script = f"{settings}open -u FREE,secret-free {scheme}://127.0.0.1:{server.port}; "
    full_round(run(["lftp", "--norc", "-c", f"lcd {work}; {script}{LFTP_ROUND}"]))


def curl_round(base, options, work, *, ftp_commands):
    """Drop with curl, collect, then delete by the protocol's own command."""
    delete = f"DELE {OUT}/{ANSWER}" if ftp_commands else f"rm /{OUT}/{ANSWER}"
    steps = (
        ["-T", str(work / ORDER), f"{base}/{IN}/{ORDER}"],
        ["-o", str(work / ANSWER), f"{base}/{OUT}/{ANSWER}"],
        ["-o", "/dev/null", "-Q", delete, f"{base}/"],
    )
    for step in steps:
        result = run(["curl", "-sS", "-u", "FREE:secret-free", *options, *step])
        if result.returncode:
            return result
    return result


def test_curl_over_sftp(server, full_round, work):
    blob = server.host_key_public.split()[1]
    pinned = hashlib.md5(base64.b64decode(blob), usedforsecurity=False).hexdigest()
    options = ["--hostpubmd5", pinned]
    full_round(curl_round(f"sftp://127.0.0.1:{server.port}", options, work, ftp_commands=False))


def test_curl_over_ftp(ftp, full_round, work):
    full_round(curl_round(f"ftp://127.0.0.1:{ftp.port}", [], work, ftp_commands=True))


def test_curl_over_ftps(ftps, full_round, work):
    server, mode = ftps
    scheme = "ftps" if mode == "implicit" else "ftp"
    options = ["--ssl-reqd", "--cacert", str(server.certificate)]
    full_round(curl_round(f"{scheme}://127.0.0.1:{server.port}", options, work, ftp_commands=True))
