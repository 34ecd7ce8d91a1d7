"""The poll: looks at the notes folder and, when something is new there, has a sweep take it up.

store.scan | find_candidates | Sweep.run
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from feeds.notes.folders import find_concerned
from newsletter.publishing.decisions import AWAY_FOR, AWAY_LOOKS, GONE_FOR_GOOD, Expected
from newsletter.publishing.findings import (
    Findings,
    PollReport,
    find_candidates,
    find_missing,
    find_stuck,
)
from newsletter.publishing.reading import Means
from newsletter.publishing.recognition import Names
from newsletter.publishing.staleness import find_awaited
from newsletter.publishing.sweep import Sweep
from storage.model import KnownNote, Log, NoteError
from storage.notes import SETTLE, FileStat, Scan

log = Log()


class Poll:
    """Polls one notes store into one archive."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._rendering_checked = False
        self._told: set[str] = set()

    def run(self, expected: Mapping[str, Expected] | None = None) -> PollReport:
        """One look at the folder. Raises NotesFolderError when there is no folder to look at.

        With `expected`, by path, these notes are published as they are said to be, and no other is.
        """
        report = self._take_up(expected)
        given_up = self._means.absences.give_up(
            looks=AWAY_LOOKS, lasting=AWAY_FOR, reason=GONE_FOR_GOOD, now=self._means.clock()
        )
        return replace(report, given_up=tuple(given_up), stuck=tuple(self._find_stuck()))

    def _find_stuck(self) -> list[NoteError]:
        """Told in the log once each; a schedule that nobody sees to is told again at every start."""
        schedules = self._means.schedules.load()
        published = {name.path for name in self._means.archive.names()} if schedules else set()
        if not schedules.keys() - published:
            return []
        stuck = find_stuck(
            schedules.values(),
            {file.path for file in self._means.store.scan().files},
            self._means.notebook.load(),
            published,
            self._means.clock(),
        )
        for fault in stuck:
            if str(fault) not in self._told:
                log.warning("schedule.stuck", path=fault.path, reason=fault.reason)
        self._told = {str(fault) for fault in stuck}
        return stuck

    def _take_up(self, expected: Mapping[str, Expected] | None) -> PollReport:
        means, now = self._means, self._means.clock()
        known, schedules = means.notebook.load(), means.schedules.load()
        scan, files, gone = self._look(known)
        is_held = means.sudden.standing() is not None
        cited = means.cited.changed(scan.cited)
        candidates = find_candidates(files, known, schedules, now, freed=bool(gone))
        candidates += self._find_guided(files, candidates, {*cited, *candidates, *gone})
        if not (candidates or gone or scan.faults or is_held or cited) and self._rendering_checked:
            return PollReport()
        if cited:
            present = (file.path for file in scan.cited)
            cited |= find_awaited(means.archive.shown(), cited, present)
        others: Collection[int] = ()
        if not self._rendering_checked:
            others = set(means.archive.rendered_otherwise(means.drafting.rendering))
            candidates += self._find_read_otherwise(others, files, candidates)
        found = Findings(
            now=now,
            files=files,
            known=known,
            schedules=schedules,
            gone=gone,
            names=Names(means.archive.names(), means.drafting.links()),
            expected=expected,
        )
        report = Sweep(means, found).run(
            candidates, scan.faults, rerender=bool(others), cited=cited
        )
        self._rendering_checked = True
        means.cited.keep(scan.cited)
        return report

    def _find_guided(
        self, files: Iterable[str], candidates: Collection[str], changed: Iterable[str]
    ) -> list[str]:
        """Notes of folders for which something speaks that changed: it may hide them now, or no more."""
        root = str(self._means.store.root)
        begins = {find_concerned(path, root) for path in changed}
        prefixes = tuple(one for one in begins if one is not None)
        guided = {path for path in files if path.startswith(prefixes)} if prefixes else set()
        return sorted(guided.difference(candidates))

    def _find_read_otherwise(
        self, others: Collection[int], files: Mapping[str, FileStat], candidates: Collection[str]
    ) -> list[str]:
        """Notes of `others`, live issues that another version read, once per start: it may have passed over a
        key by which their author hides them.
        """
        names = self._means.archive.names() if others else ()
        paths = {name.path for name in names if name.issue_id in others}
        return sorted({path for path in paths if path in files}.difference(candidates))

    def _look(self, known: Mapping[str, KnownNote]) -> tuple[Scan, dict[str, FileStat], set[str]]:
        """What is there and what is gone. An editor may remove a file before it writes the new
        one, so what seems gone gets a second look (rule G11).
        """
        scan = self._means.store.scan()
        if find_missing(known, scan):
            self._means.wait(SETTLE)
            scan = self._means.store.scan()
        return scan, {file.path: file for file in scan.files}, find_missing(known, scan)
