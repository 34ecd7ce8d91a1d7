"""What modules may use: each library behind one door, nothing but computing where a module is called pure."""

from __future__ import annotations

import ast
import re
import tomllib

from tests.worlds.source import ROOT, Module, is_foreign, modules, package_of

VOCABULARY = "storage.model"
"""All that feeds, mailer and web may see of storage."""

DOORS = {
    "babel": {"words/*", "scripts/catalogues.py"},
    "markupsafe": {"words/spoken.py", "web/desk/paper.py"},
    "sqlalchemy": {"storage/*"},
    "alembic": {"storage/*"},
    "markdown_it": {"feeds/markdown/*"},
    "mdit_py_plugins": {"feeds/markdown/*"},
    "emoji": {"feeds/markdown/dialects/words.py"},
    "nh3": {"feeds/markdown/html.py"},
    "latex2mathml": {"feeds/markdown/maths/mathml.py"},
    "bibtexparser": {"feeds/markdown/citations/bibtex.py"},
    "pylatexenc": {"feeds/markdown/citations/bibtex.py"},
    "imagesize": {"feeds/markdown/picture.py"},
    "PIL": {"newsletter/drawing/artist.py", "newsletter/drawing/poster.py"},
    "pygments": {"feeds/markdown/code.py"},
    "yaml": {"feeds/notes/yamlheader.py"},
    "feedgen": {"feeds/syndication/feed.py"},
    "feedparser": {"newsletter/following/parser.py"},
    "email_validator": {"mailer/address.py"},
    "dns": {"mailer/address.py", "mailer/authentication/lookup.py"},
    "idna": {"mailer/address.py"},
    "aiosmtplib": {"mailer/smtp/relay.py"},
    "aiosmtpd": {"mailer/smtp/server.py"},
    "css_inline": {"mailer/compose/layout.py"},
    "cronsim": {"newsletter/config/times.py"},
    "icalendar": {"newsletter/authoring/ics.py"},
    "ziamath": {"mailer/compose/drawing.py"},
    "resvg_py": {"mailer/compose/drawing.py", "newsletter/drawing/artist.py"},
    "dkim": {"mailer/authentication/verifier.py"},
    "bs4": {"newsletter/importing/*"},
    "markdownify": {"newsletter/importing/markdown.py"},
    "lxml": {"newsletter/importing/readers/wordpress.py"},
    "cryptography": {"mailer/authentication/*", "mailer/inbound/webhooks/signatures.py"},
    "pydantic": {"newsletter/config/fields.py", "newsletter/config/sections/*"},
    "apscheduler": {"newsletter/service/scheduler.py"},
    "uvloop": {"newsletter/service/loops.py"},
    "starlette": {"web/*"},
    "uvicorn": {"web/*"},
    "httptools": {"web/http/connection.py"},
    "prometheus_client": {"web/*"},
    "jinja2": {"mailer/compose/layout.py", "newsletter/config/source.py", "web/*"},
    "structlog": {"storage/model/log.py", "scripts/*"},
    "typer": {"scripts/*"},
    "rich": {"scripts/*"},
}
"""Where each library may be imported: its door. One that has none here may not be used."""

PURE = (
    "storage/model/deliveries.py",
    "storage/model/issues.py",
    "newsletter/authoring/checks/codes.py",
    "newsletter/figures/drawing.py",
    "newsletter/following/matching.py",
    "newsletter/following/noting.py",
    "newsletter/following/saying.py",
    "newsletter/following/telling.py",
    "newsletter/authoring/checks/manners.py",
    "newsletter/authoring/checks/places.py",
    "newsletter/authoring/checks/rendered.py",
    "newsletter/authoring/checks/shape.py",
    "newsletter/authoring/checks/timing.py",
    "storage/model/notes.py",
    "storage/model/readers.py",
    "storage/model/reports.py",
    "storage/model/errors.py",
    "storage/model/direction.py",
    "storage/model/remarks.py",
    "storage/model/terms.py",
    "storage/model/text.py",
    "storage/model/colours.py",
    "storage/model/fields.py",
    "storage/database/values.py",
    "storage/notes/globs.py",
    "storage/readers/mentions.py",
    "feeds/syndication/chain.py",
    "web/building/links.py",
    "feeds/syndication/entries.py",
    "feeds/syndication/feed.py",
    "feeds/syndication/ids.py",
    "feeds/syndication/jsonfeed.py",
    "feeds/notes/frontmatter.py",
    "feeds/markdown/render.py",
    "feeds/markdown/speech.py",
    "feeds/markdown/code.py",
    "feeds/markdown/preparing.py",
    "feeds/markdown/rules/choosing.py",
    "feeds/markdown/rules/cost.py",
    "feeds/markdown/rules/lines.py",
    "feeds/markdown/rules/tokens.py",
    "feeds/markdown/rules/writing.py",
    "feeds/markdown/embeds.py",
    "feeds/markdown/fields.py",
    "feeds/markdown/html.py",
    "feeds/markdown/links.py",
    "feeds/markdown/references.py",
    "feeds/markdown/dialects/callouts.py",
    "feeds/markdown/dialects/comments.py",
    "feeds/markdown/dialects/generators.py",
    "feeds/markdown/dialects/masks.py",
    "feeds/markdown/dialects/players.py",
    "feeds/markdown/dialects/spans.py",
    "feeds/markdown/dialects/translation.py",
    "feeds/markdown/maths/finding.py",
    "feeds/markdown/maths/formulas.py",
    "feeds/markdown/maths/mathml.py",
    "feeds/markdown/maths/unicode.py",
    "feeds/markdown/structure.py",
    "feeds/notes/dates.py",
    "feeds/notes/headers.py",
    "feeds/notes/keys.py",
    "feeds/notes/months.py",
    "feeds/notes/names.py",
    "feeds/notes/note.py",
    "feeds/notes/rendering.py",
    "feeds/notes/timing.py",
    "feeds/markdown/picture.py",
    "feeds/markdown/plain/text.py",
    "feeds/notes/when.py",
    "feeds/notes/yamlheader.py",
    "storage/model/gates.py",
    "mailer/authentication/records.py",
    "mailer/authentication/spf.py",
    "mailer/authentication/spfcheck.py",
    "mailer/policy/cohort.py",
    "mailer/authentication/dkim.py",
    "mailer/compose/formulas.py",
    "mailer/compose/headers.py",
    "mailer/inbound/findings.py",
    "mailer/inbound/leaving.py",
    "mailer/inbound/mime.py",
    "mailer/inbound/prose.py",
    "mailer/inbound/reading.py",
    "mailer/inbound/report.py",
    "mailer/compose/layout.py",
    "mailer/compose/letters.py",
    "mailer/compose/message.py",
    "mailer/replies/absence.py",
    "mailer/replies/circumstances.py",
    "mailer/replies/languages.py",
    "mailer/replies/needs.py",
    "mailer/replies/outcome.py",
    "mailer/replies/patterns.py",
    "mailer/replies/phrases.py",
    "mailer/replies/severity.py",
    "mailer/replies/vocabulary.py",
    "mailer/replies/words.py",
    "mailer/policy/faults.py",
    "mailer/policy/settlement.py",
    "mailer/smtp/login.py",
    "mailer/policy/strays.py",
    "mailer/smtp/offer.py",
    "mailer/compose/quoted.py",
    "mailer/inbound/webhooks/signatures.py",
    "mailer/compose/skeleton.py",
    "mailer/inbound/webhooks/events.py",
    "mailer/inbound/webhooks/mailgun.py",
    "mailer/inbound/webhooks/postmark.py",
    "mailer/inbound/webhooks/sendgrid.py",
    "mailer/inbound/webhooks/ses.py",
    "mailer/inbound/webhooks/table.py",
    "mailer/policy/warmup.py",
    "newsletter/publishing/links.py",
    "newsletter/authoring/findings.py",
    "newsletter/authoring/preflight.py",
    "newsletter/authoring/references.py",
    "newsletter/authoring/wording.py",
    "newsletter/publishing/spellings.py",
    "newsletter/publishing/decisions.py",
    "newsletter/publishing/recognition.py",
    "newsletter/subscribing/rules.py",
    "newsletter/subscribing/words.py",
    "newsletter/watching/troubles.py",
    "newsletter/subscribing/membership.py",
    "newsletter/subscribing/dialects.py",
    "newsletter/config/problems.py",
    "newsletter/config/uris.py",
)
"""Modules that compute and nothing else: no clock, socket, file, process or chance."""

IMPURE_MODULES = {"asyncio", "socket", "subprocess", "os", "random", "secrets", "time", "threading"}
IMPURE_CALLS = {
    "now",
    "utcnow",
    "today",
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
}


def test_each_library_has_one_door() -> None:
    """A third-party library is imported where its door is, and nowhere else."""
    wrong = [
        f"{module.path} imports {name}"
        for module in modules()
        for name in module.imports
        if is_foreign(name) and not _may_enter(module, package_of(name))
    ]
    assert not wrong


def test_pure_modules_only_compute() -> None:
    """A module called pure reads no clock, opens nothing, and imports nothing that does."""
    pure = [module for module in modules() if module.path in PURE]
    assert len(pure) == len(PURE)
    for module in pure:
        imports = {package_of(name) for name in module.imports} & IMPURE_MODULES
        calls = {
            node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
        } & IMPURE_CALLS
        assert not imports | calls, module.path


def test_the_vocabulary_needs_only_the_standard_library() -> None:
    """Records, states and errors can be read, and used, without anything installed."""
    for module in modules():
        if module.path.startswith("storage/model/"):
            foreign = [name for name in module.imports if is_foreign(name)]
            if module.path == "storage/model/log.py":
                foreign.remove("structlog")  # loaded with the first line that is logged
            others = [source for source, _ in module.sources if not source.startswith(VOCABULARY)]
            assert not foreign + others, module.path


def _may_enter(module: Module, library: str) -> bool:
    doors = DOORS.get(library, set())
    return any(_fits(module.path, door) for door in doors)


def _fits(path: str, door: str) -> bool:
    return path.startswith(door.removesuffix("*")) if door.endswith("*") else path == door


def test_careless_code_is_looked_for_everywhere() -> None:
    """The rules of flake8-bandit hold for all that is not a test; what may break one is excused on its line."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    spared = {
        place: rules for place, rules in lint["per-file-ignores"].items() if place != "tests/**"
    }
    off = [*lint["ignore"], *(rule for rules in spared.values() for rule in rules)]
    assert not [rule for rule in off if re.fullmatch(r"S\d*", rule)]
