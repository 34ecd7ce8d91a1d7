"""Tags of generators with a beginning and an end."""

from __future__ import annotations

from feeds.markdown.dialects.translation import translate_dialects
from tests.worlds.publishing.written import read
from tests.worlds.rows import each

CODE = "```go\na\n\nb\n```"
QUOTED = "> ```go\n> a\n>\n> b\n> ```"


@each(
    ("written", "becomes"),
    [
        (f"{{{{% notice tip %}}}}\n{CODE}\n{{{{% /notice %}}}}", f"> [!tip]\n{QUOTED}"),
        (
            f'{{{{< details summary="More" >}}}}\n{CODE}\n{{{{< /details >}}}}',
            f"> [!details] More\n{QUOTED}",
        ),
        (
            "{{< details >}}\n{{% notice warning %}}\nMind\n{{% /notice %}}\n{{< /details >}}",
            "> [!details] Details\n> > [!warning]\n> > Mind",
        ),
        ("{% note() %}\nWords\n{% end %}", "> [!note]\n> Words"),
        ('{% alert(kind="warning", title="Mind") %}\nx\n{% end %}', "> [!warning] Mind\n> x"),
        ("{% details The rest %}\nx\n{% enddetails %}", "> [!details] The rest\n> x"),
        ('{{< tip "Title" >}}x{{< /tip >}}', "> [!tip] Title\n> x"),
        ('{{< quote author="Ada" >}}Said{{< /quote >}}', "> Said\n>\n> — Ada"),
        ("{% codeblock lang:ruby %}\nx\n{% endcodeblock %}", "```ruby\nx\n```"),
        ("a {% css %}p{color:red}{% endcss %}{% js %}alert(1){% endjs %} b", "a  b"),
    ],
)
def test_what_stands_in_a_pair_is_shown_in_its_place(written: str, becomes: str) -> None:
    """Hugo's, Jekyll's, Hexo's, Eleventy's and Zola's; code stays in the box that it is in."""
    lines = [line.rstrip() for line in read(written).split("\n")]
    assert "\n".join(lines).strip("> \n") == becomes.strip("> \n")


@each(
    ("written", "becomes"),
    [
        ("{% if x %}A{% else %}B{% endif %}", "A"),
        ("{% for p in posts %}\n- {{ p.title }}\n{% endfor %}", ""),
        ("{% capture x %}no{% endcapture %}yes", "yes"),
    ],
)
def test_what_only_a_program_could_fill_is_told(written: str, becomes: str) -> None:
    """Its place is empty, and its author knows."""
    translated = translate_dialects(written, "a.md")
    assert translated.text.strip() == becomes
    assert translated.unknown
