"""Small folders in the layouts that site generators and programs of notes document, with invented words."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.model.issues import Issue
from tests.worlds.store import empty_file

PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURES: Final = (".png", ".jpg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One layout, and what its author would expect of it."""

    name: str
    files: dict[str, str]
    """Texts by path below the project; a picture's text is nothing."""
    path: str = "."
    """The notes folder within the project."""
    settings: str = ""
    """Lines of `[notes]` that its author adds."""
    notes: int
    issues: int
    kept: dict[str, int]
    found: int = 0
    """Pictures that are shown."""
    missing: int = 0
    told: int = 0
    """Pieces of its generator's language that are not known here: left out, and named to its author."""


DRAFTS: Final = "it lies in the folder `_drafts`"
DRAFT: Final = "it is a draft"
UNPUBLISHED: Final = "it says `published: false`"
NO_KEY: Final = "it has no key that opts it in"
DATES: Final = 'date_keys = ["publish", "date"]'

SHAPES: Final = (
    Shape(
        name="Jekyll",
        files={
            "_posts/2013-07-13-hello.md": "---\nlayout: post\ntitle: Hello\ncategories: [News]\n"
            "tags: one two\n---\nFirst {{ site.baseurl }}/about words.\n\n"
            "{% highlight python %}\nif a:\n    b()\n{% endhighlight %}\n\n![A bridge](bridge.png)\n",
            "_posts/2014-01-02-second.markdown": "---\nlayout: post\ntitle: Second\n"
            "permalink: /second/\n---\nSee [the first]({% post_url 2013-07-13-hello %}).\n\n"
            "Lead<!--more-->\n\n* item\n{: .classy}\n",
            "_posts/2014-02-03-off.md": "---\ntitle: Off\npublished: false\n---\nNot yet.\n",
            "_posts/bridge.png": "",
            "_drafts/idea.md": "---\ntitle: Idea\n---\nAn idea.\n",
            "_layouts/post.md": "{{ content }}\n",
            "about.md": "---\nlayout: page\ntitle: About\n---\nWho writes.\n",
        },
        notes=5,
        issues=2,
        kept={DRAFTS: 1, "it lies in the folder `_layouts`": 1, UNPUBLISHED: 1},
        found=1,
    ),
    Shape(
        name="Hugo",
        path="content",
        settings=DATES,
        files={
            "archetypes/default.md": "---\ntitle: '{{ .Name }}'\ndate: {{ .Date }}\n---\n",
            "content/_index.md": "---\ntitle: Home\n---\n",
            "content/posts/first/index.md": "+++\ntitle = 'First'\ndate = 2019-03-04T05:06:07+01:00\n"
            "draft = false\ntags = ['a', 'b']\n[cover]\nimage = 'cover.png'\n+++\n"
            'Words. {{< youtube abc123 >}}\n\n{{< figure src="cover.png" alt="A cover" >}}\n\n'
            '[second]({{< ref "second.md" >}}) {{< highlight go >}}\na := 1\n{{< /highlight >}}\n',
            "content/posts/first/cover.png": "",
            "content/posts/second.md": "---\ntitle: Second\ndate: 2020-01-01\nlastmod: 2020-02-02\n"
            "aliases: [/old/second/]\n---\nWords. ![A map](/images/map.png)\n\n{{% notice tip %}}\nMind this.\n{{% /notice %}}\n",
            "static/images/map.png": "",
            "content/posts/draft.md": "+++\ntitle = 'Draft'\ndate = 2020-01-01\ndraft = true\n+++\nNo.\n",
            "content/posts/past.md": "+++\ntitle = 'Past'\ndate = 2020-01-01\nexpiryDate = 2020-02-01\n+++\nNo.\n",
        },
        notes=4,
        issues=2,
        kept={DRAFT: 1, "its `expiryDate` is past": 1},
        found=2,
    ),
    Shape(
        name="Zola",
        path="content",
        settings=DATES,
        files={
            "content/_index.md": "+++\nsort_by = 'date'\n+++\n",
            "content/blog/_index.md": "+++\n+++\n",
            "content/blog/2020-01-02-first.md": "+++\ntitle = 'First'\n[taxonomies]\ntags = ['rust']\n"
            "[extra]\nmood = 'good'\n+++\nWords and [more](@/blog/second.md).\n\n"
            '{{ youtube(id="abc123") }}\n\n<!-- more -->\n\nThe rest.\n',
            "content/blog/second.md": "+++\ntitle = 'Second'\ndate = 2021-02-03\n+++\n"
            "Words.\n\n```rust,linenos\nfn main() {}\n```\n",
            "content/pages/about.md": "+++\ntitle = 'About'\n+++\nWho writes.\n",
        },
        notes=3,
        issues=2,
        kept={NO_KEY: 1},
    ),
    Shape(
        name="Eleventy",
        path="content",
        settings=DATES,
        files={
            "content/blog/first.md": "---\ntitle: First\ndate: 2018-05-01\ntags:\n  - second tag\n---\n"
            "Words.\n\n{% raw %}{{ shown }}{% endraw %}\n\n![Shot](shot.png)\n",
            "content/blog/shot.png": "",
            "content/blog/2019-06-02-second.md": "---\ntitle: Second\nexcerpt: In short.\n---\n"
            "[first](first.md) and ![gone](gone.png)\n",
            "content/feed.md": "---\npermalink: false\n---\nNothing.\n",
            "content/hidden.md": "---\ndate: 2019-01-01\neleventyExcludeFromCollections: true\n---\nx\n",
        },
        notes=4,
        issues=2,
        kept={"its generator is told to leave it out": 2},
        found=1,
        missing=1,
    ),
    Shape(
        name="Pelican",
        path="content",
        settings=DATES,
        files={
            "content/first.md": "Title: First\nDate: 2012-03-04 10:20\nModified: 2012-04-05\n"
            "Category: Python\nTags: a, b\nSlug: the-first\nSummary: In short.\n\nWords of it.\n",
            "content/second.md": "Title: Second\nDate: 2013-03-04\nStatus: draft\n\nNot yet.\n",
            "content/third.md": "Title: Third\nDate: 2014-03-04\n\n[TOC]\n\n## Part\n\nWords.\n",
        },
        notes=3,
        issues=2,
        kept={"it says `status: draft`": 1},
    ),
    Shape(
        name="Hexo",
        path="source",
        settings=DATES,
        files={
            "source/_posts/hello-world.md": "---\ntitle: Hello World\ndate: 2015-06-07 08:09:10\n"
            "tags: [one]\ncategories:\n  - [Deep, Deeper]\n---\nWords.\n<!-- more -->\n\n"
            "{% codeblock lang:js %}\nlet a = 1;\n{% endcodeblock %}\n",
            "source/_posts/第206期.md": "---\ntitle: 第 206 期\ndate: 2016-06-07\n---\n正文。\n",
            "source/_drafts/idea.md": "---\ntitle: Idea\ndate: 2016-01-01\n---\nAn idea.\n",
        },
        notes=3,
        issues=2,
        kept={DRAFTS: 1},
    ),
    Shape(
        name="Astro",
        path="src/content/blog",
        settings='date_keys = ["publish", "pubDate"]',
        files={
            "src/content/blog/first.mdx": "---\ntitle: 'First'\ndescription: 'In short'\n"
            "pubDate: 'Jul 08 2022'\nheroImage: './hero.png'\n---\nimport X from './X.astro';\n\n"
            "Words.\n\n{/* not shown */}\n\n![Hero](./hero.png)\n",
            "src/content/blog/hero.png": "",
            "src/content/blog/second.md": "---\ntitle: Second\npubDate: 2023-01-02\ndraft: true\n---\nNo.\n",
        },
        notes=2,
        issues=1,
        kept={DRAFT: 1},
        found=1,
    ),
    Shape(
        name="Next",
        path="posts",
        settings=DATES,
        files={
            "posts/pre-rendering.md": "---\ntitle: 'Two Forms'\ndate: '2020-01-01'\n---\nWords.\n",
            "posts/second.mdx": "---\ntitle: 'Second'\ndate: '2020-01-02'\n---\n"
            "export const meta = { a: 1 }\n\n[first](/posts/pre-rendering) and words.\n",
        },
        notes=2,
        issues=2,
        kept={},
    ),
    Shape(
        name="Gatsby",
        path="content/blog",
        settings=DATES,
        files={
            "content/blog/hello-world/index.md": '---\ntitle: Hello World\ndate: "2015-05-01T22:12:03.284Z"\n'
            "---\nWords.\n\n![An egg](./egg.jpg)\n\n[second](../second/)\n",
            "content/blog/hello-world/egg.jpg": "",
            "content/blog/second/index.mdx": '---\ntitle: Second\ndate: "2016-05-01"\n---\nWords.\n',
        },
        notes=2,
        issues=2,
        kept={},
        found=1,
    ),
    Shape(
        name="Quarto",
        path="posts",
        settings=DATES,
        files={
            "posts/welcome/index.qmd": '---\ntitle: "Welcome"\nauthor: "A"\ndate: "2022-03-04"\n'
            "categories: [news]\n---\nWords, $x^2$ and H~2~O.\n\n::: {.callout-note}\nMind this.\n:::\n\n"
            "```{python}\n1 + 1\n```\n\n![Plot](plot.png)\n",
            "posts/welcome/plot.png": "",
            "posts/draft/index.qmd": "---\ntitle: Draft\ndate: 2022-03-05\ndraft: true\n---\nNo.\n",
            "posts/analysis.Rmd": "---\ntitle: Analysis\ndate: 2021-01-01\noutput: html_document\n---\nWords.\n",
        },
        notes=3,
        issues=2,
        kept={DRAFT: 1},
        found=1,
    ),
    Shape(
        name="Obsidian",
        settings='date_keys = ["publish", "created"]\ninline_tags = true',
        files={
            ".obsidian/app.md": "x",
            "Templates/Daily.md": "---\ncreated: {{date}}\n---\n# {{title}}\n",
            "Notes/A walk.md": "---\ncreated: 2021-02-03\ntags: [walks/long]\n---\n# A walk\n\n"
            "Words #outside. %%not for you%% ==marked== [[A talk|there]] ^block\n\n"
            "> [!tip] Mind\n> this\n\n![[shot.png]]\n",
            "Notes/A talk.md": "---\ncreated: 2022-02-03\n---\nWords of [[A walk#Part]].\n",
            "Notes/shot.png": "",
            "Notes/Loose.md": "No front matter, [[A walk]].\n",
            "2022-01-01.md": "A day.\n",
        },
        notes=5,
        issues=2,
        kept={NO_KEY: 2, "it lies in the folder `Templates`": 1},
        found=1,
    ),
    Shape(
        name="Logseq",
        settings=DATES,
        files={
            "pages/A talk.md": "title:: A talk\ndate:: 2022-03-04\ntags:: talks, news\n\n- Words\n\t- of it\n",
            "pages/Private.md": "title:: Private\n\n- Words\n",
            "journals/2022_01_02.md": "- A day\n",
        },
        notes=3,
        issues=1,
        kept={NO_KEY: 2},
    ),
    Shape(
        name="Dendron",
        path="vault",
        settings='date_keys = ["publish", "created"]',
        files={
            "vault/root.md": "---\nid: root\ntitle: Root\ndesc: ''\n---\nWords.\n",
            "vault/daily.journal.2021.md": "---\nid: k3j4\ntitle: '2021'\ndesc: 'In short'\n"
            "updated: 1614556800000\ncreated: 1609459200000\n---\nWords of a year.\n",
        },
        notes=2,
        issues=1,
        kept={NO_KEY: 1},
    ),
)

_SOURCE: Final = re.compile(
    r"\{\{|\}\}|\{%|%\}|<%|:::|\[\[|%%|\[!\w+\b|^(?:import|export) |\{[:#.]|^<<<|=\{|__GHOST|\[@|8<--|^///|\{>>|\{--|\{\+\+|:octicons-|\[/?(?:caption|gallery|embed)\b|\\(?:eq)?ref\{",
    re.MULTILINE,
)
"""What a generator or a program would have taken out."""
_SHOWN_ON_PURPOSE: Final = "{{ shown }}"


def lay_out(shape: Shape, home: Path) -> Path:
    """The folder, and a configuration that watches it; the path of that."""
    for path, text in shape.files.items():
        file = home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(PIXEL if file.suffix in PICTURES else text.encode())
    empty_file(home)
    config = home / "newsletter.toml"
    config.write_text(
        '[newsletter]\ntitle = "N"\nurl = "https://n.example.com"\nsender = "n@example.com"\n'
        f'[notes]\npath = "{shape.path}"\n{shape.settings}\n'
    )
    return config


def source_left(issue: Issue) -> list[str]:
    """What readers of an issue see of a generator's language."""
    return [
        found[0]
        for text in (issue.html, issue.text, issue.title, issue.summary)
        for found in _SOURCE.finditer(re.sub(r"<[^>]*>", "", text).replace(_SHOWN_ON_PURPOSE, ""))
    ]
