"""An issue to a skeleton to a message for one reader. Pure."""

from mailer.compose import merge
from mailer.compose.digest import compile_digest
from mailer.compose.formulas import Formula, Pictures, draw_formulas, formula_url
from mailer.compose.fragment import DRAWN, is_shown, visible_text
from mailer.compose.headers import build_mailto
from mailer.compose.layout import own_fields
from mailer.compose.letters import (
    compile_change,
    compile_confirmation,
    compile_moved,
    compile_notice,
)
from mailer.compose.merge import (
    fields_behind_addresses,
    fields_in_tags,
    has_gap,
    loose_braces,
    public_html,
    public_text,
    unknown_fields,
)
from mailer.compose.message import CLIP, SHORTENED, WARN, compile_issue, compile_own
from mailer.compose.skeleton import Recipient, Skeleton

__all__ = [
    "CLIP",
    "DRAWN",
    "SHORTENED",
    "WARN",
    "Formula",
    "Pictures",
    "Recipient",
    "Skeleton",
    "build_mailto",
    "compile_change",
    "compile_confirmation",
    "compile_digest",
    "compile_issue",
    "compile_moved",
    "compile_notice",
    "compile_own",
    "draw_formulas",
    "fields_behind_addresses",
    "fields_in_tags",
    "formula_url",
    "has_gap",
    "is_shown",
    "loose_braces",
    "merge",
    "own_fields",
    "public_html",
    "public_text",
    "unknown_fields",
    "visible_text",
]
