"""Folders in documented layouts of programs for documents, outlines and boxes of notes, and second layouts of generators."""

from __future__ import annotations

from typing import Final

from tests.worlds.publishing.shapes import DATES, DRAFT, NO_KEY, Shape

PROGRAM_SHAPES: Final = (
    Shape(
        name="Jupyter Book",
        settings=DATES,
        files={
            "intro.md": "---\ntitle: Welcome\ndate: 2022-03-01\n---\n# Welcome\n\n(start)=\n## Start\n\nSee {doc}`the first <posts/first>`, "
            "{ref}`here <start>` and {term}`drift`. {kbd}`Esc` H{sub}`2`O.\n\n```{tableofcontents}\n```\n",
            "posts/first.md": "---\njupytext:\n  formats: md:myst\nkernelspec:\n  name: python3\ntitle: First\ndate: 2022-03-02\n---\n\n"
            "```{code-cell} ipython3\n:tags: [hide-input]\nprint(1)\n```\n\n```{figure} ../images/shot.png\n:alt: A shot\n:name: fig-shot\n\nIts caption\n```\n\n"
            ":::{admonition} Mind\n:class: warning\nThis.\n:::\n\n```{math}\na^2\n```\n\n```{bibliography}\n```\n\n[](../intro.md)\n",
            "images/shot.png": "",
            "markdown-notebooks.md": "---\ntitle: No date\n---\nWords.\n",
            "_toc.yml": "format: jb-book\n",
        },
        notes=3,
        issues=2,
        kept={NO_KEY: 1},
        found=1,
        told=2,
    ),
    Shape(
        name="Zettlr",
        settings='date_keys = ["publish", "date"]\ninline_tags = true',
        files={
            "20210203090000 On drift.md": "---\ntitle: On drift\nid: 20210203090000\ndate: 2021-02-03\nkeywords: [models, '#pager']\n---\n\n"
            "Words with a [[20210204090000]] link and #an-idea.[^1]\n\n![A shot](assets/shot.png){width=50%}\n\n[^1]: A note.\n",
            "20210204090000 On pagers.md": "---\ntitle: On pagers\ndate: 2021-02-04\nid: '20210204090000'\n---\n\n::: warning\nMind.\n:::\n\n$a$ and @doe99.\n",
            "20210205090000 Loose.md": "# Loose\n\n20210205090000\n\nA box of notes is private.\n",
            "assets/shot.png": "",
            ".ztr-directory": "{}",
        },
        notes=3,
        issues=2,
        kept={NO_KEY: 1},
        found=1,
    ),
    Shape(
        name="Org export",
        settings=DATES,
        files={
            "content/posts/first.md": '+++\ntitle = "First"\nauthor = ["Ada"]\ndate = 2019-07-14T09:00:00+01:00\nlastmod = 2019-07-15\n'
            'tags = ["walks"]\ndraft = false\n+++\n\n<style>.ox-hugo-toc ul {list-style: none}</style>\n'
            '<div class="ox-hugo-toc toc">\n<div class="heading">Table of Contents</div>\n\n- [A part](#a-part)\n\n</div>\n<!--endtoc-->\n\n'
            '## A part {#a-part}\n\nWords <span class="timestamp-wrapper"><span class="timestamp">&lt;2019-07-14 Sun&gt;</span></span>\n\n'
            '<a id="figure--x"></a>\n\n{{< figure src="/ox-hugo/shot.png" caption="Its words" >}}\n\n'
            "[^fn:1]\n\n[^fn:1]: A note.\n",
            "content/posts/second.md": '+++\ntitle = "Second"\ndate = 2019-08-01\n+++\n\n\\\\(a\\_1\\\\) [First]({{< relref "first" >}})\n',
            "content/posts/later.md": '+++\ntitle = "Later"\ndate = 2019-08-02\ndraft = true\n+++\n\nNo.\n',
            "static/ox-hugo/shot.png": "",
        },
        path="content",
        notes=3,
        issues=2,
        kept={DRAFT: 1},
        found=1,
    ),
    Shape(
        name="Gatsby with folders",
        path="content/blog",
        settings=DATES,
        files={
            "content/blog/hello-world/index.md": '---\ntitle: Hello World\ndate: "2015-05-01T22:12:03.284Z"\ndescription: "Hello"\n'
            "featuredImage: ./salty_egg.jpg\n---\n\nWords.\n\n![An egg](./salty_egg.jpg)\n\n`youtube: https://www.youtube.com/watch?v=abc`\n\n"
            "```jsx:title=src/a.js {2}\nlet a\n```\n",
            "content/blog/hello-world/salty_egg.jpg": "",
            "content/blog/my-second-post/index.md": '---\ntitle: My Second Post!\ndate: "2015-05-06T23:46:37.121Z"\n---\n\n'
            "[Hello](../hello-world/) and [again](/hello-world/).\n",
            "content/blog/new-beginnings/index.mdx": "---\ntitle: New\ndate: 2015-05-28\n---\nimport A from './a'\n\n<A b={1} />\n\nWords.\n",
        },
        notes=3,
        issues=3,
        kept={},
        found=1,
        told=1,
    ),
    Shape(
        name="Pelican with categories",
        path="content",
        settings=DATES,
        files={
            "content/Walks/a-walk.md": "Title: A walk\nDate: 2010-12-03 10:20\nModified: 2010-12-05 19:30\nCategory: Walks\nTags: sea, sand\n"
            "Slug: walk\nAuthors: Ada, Bob\nSummary: In short.\n\n[TOC]\n\n## One\n\n![A]({static}/images/a.png)\n\n## Two\n\n"
            "[PDF]({attach}b.pdf) and [talk]({filename}../Talks/a-talk.md#part)\n",
            "content/Talks/a-talk.md": "Title: A talk\nDate: 2011-01-02\nLang: en\n\n## Part\n\n    :::python\n    print(1)\n",
            "content/Talks/a-talk.fr.md": "Title: Une causerie\nDate: 2011-01-02\nLang: fr\nStatus: hidden\n\nMots.\n",
            "content/pages/about.md": "Title: About\n\nWho.\n",
            "content/images/a.png": "",
        },
        notes=4,
        issues=2,
        kept={"it says `status: hidden`": 1, NO_KEY: 1},
        found=1,
    ),
    Shape(
        name="Foam garden",
        settings='date_keys = ["publish", "date"]',
        files={
            "readme.md": "# Foam\n\n[[inbox]]\n\n[//begin]: # \"Autogenerated link references\"\n[inbox]: inbox.md \"Inbox\"\n[//end]: # \"Autogenerated\"\n",
            "inbox.md": "---\ndate: 2021-05-06\ntype: note\ntags: [a, b]\n---\n# Inbox\n\n- [[todo]] and [[readme|home]]\n- ![[todo#Part]]\n\n"
            "[//begin]: # \"x\"\n[todo]: todo.md \"Todo\"\n[//end]: # \"x\"\n",
            "todo.md": "---\ndate: 2021-05-07\n---\n# Todo\n\n## Part\n\nIts words. ^block\n\n![[attachments/shot.png]]\n",
            "attachments/shot.png": "",
            "journals/2021-05-08.md": "# 2021-05-08\n\nA day.\n",
            ".foam/templates/new-note.md": "# $FOAM_TITLE\n",
        },
        notes=4,
        issues=2,
        kept={NO_KEY: 2},
        found=1,
    ),
)  # fmt: skip
