"""How a room's face is opened in the processes of the commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run(program: str) -> str:
    """What a few lines of Python print in a process of their own, which opens faces when asked."""
    return subprocess.run(
        [sys.executable, "-c", f"import scripts, sys\n{program}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout


def test_who_takes_a_name_loads_its_module_and_no_other() -> None:
    """Of a room only what is asked for is there; the rest comes when it is asked for, as it is."""
    found = run(
        "from storage.model import NotFound\n"
        "print(sorted(name for name in sys.modules if name.startswith('storage.')))\n"
        "import storage.model as face\n"
        "print(NotFound is face.NotFound, face.Issue.__module__, 'Issue' in face.__all__)\n"
        "print(bool(face.__doc__))"
    )
    assert found.split("\n")[:3] == [
        "['storage.model', 'storage.model.errors', 'storage.model.text']",
        "True storage.model.issues True",
        "True",
    ]


def test_every_face_gives_what_it_says() -> None:
    """Opened so, each of them has every name of its list, and the same object that its module has."""
    assert (
        run(
            "from importlib import import_module\n"
            "from pathlib import Path\n"
            "from scripts.faces import PACKAGES\n"
            "count = 0\n"
            "for package in sorted(PACKAGES):\n"
            "    for file in sorted(Path(package).rglob('__init__.py')):\n"
            "        face = import_module('.'.join(file.parent.parts))\n"
            "        for name in getattr(face, '__all__', ()):\n"
            "            thing = getattr(face, name)\n"
            "            count += 1\n"
            "            if isinstance(thing, type):\n"
            "                home = sys.modules[thing.__module__]\n"
            "                assert getattr(home, thing.__name__) is thing, (face, name)\n"
            "            elif name != thing.__class__.__name__ and type(thing) is type(sys):\n"
            "                assert thing.__name__ == f'{face.__name__}.{name}', (face, name)\n"
            "print(count > 300)"
        )
        == "True\n"
    )


def test_a_name_that_is_not_there_is_told_as_python_tells_it() -> None:
    """A face without a name says so, so that `hasattr` and `from … import` mean what they say."""
    assert (
        run(
            "import newsletter\n"
            "print(hasattr(newsletter, 'Nothing'))\n"
            "try:\n"
            "    from newsletter import Nothing\n"
            "except ImportError as error:\n"
            "    print('Nothing' in str(error))"
        )
        == "False\nTrue\n"
    )


def test_a_sending_with_nothing_due_loads_nothing_that_mails(tmp_path: Path) -> None:
    """Old notes come out, and neither the dispatcher nor a library for mail, feeds or templates is loaded for it."""
    (tmp_path / "newsletter.toml").write_text(
        '[newsletter]\ntitle = "T"\nurl = "https://t.example.com"\nsender = "t@example.com"\n'
    )
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "old.md").write_text("---\npublish: 2001-01-01\n---\nWords.")
    found = run(
        "from newsletter import Newsletter\n"
        f"with Newsletter.open({str(tmp_path / 'newsletter.toml')!r}, environ={{}}) as newsletter:\n"
        "    print(newsletter.send().published)\n"
        "heavy = ('aiosmtplib', 'aiosmtpd', 'apscheduler', 'jinja2', 'feedgen', 'lxml', 'mailer.dispatch.dispatcher')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    assert found.endswith("('old',)\n[]\n")
