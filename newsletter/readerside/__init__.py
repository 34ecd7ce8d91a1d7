"""What serves single readers, put together: their page, digests, letters and feeds of their own."""

from newsletter.readerside.parts import ReaderSide, open_reader_side
from newsletter.readerside.words import OwnWords

__all__ = ["OwnWords", "ReaderSide", "open_reader_side"]
