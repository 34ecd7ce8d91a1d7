"""Owns the vocabulary of bounces: what hosts write, in six languages, and what it means. Pure.

The order in which causes are looked for is the safety of the whole: words about the sender, about
quota and about time come first, so that a text which mentions any of them never counts as proof
that a mailbox does not exist (rule C5).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """Why a host says that it did not deliver. The values are for people."""

    BUSY = "the mailbox gets too much at once"
    SENDER = "refused by policy"
    """Authentication, spam, blocking, reputation, rate: our fault, or called so."""
    SIZE = "message too large"
    FULL = "mailbox full"
    TIME = "out of time"
    """Expiry, timeouts, and whatever a host calls temporary."""
    MAILBOX = "no such mailbox"
    DOMAIN = "no such domain"


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_BUSY: Final = _any(
    (
        r"(?:receiving|receives?) e?-?mails? (?:too quickly|at a rate)",
        r"recipient (?:thread|rate) ?limit|(?:recipient|user) has exceeded (?:their|its) limit",
    )
)

_REFUSED: Final = (
    r"(?:abgelehnt|abgewiesen|zurückgewiesen|nicht (?:akzeptiert|angenommen)"
    r"|refus(?:é|e\b)\w*|rejet(?:é|e\b)\w*|non (?:accept|vérifi)\w+"
    r"|rechazad\w+|rehusad\w+|no (?:permitid|verificad|aceptad)\w+)"
)
"""Said of whom mail is from, it is about us; said of a reader, it is not."""

_SENDER: Final = _any(
    (
        r"\b(?:un)?auth(?:enti|ori[sz])\w*|\bauth ?(?:fail\w*|required|needed|denied)|\blog ?in\b|\bsasl\b|credentials",
        r"\bspf|\bdkim|\bdmarc|\barc\b|sender ?id\b|\bfcrdns\b|\brdns\b|\bptr\b|reverse dns",
        r"\w*spam\w*|\bjunk(?:mail\w*)?\b|unsolicited|\bunwanted\b|\bbulk\b|\bvirus\w*|malware|phish\w*|\bscam\b",
        r"\bpolic(?:y|ies)\b|\babus(?:e|ive)\b|complain\w*|reputation|suspicio\w*|harmful",
        r"\bblock(?:ed|ing|list\w*|s)?\b|(?:black|deny|block)[- ]?list\w*|\bdnsbl\b|\brbl\b|\bban(?:ned)?\b",
        r"\b(?:mails?|messages?|connections?) from\b.{0,60}\b(?:refused|rejected|denied|declined|not (?:accepted|welcome))\b",
        r"(?<!not )\blisted (?:in|on|at|by)\b|\blists (?:your |the |this )?(?:ip\b|\d)|\bbarracuda\b|\bsbl\b|\bxbl\b|\bpbl\b",
        r"\brelay(?:ing)?\b.{0,20}\b(?:denied|not|prohibited|den(?:y|ies))|\brelay(?:ing)? access",
        r"(?<!address rejected: )(?<!addresses rejected : )\baccess\b.{0,40}\bdenied|permission denied|not (?:permitted|allowed)",
        r"prohibit\w*|forbidden|restrict\w*|not accept(?:ed|ing)? (?:e?mails? |messages? )?from",
        r"(?:failed|verification failed) for (?:sender|$|<)|\bnot verified|(?:invalid|bad|unknown) sender|on the suppression list",
        r"unresolvable rfc|\brfc complian\w+|will not accept (?:delivery of )?(?:this|your)|recipient preferences|service refus(?:e|é|ed)\b|[ée]metteur",
        r"\bsender\b.{0,30}\b(?:rejected|denied|refused|invalid|not|verif\w+|blocked|unknown)\b",
        r"\b(?:ip|client host|helo|ehlo)\b.{0,40}\b(?:rejected|refused|denied|not allowed|bad)\b",
        r"\brate\b|too (?:many(?! hops| messages on| .?received)|fast|quickly|frequent\w*)|throttl\w*|\bgr[ea]y[ -]?list\w*",
        r"sending (?:limit|quota|suspended)|submission (?:quota|limit)|daily (?:\w+ )?(?:limit|quota)|frequency (?:is )?limited",
        r"content (?:rejected|denied|filter\w*|not accept\w*|was)|message (?:was )?(?:rejected|refused) (?:due|because|as|by)",
        r"\bfilter(?:ed|ing)?\b|encryption (?:needed|required)|starttls|tls (?:is )?required",
        # German
        r"gesperrt|geblockt|blockier\w+|richtlinie\w*|authenti[fs]i\w+|anmeldung (?:erforderlich|nötig|notwendig)|sperrliste|(?:schwarz|grau)e?n? ?liste|unerwünscht\w*",
        rf"verweigert|nicht (?:berechtigt|autorisiert|erlaubt)|untersagt|verboten|(?:absender|\bip\b|\bmails? von\b|nachrichten von\b).{{0,40}}{_REFUSED}",
        r"zu viele (?:verbindungen|nachrichten|e?-?mails|anfragen|empfänger)(?! (?:im|auf)\b)|(?:sende|versand|tages|stunden|raten)-?(?:limit|rate|grenze|begrenzung)|gedrosselt|unaufgefordert\w*",
        # French
        r"bloqu\w+|ind[ée]sirable\w*|pourriel|listes? (?:noire|grise)s?|non (?:autoris|sollicit)\w+|politique|interdit\w*|r[ée]putation|identification (?:requise|nécessaire|obligatoire)",
        rf"(?:exp[ée]diteur|\bip\b|(?:messages?|mails?|courriels?|connexions?) (?:de|depuis|provenant)\b).{{0,40}}{_REFUSED}|trop de (?:messages|connexions|courriels|mails|requêtes|destinataires)(?! dans\b)|(?:limite|débit|fréquence) d['’]envoi",
        # Spanish
        r"bloque\w+|no (?:desead|solicitad)\w+|correo (?:basura|masivo)|listas? (?:negra|gris)\w*|autent[ií]\w+|no autorizad\w+|denegad\w+|pol[ií]tic\w+",
        rf"reputaci[óo]n|prohibid\w+|(?:remitente|\bip\b|(?:mensajes?|correos?|conexi[oó]n|conexiones) (?:de|desde)\b).{{0,40}}{_REFUSED}",
        r"demasiad[oa]s (?:mensajes|conexiones|correos|peticiones|destinatarios)(?! en\b)|l[ií]mite de env[ií]os?|frecuencia de env[ií]o",
        # Japanese
        r"迷惑メール|スパム|拒否|ブロック|ブラックリスト|グレーリスト|認証|ログイン|ポリシー|許可されて|制限|禁止|送信(?:数|量|頻度)|流量",
        # Russian
        r"заблокирован\w*|спам\w*|отклон[её]н\w*|запрещ[её]н\w*|аутентификац\w+|авторизац\w+|(?:ч[её]рн|сер)\w+ списк?\w*",
    )
)

_FULL: Final = _any(
    (
        r"(?<!submission )(?<!sending )quota|\b(?:mailbox|inbox|mailfolder|account|mail ?drop|user)\b.{0,30}\bfull\b",
        r"^(?!.*\bmessage (?:length|size)\b).*(?:exceed\w*|over|reached)\b.{0,40}\b(?:storage|space|limit|allocation|allocated)",
        r"too many messages on the server|zu ?viele mails auf dem server",
        r"(?:not enough|insufficient|out of|no) (?:\w+ )?(?:space|storage)|(?:disk|storage) (?:is )?full",
        r"\bstorage\b.{0,20}\b(?:limit|full|exhausted)|mailbox ?(?:size|full)|inbox ?full|exhaust\w*\b.{0,40}\b(?:storage|space)",
        r"(?<!size )(?<!time )\blimits? (?:(?:is|was|has been) )?(?:exceeded|reached)",
        r"\b(?:mailbox|inbox|folder|account|space|storage)\b.{0,30}\bexceed\w*",
        r"(?:postfach|mailbox|posteingang|speicher|konto|briefkasten|ordner|laufwerk).{0,60}(?:voll\b|überfüllt|überschritt|überschreit|belegt|erschöpft)|volle[ns]? (?:postfach|mailbox)|überfüllte[ns]? (?:postfach|mailbox)",
        r"speicher(?:platz|grenze|limit|mangel)|kontingent|(?:postfach|mailbox)-?(?:gr(?:ö|oe)(?:ß|ss)e|limit|grenze|kapazität)|zu wenig (?:platz|speicher)|(?<!zeit)(?:limit|grenze) (?:ist |wurde )?(?:überschritten|erreicht)",
        r"(?:bo[iî]te|messagerie|\bbal\b|compte|stockage).{0,60}(?:pleine?\b|satur[ée]|remplie?\b|dépass|epuis|épuis)|espace (?:disque|insuffisant|de stockage)|capacité|plus d['’]espace|limite (?:de (?:taille|stockage) )?(?:est |a été )?(?:dépassée|atteinte)",
        r"(?:buz[oó]n|bandeja|casilla|cuenta|almacenamiento|disco).{0,60}(?:llen[oa]\b|satur|exced|superad|agotad)|(?:cuota|espacio).{0,30}|capacidad|l[ií]mite (?:ha sido )?(?:excedido|superado|alcanzado)",
        r"容量|いっぱい|一杯|満杯|満タン|上限|超過|オーバー",
        r"переполнен\w*|\bквот\w+|превыш\w+",
        # Of languages that are not covered otherwise, the commonest word
        r"casella.{0,40}piena|caixa.{0,40}cheia|已满|已滿",
    )
)

_TIME: Final = _any(
    (
        r"tim(?:e|ed|ing)[ -]?out|\bretry (?:time|timeout|limit)|\bexpir(?:ed|es|y|ing|ation)\b",
        r"too old\b|\bqueue\b.{0,20}too long|has been in the queue|(?:could|can)\s?not (?:be )?deliver\w*.{0,20}\b(?:for|within|after) .{0,20}(?:hours?|days?)",
        r"undeliver(?:ed|able) (?:for|after)|connection (?:was |has been )?(?:refused|reset|dropped|lost|closed|timed)",
        r"\btime ?limit|out of time|\bdeadline\b|took too long|maximum (?:retry |queue |delivery )?(?:time|age|lifetime)\b|\blifetime\b",
        r"no route to host|network (?:is )?unreachable|(?:try|retry) (?:again )?later|not found, try again",
        r"\btemporar\w+|\btransient\b|server (?:is )?(?:busy|down|unavailable)|(?:not|n't) respond\w*",
        r"\bdeferred\b|failing for a long time|retries|all hosts.{0,60}failing|hop count|mail loop|\bloops? (?:back|detected)|unreachable",
        r"zeit(?:überschreitung|limit|ablauf|spanne|grenze|fenster)|\b(?:zeit|dauer|frist)\b.{0,40}(?:überschritten|verstrichen|vorbei|vorüber)|(?:frist|wartezeit|haltezeit|lebensdauer)\b|\bzu alt\b|verfallen|sp(?:ä|ae)ter (?:erneut|noch|wieder)|erneut versuchen",
        r"abgelaufen|vorübergehend|verzöger\w+|nicht erreichbar",
        r"\bexpir(?:é|ation|e\b)\w*|d[ée]lai|temporaire\w*|réessay\w+|injoignable|périmé\w*|échéance|trop ancien\w*|temps (?:d['’]attente|imparti|limite|dépassé|écoulé)|(?:dépassement|limite) de temps|plus tard|ultérieurement",
        r"\bexpir(?:ó|ado|ada|aci[oó]n)|caduc\w+|tiempo (?:de espera|l[ií]mite|m[aá]ximo)|tiempo.{0,40}(?:agotad|excedid|superad|vencid|transcurrid)\w+|\bplazo\b|vencid\w+|vencimiento|venció|demasiado (?:antiguo|tiempo)|m[aá]s tarde|temporal\w*|inténtelo|reintent\w+|no responde",
        r"期限|期間|時間切れ|タイムアウト|タイムオーバー|一時的|遅延|混雑|応答がありません|再送|しばらく|後ほど|のちほど",
        r"временн\w+|исте[кч]\w*|попробуйте позже|просроч\w+|тайм-?аут",
    )
)

_SIZE: Final = _any(
    (
        r"(?:message|mail|header|content|attachment)s? (?:is |was |size |length )?(?:too (?:large|big|long)|exceed\w*|size)",
        r"message length\b.{0,40}\bexceeds|exceed\w*\b.{0,30}\b(?:maximum|message|size)|size limit|too large",
        r"nachricht.{0,20}(?:zu gro(?:ß|ss)|gr(?:ö|oe)(?:ß|ss)e)|nachrichtengr(?:ö|oe)(?:ß|ss)e|message.{0,20}trop (?:gros|volumineux)|mensaje.{0,20}grande|サイズ",
    )
)

_WHO: Final = (
    r"(?:user|users|recipient|recipients|mailbox|account|address|addresses|addressee|alias|local part|e-?mail"
    r"|person|customer|member|maildrop|mail ?drop|userid|user id|username|user name|subscriber)"
)
_GONE: Final = (
    r"(?:unknown|not (?:be )?(?:found|known|valid|exist\w*|recogni[sz]ed|listed|available|local|present|active)"
    r"|n[o'’]t (?:be found|found|exist\w*)|doesn['’]?t (?:exist|have)|does not (?:exist|have)|do not exist"
    r"|no longer \w+|invalid|disabled|inactive|deactivated|closed|suspended|deleted|removed|discontinued"
    r"|terminated|cancell?ed|non-?exist\w*|unavailable|undeliverable|obsolete|cannot be found)"
)

_MAILBOX: Final = _any(
    (
        rf"\b{_WHO}\b(?:\W+\w+){{0,6}}?\W+{_GONE}\b",
        rf"\b(?:unknown|invalid|bad|illegal|inactive|non-?existent|undefined|wrong)(?: \w+){{0,3}} {_WHO}\b",
        rf"\bno (?:such |valid |known )?(?:\w+ )?{_WHO}\b|\bnot a (?:valid |known |local |registered |current )?{_WHO}\b",
        r"\bno such (?:mailbox|person|address|recipient|user|one)|no (?:one|mailbox|account|user) (?:here )?by that name",
        r"does(?: not|n['’]?t) (?:exist|have an? )|(?:could ?n['’]?t|could not|was ?n['’]?t|cannot|can't) be found|was ?n['’]?t found",
        r"not found by smtp address lookup|recip(?:ient)? ?not ?found|unrout[e]?able (?:mail |e-?mail )?address",
        r"(?:has|have) (?:left|moved)|no longer (?:with|work\w*|employ\w*|here|accepts?|in use|exists?|on server)|mailbox has moved",
        r"\bnot (?:our|a) customer|not listed in|not in (?:our|the) (?:directory|user list)|is not a known user|not known (?:here|at)",
        r"nosuchuser|delivery error: dd |address (?:rejected: undeliverable|verification failed)",
        r"undeliverable address|archived recipient|\b(?:deactivated|disabled|closed) (?:mailbox|account)|unknown local[- ]part|unknown or illegal alias",
        r"bad address syntax|malformed address|badly formatted|syntax error in (?:the )?(?:mailbox )?address",
        # German
        r"unbekannte[rs]? (?:empfänger|benutzer|adresse|nutzer)|(?:empfänger|benutzer|adresse|postfach|konto|nutzer).{0,60}(?:unbekannt|nicht gefunden|existiert nicht|nicht (?:vorhanden|bekannt|verfügbar)|ungültig|deaktiviert|gelöscht|geschlossen)",
        r"existiert (?:hier )?nicht|kein postfach|empfängeradresse nicht|nicht gefunden werden",
        # French
        r"(?:utilisateur|destinataire|adresse|compte|bo[iî]te).{0,60}(?:inconnue?|introuvable|invalide|inexistante?|désactivée?|fermée?|supprimée?|erronée|n['’]existe|n['’]a pas été trouvée?)",
        r"n['’]existe (?:pas|plus)|inconnu à cette adresse|introuvable",
        # Spanish
        r"(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n).{0,60}(?:desconocid[oa]|no existe|inexistente|inv[aá]lid[oa]|no (?:se )?(?:ha )?(?:podido |pudo )?encontr\w+|desactivad[oa]|deshabilitad[oa]|no es válid[oa])",
        r"no existe|no se (?:encontró|ha encontrado|pudo encontrar|ha podido encontrar)",
        # Japanese
        r"(?:宛先|あて先|受信者|ユーザ|アドレス|アカウント|メールボックス).{0,30}(?:見つかりません|存在しません|存在せず|不明|無効|ありません|間違)",
        r"存在しません|見つかりません|宛先不明|該当(?:する)?ユーザ|リストにありません|登録されていません",
        # Russian
        r"(?:ящик\w*|адрес\w*|пользовател\w+|получател\w+).{0,40}(?:не существует|не найден\w*|удал[её]н\w*)|нет такого (?:пользователя|ящика)",
    )
)

_DOMAIN: Final = _any(
    (
        r"\b(?:domain|host)(?: name| or domain name)?\b(?:\W+\w+){0,3}?\W+(?:not found|unknown|invalid|does(?: not|n['’]t) exist|not exist|non-?existent|couldn['’]t be found|could not be found)",
        r"\b(?:unknown|invalid|no such|non-?existent|illegal|unresolvable|unrout[e]?able) (?:mail )?(?:host|domain)|nxdomain",
        r"null ?mx|no mx (?:record|host)|indicated no smtp service|(?:does not|doesn['’]t) (?:accept|receive) (?:any )?(?:e-?)?mail",
        r"couldn['’]t find any host|point to non-existent|illegal host/domain|not a local (?:host|domain)",
        r"domäne.{0,40}(?:nicht|unbekannt)|domaine.{0,40}(?:inconnu|introuvable|n['’]existe)|dominio.{0,40}(?:no existe|desconocido|no se)",
        r"ドメイン.{0,30}(?:見つかりません|存在しません|不明)",
    )
)

_ORDER: Final = (
    (Cause.BUSY, _BUSY),
    (Cause.SENDER, _SENDER),
    (Cause.FULL, _FULL),
    (Cause.TIME, _TIME),
    (Cause.SIZE, _SIZE),
    (Cause.MAILBOX, _MAILBOX),
    (Cause.DOMAIN, _DOMAIN),
)

WORDS_LIMIT: Final = 4000
"""Characters of a text that are looked at: a reason stands near its beginning."""

_TOP_DOMAIN: Final = (
    r"(?:com|net|org|info|biz|edu|gov|mil|arpa|cloud|email|online|local|example|test|invalid"
    r"|(?!(?:as|is|me|my|no|of|on|or|so|to|we)\b)[a-z]{2})"
)
_NOISE: Final = re.compile(
    r"https?://\S+"  # a link's words are its host's, not the reason
    r"|[^\s<>()\[\]\"',;:]+[@＠](?:[\w.-]+|\[[^\]\s]*\])"
    # Host names such as mx.spamfilter.example. A dot may as well end a sentence that nobody put a
    # space behind, as in "blocked.User unknown": what is not surely a host's name stays.
    rf"|\b[a-z][a-z0-9_-]*\.(?:[a-z0-9_-]+\.)+{_TOP_DOMAIN}\b(?=[\s:,;)\]\[>\"']|$)"
    r"|\bin reply to (?:end of )?[a-z ]+ command|unknown address error|\bunknown mailer error\b"
    r"|\bx-(?:postfix|spam)[\w-]*",
    re.IGNORECASE,
)
_SEAM: Final = re.compile(r"_|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
"""Where words are put together as programs do: `SPF_FAIL`, `MailboxFull`, `SPFFail`."""


def find_causes(text: str) -> tuple[Cause, ...]:
    """Every cause that a host's words give, the one to believe first; empty when they give none.

    Names of hosts, links and addresses are not looked at: they say nothing about the reason.
    """
    plain = strip_noise(text)
    return tuple(cause for cause, words in _ORDER if words.search(plain))


def strip_noise(text: str) -> str:
    """The words of a text on one line, without hosts, links and addresses.

    Letters that only look different (full-width ones) become the usual ones, what is not to be seen
    goes, and words that were put together come apart: nobody can hide a word from its reader that way.
    """
    usual = unicodedata.normalize("NFKC", text[:WORDS_LIMIT]).replace("’", "'")
    seen = "".join(char for char in usual if unicodedata.category(char) != "Cf")
    return " ".join(_SEAM.sub(" ", _NOISE.sub(" ", seen)).split())


# ── what a message without a machine-readable part is ────────────────────────────────────────

FAILURE_WORDS: Final = _any(
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

DELAY_WORDS: Final = _any(
    (
        r"\bdelay(?:ed)?\b|still being retried|will (?:keep trying|be retried|retry|continue|still be)|warning[: ].{0,20}could not send|this is a warning (?:message )?only|not yet been delivered|has not been delivered (?:yet|so far)|delivery incomplete|temporary (?:problem|error) delivering",
        r"verzögert|wird weiter(?:hin)? versucht|weitere zustellversuche",
        r"retardé\w*|différé\w*|nouvelles tentatives|toujours en cours",
        r"retrasad\w+|demorad\w+|seguir[áe]\w* intentando",
        r"遅延|遅れて|再送を試み",
    )
)
"""A host says that it still tries."""

FINAL_WORDS: Final = _any(
    (
        r"\bperman\w+|given up|giving up|no further attempts|will not be retried|fatal|undeliverable\b",
        r"endgültig|dauerhaft|permanent\w*|définiti\w+|definitiv\w+|恒久|失敗",
    )
)
"""A host says that it no longer tries."""

AUTO_REPLY_SUBJECTS: Final = _any(
    (
        r"out of (?:the )?office|auto(?:matic)?[- ]?(?:reply|response)|auto:|autoresponder|on vacation|away from|vacation (?:reply|message)|i am away",
        r"abwesen\w+|automatische antwort|autoantwort|nicht im (?:büro|haus)|im urlaub",
        r"réponse automatique|absence|absent\w* du bureau|message d['’]absence",
        r"respuesta autom[aá]tica|fuera de (?:la )?oficina|ausen(?:te|cia)",
        r"自動(?:応答|返信)|不在",
    )
)
"""Subjects of answers that nobody wrote, where their header does not say so."""

BOUNCE_SUBJECTS: Final = _any(
    (
        r"undeliver\w+|returned mail|(?:mail|message)? ?delivery (?:fail\w*|status|subsystem|has failed|problem|report|error|notification)|failure notice|mail (?:system )?error|non[- ]?delivery|mail failure|not delivered|delivery (?:incomplete|delayed)|delayed mail|warning: (?:message|could)|could not (?:be )?(?:send|sent|deliver\w*)|mail could not|bounce",
        r"unzustellbar|nicht zugestellt|zustellung|non remis|échec|non distribu|no (?:se )?(?:ha )?(?:podido|pudo)? ?entreg|devuelto|rechazado|配信|送信エラー|配送|エラーメール|メールエラー|不達|не доставлен\w*",
    )
)
"""Subjects of reports without a machine-readable part."""
