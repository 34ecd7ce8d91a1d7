"""What deploy/ ships is true: units, web servers, images, dashboards and alert rules, each asked of its own program."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
import trustme
import yaml
from typer.main import get_command

from mailer.dispatch import RelayStanding
from newsletter.config import load_config
from scripts.cli import app
from tests.peers.ports import free_port
from tests.worlds.clock import Clock
from tests.worlds.readers.site import Author, Client, serving

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROGRAM = "/opt/newsletter/.venv/bin/newsletter"
MOST_EXPOSED = 2.0
METRIC = re.compile(r"\bnewsletter_[a-z_]+")


def run(*command: str | Path) -> str:
    """What a program says; it must be content."""
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def needs(program: str) -> str:
    """Where it is; the test is skipped without it."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{program} is missing")
    return found


# ── systemd ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_valid_and_hardened(unit: Path, tmp_path: Path) -> None:
    """Systemd knows every line, finds the unit's exposure low, its command is one of ours, and what sends may keep to
    one core, which is a call of the group `@resources`.
    """
    analyze = needs("systemd-analyze")
    text = unit.read_text()
    here = tmp_path / unit.name.replace("@", "@1")
    here.write_text(text.replace(PROGRAM, str(Path(sys.executable).with_name("newsletter"))))
    assert "lvalue" not in run(analyze, "verify", here)
    told = run(analyze, "security", "--offline=true", here)
    exposed = re.search(r"Overall exposure level for .*: ([\d.]+)", told)
    assert exposed is not None
    assert float(exposed[1]) <= MOST_EXPOSED
    (line,) = re.findall(rf"^ExecStart={re.escape(PROGRAM)} (.*)$", text, re.MULTILINE)
    arguments = shlex.split(line)
    assert ("sched_setaffinity is allowed" in told) is (arguments[2] in {"run", "worker"})
    assert arguments[0] == "--config"
    command = get_command(app)
    assert arguments[2] in command.commands  # type: ignore[attr-defined]
    options = command.commands[arguments[2]].params  # type: ignore[attr-defined]
    known = {name for option in options for name in option.opts}
    assert {word for word in arguments[3:] if word.startswith("--")} <= known


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_what_is_started_again_is_started_again_for_ever(unit: Path) -> None:
    """A database may be away for longer than some starts take; systemd gives a unit up that was started so often within
    a time, and nothing starts it again. But a configuration that is wrong (exit 2) waits for whoever mends it.
    """
    found = dict(re.findall(r"^(\w+)=(\d+)$", unit.read_text(), re.MULTILINE))
    within, starts = (
        int(found.get("StartLimitIntervalSec", 10)),
        int(found.get("StartLimitBurst", 5)),
    )
    if "Restart=always" in unit.read_text():
        assert within == 0 or starts * int(found["RestartSec"]) > within
        assert found["RestartPreventExitStatus"] == "2"
    else:
        assert "Type=oneshot" in unit.read_text()


def test_the_timer_starts_a_unit_that_is_there() -> None:
    """Of the same name."""
    needs("systemd-analyze")
    for timer in (DEPLOY / "systemd").glob("*.timer"):
        assert timer.with_suffix(".service").exists()
        (when,) = re.findall(r"^OnCalendar=(.*)$", timer.read_text(), re.MULTILINE)
        assert "Next elapse" in run("systemd-analyze", "calendar", when)


# ── web servers ──────────────────────────────────────────────────────────────────────────────


@contextmanager
def behind_nginx(folder: Path, site: str) -> Iterator[tuple[str, str, ssl.SSLContext]]:
    """Our nginx configuration with other ports and a certificate, in front of the site: its addresses by
    http and by https.
    """
    nginx, plain, secure = needs("nginx"), free_port(), free_port()
    authority = trustme.CA()
    certificate = authority.issue_cert("notes.example.com")
    certificate.cert_chain_pems[0].write_to_path(folder / "fullchain.pem")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    text = (DEPLOY / "nginx" / "newsletter.conf").read_text()
    text = re.sub(r"listen \[::\]:\d+.*;", "", text)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};")
    text = text.replace("listen 443", f"listen 127.0.0.1:{secure}")
    text = text.replace("/etc/letsencrypt/live/notes.example.com", str(folder))
    text = text.replace("127.0.0.1:8000", site.removeprefix("http://"))
    (folder / "site.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"daemon off; {user} pid {folder}/pid; error_log stderr warn; events {{}}\n"
        "http {\n  access_log stderr;\n"
        f"  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;\n"
        f"  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"  include {folder}/site.conf;\n}}\n"
    )
    command = [nginx, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]
    assert "syntax is ok" in run(*command, "-t")
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", trusting
    finally:
        process.terminate()
        told = process.communicate()[1]
        assert "/unsubscribe/" not in told


@contextmanager
def behind_caddy(folder: Path, site: str) -> Iterator[tuple[str, str, ssl.SSLContext]]:
    """Our Caddy configuration with other ports and a certificate, in front of the site: its addresses by
    http and by https.
    """
    caddy, plain, secure = needs("caddy"), free_port(), free_port()
    shipped = DEPLOY / "caddy" / "Caddyfile"
    environ = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    check = [caddy, "validate", "--adapter", "caddyfile", "--config"]
    valid = subprocess.run([*check, shipped], capture_output=True, text=True, env=environ)
    assert "Valid configuration" in valid.stdout + valid.stderr
    authority = trustme.CA()
    certificate = authority.issue_cert("notes.example.com")
    (chain,) = certificate.cert_chain_pems
    chain.write_to_path(folder / "fullchain.pem")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    opening = "notes.example.com {\n"
    text = shipped.read_text()
    assert opening in text
    text = text.replace(opening, f"{opening}\ttls {folder}/fullchain.pem {folder}/privkey.pem\n")
    text = text.replace("127.0.0.1:8000", site.removeprefix("http://"))
    ports = f"http_port {plain}\n\thttps_port {secure}"
    ours = f"{{\n\tadmin off\n\tauto_https disable_certs\n\tdefault_bind 127.0.0.1\n\t{ports}\n}}\n"
    (folder / "Caddyfile").write_text(ours + text)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    command = [caddy, "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ)
    try:
        yield f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", trusting
    finally:
        process.terminate()
        told = process.communicate()[1]
        assert "/unsubscribe/" not in told


@pytest.mark.parametrize("behind", [behind_nginx, behind_caddy], ids=["nginx", "caddy"])
def test_a_web_server_in_front(
    tmp_path: Path,
    behind: Callable[[Path, str], AbstractContextManager[tuple[str, str, ssl.SSLContext]]],
) -> None:
    """The site answers through it; plain HTTP is redirected; one address of the peer is passed on, whatever
    a stranger claims; what is too large is refused; and no link of a mail stands in its log.
    """
    author = Author(tmp_path, Clock(), '[web]\nport = 0\ntrusted_proxies = ["127.0.0.1"]\n')
    folder = tmp_path / "front"
    folder.mkdir()
    with (
        serving(author.newsletter) as site,
        behind(folder, site) as (plain, secure, trusting),
        httpx.Client(verify=trusting, headers={"Host": "notes.example.com"}, timeout=60) as client,
    ):
        transport = httpx.HTTPTransport(verify=trusting, retries=20)
        with httpx.Client(transport=transport, headers={"Host": "notes.example.com"}) as first:
            answer = first.get(f"{plain}/archive?a=b")
        assert answer.status_code == 308
        port = secure.rpartition(":")[2]
        there = answer.headers["location"].replace(f":{port}", "")
        assert there == "https://notes.example.com/archive?a=b"
        name = {"extensions": {"sni_hostname": "notes.example.com"}}
        assert client.get(f"{secure}/", **name).status_code == 200  # type: ignore[arg-type]
        assert client.get(f"{secure}/metrics", **name).status_code == 404  # type: ignore[arg-type]
        assert client.get(f"{secure}/unsubscribe/token", **name).status_code == 404  # type: ignore[arg-type]
        asked = client.post(
            f"{secure}/subscribe",
            data={"email": "ada@example.com"},
            headers={"X-Forwarded-For": "203.0.113.7"},
            **name,  # type: ignore[arg-type]
        )
        assert asked.status_code == 202
        large = client.post(f"{secure}/subscribe", content=b"x" * 70_000, **name)  # type: ignore[arg-type]
        assert large.status_code == 413
    author.newsletter.close()


def test_caddy_passes_on_and_writes_down_what_it_should() -> None:
    """One address of the peer, and no log in which links of mails would stand."""
    text = (DEPLOY / "caddy" / "Caddyfile").read_text()
    assert "reverse_proxy 127.0.0.1:8000" in text
    assert "X-Forwarded-For {remote_host}" in text
    assert not re.search(r"^\s*log\b", text, re.MULTILINE)


# ── images ───────────────────────────────────────────────────────────────────────────────────


def test_the_image_is_not_root_and_needs_no_writable_root() -> None:
    """A user of its own, pinned dependencies with hashes, and state on a volume alone."""
    text = (DEPLOY / "container" / "Containerfile").read_text()
    users = re.findall(r"^USER (.+)$", text, re.MULTILINE)
    assert users[-1] == "10001:10001"
    assert "--require-hashes" in text
    assert 'VOLUME ["/var/lib/newsletter"]' in text
    assert "PYTHONDONTWRITEBYTECODE=1" in text
    for copied in re.findall(r"^COPY (?!--from)(\S+) ", text, re.MULTILINE):
        assert (ROOT / copied).exists()


def test_compose_and_its_configuration(tmp_path: Path) -> None:
    """The service is read-only and without privileges, its files are there, its configuration loads, and
    Postfix knows every parameter of the one for it, takes mail from its network, whichever it is given, and finds hosts: no
    part of it runs where there is no resolv.conf.
    """
    folder = DEPLOY / "container"
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    service = compose["services"]["newsletter"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["secrets"]) <= set(compose["secrets"])
    for one in compose["services"].values():
        build = one.get("build")
        if build:
            context = folder / build["context"]
            assert (context / build["dockerfile"]).exists()
    password = tmp_path / "storage"
    password.write_text("postgresql://newsletter:secret@database/newsletter")
    environ = {"NEWSLETTER_STORAGE__URL_FILE": str(password)}
    config = load_config(folder / "newsletter.toml", environ)
    assert config.storage.url == password.read_text()
    subnet = compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert [str(one) for one in config.web.trusted_proxies] == [subnet]
    main = (folder / "postfix" / "main.cf").read_text()
    assert "mynetworks_style = subnet" in main
    assert "mynetworks =" not in main
    postconf = needs("postconf")
    (tmp_path / "main.cf").write_text(main)
    shutil.copy("/usr/share/postfix/master.cf.dist", tmp_path / "master.cf")
    assert "unused parameter" not in run(postconf, "-c", tmp_path, "-n")
    change = re.search(r"postconf -F '(.+)'", (folder / "postfix" / "Containerfile").read_text())
    assert change is not None
    run(postconf, "-c", tmp_path, "-F", change[1])
    assert {
        line.split()[-1] for line in run(postconf, "-c", tmp_path, "-F", "*/*/chroot").splitlines()
    } == {"n"}


# ── dashboards and alert rules ───────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all that a service in use tells."""
    folder = tmp_path_factory.mktemp("metrics")
    author = Author(folder, Clock())
    pulse = author.newsletter.watching.pulse
    relay = RelayStanding(name="a:25", answers={"accepted": 1}, failing_s=None, words="")
    pulse.begin(lambda: (relay,))
    pulse.expect("poll", 30.0)
    author.newsletter.backup(folder / "b.zip")
    with Client(author.newsletter) as client:
        client.get("/feed.xml", user_agent="Feedly/1.0 (12 subscribers)")
        text = client.watch("/metrics").text
    author.newsletter.close()
    return {line.split(" ")[2] for line in text.splitlines() if line.startswith("# TYPE ")}


def test_alert_rules(metrics: set[str], tmp_path: Path) -> None:
    """They ask for what there is; promtool, where it is installed, reads them and sees them fire and rest."""
    folder = DEPLOY / "prometheus"
    rules = (folder / "newsletter.rules.yml").read_text()
    (group,) = yaml.safe_load(rules)["groups"]
    expressions = " ".join(rule["expr"] for rule in group["rules"])
    assert set(METRIC.findall(expressions)) <= metrics
    assert all(rule["annotations"]["summary"] for rule in group["rules"])
    names = {rule["alert"] for rule in group["rules"]}
    tests = yaml.safe_load((folder / "newsletter.test.yml").read_text())["tests"]
    assert {case["alertname"] for one in tests for case in one["alert_rule_test"]} <= names
    if (promtool := shutil.which("promtool")) is not None:
        run(promtool, "check", "rules", folder / "newsletter.rules.yml")
        run(promtool, "check", "config", folder / "prometheus.yml")
        run(promtool, "test", "rules", folder / "newsletter.test.yml")


def test_the_dashboard(metrics: set[str]) -> None:
    """Every curve is of something that is told, every panel has a name and a place of its own."""
    dashboard = json.loads((DEPLOY / "grafana" / "newsletter.json").read_text())
    panels = dashboard["panels"]
    asked = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    assert set(METRIC.findall(asked)) <= metrics
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["title"] for panel in panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + n, place["y"]) for n in range(place["w"])}
        assert not cells & taken
        taken |= cells


def test_every_metric_is_documented(metrics: set[str]) -> None:
    """docs/operations.md says what each is, and tells of none that is not there."""
    told = set(METRIC.findall((ROOT / "docs" / "operations.md").read_text()))
    ours = {name for name in metrics if name.startswith("newsletter_")}
    assert ours - told == set()
    assert told - ours == set()
