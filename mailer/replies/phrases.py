"""Owns the vocabulary of whole messages: words that tell a bounce, a delay and an answer apart. Pure."""

from __future__ import annotations

from typing import Final

from mailer.replies.vocabulary import any_of

FAILURE_WORDS: Final = any_of(
    (
        r"(?:could|can|was|has|were)\s?(?:not|n't|n’t) (?:be |been |yet been )?(?:\w+ )?(?:deliver\w*|sent)|undeliver\w+|wasn't able to deliver",
        r"unable to (?:be )?deliver\w*|cannot be delivered|delivery (?:to the following .{0,60})?(?:has )?fail\w*|failed to deliver|fail\w* (?:permanently|delivery)|delivery failure|non-?delivery",
        r"returned (?:mail|to sender)|mail delivery (?:failed|system|subsystem)|delivery status notification|permanent(?: fatal)? errors?|message not delivered|not delivered|address not found|error has occurred while attempting to deliver|had permanent|user unknown|did not reach",
        r"unzustellbar\w*|nicht zugestellt|zustellung.{0,40}(?:fehlgeschlagen|nicht möglich)|konnte nicht",
        r"non remis|n['’]a pas pu être|échec|non distribu\w+|impossible de (?:remettre|livrer)|non délivr\w+",
        r"no se (?:ha )?(?:podido|pudo|puede) entreg\w+|no entregado|error de entrega|devuelto|no se ha entregado|no se pudo",
        r"не может быть доставлен\w*|не доставлен\w*|не удалось доставить",
        r"配信(?:不能|できません|に失敗|エラー)|送信(?:できません|に失敗)|届けることができません|エラーメール|配送(?:できません|に失敗|不能|エラー)|お届けできません",
    )
)
"""A host says that it did not deliver something."""

DELAY_WORDS: Final = any_of(
    (
        r"\bdelay(?:ed)?\b|still being retried|will (?:keep trying|be retried|retry|continue|still be)|warning[: ].{0,20}could not send|this is a warning (?:message )?only|not yet been delivered|has not been delivered (?:yet|so far)|delivery incomplete|temporary (?:problem|error) delivering",
        r"verzögert|wird weiter(?:hin)? versucht|weitere zustellversuche",
        r"retardé\w*|différé\w*|nouvelles tentatives|toujours en cours",
        r"retrasad\w+|demorad\w+|seguir[áe]\w* intentando",
        r"遅延|遅れて|再送を試み",
    )
)
"""A host says that it still tries."""

FINAL_WORDS: Final = any_of(
    (
        r"\bperman\w+|given up|giving up|no further attempts|will not be retried|fatal|undeliverable\b",
        r"endgültig|dauerhaft|permanent\w*|définiti\w+|definitiv\w+|恒久|失敗",
    )
)
"""A host says that it no longer tries."""

AUTO_REPLY_SUBJECTS: Final = any_of(
    (
        r"out of (?:the )?office|auto(?:matic)?[- ]?(?:reply|response)|auto:|autoresponder|on vacation|away from|vacation (?:reply|message)|i am away",
        r"abwesen\w+|automatische antwort|autoantwort|nicht im (?:büro|haus)|im urlaub",
        r"réponse automatique|absence|absent\w* du bureau|message d['’]absence",
        r"respuesta autom[aá]tica|fuera de (?:la )?oficina|ausen(?:te|cia)",
        r"自動(?:応答|返信)|不在",
    )
)
"""Subjects of answers that nobody wrote, where their header does not say so."""

BOUNCE_SUBJECTS: Final = any_of(
    (
        r"undeliver\w+|returned mail|(?:mail|message)? ?delivery (?:fail\w*|status|subsystem|has failed|problem|report|error|notification)|failure notice|mail (?:system )?error|non[- ]?delivery|mail failure|not delivered|delivery (?:incomplete|delayed)|delayed mail|warning: (?:message|could)|could not (?:be )?(?:send|sent|deliver\w*)|mail could not|bounce",
        r"unzustellbar|nicht zugestellt|zustellung|non remis|échec|non distribu|no (?:se )?(?:ha )?(?:podido|pudo)? ?entreg|devuelto|rechazado|配信|送信エラー|配送|エラーメール|メールエラー|不達|не доставлен\w*",
    )
)
"""Subjects of reports without a machine-readable part."""
