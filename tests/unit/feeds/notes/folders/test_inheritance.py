"""What a folder hides, in the words of each generator, is kept from readers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.notes.note import Note, parse_note
from storage.model import NoteError
from tests.worlds.rows import each

ROOT = "/home/ada/site/content"
BARE = "---\npublish: now\n---\nWords."


def read(path: str, guides: dict[str, str], text: str = BARE, *, root: str = ROOT) -> Note:
    """A note in a folder that holds these files as well."""

    def find(paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return ((one, guides[one].encode()) for one in paths if one in guides)

    return parse_note(text.encode(), path, zone=ZoneInfo("UTC"), root=root, guides=find)


JEKYLL = "defaults:\n- scope: {{path: '{path}', type: '{type}'}}\n  values: {{published: false}}\n"
TOML = "+++\n[[cascade]]\ndraft = true\n[cascade.target]\n{target}\n+++\n"
MOUNT = "[[module.mounts]]\nsource = 'content'\ntarget = 'content'\n{}\n"


@each(
    ("path", "guide", "text"),
    [
        ("a/b/x.md", "a/_index.md", "---\ncascade:\n  draft: true\n---\n"),
        ("a/x.md", "_index.md", "---\ncascade:\n- draft: true\n---\n"),
        ("a/x.md", "a/_index.md", "+++\n[cascade.build]\nrender = 'never'\n+++\n"),
        ("a/x.md", "a/_index.md", '{"cascade": {"_build": {"list": "never"}}}\n'),
        ("a/x.md", "a/_index.md", "<!-- a remark -->\n\n---\r\ncascade: {draft: yes}\r\n---\r\n"),
        ("a/x.md", "a/_index.en.md", "---\ncascade: {draft: true}\n---\n"),
        ("a/x.fr.md", "a/_index.fr.md", "---\ncascade: {draft: true}\n---\n"),
        ("a/x.md", "a/_index.md", TOML.format(target="path = '/a/**'")),
        ("a/x.md", "a/_index.md", TOML.format(target="path = '{/b,/a}/*'")),
        ("a/x.md", "a/_index.md", TOML.format(target="kind = '{home,page}'")),
        ("a/x.md", "a/_index.md", TOML.format(target="lang = 'en'")),
        ("a/x.md", "a/_index.md", TOML.format(target="environment = 'production'")),
        ("a/x.md", "a/_index.md", TOML.format(target=f"path = '{'*a' * 200}'")),
        ("content/a/x.md", "hugo.toml", "[cascade]\ndraft = true\n"),
        ("a/x.md", "config/_default/config.yaml", "cascade: {params: {private: true}}\n"),
        ("a/b/x.md", "a/_index.md", "+++\ndraft = true\n+++\n"),
        ("a/x.md", "a/index.md", "---\nheadless: true\n---\n"),
        ("a/x.md", "a/index.md", "---\nbuild: {render: never}\n---\n"),
        ("_posts/a/x.md", "_config.yml", JEKYLL.format(path="", type="posts")),
        ("_posts/a/x.md", "_config.yml", JEKYLL.format(path="_posts/a", type="")),
        ("a/b/x.md", "_config.yml", JEKYLL.format(path="a/*/x.md", type="pages")),
        ("a/b/x.md", "_config.yml", JEKYLL.format(path="a/*", type="")),
        ("a/x.md", "_config.yml", "exclude: [a/]\n"),
        ("a/x.md", "_config.yml", "exclude: a/*.md\n"),
        ("a/x.md", "a/a.json", '{"draft": true}'),
        ("a/b/x.md", "a/a.11tydata.json", '{"permalink": false}'),
        ("a/x.md", "a/x.json", '{"eleventyExcludeFromCollections": true}'),
        ("a/x.md", "content.json", '{"published": false}'),
        ("a/b/x.qmd", "a/_metadata.yml", "draft: true\n"),
        ("a/x.qmd", "_quarto.yml", "website:\n  drafts: [a/x.qmd]\n"),
        ("a/x.qmd", "_quarto.yml", "project:\n  render: ['*.qmd', '!a/']\n"),
        ("a/b/x.qmd", "_quarto.yml", "project:\n  render: ['!x.qmd']\n"),
        ("a/b/x.old.qmd", "_quarto.yml", "project:\n  render:\n  - '*.qmd'\n  - '!*.old.qmd'\n"),
        ("a/b/x.qmd", "_quarto.yml", "project: {render: ['**/*.qmd', '!./a/b']}\n"),
        ("a/x.md", "_quarto.yml", "project: {render: ['*.qmd']}\n"),
        ("a/x.qmd", "_quarto.yml", "project: {render: [index.qmd, b/]}\n"),
        ("a/x.qmd", "_quarto.yml", "project: {render: '/*.qmd'}\n"),
        ("content/a/x.md", "hugo.toml", MOUNT.format("excludeFiles = 'a/*'")),
        ("content/a/b/x.md", "hugo.toml", MOUNT.format("excludeFiles = ['/b/**', '/A/**']")),
        ("content/a/x.md", "hugo.toml", MOUNT.format("excludeFiles = 'a'")),
        ("content/a/x.md", "hugo.toml", MOUNT.format("includeFiles = ['b/**', '*.md']")),
        ("content/a/x.md", "hugo.toml", MOUNT.format("files = ['**.md', '! a/*.md']")),
        ("content/a/x.md", "config.yaml", "module: {mounts: [{Source: content, target: content/en, excludefiles: '**'}]}\n"),
        ("content/a/x.md", "config/_default/module.yaml", "mounts: [{source: ./content/, target: content, excludeFiles: [a/x.md]}]\n"),
        ("a/x.md", "a/_metadata.yml", "draft: &d true\nhidden: *d\n"),
        ("a/x.md", ".eleventyignore", "# mine\n\na/\n"),
        ("a/b/x.md", ".eleventyignore", "./a/**/*.md\r\n"),
        ("a/x.md", ".eleventyignore", "a/[w-y].md"),
        ("a/x.md", "eleventy.config.mjs", "export default c => { c.ignores.add('a/**'); }"),
        ("content/a/x.md", "hugo.toml", r"ignoreFiles = ['^.*/content/a/.*$']"),
        ("a/x.md", "config.yaml", "ignorefiles: ['x[.]md$']"),
        ("a/x.md", "hugo.toml", r"ignoreFiles = ['\z(']"),
        ("a/x.md", "hugo.toml", f"ignoreFiles = ['(a+)+$', '{'.*a' * 9}']"),
        ("a/x.md", "a/x.meta", ".. title: x\n.. status: private\n"),
        ("a/x.md", "a/x.meta", "---\ntitle: x\nstatus: draft\n---\n"),
    ],
)  # fmt: skip
def test_what_a_folder_hides_is_kept(path: str, guide: str, text: str) -> None:
    """Each generator's way to hide a folder keeps a note that says `publish: now`, and the author is told which file says so."""
    note = read(path, {guide: text})
    assert note.kept.endswith(f", as `{guide}` has it"), note.kept


@each(
    ("path", "guide", "text"),
    [
        ("b/x.md", "a/_index.md", "---\ncascade:\n  draft: true\n---\n"),
        ("a/x.md", "a/_index.md", "---\ncascade: {draft: false}\n---\n"),
        ("a/x.md", "a/_index.md", "---\ntitle: A draft of drafts\n---\ndraft: true\n"),
        ("a/x.md", "a/_index.md", "draft: true\n"),
        ("a/x.md", "a/_index.md", "---\nbuild: {render: never}\n---\n"),
        ("a/x.md", "a/_index.md", "+++\ntransparent = true\nrender = false\n+++\n"),
        ("a/x.md", "a/_index.md", TOML.format(target="path = '/b/**'")),
        ("a/x.md", "a/_index.md", TOML.format(target="kind = 'section'")),
        ("a/x.md", "a/_index.md", TOML.format(target="lang = 'fr'")),
        ("a/x.md", "a/_index.md", TOML.format(target="environment = 'development'")),
        ("a/x.md", "a/_index.fr.md", "---\ncascade: {draft: true}\n---\n"),
        ("a/x.md", "a/index.md", "---\ndraft: true\n---\n"),
        ("x.md", "index.md", "---\nheadless: true\n---\n"),
        ("_posts/x.md", "_config.yml", JEKYLL.format(path="", type="pages")),
        ("ab/x.md", "_config.yml", JEKYLL.format(path="a", type="")),
        ("a/x.md", "_config.yml", "title: x\npublished: false\n"),
        ("a/x.md", "a/_config.yml", JEKYLL.format(path="", type="")),
        ("a/x.md", "a/a.json", '[{"draft": true}]'),
        ("a/x.md", "a/a.json", "no JSON at all"),
        ("a/x.md", "a/b.json", '{"draft": true}'),
        ("a/x.md", "a/a.json", '{"permalink": "/{{ title }}/", "title": "{{ x }}"}'),
        ("a/x.qmd", "_quarto.yml", "website: {title: x}\nproject: {render: [a]}\n"),
        ("a/b/x.qmd", "_quarto.yml", "project: {render: ['*.qmd', '!/x.qmd']}\n"),
        ("a/b/x.qmd", "_quarto.yml", "project: {render: [./a/b/x.qmd, '!c/']}\n"),
        ("a/x.qmd", "_quarto.yml", "project: {render: [], type: website}\n"),
        ("content/a/b/x.md", "hugo.toml", MOUNT.format("excludeFiles = ['*.md', 'a/*.md', 'content/**']")),
        ("content/a/x.md", "hugo.toml", MOUNT.format("includeFiles = ['a/**']")),
        ("content/a/x.md", "hugo.toml", MOUNT.format("excludeFiles = 'a/*'") + MOUNT.format("includeFiles = 'a/*'")),
        ("content/a/x.md", "hugo.toml", MOUNT.replace("target = 'content'", "target = 'static'").format("excludeFiles = '**'")),
        ("posts/x.md", "hugo.toml", MOUNT.format("excludeFiles = '**'")),
        ("a/x.Rmd", "_site.yml", "exclude: [a]\n"),
        ("a/x.md", ".eleventyignore", "x.md\n# a/\n!a/\nb/\n"),
        ("a/x.md", "a/.eleventyignore", "x.md\n"),
        ("a/x.md", ".gitignore", "a/\n"),
        ("a/x.md", "eleventy.config.js", "c.ignores.add(`${folder}/**`); c.ignores.delete('a/x.md')"),
        ("a/x.md", "hugo.toml", r"ignoreFiles = ['[.]txt$', '^a/']"),
        ("a/x.md", "a/x.meta", ".. title: x\n.. date: 2026-01-01\n"),
        ("a/x.md", "a/y.meta", ".. status: private\n"),
        ("a/x.md", ".obsidian/publish.json", '{"included": ["b"], "excluded": ["a"]}'),
    ],
)  # fmt: skip
def test_what_no_folder_hides_comes_out(path: str, guide: str, text: str) -> None:
    """What is said of others, of the list itself, or of nothing that hides, hides nothing."""
    assert not read(path, {guide: text}).kept


def test_eleventy_obeys_gitignore_unless_told_otherwise() -> None:
    """What is not kept in Git is hidden where Eleventy's configuration lies, which may say that it is not meant."""
    ignored = {".gitignore": "_site/\na/\n"}
    config = ".eleventy.js"
    assert read("a/x.md", ignored | {config: "module.exports = c => {}"}).kept
    assert not read("b/x.md", ignored | {config: "module.exports = c => {}"}).kept
    assert not read("a/x.md", ignored | {config: "c.setUseGitIgnore(false)"}).kept
    assert not read("a/x.md", ignored).kept


def test_what_a_vault_leaves_out_is_kept_but_for_notes_that_say_publish() -> None:
    """Obsidian's Publish goes by a note's own `publish` first, then by the folders that are left out."""
    vault = {".obsidian/publish.json": '{"included": [], "excluded": ["", "b", "a"]}'}
    assert read("a/c/x.md", vault, "---\ndate: 2026-01-01\n---\nWords.").kept
    assert not read("c/x.md", vault, "---\ndate: 2026-01-01\n---\nWords.").kept
    assert not read("a/x.md", vault).kept


def test_the_note_and_the_nearest_folder_win() -> None:
    """A folder within may show what the one above hides, and a note what its folders hide."""
    above = {"_index.md": "---\ncascade: {draft: true}\n---\n"}
    assert read("a/x.md", above).kept
    assert not read("a/x.md", above | {"a/_index.md": "---\ncascade: {draft: false}\n---\n"}).kept
    assert not read("a/x.md", above, "---\npublish: now\ndraft: false\n---\n").kept
    assert not read("a/x.md", {"a/_index.md": TOML.format(target="path = '/posts/**'")}).kept
    hidden = {"a/_index.md": TOML.format(target="path = '/posts/**'")}
    assert read("a/x.md", hidden, root="/site/content/posts").kept


def test_times_and_readers_come_from_folders_too() -> None:
    """A folder may say from when, until when and to whom; nothing in it opts a note in or names it."""
    told = '{"publish": "now", "title": "No", "expiryDate": "2026-01-02", "email": false, "audience": "ml"}'
    note = read("a/x.md", {"a/a.json": told}, "# Mine")
    assert note.publish is None
    assert note.title == "Mine"
    assert note.expires == datetime(2026, 1, 2, tzinfo=UTC)
    assert not note.email
    assert note.audience == '"ml"'


@each(
    ("guide", "text"),
    [
        ("a/_index.md", "---\ncascade: [draft: true\n---\n"),
        ("a/_index.md", "+++\ndraft = treu\n+++\n"),
        ("a/_metadata.yml", "draft: [\n"),
        ("_config.yml", "defaults:\n - scope: {path: ''\n   values: {published: false}\n"),
        ("hugo.toml", "[cascade\n"),
        ("hugo.toml", "ignoreFiles = [\n"),
        ("config/_default/module.toml", "[[mounts]]\nexcludeFiles = [\n"),
        (".obsidian/publish.json", '{"excluded": ["a"'),
        ("a/x.meta", "---\nstatus: draft\n"),
    ],
)
def test_what_cannot_be_read_and_may_hide_holds_notes_up(guide: str, text: str) -> None:
    """A note is not published while a file that may hide it is broken; the fault names that file."""
    with pytest.raises(NoteError, match=f"`{guide}`: it names `"):
        read("a/x.md", {guide: text})


def test_a_program_is_told_where_it_may_hide() -> None:
    """Eleventy's data in JavaScript is not run: a word in it that may hide the note is told, others are not."""
    tags, hides = "module.exports = { tags: 'posts' }", "export default { permalink: false }"
    assert not read("a/x.md", {"a/a.11tydata.js": tags}).warnings
    (told,) = read("a/x.md", {"a/a.11tydata.js": hides}).warnings
    assert told.code == "folder-program"
    assert "`permalink`" in told.sentence


def test_names_for_values_make_no_guide_endless() -> None:
    """A text that names lists of lists of itself is read in little time and memory."""
    names = "".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]\n" for n in range(1, 30))
    maps = "".join(
        f"m{n}: &m{n} {{{', '.join(f'a{k}: *m{n - 1}' for k in range(9))}}}\n" for n in range(1, 30)
    )
    text = f"k0: &k0 x\n{names}m0: &m0 {{a: b}}\n{maps}draft: true\n"
    assert read("a/x.md", {"a/_metadata.yml": text}).kept


@given(
    st.sampled_from(
        ["a/_index.md", "a/index.md", "_config.yml", "a/a.json", "a/_metadata.yml", "hugo.toml"]
    ),
    st.text(alphabet="+-{}[]:,\"'\n #=&*!draftpublishedcascadetarget01", max_size=200),
)
def test_no_guide_is_an_error(guide: str, text: str) -> None:
    """Whatever stands in it, a note is read, or refused as any note is."""
    for form in (
        text,
        f"---\n{text}\n---\n",
        f"+++\n{text}\n+++\n",
        f"cascade: {text}",
        f"defaults: {text}",
    ):
        with suppress(NoteError):
            read("a/x.md", {guide: form})
