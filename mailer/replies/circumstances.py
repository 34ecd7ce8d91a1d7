"""Owns what passes, or is not the reader's: not paid, not yet, until tomorrow, a directory that is down, your domain. Pure.

Said beside "no such user" it takes the proof from it. Wanted widely, as in mailer/replies/languages.py.
"""

from __future__ import annotations

from typing import Final

from mailer.replies.patterns import Words

TIME: Final = Words(
    (
        r"\b(?:un|non-?)?pa(?:id|yments?)\b|\binvoices?\b|\boverdue\b|\bbilling\b|\blapsed\b|\brenewals?\b|\bawaiting\b",
        r"\bnot \w* ?yet\b|\b(?:user|address|mailbox|account) yet\b|\buntil\b|\btomorrow\b|\btonight\b|\bmaintenance\b",
        r"\bnext (?:day|week|month|year)\b|\bplease (?:retry|wait|hold)\b|\bhold the line\b|\bout of sync\b|\bprovisioning\b",
        r"\bbis (?:morgen|auf weiteres|zum|zur)\b|\bmorgen\b|zahlung\w*|rechnung\w*|bezahl\w*",
        r"\bjusqu'|\bdemain\b|impay\w+|paiement\w*|\bfactures?\b|\bhasta\b|\bmañana\b|\bpagos?\b|\bfacturas?\b",
        r"\bfino al?\b|\bdomani\b|pagament\w+|fattur\w+|\baté\b|\bamanhã\b|\bfaturas?\b",
        r"betaling\w*|\bbetaald\b|\bfactu(?:ur|ren)\b|\bdo (?:czasu|jutra)\b|\bjutro\b|opłac\w+|płatnoś\w+|\bfaktur\w*",
        r"betaln\w+|\btills\b|\bi ?morgon\b|\bi ?morgen\b|\b(?:indtil|inntil)\b|zaplac\w+|platb\w+|\bzítra\b",
        r"ödem\w+|ödenm\w+|\byarın\b|maksama\w*|\bhuomenna\b|\bfizet\w+|befizet\w+|\bholnap\w*|\bmâine\b|πληρωμ\w+|\bαύριο\b",
        r"неуплат\w+|не ?оплат\w+|оплат\w+|несплат\w+|сплат\w+|\bзавтра\b|\bутре\b|по-късно|временно|изтекъл\w*",
        r"未払|未納|支払|料金|明日|まで(?:利用|使用|無効|停止)|欠费|欠費|缴费|繳費|付款|明天|미납|요금|결제|내일",
        # works, holidays and moves,
        r"\bduring (?!(?:the |an? |your )?(?:\w+ )?(?:deliver|smtp|session|transfer|attempt|transmi|send|process))|\bunless\b|\bholidays?\b|\bvacations?\b|\bre-?(?:build|index)\w*",
        r"\bat this (?:hour|time)\b|\bnight\b|\bparental\b|wartung\w*|umstellung\w*|umzug\w*|\burlaub\w*|\bferien\b|massensendung\w*",
        r"\bvacances\b|mantenimiento|manutenzion\w+|manutenção|vacaciones|\bferie\b|férias",
        r"migraci[oó]n|migrazion\w+|migração|migrati\w+|migracj\w+|onderhoud|vakantie|\bna czas\b|przerw\w+|\burlop\w*",
        r"underhåll\w*|vedligehold\w*|vedlikehold\w*|\bsemester\b|údržb\w+|karbantart\w*|huol(?:to|lon)\w*|întreținere|συντήρησ\w+|\bbakım\b|\btatil\b",
        r"техническ\w+ работ\w*|обслуживани\w+|отпуск\w*|перенос\w*|обслуговуван\w+|поддръжк\w+",
        r"メンテナンス|移行中|作業中|休暇|维护|維護|迁移|遷移|假期|점검|이전 ?중|휴가|صيانة|תחזוקה|bảo trì|pemeliharaan|บำรุงรักษา",
        r"الدفع|غدا\b|תשלום|\bמחר\b|thanh toán|ngày mai|pembayaran|tagihan|\bbesok\b|ชำระเงิน|พรุ่งนี้",
    )
)

_DIRECTORY: Final = (
    r"(?:director(?:y|ies)|databases?|datenbank|verzeichnis|annuaire|base de (?:données|datos|dados)|directorio|diretório"
    r"|banca dati|baza danych|databas|databáz|adresář|veritabanı|каталог|баз[аы] данных|数据库|資料庫|データベース|데이터베이스)"
)
_TROUBLE: Final = (
    r"(?:errors?\b|erreurs?|fehler|errore\b|erro\b|fout\b|błąd|\bfel\b|ошибк|错误|錯誤|エラー|오류|hata\b|chyb|unavailable|indispon"
    r"|nicht (?:erreichbar|verfügbar)|niedostępn|onbereikbaar|недоступ|out of sync|not reach|unreach)"
)
LOCAL: Final = Words(
    (
        rf"{_DIRECTORY}\w*.{{0,40}}{_TROUBLE}|{_TROUBLE}\w*.{{0,40}}{_DIRECTORY}",
        # a server that stands in for another
        r"\b(?:backup|secondary|fallback|standby) (?:mx|mail ?server|server|relay|host)\b|\b(?:ersatz|reserve)-?server\w*|serveur de secours",
        r"servidor (?:secundario|secundário|reserva|de respaldo)|server (?:di riserva|secondario)|serwerz\w+ zapasow\w+|reservserver\w*",
        r"резервн\w+ сервер\w*|резервн\w+ поштов\w+|záložní\w* server\w*|yedek sunucu\w*|予備サーバ|备用服务器|備用伺服器|예비 ?서버",
    )
)

OURS: Final = Words(
    (
        # whose domain, server or address it is that does not please,
        r"(?:twoj|wasz|pańsk)\w* (?:domen|serwer|adres|ip)|\b(?:din|dit|ditt|er|eran|jeres|deres) (?:domän|domæne|domene|server|ip)",
        r"\b(?:vaš|vás|tvoj)\w* (?:dom[eé]n|server|ip|adres)|\b(?:ваш|вашия)\w* (?:домен|сервер|ip|адрес)",
        r"(?:您|你们?|贵|貴)(?:的|方|司|站)*(?:域名|域|网域|網域|服务器|伺服器|ip|地址)|(?:貴社|御社|貴方|お客様|あなた)の",
        r"(?:귀하|당신|귀사)의|\b(?:sunucunuz|ip adresiniz)|verkkotunnukse(?:si|nne)|palvelime(?:si|nne)|ip-osoittee(?:si|nne)",
        r"\b(?:ön|önök) (?:domain|ip|szerver)|domain(?:je|jük)\b|(?:domeniul|serverul|adresa) (?:dvs|dumneavoastră|tău|vostru)",
        r"(?:domain|server|alamat ip) anda|tên miền của|โดเมนของ|نطاقك|خادمك|(?:הדומיין|השרת) שלך|подател\w*",
        # and whom a reader takes mail from.
        r"\b(?:external|outside|foreign) (?:senders?|mails?|networks?|users?)\b|\binternal use\b|\bfrom (?:the )?outside\b",
        r"\bextern(?:e[nrs]?|al)? (?:absender|netz)\w*|\brecipient (?:list|limit|count)\b|\blist'?s\b|\baudience\b",
        r"\b(?:in|of|by) your (?:message|mail|signature|text)\b|\byour (?:message|mail) (?:mentions|contains|has|refers|links)\b|\btracking\b",
        r"envois en nombre|massenmail\w*|\bcorrespondents\b|\blist member\b|\bnur intern\b|\bfremde post\b",
        r"отхвърлен\w*|черен списък|забранен\w*",
    )
)
FULL: Final = Words((r"\bпрепълнен\w*|\bпълн[аои]\b",))
