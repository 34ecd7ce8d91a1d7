"""Owns what hosts write, a pattern for each cause, in the languages that were seen first. Pure."""

from __future__ import annotations

from typing import Final

from mailer.replies.patterns import Words

BUSY: Final = Words(
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

SENDER: Final = Words(
    (
        r"\b(?:un)?auth(?:enti|ori[sz])\w*|\bauth ?(?:fail\w*|required|needed|denied)|\blog ?in\b",
        r"\bsasl\b|credentials",
        r"\bspf|\bdkim|\bdmarc|\barc\b|sender ?id\b|\bfcrdns\b|\brdns\b|\bptr\b|reverse dns",
        r"\w*spam\w*|\bjunk(?:mail\w*)?\b|unsolicited|\bunwanted\b|\bbulk\b|\bvirus\w*|malware",
        r"phish\w*|\bscam\b",
        r"\bpolic(?:y|ies)\b|\babus(?:e|ive)\b|complain\w*|reputation|suspicio\w*|harmful",
        r"\bblock(?:ed|ing|list\w*|s)?\b|(?:black|deny|block)[- ]?list\w*|\bdnsbl\b|\brbl\b",
        r"\bban(?:ned)?\b",
        (
            r"\b(?:mails?|messages?|connections?) from\b.{0,60}\b(?:refused|rejected|denied|declined"
            r"|not (?:accepted|welcome))\b"
        ),
        r"(?<!not )\blisted (?:in|on|at|by)\b|\blists (?:your |the |this )?(?:ip\b|\d)",
        r"\bbarracuda\b|\bsbl\b|\bxbl\b|\bpbl\b",
        r"\brelay(?:ing)?\b.{0,20}\b(?:denied|not|prohibited|den(?:y|ies))|\brelay(?:ing)? access",
        r"(?<!address rejected: )(?<!addresses rejected : )\baccess\b.{0,40}\bdenied",
        r"permission denied|not (?:permitted|allowed)",
        r"prohibit\w*|forbidden|restrict\w*|not accept(?:ed|ing)? (?:e?mails? |messages? )?from",
        r"(?:failed|verification failed) for (?:sender|$|<)|\bnot verified",
        r"(?:invalid|bad|unknown) sender|on the suppression list",
        r"unresolvable rfc|\brfc complian\w+|will not accept (?:delivery of )?(?:this|your)",
        r"recipient preferences|service refus(?:e|é|ed)\b|[ée]metteur",
        r"\bsender\b.{0,30}\b(?:rejected|denied|refused|invalid|not|verif\w+|blocked|unknown)\b",
        r"\b(?:ip|client host|helo|ehlo)\b.{0,40}\b(?:rejected|refused|denied|not allowed|bad)\b",
        r"\brate\b|too (?:many(?! hops| messages on| .?received)|fast|quickly|frequent\w*)",
        r"throttl\w*|\bgr[ea]y[ -]?list\w*",
        r"sending (?:limit|quota|suspended)|submission (?:quota|limit)",
        r"daily (?:\w+ )?(?:limit|quota)|frequency (?:is )?limited",
        r"content (?:rejected|denied|filter\w*|not accept\w*|was)",
        r"message (?:was )?(?:rejected|refused) (?:due|because|as|by)",
        r"\bfilter(?:ed|ing)?\b|encryption (?:needed|required)|starttls|tls (?:is )?required",
        # German
        r"gesperrt|geblockt|blockier\w+|richtlinie\w*|authenti[fs]i\w+",
        r"anmeldung (?:erforderlich|nötig|notwendig)|sperrliste|(?:schwarz|grau)e?n? ?liste",
        r"unerwünscht\w*",
        r"verweigert|nicht (?:berechtigt|autorisiert|erlaubt)|untersagt|verboten",
        rf"(?:absender|\bip\b|\bmails? von\b|nachrichten von\b).{{0,40}}{_REFUSED}",
        r"zu viele (?:verbindungen|nachrichten|e?-?mails|anfragen|empfänger)(?! (?:im|auf)\b)",
        r"(?:sende|versand|tages|stunden|raten)-?(?:limit|rate|grenze|begrenzung)|gedrosselt",
        r"unaufgefordert\w*",
        # French
        r"bloqu\w+|ind[ée]sirable\w*|pourriel|listes? (?:noire|grise)s?",
        r"non (?:autoris|sollicit)\w+|politique|interdit\w*|r[ée]putation",
        r"identification (?:requise|nécessaire|obligatoire)",
        (
            rf"(?:exp[ée]diteur|\bip\b|(?:messages?|mails?|courriels?|connexions?) (?:de|depuis"
            rf"|provenant)\b).{{0,40}}{_REFUSED}"
        ),
        r"trop de (?:messages|connexions|courriels|mails|requêtes|destinataires)(?! dans\b)",
        r"(?:limite|débit|fréquence) d['’]envoi",
        # Spanish
        r"bloque\w+|no (?:desead|solicitad)\w+|correo (?:basura|masivo)|listas? (?:negra|gris)\w*",
        r"autent[ií]\w+|no autorizad\w+|denegad\w+|pol[ií]tic\w+",
        r"reputaci[óo]n|prohibid\w+",
        (
            rf"(?:remitente|\bip\b|(?:mensajes?|correos?|conexi[oó]n|conexiones) (?:de|desde)\b)"
            rf".{{0,40}}{_REFUSED}"
        ),
        r"demasiad[oa]s (?:mensajes|conexiones|correos|peticiones|destinatarios)(?! en\b)",
        r"l[ií]mite de env[ií]os?|frecuencia de env[ií]o",
        # Japanese
        r"迷惑メール|スパム|拒否(?!され.{0,300}\buser unknown)|ブロック|ブラックリスト|グレーリスト|認証|ログイン|ポリシー|許可されて|制限|禁止",
        r"送信(?:数|量|頻度)|流量",
        # Russian
        r"заблокирован\w*|спам\w*|отклон[её]н\w*|запрещ[её]н\w*|аутентификац\w+|авторизац\w+",
        r"(?:ч[её]рн|сер)\w+ списк?\w*",
    )
)

FULL: Final = Words(
    (
        r"(?<!submission )(?<!sending )quota",
        r"\b(?:mailbox|inbox|mailfolder|account|mail ?drop|user)\b.{0,30}\bfull\b",
        (
            r"^(?!.*\bmessage (?:length|size)\b).*(?:exceed\w*|over|reached)\b.{0,40}\b(?:storage"
            r"|space|limit|allocation|allocated)"
        ),
        r"too many messages on the server|zu ?viele mails auf dem server",
        r"(?:not enough|insufficient|out of|no) (?:\w+ )?(?:space|storage)",
        r"(?:disk|storage) (?:is )?full",
        r"\bstorage\b.{0,20}\b(?:limit|full|exhausted)|mailbox ?(?:size|full)|inbox ?full",
        r"exhaust\w*\b.{0,40}\b(?:storage|space)",
        r"(?<!size )(?<!time )\blimits? (?:(?:is|was|has been) )?(?:exceeded|reached)",
        r"\b(?:mailbox|inbox|folder|account|space|storage)\b.{0,30}\bexceed\w*",
        (
            r"(?:postfach|mailbox|posteingang|speicher|konto|briefkasten|ordner|laufwerk)"
            r".{0,60}(?:voll\b|überfüllt|überschritt|überschreit|belegt|erschöpft)"
        ),
        r"volle[ns]? (?:postfach|mailbox)|überfüllte[ns]? (?:postfach|mailbox)",
        r"speicher(?:platz|grenze|limit|mangel)|kontingent",
        r"(?:postfach|mailbox)-?(?:gr(?:ö|oe)(?:ß|ss)e|limit|grenze|kapazität)",
        r"zu wenig (?:platz|speicher)",
        r"(?<!zeit)(?:limit|grenze) (?:ist |wurde )?(?:überschritten|erreicht)",
        (
            r"(?:bo[iî]te|messagerie|\bbal\b|compte|stockage).{0,60}(?:pleine?\b|satur[ée]|remplie?\b"
            r"|dépass|epuis|épuis)"
        ),
        r"espace (?:disque|insuffisant|de stockage)|capacité|plus d['’]espace",
        r"limite (?:de (?:taille|stockage) )?(?:est |a été )?(?:dépassée|atteinte)",
        (
            r"(?:buz[oó]n|bandeja|casilla|cuenta|almacenamiento|disco).{0,60}(?:llen[oa]\b|satur|exced"
            r"|superad|agotad)"
        ),
        r"(?:cuota|espacio).{0,30}|capacidad",
        r"l[ií]mite (?:ha sido )?(?:excedido|superado|alcanzado)",
        r"容量|いっぱい|一杯|満杯|満タン|上限|超過|オーバー",
        r"переполнен\w*|\bквот\w+|превыш\w+",
        # Of languages that are not covered otherwise, the commonest word
        r"casella.{0,40}piena|caixa.{0,40}cheia|已满|已滿",
    )
)

TIME: Final = Words(
    (
        r"tim(?:e|ed|ing)[ -]?out|\bretry (?:time|timeout|limit)|\bexpir(?:ed|es|y|ing|ation)\b",
        r"too old\b|\bqueue\b.{0,20}too long|has been in the queue",
        (
            r"(?:could|can)\s?not (?:be )?deliver\w*.{0,20}\b(?:for|within|after) .{0,20}(?:hours?"
            r"|days?)"
        ),
        r"undeliver(?:ed|able) (?:for|after)",
        r"connection (?:was |has been )?(?:refused|reset|dropped|lost|closed|timed)",
        r"\btime ?limit|out of time|\bdeadline\b|took too long",
        r"maximum (?:retry |queue |delivery )?(?:time|age|lifetime)\b|\blifetime\b",
        r"no route to host|network (?:is )?unreachable|(?:try|retry) (?:again )?later",
        r"not found, try again",
        r"\btemporar\w+|\btransient\b|server (?:is )?(?:busy|down|unavailable)",
        r"(?:not|n't) respond\w*",
        r"\bdeferred\b|failing for a long time|retries|all hosts.{0,60}failing|hop count|mail loop",
        r"\bloops? (?:back|detected)|unreachable",
        r"zeit(?:überschreitung|limit|ablauf|spanne|grenze|fenster)",
        r"\b(?:zeit|dauer|frist)\b.{0,40}(?:überschritten|verstrichen|vorbei|vorüber)",
        r"(?:frist|wartezeit|haltezeit|lebensdauer)\b|\bzu alt\b|verfallen",
        r"sp(?:ä|ae)ter (?:erneut|noch|wieder)|erneut versuchen",
        r"abgelaufen|vorübergehend|verzöger\w+|nicht erreichbar",
        r"\bexpir(?:é|ation|e\b)\w*|d[ée]lai|temporaire\w*|réessay\w+|injoignable|périmé\w*",
        r"échéance|trop ancien\w*|temps (?:d['’]attente|imparti|limite|dépassé|écoulé)",
        r"(?:dépassement|limite) de temps|plus tard|ultérieurement",
        r"\bexpir(?:ó|ado|ada|aci[oó]n)|caduc\w+|tiempo (?:de espera|l[ií]mite|m[aá]ximo)",
        r"tiempo.{0,40}(?:agotad|excedid|superad|vencid|transcurrid)\w+|\bplazo\b|vencid\w+",
        r"vencimiento|venció|demasiado (?:antiguo|tiempo)|m[aá]s tarde|temporal\w*|inténtelo",
        r"reintent\w+|no responde",
        r"期限|期間|時間切れ|タイムアウト|タイムオーバー|一時的|遅延|混雑|応答がありません|再送|しばらく|後ほど|のちほど",
        r"временн\w+|исте[кч]\w*|попробуйте позже|просроч\w+|тайм-?аут",
    )
)

SIZE: Final = Words(
    (
        (
            r"(?:message|mail|header|content|attachment)s? (?:is |was |size |length )?(?:too (?:large"
            r"|big|long)|exceed\w*|size)"
        ),
        r"message length\b.{0,40}\bexceeds|exceed\w*\b.{0,30}\b(?:maximum|message|size)|size limit",
        r"too large",
        r"nachricht.{0,20}(?:zu gro(?:ß|ss)|gr(?:ö|oe)(?:ß|ss)e)|nachrichtengr(?:ö|oe)(?:ß|ss)e",
        r"message.{0,20}trop (?:gros|volumineux)|mensaje.{0,20}grande|サイズ",
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

MAILBOX: Final = Words(
    (
        rf"\b{_WHO}\b(?:\W+\w+){{0,6}}?\W+{_GONE}\b",
        (
            rf"\b(?:unknown|invalid|bad|illegal|inactive|non-?existent|undefined"
            rf"|wrong)(?: \w+){{0,3}} {_WHO}\b"
        ),
        rf"\bno (?:such |valid |known )?(?:\w+ )?{_WHO}\b",
        rf"\bnot a (?:valid |known |local |registered |current )?{_WHO}\b",
        r"\bno such (?:mailbox|person|address|recipient|user|one)",
        r"no (?:one|mailbox|account|user) (?:here )?by that name",
        r"does(?: not|n['’]?t) (?:exist|have an? )",
        r"(?:could ?n['’]?t|could not|was ?n['’]?t|cannot|can't) be found|was ?n['’]?t found",
        r"not found by smtp address lookup|recip(?:ient)? ?not ?found",
        r"unrout[e]?able (?:mail |e-?mail )?address",
        r"(?:has|have) (?:left|moved)",
        r"no longer (?:with|work\w*|employ\w*|here|accepts?|in use|exists?|on server)",
        r"mailbox has moved",
        r"\bnot (?:our|a) customer|not listed in|not in (?:our|the) (?:directory|user list)",
        r"is not a known user|not known (?:here|at)",
        r"nosuchuser|delivery error: dd |address (?:rejected: undeliverable|verification failed)",
        r"undeliverable address|archived recipient",
        r"\b(?:deactivated|disabled|closed) (?:mailbox|account)|unknown local[- ]part",
        r"unknown or illegal alias",
        r"bad address syntax|malformed address|badly formatted",
        r"syntax error in (?:the )?(?:mailbox )?address",
        r"5\.1\.0\W{1,3}address rejected\W*$",  # as Cisco's gateways say it, and nothing else
        # German
        r"unbekannte[rs]? (?:empf(?:ä|ae)nger|benutzer|adresse|nutzer)",
        (
            r"(?:empf(?:ä|ae)nger|benutzer|adresse|postfach|konto|nutzer).{0,60}(?:unbekannt|nicht (?:im (?:domino-?)?verzeichnis|eingetragen)|nicht gefunden"
            r"|existiert nicht|nicht (?:vorhanden|bekannt|verfügbar)|ungültig|deaktiviert|gelöscht"
            r"|geschlossen)"
        ),
        r"existiert (?:hier )?nicht|kein postfach|empfängeradresse nicht|nicht gefunden werden",
        # French
        (
            r"(?:utilisateur|destinataire|adresse|compte|bo[iî]te).{0,60}(?:inconnue?|introuvable"
            r"|invalide|inexistante?|désactivée?|fermée?|supprimée?|erronée|n['’]existe"
            r"|n['’]a pas été trouvée?)"
        ),
        r"n['’]existe (?:pas|plus)|inconnu à cette adresse|introuvable",
        # Spanish
        (
            r"(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n).{0,60}(?:desconocid[oa]|no existe"
            r"|inexistente|inv[aá]lid[oa]|no (?:se )?(?:ha )?(?:podido |pudo )?encontr\w+"
            r"|desactivad[oa]|deshabilitad[oa]|no es válid[oa])"
        ),
        r"no existe|no se (?:encontró|ha encontrado|pudo encontrar|ha podido encontrar)",
        # Japanese
        r"(?:宛先|あて先|受信者|ユーザ|アドレス|アカウント|メールボックス).{0,30}(?:見つかりません|存在しません|存在せず|不明|無効|ありません|間違)",
        r"存在しません|見つかりません|宛先不明|該当(?:する)?ユーザ|リストにありません|登録されていません",
        # Russian
        (
            r"(?:ящик\w*|адрес\w*|пользовател\w+|получател\w+).{0,40}(?:не существует|не найден\w*"
            r"|удал[её]н\w*)"
        ),
        r"нет такого (?:пользователя|ящика)",
    )
)

DOMAIN: Final = Words(
    (
        (
            r"\b(?:domain|host)(?: name| or domain name)?\b(?:\W+\w+){0,3}?\W+(?:not found|unknown"
            r"|invalid|does(?: not|n['’]t) exist|not exist|non-?existent|couldn['’]t be found"
            r"|could not be found)"
        ),
        (
            r"\b(?:unknown|invalid|no such|non-?existent|illegal|unresolvable"
            r"|unrout[e]?able) (?:mail )?(?:host|domain)"
        ),
        r"nxdomain",
        r"null ?mx|no mx (?:record|host)|indicated no smtp service",
        r"(?:does not|doesn['’]t) (?:accept|receive) (?:any )?(?:e-?)?mail",
        r"couldn['’]t find any host|point to non-existent|illegal host/domain",
        r"not a local (?:host|domain)",
        r"domäne.{0,40}(?:nicht|unbekannt)|domaine.{0,40}(?:inconnu|introuvable|n['’]existe)",
        r"dominio.{0,40}(?:no existe|desconocido|no se)",
        r"ドメイン.{0,30}(?:見つかりません|存在しません|不明)",
    )
)
