"""Owns the vocabulary of whole messages: words that tell a bounce, a delay and an answer apart. Pure."""

from __future__ import annotations

from typing import Final

from mailer.replies.patterns import Words

FAILURE_WORDS: Final = Words(
    (
        (
            r"(?:could|can|was|has|were)\s?(?:not|n't|n’t) (?:be |been "
            r"|yet been )?(?:\w+ )?(?:deliver\w*|sent)"
        ),
        r"undeliver\w+|wasn't able to deliver",
        r"unable to (?:be )?deliver\w*|cannot be delivered",
        r"delivery (?:to the following .{0,60})?(?:has )?fail\w*|failed to deliver",
        r"fail\w* (?:permanently|delivery)|delivery failure|non-?delivery",
        r"returned (?:mail|to sender)|mail delivery (?:failed|system|subsystem)",
        r"delivery status notification|permanent(?: fatal)? errors?|message not delivered",
        r"not delivered|address not found|error has occurred while attempting to deliver",
        r"had permanent|user unknown|did not reach|\b(?:message|mail)\b.{0,80}\b(?:has|have) been (?:blocked|rejected|returned|refused)",
        r"unzustellbar\w*|nicht zugestellt|zustellung.{0,40}(?:fehlgeschlagen|nicht möglich)",
        r"konnte nicht",
        r"non remis|n['’]a pas pu être|échec|non distribu\w+|impossible de (?:remettre|livrer)",
        r"non délivr\w+",
        r"no se (?:ha )?(?:podido|pudo|puede) entreg\w+|no entregado|error de entrega|devuelto",
        r"no se ha entregado|no se pudo",
        r"(?:impossibile|non (?:è stato possibile|è possibile)) (?:consegnare|recapitare)",
        r"mancat[oa] (?:consegna|recapito)|non (?:è stato )?(?:consegnat|recapitat)\w",
        r"não (?:foi possível|pôde ser|pode ser) entreg\w+|falha (?:na|de) entrega",
        r"não (?:foi )?entregue|devolvid[oa]",
        r"kon(?:den)? niet worden (?:bezorgd|afgeleverd)",
        r"niet (?:bezorgd|afgeleverd|worden afgeleverd)|onbestelbaar\w*|bezorging.{0,20}mislukt",
        r"nie (?:można|udało się|mogła zostać) (?:było )?dostarcz\w+",
        r"nie (?:została )?dostarczon\w+|niedostarczon\w+",
        r"kunde inte (?:levereras|skickas)|inte levererat\w*|leverans.{0,20}misslyck\w+|olevererat",
        r"kunne ikke leveres",
        r"teslim edilem\w+|iletilem\w+|ulaştırılam\w+|teslim(?:at)? (?:başarısız|hatası)",
        r"(?:nebyl\w*|nelze|nemohl\w*|nepodařilo se)(?: být)? doruč\w+|nedoruč\w+",
        r"(?:배달|전송|전달|발송)(?:되지|하지|할 ?수|에 ?실패| ?실패|이 ?불가)|반송",
        r"(?:无法|無法|未能|不能)(?:成功)?(?:投递|投遞|送达|送達|传递|傳遞|递送|遞送|发送|發送|寄达|寄達)",
        r"(?:投递|投遞|发送|發送|传送|傳送)(?:失败|失敗)|退信|退件",
        r"не может быть доставлен\w*|не доставлен\w*|не удалось доставить",
        r"配信(?:不能|できません|に失敗|エラー)|送信(?:できません|に失敗)|届けることができません|エラーメール|配送(?:できません|に失敗|不能|エラー)",
        r"お届けできません",
        r"non recapitabil\w+|recapito non riuscito|olevererbar\w*|gick inte att leverera|não é possível entregar",
        r"kan ikke leveres|(?:ble|blev) ikke levert|levering\w*.{0,20}(?:mislyk\w+|fejlede)|kunne ikke leveres",
        r"niedostarczaln\w+|dostarczeni\w+.{0,80}nie powiod\w+|недоставленн\w*|не може бути доставлен\w*|не вдалося доставити",
        r"ei voitu toimittaa|toimitus epäonnistui|toimittamatta|kézbesíthet(?:etlen|ő)\w*|kézbesítés.{0,20}sikertelen",
        r"nu a putut fi livrat\w*|imposibil de livrat|nelivrat\w*|δεν (?:ήταν δυνατή η παράδοση|παραδόθηκε)",
        r"không (?:gửi|chuyển|thể gửi) được|gửi không thành công|gagal (?:ter)?kirim|tidak terkirim|ไม่สามารถส่ง|ส่งไม่สำเร็จ",
        r"(?:تعذر|لم يتم) (?:ال)?تسليم|לא (?:נמסר|ניתן למסור)\w*|nije (?:isporučen|dostavljen)\w*|није испоручен\w*",
    )
)
"""A host says that it did not deliver something."""

DELAY_WORDS: Final = Words(
    (
        r"\bdelay(?:ed)?\b|still being retried",
        r"will (?:keep trying|be retried|retry|continue|still be)|warning[: ].{0,20}could not send",
        r"this is a warning (?:message )?only|not yet been delivered",
        r"has not been delivered (?:yet|so far)|delivery incomplete",
        r"temporary (?:problem|error) delivering",
        r"verzögert|wird weiter(?:hin)? versucht|weitere zustellversuche",
        r"retardé\w*|différé\w*|nouvelles tentatives|toujours en cours",
        r"retrasad\w+|demorad\w+|seguir[áe]\w* intentando",
        r"in ritardo|ritardat\w|verrà (?:ritentat|riprovat)\w|atrasad[oa]|nova tentativa|vertraagd",
        r"opnieuw (?:worden )?geprobeerd|opóźnion\w+|försena\w+|gecik\w+|zpožděn\w+|задержан\w*|지연",
        r"延迟|延遲",
        r"遅延|遅れて|再送を試み",
    )
)
"""A host says that it still tries."""

FINAL_WORDS: Final = Words(
    (
        r"\bperman\w+|given up|giving up|no further attempts|will not be retried|fatal",
        r"undeliverable\b",
        r"endgültig|dauerhaft|permanent\w*|définiti\w+|definitiv\w+|恒久|失敗",
    )
)
"""A host says that it no longer tries."""

AUTO_REPLY_SUBJECTS: Final = Words(
    (
        r"out of (?:the )?office|auto(?:matic)?[- ]?(?:reply|response)|auto:|autoresponder",
        r"on vacation|away from|vacation (?:reply|message)|i am away",
        r"abwesen\w+|automatische antwort|autoantwort|nicht im (?:büro|haus)|im urlaub",
        r"réponse automatique|absence|absent\w* du bureau|message d['’]absence",
        r"respuesta autom[aá]tica|fuera de (?:la )?oficina|ausen(?:te|cia)",
        r"risposta automatica|fuori (?:sede|ufficio)|assenza|resposta automática",
        r"fora do escritório|ausência|automatisch antwoord|afwezig\w*|odpowiedź automatyczna",
        r"nieobecn\w+|autosvar|frånvar\w+|otomatik yanıt|ofis dışında|automatická odpověď",
        r"nepřítomn\w+|автоответ|автоматический ответ|자동 ?(?:회신|응답)|부재|自动(?:回复|答复)|自動(?:回覆|答覆)",
        r"自動(?:応答|返信)|不在",
    )
)
"""Subjects of answers that nobody wrote, where their header does not say so."""

BOUNCE_SUBJECTS: Final = Words(
    (
        r"undeliver\w+|returned mail",
        (
            r"(?:mail|message)? ?delivery (?:fail\w*|status|subsystem|has failed|problem|report|error"
            r"|notification)"
        ),
        r"failure notice|mail (?:system )?error|non[- ]?delivery|mail failure|not delivered",
        r"delivery (?:incomplete|delayed)|delayed mail|warning: (?:message|could)",
        r"could not (?:be )?(?:send|sent|deliver\w*)|mail could not|bounce",
        r"unzustellbar|nicht zugestellt|zustellung|non remis|échec|non distribu",
        r"no (?:se )?(?:ha )?(?:podido|pudo)? ?entreg|devuelto|rechazado",
        r"mancat[oa] (?:consegna|recapito)|non consegnat|falha na entrega|não entreg|onbestelbaar",
        r"niet bezorgd|niedostarcz|niedoręcz|olevererat|kunde inte leverer|teslim edilem|iletilem",
        r"nedoruč|배달 ?(?:실패|되지)|전송 ?실패|반송|退信|投递失败|投遞失敗|无法投递|無法投遞|未送达|配信|送信エラー|配送|エラーメール|メールエラー|不達",
        r"не доставлен\w*",
        r"non recapitabil|olevererbar|kan ikke leveres|ikke levert|não é possível entregar|niedostarczaln|недоставленн|не доставлено",
        r"ei voitu toimittaa|toimittamatta|kézbesíthet|sikertelen kézbesítés|nelivrat|imposibil de livrat|δεν παραδόθηκε|μη παραδόσιμ",
        r"không gửi được|gửi không thành công|gagal (?:ter)?kirim|tidak terkirim|ไม่สามารถส่ง|ส่งไม่สำเร็จ|تعذر التسليم|لم يتم التسليم",
        r"לא נמסר|לא ניתן למסור|neisporučen|није испоручен",
    )
)
"""Subjects of reports without a machine-readable part."""
