"""Which issues are to be rendered again: those that link to what came, went or moved, or cite or show a file that changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from feeds.markdown import link_key
from newsletter.publishing.findings import Findings
from newsletter.publishing.links import NoteLinks
from newsletter.publishing.reading import Means
from storage.archive import IssueName
from storage.model import Issue


def find_awaited(
    shown: Iterable[str], changed: Iterable[str], present: Iterable[str]
) -> frozenset[str]:
    """Which of the pictures that issues show are not where they were looked for last, and may be one that came
    or went elsewhere: its name is the same.
    """
    names = {_name(path) for path in changed}
    return frozenset(path for path in shown if _name(path) in names).difference(present)


def _name(path: str) -> str:
    return link_key(path.rpartition("/")[2])


def find_stale(
    means: Means,
    found: Findings,
    missed: Iterable[IssueName],
    *,
    rerender: bool,
    cited: Collection[str] = (),
) -> Iterator[Issue]:
    """Issues, one at a time, whose pages are not what their notes would be rendered to now.

    `missed` were expected and did not come out; `rerender` adds whatever another version rendered, `cited` are the
    paths of works and pictures that changed.
    """
    archive, links = means.archive, found.names.links
    moved: list[Issue | IssueName] = [
        *found.published,
        *found.restored,
        *found.withdrawn,
        *found.revised,
        *missed,
    ]
    targets = sorted({target for one in moved for target in NoteLinks.targets_of(one)})
    stale = dict.fromkeys(archive.linking_to(targets))
    stale |= dict.fromkeys(archive.linking_to(sorted(map(link_key, cited))))
    stale |= dict.fromkeys(archive.showing(sorted(cited)))
    # What was rendered in this look needs it only where something moved after that.
    first = min(found.rendered.values(), default=0)
    later = set(archive.linking_to([one for one in targets if links.moved_since([one], first)]))
    if rerender:
        stale |= dict.fromkeys(archive.rendered_otherwise(means.drafting.rendering))
    for issue_id in stale:
        moment = found.rendered.get(issue_id)
        if moment is not None and issue_id not in later:
            continue  # published just now, when all that it links to was known
        issue = archive.get(issue_id)
        if moment is None or links.moved_since(issue.wiki, moment):
            yield issue
