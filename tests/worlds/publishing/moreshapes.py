"""More folders in documented layouts: what exports of services hold, and what newer programs write."""

from __future__ import annotations

from typing import Final

from tests.worlds.publishing.shapes import DATES, DRAFT, DRAFTS, NO_KEY, UNPUBLISHED, Shape

MORE_SHAPES: Final = (
    Shape(
        name="Bear",
        settings='date_keys = ["publish", "created"]\ninline_tags = true',
        files={
            "A walk/text.md": "---\ncreated: 2021-02-03\n---\n# A walk\n#walks/long #outside\n\n"
            "Words ==marked== and ~~struck~~.\n\n![](assets/shot.png)\n\n- [ ] to do\n",
            "A walk/assets/shot.png": "",
            "Loose.md": "# Loose\nA note without front matter. #tag\n\n[[A walk]]\n",
        },
        notes=2,
        issues=1,
        kept={NO_KEY: 1},
        found=1,
    ),
    Shape(
        name="Notion export",
        settings='date_keys = ["publish", "created"]',
        files={
            "Blog 00112233445566778899aabbccddeeff/A walk 0123456789abcdef0123456789abcdef.md": "# A walk\n\n"
            "Created: February 3, 2021 9:00 AM\nTags: walks, sea\nStatus: Done\n\nWords.\n\n<aside>\n💡 **Mind** this\n\n</aside>\n\n"
            "![Untitled](A%20walk%200123456789abcdef0123456789abcdef/Untitled.png)\n\n[A talk](A%20talk%20fedcba9876543210fedcba9876543210.md)\n",
            "Blog 00112233445566778899aabbccddeeff/A walk 0123456789abcdef0123456789abcdef/Untitled.png": "",
            "Blog 00112233445566778899aabbccddeeff/A talk fedcba9876543210fedcba9876543210.md": "# A talk\n\n"
            "Created: February 4, 2021\nStatus: Draft\n\nNo.\n",
            "Loose fedcba9876543210fedcba9876543219.md": "# Loose\n\nA note: private.\n",
        },
        notes=3,
        issues=1,
        kept={"it says `status: draft`": 1, NO_KEY: 1},
        found=1,
    ),
    Shape(
        name="MkDocs Material",
        path="docs/blog",
        settings='date_keys = ["publish", "date"]',
        files={
            "docs/blog/posts/first.md": "---\ndate:\n  created: 2023-12-31\n  updated: 2024-01-02\ncategories:\n  - Hello\nslug: hello\n---\n\n"
            "# Hello world\n\nWords.\n\n<!-- more -->\n\n:octicons-heart-fill-24:{ .heart } ++ctrl+c++ `#!python print(1)`\n\n"
            '![A](a.png){ align=left width="300" }\n\n| a |\n|---|\n| b |\n{ .sortable }\n\n/// caption\nCap\n///\n\n'
            '--8<-- "part.md"\n\n[Go](second.md){ .md-button }\n',
            "docs/blog/posts/a.png": "",
            "docs/blog/posts/second.md": "---\ndate: 2024-01-01\n---\n# Second\n\n{--Not this.--}{>>why?<<} Words.\n",
            "docs/blog/posts/draft.md": "---\ndraft: true\ndate: 2023-01-01\n---\nNo.\n",
            "docs/blog/index.md": "# Blog\n",
        },
        notes=4,
        issues=2,
        kept={NO_KEY: 1, DRAFT: 1},
        found=1,
        told=1,
    ),
    Shape(
        name="Posts that WordPress left",
        settings='date_keys = ["publish", "date"]',
        files={
            "posts/first.md": "---\ntitle: First\ndate: 2012-01-02 03:04:05\npost_status: publish\n---\n"
            '[caption id="attachment_1" align="left" width="300"]<img src="/wp/a.png" alt="A" /> Words below[/caption]\n\nWords.\n\n'
            '[youtube https://www.youtube.com/watch?v=abc123]\n\n[gallery ids="1,2"]\n\n<!--more-->\n\n'
            '<iframe src="https://player.vimeo.com/video/9" />\n\nMore.\n',
            "posts/secret.md": "---\ntitle: Secret\ndate: 2012-01-02\npassword: hunter2\n---\nNo.\n",
            "posts/private.md": "---\ntitle: Private\ndate: 2012-01-02\npost_status: private\n---\nNo.\n",
            "static/wp/a.png": "",
        },
        notes=3,
        issues=1,
        kept={"it asks for a password": 1, "it says `post_status: private`": 1},
        found=1,
        told=1,
    ),
    Shape(
        name="Ghost export",
        settings='date_keys = ["publish", "date"]',
        files={
            "2021-03-04-first.md": "---\ntitle: First\nslug: first\ndate_published: 2021-03-04T05:06:07.000Z\n"
            "date: 2021-03-04T05:06:07.000Z\nfeature_image: __GHOST_URL__/content/images/2021/03/cover.png\n"
            "---\nWords.\n\n![A cover](__GHOST_URL__/content/images/2021/03/cover.png)\n\n"
            "[the second](__GHOST_URL__/second/)\n\n<!--kg-card-begin: html-->\n<b>Card</b>\n<!--kg-card-end: html-->\n",
            "2022-03-04-second.md": "---\ntitle: Second\nslug: second\ndate: 2022-03-04\nstatus: draft\n---\nNo.\n",
            "content/images/2021/03/cover.png": "",
        },
        notes=2,
        issues=1,
        kept={"it says `status: draft`": 1},
        found=1,
    ),
    Shape(
        name="Substack export",
        settings='date_keys = ["publish", "post_date"]',
        files={
            "posts/12345.first-letter.md": "---\ntitle: First letter\npost_date: '2021-03-04T05:06:07.000Z'\n"
            "subtitle: In short\nis_published: true\n---\nWords.\n\n[![A bridge](bridge.png)](bridge.png)\n",
            "posts/bridge.png": "",
            "posts/12346.second.md": "---\ntitle: Second\npost_date: ''\nis_published: false\n---\nNo.\n",
        },
        notes=2,
        issues=1,
        kept={"it says `is_published: false`": 1},
        found=1,
    ),
    Shape(
        name="Hexo with asset folders",
        path="source",
        settings=DATES,
        files={
            "source/_posts/walk.md": "---\ntitle: Walk\ndate: 2015-06-07 08:09:10\n---\nWords.\n\n"
            "{% asset_img bridge.png A bridge %}\n\n{% asset_link map.pdf The map %}\n\n"
            "{% post_link talk 'The talk' %}\n\n{% note info %}\nMind.\n{% endnote %}\n",
            "source/_posts/walk/bridge.png": "",
            "source/_posts/walk/map.pdf": "x",
            "source/_posts/talk/bridge.png": "",
            "source/_posts/talk.md": "---\ntitle: Talk\ndate: 2016-06-07\n---\n"
            "{% blockquote Ada Example %}\nSaid.\n{% endblockquote %}\n\n{% youtube abc123 %}\n\n"
            "![Again]({% asset_path bridge.png %})\n\n{% pullquote %}\nDrawn.\n{% endpullquote %}\n",
        },
        notes=2,
        issues=2,
        kept={},
        found=3,
    ),
    Shape(
        name="Jekyll with blanks and plugins",
        files={
            "_posts/2013-07-13-hello.md": "---\ntitle: Hello\ncategories: [Deep sea, Long walks]\n"
            'date: 13 juillet 2013\n---\n{% include figure.html src="/assets/bridge.png" alt="A bridge" %}\n\n'
            '{{ page.title }} and {{ "/about" | relative_url }}.\n\n{% gist abc/123 %}\n\n{% youtube abc123 %}\n\n'
            "{% assign x = 1 %}{% if x %}shown{% endif %}\n\n{{ content | markdownify }}\n\n{:.no_toc}\n\n* TOC\n{:toc}\n",
            "assets/bridge.png": "",
            "_drafts/later.md": "---\ntitle: Later\n---\nx\n",
        },
        notes=2,
        issues=1,
        kept={DRAFTS: 1},
        found=1,
        told=4,
    ),
    Shape(
        name="Hugo shortcodes",
        path="content",
        settings=DATES,
        files={
            "content/posts/all.md": "---\ntitle: All\ndate: 2020-01-01\n---\nWords.\n\n"
            '{{< tweet user="ada" id="123" >}}\n\n{{< x user="ada" id="124" >}}\n\n{{< instagram CxOWiQNP2MO >}}\n\n'
            '{{< figure src="/images/a.png" alt="A" caption="Cap *x*" link="https://a.example" >}}\n\n'
            '{{< gist ada 1234 >}}\n\n{{% param "x" %}}\n\n{{< vimeo 146022717 >}}\n\n'
            '{{< youtube id="abc123" autoplay="true" >}}\n\n{{< qr text="x" />}}\n\n'
            '![A](/images/a.png "Title")\n\n## Part {#own}\n\n[in](#own)\n',
            "static/images/a.png": "",
        },
        notes=1,
        issues=1,
        kept={},
        found=1,
        told=1,
    ),
    Shape(
        name="Quarto with citations",
        path="posts",
        settings=DATES,
        files={
            "posts/cited/index.qmd": '---\ntitle: Cited\ndate: "2022-03-04"\nbibliography: refs.bib\n---\n'
            "As said [@knuth1984], [see @doe99, pp. 33-35; also @smith04] and @smith04 [p. 33].\n\n"
            "![Plot](plot.png){#fig-plot width=50%}\n\nSee @fig-plot and @sec-part.\n\n## Part {#sec-part}\n\n"
            '::: {.panel-tabset}\n## R\none\n\n## Python\ntwo\n:::\n\n::: {.callout-tip collapse="true"}\n## Title\nMind.\n:::\n\n'
            "{{< video https://www.youtube.com/embed/abc123 >}}\n\n{{< pagebreak >}}\n\n::: {#refs}\n:::\n\n"
            "Inline `r 1 + 1` and `{python} x`.\n\n[words]{.smallcaps} and H~2~O.\n",
            "posts/cited/plot.png": "",
            "posts/cited/refs.bib": "@book{knuth1984, author={Knuth, Donald E.}, title={Literate Programming}, year=1992}\n"
            "@misc{doe99, author={Jane Doe}, title={Bridges}, date={1999}}\n",
        },
        notes=1,
        issues=1,
        kept={},
        found=1,
        told=4,
    ),
    Shape(
        name="Docusaurus",
        path="blog",
        settings=DATES,
        files={
            "blog/2021-08-26-welcome/index.md": "---\nslug: welcome\ntitle: Welcome\nauthors: [ada]\ntags: [facebook]\n---\n"
            "Words.\n\n<!-- truncate -->\n\n![Plush](./plush.png)\n\n:::tip[My tip]\nUse this.\n:::\n\n"
            ":::note Your **title**\nWords.\n:::\n\n:::danger\n::::\n",
            "blog/2021-08-26-welcome/plush.png": "",
            "blog/2021-08-01-mdx.mdx": "---\ntitle: MDX\n---\nimport Tabs from '@theme/Tabs';\n\nWords.\n\n{/* truncate */}\n\n"
            '<Tabs>\n<TabItem value="a">\n\nInside.\n\n</TabItem>\n</Tabs>\n\n'
            "<button onClick={() => alert('x')}>Click</button>\n\n```jsx title=\"a.js\" {1,3-4} showLineNumbers\nlet a = 1;\n```\n",
            "blog/authors.yml": "ada:\n  name: Ada\n",
        },
        notes=2,
        issues=2,
        kept={},
        found=1,
    ),
    Shape(
        name="VitePress",
        path="docs/posts",
        settings=DATES,
        files={
            "docs/posts/first.md": "---\ntitle: First\ndate: 2023-01-02\nhead:\n  - - meta\n    - name: x\n      content: y\n---\n"
            "# {{ $frontmatter.title }}\n\nWords.\n\n[[toc]]\n\n::: info\nBox.\n:::\n\n::: details Click me {open}\nMore.\n:::\n\n"
            "::: code-group\n\n```js [config.js]\nlet a = 1 // [!code highlight]\n```\n\n```ts [config.ts]\nlet b = 2\n```\n\n:::\n\n"
            '::: v-pre\n{{ shown }}\n:::\n\n<script setup>\nimport X from \'./X.vue\'\n</script>\n\n<X />\n\n<Badge type="tip" text="new" />\n\n'
            "<!--@include: ./part.md-->\n\n<<< @/snippet.js\n\n> [!WARNING]\n> Mind.\n\n![A](/a.png)\n",
            "docs/public/a.png": "",
        },
        notes=1,
        issues=1,
        kept={},
        found=1,
        told=3,
    ),
    Shape(
        name="Astro collections",
        path="src/content/posts",
        settings='date_keys = ["publish", "pubDatetime", "pubDate"]',
        files={
            "src/content/posts/first.md": "---\nauthor: Ada\npubDatetime: 2022-09-23T15:22:00Z\nmodDatetime: 2023-12-21\n"
            "title: First\npostSlug: old-first\nfeatured: true\ndraft: false\nogImage: ./first.png\ntags: [docs]\n---\n"
            "Words.\n\n## Table of contents\n\n![A](@/assets/images/a.png)\n",
            "src/content/posts/first.png": "",
            "src/assets/images/a.png": "",
            "src/content/posts/_wip.md": "---\npubDatetime: 2022-09-23\n---\nNo.\n",
            "src/content/posts/second.mdx": "---\ntitle: Second\npubDate: 2022-01-02\n---\nimport { Image } from 'astro:assets';\n"
            "import hero from './first.png';\n\n<Image src={hero} alt=\"A hero\" />\n\nWords {1 + 1}.\n",
        },
        notes=3,
        issues=2,
        kept={"its name begins with `_`, so it is a part of something": 1},
        found=1,
        missing=1,
        told=1,
    ),
    Shape(
        name="Foam",
        settings='date_keys = ["publish", "date"]',
        files={
            "inbox.md": "# Inbox\n\nWords.\n",
            "journal/2021-02-03.md": "---\ntype: daily-note\ndate: 2021-02-03\n---\n# A day\n\nWords of [[inbox]] and [[talk#Part|the talk]].\n\n"
            '- [ ] a task\n\ncontent![[talk]]\n\n[//begin]: # "Autogenerated link references"\n[inbox]: ../inbox "Inbox"\n[//end]: # "end"\n',
            "talk.md": "---\ndate: 2021-02-04\ntags: talks, news\n---\n# Talk\n\n## Part\n\nWords ^block\n",
            ".foam/templates/new.md": "# ${1:$FOAM_TITLE}\n",
        },
        notes=3,
        issues=2,
        kept={NO_KEY: 1},
    ),
    Shape(
        name="Dendron publishing",
        path="vault",
        settings='date_keys = ["publish", "created"]',
        files={
            "vault/blog.first.md": "---\nid: a1\ntitle: First\ndesc: ''\nupdated: 1614556800000\ncreated: 1609459200000\n"
            "nav_exclude: false\n---\nWords of [[Second|blog.second]] and [[blog.second#part]].\n\n![[blog.second#part]]\n\n"
            "![A](/assets/images/a.png)\n\nA {{fm.title}} field.\n",
            "vault/blog.second.md": "---\nid: a2\ntitle: Second\ncreated: 1609459300000\n---\n## Part\n\nWords. ^a1b2\n\n#tag @user\n",
            "vault/private.note.md": "---\nid: a3\ntitle: Private\ncreated: 1609459300000\npublished: false\n---\nNo.\n",
            "vault/assets/images/a.png": "",
        },
        notes=3,
        issues=2,
        kept={UNPUBLISHED: 1},
        found=1,
        told=1,
    ),
    Shape(
        name="Logseq graph",
        settings='date_keys = ["publish", "date"]',
        files={
            "pages/Talk.md": "title:: Talk\ndate:: 2022-03-04\nalias:: Old talk\n\n- ## Part\n  id:: 64d0f0a1-aaaa-bbbb-cccc-1234567890ab\n"
            "  collapsed:: true\n\t- Words with ==mark== and ^^high^^\n\t- TODO write\n\t- DONE read\n\t- {{video https://www.youtube.com/watch?v=abc123}}\n"
            "\t- ![a](../assets/a.png){:height 100, :width 200}\n\t- [[Private]] and #tag and ((64d0f0a1-aaaa-bbbb-cccc-1234567890ab))\n"
            "\t- #+BEGIN_QUOTE\n\t  Said.\n\t  #+END_QUOTE\n",
            "assets/a.png": "",
            "pages/Private.md": "title:: Private\n\n- No\n",
            "logseq/bak/pages/Talk/2022.md": "- old\n",
        },
        notes=3,
        issues=1,
        kept={NO_KEY: 2},
        found=1,
        told=1,
    ),
    Shape(
        name="Zola shortcodes",
        path="content",
        settings=DATES,
        files={
            "content/blog/first.md": "+++\ntitle = 'First'\ndate = 2020-01-02\n+++\nWords.\n\n"
            '{{ vimeo(id="123", autoplay=true) }}\n\n{% quote(author="Ada") %}\nSaid.\n{% end %}\n\n'
            '{{ resize_image(path="a.png", width=5, height=5, op="fit_width") }}\n\n{{/* shown */}}\n\n'
            '{{ image(src="/a.png", alt="A") }}\n',
            "static/a.png": "",
        },
        notes=1,
        issues=1,
        kept={},
        found=1,
        told=0,
    ),
    Shape(
        name="Months in words",
        settings=DATES,
        files={
            f"{number}.md": f"---\ntitle: {number}\ndate: {day}\n---\nWords.\n"
            for number, day in enumerate(
                (
                    "3. Februar 2021",
                    "3 février 2021",
                    "3 de febrero de 2021",
                    "3 febbraio 2021",
                    "3 de fevereiro de 2021",
                    "3 februari 2021",
                    "2021年2月3日",
                    "3 февраля 2021",
                    "3 lutego 2021",
                    "Feb 3rd, 2021",
                    "3 Feb 2021",
                    "February 3, 2021",
                    "2021.02.03",
                    "3. 2. 2021",
                )
            )
        },
        notes=14,
        issues=14,
        kept={},
    ),
)
