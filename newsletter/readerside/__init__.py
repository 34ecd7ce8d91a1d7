"""What serves single readers, put together: their page, digests, letters and feeds of their own."""

from newsletter.readerside.parts import ReaderSide, open_reader_side

__all__ = ["ReaderSide", "open_reader_side"]
