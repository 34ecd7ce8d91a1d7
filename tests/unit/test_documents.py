"""The documents agree with the code: rules, links, keys and modules."""

from __future__ import annotations

import os
import re
import tomllib
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from newsletter.config.config import SECTIONS
from scripts.manual import FOLDER, make_pages
from tests.worlds.rows import each

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ROOMS = ("words", "storage", "feeds", "mailer", "newsletter", "web", "scripts")
SKIPPED = {".venv", ".git", "node_modules", ".pytest_cache", ".hypothesis", "demo", "dist"}

RULE = r"[A-G]\d{1,2}"
CITATION = re.compile(rf"\brules?\s+({RULE}(?:(?:\s*,\s*|\s+and\s+|\s+to\s+|\s*[–-]\s*){RULE})*)\b")
BARE = re.compile(rf"\(({RULE}(?:, {RULE})*)\)|# noqa.*\b({RULE})\)")
RANGE = re.compile(r"([A-G])(\d+)(?:\s+to\s+|\s*[–-]\s*)\1(\d+)")
ENTRY = re.compile(rf"^\*\*({RULE})\*\* ", re.MULTILINE)
CODE = re.compile(r"(?s)(`+)(?!`).*?(?<!`)\1(?!`)")
"""What stands in code is an example and leads nowhere."""
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:storage|feeds|mailer|newsletter|web|scripts|tests|docs)/[\w./*-]+)`")


def rules_in(citation: str) -> set[str]:
    """The rules that a citation names; `A16 to A20` names five."""
    found = set(re.findall(RULE, citation))
    for letter, first, last in RANGE.findall(citation):
        found |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    return found


@cache
def files() -> list[Path]:
    """Every file of the project; what is installed, made or kept beside it is not looked into."""
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED]
        found += (Path(folder, name) for name in names)
    return found


@cache
def read(path: Path) -> str:
    """What stands in a file, read once by the process that tests it."""
    return path.read_text("utf-8")


@cache
def sources() -> list[Path]:
    """Every file of the rooms and the tests that a rule or a promise may be cited in."""
    return [
        path
        for path in files()
        if path.suffix in {".py", ".toml", ".html", ".css"}
        and path.relative_to(ROOT).parts[0] in {*ROOMS, "tests"}
        and path != Path(__file__)
    ]


@cache
def cited_rules() -> list[tuple[Path, set[str]]]:
    """Every source file, and the rules that it cites."""
    found: list[tuple[Path, set[str]]] = []
    for path in sources():
        text = read(path)
        named: list[str] = []
        if "rule" in text:
            # A citation may be broken over two comment lines.
            joined = re.sub(r"\n\s*#?\s*", " ", text)
            named += CITATION.findall(joined)
        named += ("".join(pair) for pair in BARE.findall(text))
        found.append((path, set().union(*map(rules_in, named))))
    return found


@cache
def markdown_files() -> list[Path]:
    """Every Markdown document of the project itself; sample notes are not ours to judge."""
    found = [path for path in files() if path.suffix == ".md"]
    return [path for path in found if "notes" not in path.parent.parts]


@cache
def links_of(path: Path) -> list[str]:
    """Where a document links to; code and comments are not read."""
    prose = CODE.sub("", re.sub(r"(?s)<!--.*?-->", "", read(path)))
    return LINK.findall(prose)


def section_of(document: str, heading: str) -> str:
    """The text below a `##` heading, up to the next one."""
    return document.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_every_cited_rule_is_written_down() -> None:
    """A rule that code or a test cites can be looked up in docs/rules.md."""
    known = set(ENTRY.findall((DOCS / "rules.md").read_text("utf-8")))
    missing = {
        f"{path.relative_to(ROOT)}: {rule}"
        for path, rules in cited_rules()
        for rule in rules - known
    }
    assert not missing


def test_rules_are_complete_and_each_stands_once() -> None:
    """docs/rules.md has every rule of each chapter, numbered from 1 without a gap."""
    entries = ENTRY.findall((DOCS / "rules.md").read_text("utf-8"))
    expected = [
        f"{chapter}{number}"
        for chapter, last in zip("ABCDEFG", (41, 26, 17, 21, 30, 19, 12), strict=True)
        for number in range(1, last + 1)
    ]
    assert entries == expected


def test_citations_are_recognised() -> None:
    """Lists, ranges and broken lines in a citation count as what they name."""
    assert rules_in("A3, A16 to A18") == {"A3", "A16", "A17", "A18"}
    assert rules_in("E20–E22") == {"E20", "E21", "E22"}
    assert CITATION.findall("see rules F5, F6 and G1 here") == ["F5, F6 and G1"]


def test_a_test_named_by_a_rule_cites_it() -> None:
    """Where a rule says which test shows it, that test is there and names the rule."""
    cited = {str(path.relative_to(ROOT)): rules for path, rules in cited_rules()}
    document = (DOCS / "rules.md").read_text("utf-8")
    for block in re.split(rf"(?m)^(?=\*\*{RULE}\*\* )", document)[1:]:
        rule = block[2 : block.index("**", 2)]
        shown = re.search(r"(?s)Shown by: (.*?)(?:\n\n|$)", block)
        for path in PATH.findall(shown[1]) if shown else ():
            assert rule in cited.get(path, set()), f"{path} does not cite rule {rule}"


def test_every_file_named_in_a_document_exists() -> None:
    """A module or test that a document names is in the tree."""
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in markdown_files()
        for name in PATH.findall(read(path))
        if not (any(ROOT.glob(name)) if "*" in name else (ROOT / name).exists())
    }
    assert not missing


def test_relative_links_lead_to_files() -> None:
    """No relative link of a document is dead."""
    dead = {
        f"{path.relative_to(ROOT)}: {target}"
        for path in markdown_files()
        for target in links_of(path)
        if not re.match(r"[a-z]+:|#", target)
        and not (path.parent / unquote(target).partition("#")[0]).exists()
    }
    assert not dead


def pages() -> list[Path]:
    """The pages of the manual."""
    return sorted(DOCS.rglob("*.md"))


@cache
def slugs_of(document: str) -> set[str]:
    """The addresses of a document's headings, as GitHub and the manual make them."""
    text = re.sub(r"(?ms)^(`{3,})[^`\n]*\n.*?^\1$", "", document)
    found = set[str]()
    for heading in re.findall(r"(?m)^#+ (.+)$", text):
        slug = re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
        found.add(slug)
    return found


def test_every_page_is_in_the_manual() -> None:
    """zensical.toml names each page of docs/ once in `nav`, so that `make docs` leads to all of them."""
    nav = re.findall(r'"([\w/-]+\.md)"', (ROOT / "zensical.toml").read_text("utf-8"))
    there = [path.relative_to(DOCS).as_posix() for path in pages()]
    assert sorted(nav) == sorted(there), "name the page in `nav` of zensical.toml"


def test_links_of_the_manual_stay_in_it_and_lead_to_headings() -> None:
    """The site holds nothing but docs/; what follows a `#` is the address of a heading there."""
    dead = []
    for path in pages():
        for target in links_of(path):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = unquote(target).partition("#")
            to = (path.parent / name).resolve() if name else path
            if not to.is_relative_to(DOCS):
                dead.append(f"{path.name}: {target} is outside of docs/")
            elif anchor and anchor not in slugs_of(read(to)):
                dead.append(f"{path.name}: {target} is no heading")
    assert not dead


def test_every_shown_command_is_an_example_that_runs() -> None:
    """What begins with a prompt stands in a `console` block: one that is run, or says why it is not."""
    astray = []
    for path in [*pages(), ROOT / "README.md"]:
        text = path.read_text("utf-8")
        text = re.sub(r"(?ms)^```console\n.*?^```$|^<!-- console\n.*?^-->$", "", text)
        astray += [f"{path.name}: {line}" for line in re.findall(r"(?m)^ *\$ \w.*", text)]
    assert not astray


def test_every_command_is_linked_at_the_head_of_its_page() -> None:
    """docs/commands.md begins with a link to each command that it tells of, groups of commands aside."""
    document = (DOCS / "commands.md").read_text("utf-8")
    told = re.findall(r"(?m)^### (`newsletter .+)$", document)
    alone = [one for one in told if not any(f"{one[:-1]} " in other for other in told)]
    slugs = {re.sub(r"[^\w\- ]", "", one).replace(" ", "-") for one in alone}
    assert slugs == set(re.findall(r"\]\(#(newsletter-[\w-]+)\)", document.partition("\n## ")[0]))


def test_exit_codes_are_those_of_the_code() -> None:
    """docs/commands.md has each exit code that a command ends with, and none else."""
    document = (DOCS / "commands.md").read_text("utf-8")
    rows = re.findall(r"(?m)^\| (\d+) \|", section_of(document, "Exit codes"))
    given = {"0", "2"}  # typer's own: done; a line that cannot be used
    for path in (ROOT / "scripts" / "commands").rglob("*.py"):
        given |= set(re.findall(r"(?:Exit|exit)\((?:code=)?(\d+)", path.read_text("utf-8")))
    given |= set(re.findall(r"sys\.exit\((\d+)", (ROOT / "scripts" / "cli.py").read_text("utf-8")))
    assert {*rows} == given | {"130"}


def test_every_key_is_documented() -> None:
    """docs/configuration.md explains each key in its section, and none that is not there."""
    document = (DOCS / "configuration.md").read_text("utf-8")
    for name, section in SECTIONS.items():
        rows = re.findall(r"(?m)^\| `(\w+)` \|", section_of(document, f"`[{name}]`"))
        assert rows == list(section.model_fields), name


REQUIRED = {"title": "T", "url": "https://example.org", "sender": "a@example.org"}


@each("name", SECTIONS)
def test_documented_defaults_are_the_real_ones(name: str) -> None:
    """Writing a documented default into the file changes nothing."""
    section = SECTIONS[name]
    given = REQUIRED if name == "newsletter" else {}
    usual = section.model_validate(given, context={"folder": ROOT})
    document = section_of((DOCS / "configuration.md").read_text("utf-8"), f"`[{name}]`")
    for key, default in re.findall(r"(?m)^\| `(\w+)` \| `(.+?)` \|", document):
        written = tomllib.loads(f"{key} = {default}")
        assert section.model_validate(given | written, context={"folder": ROOT}) == usual, key


def test_the_example_file_has_known_keys_only() -> None:
    """The whole file at the end of docs/configuration.md can be used as it stands."""
    document = (DOCS / "configuration.md").read_text("utf-8")
    example = section_of(document, "A whole file").partition("```toml\n")[2].partition("```")[0]
    for name, keys in tomllib.loads(example).items():
        SECTIONS[name].model_validate(keys, context={"folder": ROOT})


def test_every_room_is_in_the_design() -> None:
    """The tree in docs/design.md names every room, and every module that stands beside the rooms."""
    document = (DOCS / "design.md").read_text("utf-8")
    tree = section_of(document, "The house").partition("```\n")[2].partition("```")[0]
    drawn, package = set(), ""
    for line in tree.splitlines():
        names = re.findall(
            r"[\w/]+(?:/|\.py)", line.partition("   ")[0] or line.strip().partition("  ")[0]
        )
        package = names[0] if not line.startswith(" ") else package
        drawn |= {package} if not line.startswith(" ") else {package + name for name in names}
    there = {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for room in ROOMS
        for path in (ROOT / room).rglob("__init__.py")
        if "migrations" not in path.parts
    }
    beside = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        if room != "scripts"
        for path in (ROOT / room).glob("*.py")
        if path.name != "__init__.py"
    }
    assert there | beside == {name for name in drawn if not name.startswith("tests/")}


def test_every_cited_promise_is_in_the_design() -> None:
    """A promise that code or a test cites by its number stands in docs/design.md."""
    promises = section_of((DOCS / "design.md").read_text("utf-8"), "Promises")
    known = set(re.findall(r"(?m)^(\d)\. \*\*", promises))
    cited = {n for path in sources() for n in re.findall(r"\(promise (\d)\)", read(path))}
    assert cited <= known


def test_decisions_are_numbered_in_order() -> None:
    """Each decision has a number of its own, one more than the one before it, stands apart and is named by theme."""
    text = (DOCS / "decisions.md").read_text("utf-8")
    numbers = [int(number) for number in re.findall(r"(?m)^## (\d+)\. ", text)]
    assert len(re.findall(r"\n\n## \d+\. ", text)) == len(numbers)
    assert numbers == list(range(1, len(numbers) + 1))
    named = [
        int(number) for number in re.findall(r"(?m)^- \[(\d+)\. ", section_of(text, "By theme"))
    ]
    assert sorted(named) == numbers, "name each decision once below `By theme`"


def test_the_changelog_can_be_read_at_a_sitting() -> None:
    """A version is told in 200 lines at most: what came below `Lately` is folded into its areas."""
    versions = re.split(r"(?m)^## ", (ROOT / "CHANGELOG.md").read_text("utf-8"))[1:]
    for version in versions:
        name, _, text = version.partition("\n")
        assert len(text.splitlines()) <= 200, f"{name}: fold its lines into their areas"


def test_each_line_of_the_threat_model_has_a_test() -> None:
    """docs/security.md and docs/faults.md claim nothing that no test shows."""
    for name in ("security.md", "faults.md"):
        rows = [
            line
            for line in (DOCS / name).read_text("utf-8").splitlines()
            if line.startswith("| ") and not line.startswith(("| ---", "| threat", "| injected"))
        ]
        assert rows
        assert not [row for row in rows if "`tests/" not in row.rstrip("| ").rpartition("|")[2]]


def test_pages_made_from_the_code_are_current() -> None:
    """Every command with its options, every route with what it is for: `make docs` writes them anew."""
    made = make_pages()
    rows = [line for line in made["routes.md"].splitlines() if line.startswith("| `")]
    assert len(rows) > 50
    assert not [row for row in rows if row.endswith("|  |")]
    for name, text in made.items():
        assert (FOLDER / name).read_text("utf-8") == text, f"{name} is old: `make docs`"
