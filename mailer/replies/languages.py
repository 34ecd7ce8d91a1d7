"""Owns what hosts write in the languages that came later, and whom a host may mean in all. Pure.

What is about the sender, a quota or time is wanted widely: a word too many costs a copy, one too few a
reader. What proves that nobody is there is wanted narrowly, and stands in mailer/replies/absence.py.
"""

from __future__ import annotations

from typing import Final

from mailer.replies.patterns import Words

OURS: Final = Words(
    (
        r"\breturn address\b|\b(?:no|missing|empty|bad) \w+ (?:field|header|line)\b",
        r"(?<!to )(?<!to the )(?<!to its )(?<!a)\bsender(?:'?s)?\b|\boriginat(?:or|ing)\b",
        r"\benvelope[ -]from\b|\bmail ?from\b|\brfc ?5321 ?\.?from",
        r"\bfrom (?:field|header|addresse?|domain|line|host)s?\b|\bfrom:",
        r"\b(?:feld|champ|campo|veld|pole|fält) (?:from|von|de|da|van|od)\b",
        r"\b(?:invalid|bad|unknown|illegal|fake|forged) (?:\w+ )?from\b|\bin from\b",
        r"\breturn[ -]?path|\breverse[ -]path|\breply-?to\b|\bbounce address|\bmail command",
        r"\b(?:message|mail|e-?mail)? ?headers?\b(?! of the (?:original|returned))",
        r"\b(?:mail|smtp) ?server (?:name )?(?:is )?(?:unknown|invalid|not\b|does)",
        r"\bhost ?names?\b(?! or)|\breverse (?:host|name|lookup|dns)|\bhelo\b|\behlo\b",
        r"\b(?:hello|greeting) (?:name|host\w*|string|argument)",
        r"\b(?:client|sending|connecting) (?:host\w*|ip|domain|server|system|mta|address|name)",
        (
            r"\byour (?:ip|domain|host\w*|server|mail ?server|system|network|mx|dns|isp|own"
            r"|e-?mail server)\b"
        ),
        r"\bips?\b|\bipv[46]\b|\bsend(?:ing|s)? (?:mails? (?:of|for) )?(?:e-?mail )?domain",
        r"absender\w*|sender-|(?:rück\w*|antwort|umschlag)-?adresse\w*|rückgabepfad|kopfzeile\w*",
        r"\bvon-?(?:feld|adresse|zeile)|sendende[rsn]?\b|ihre? (?:ip|domain|domäne|server)\b|\bip-",
        r"exp[ée]diteur|exp[ée]ditrice|[ée]metteur|en-?t[êe]tes?\b|chemin de retour",
        r"adresse de (?:retour|r[ée]ponse|l'exp)|champ (?:from|de)\b|d'(?:envoi|exp[ée]dition)\b",
        r"votre (?:ip|domaine|serveur)",
        r"remitente|emisor\b|encabezado|cabecera",
        r"(?:ruta|direcci[óo]n) de (?:retorno|respuesta|origen|env[íi]o)|campo (?:from|de)\b",
        r"su (?:ip|dominio|servidor)\b|(?:dominio|servidor) (?:de origen|que env[íi]a)",
        r"mittente|intestazion\w+|(?:percorso|indirizzo) di (?:ritorno|risposta)",
        r"campo (?:from|da)\b|(?:tuo|vostro|suo) (?:ip|dominio|server)\b",
        r"remetente|emissor\b|cabeçalho|(?:caminho|endereço) de (?:retorno|resposta|origem)",
        r"(?:seu|vosso) (?:ip|domínio|dominio|servidor)\b",
        r"afzender\w*|verzender\w*|zender\b|retourpad|retouradres|antwoordadres|koptekst",
        r"berichtkop|(?:uw|je) (?:ip|domein|server)\b",
        r"nadawc\w+|nadawca|nagłów\w+|ścieżk\w+ zwrotn\w+",
        r"adres\w* (?:zwrotn\w+|do odpowiedzi|odpowiedzi)|pol\w+ (?:from|od)\b",
        r"avsändar\w*|returadress\w*|svarsadress\w*|returväg\w*|returstig\w*|brevhuvud\w*",
        r"huvudet\b|avsender\w*|afsender\w*|lähettäj\w+",
        r"gönder(?:en|ici)\w*|dönüş (?:yolu|adresi)|yanıt adresi|başlı[kğ]\w*",
        r"odes[íi]latel\w*|hlavič\w+|(?:zpáteční|návratov\w+) (?:cest\w+|adres\w+)",
        r"adres\w+ pro odpověď",
        r"отправител\w+|заголов\w+|обратн\w+ (?:адрес\w*|пут\w+)|адрес\w* (?:для )?ответа",
        r"пол\w+ (?:from|от)\b|відправник\w*",
        r"feladó\w*|expeditorul\w*|αποστολέα\w*|odosielate\w*|odesilate\w*|pošiljatel\w*",
        r"pošiljate\w*|المرسل|השולח",
        r"送信者|送信元|差出人|発信者|発信元|ヘッダ|返信先|リターンパス|エンベロープ ?from",
        r"발신자|발신인|발신 ?(?:도메인|주소|서버)|보낸 ?사람|보내는 ?(?:사람|서버|주소)|송신자|발송자|헤더|반송 ?(?:경로|주소)|(?:회신|답장) ?주소",
        r"发件|發件|寄件|寄信|发信人|發信人|发送(?:者|方|域)|發送(?:者|方|域)|信头|信頭|邮件头|标头|標頭|返回路径|退信地址|回[复覆]地址",
        r"người gửi|pengirim|ผู้ส่ง|пошиљалац\w*|pošiljalac\w*|odosielateľ\w*|expeditor\w*",
        # and what our message is, has and asks for
        r"\bnewsletters?\b|\bmailing lists?\b(?! exp)|\blist (?:server|e-?mails?)\b|\brobots?\b|\bcaptcha",
        r"\bmessage-?id (?:is|was|missing|invalid)|\bsubject (?:line|contains|is|has)|\bmessage data\b|\bbare (?:lf|cr)\b",
        r"\bcertificates?\b|\brequires? (?:start)?tls|\bplain ?text\b|\bbatv\b|\bbounce verification|\byour identity\b",
        r"\b(?:no (?:matching|valid)|invalid|missing|bad)\b.{0,20}\b(?:mx|aaaa|a) (?:resource )?records?\b|\basn? ?\d+\b|\bthis country|\bgeo-?ip|\bscore\b|\btarpit\w*",
        r"\bslow down|(?<!file )\battachments?\b|\bfile types?\b|\b(?:url|link)s? (?:in|is|of)\b|\b(?:of|in) (?:the|a|your) (?:url|link)",
        r"\bimages? only|\bnot welcome\b|\b(?:only|just) (?:receives?|accepts?|takes?)\b|\brefuse[sd]? (?:\w+ )?(?:mails?|messages)",
        r"keine (?:newsletter|werbung|massenmail\w*)|als werbung|발송 ?서버|역방향|반송 ?검증|发送服务器|反向解析|發送伺服器",
        r"\b(?:your|ihr|votre|su|tuo) provider\b|\bopen (?:proxy|relay)\b|\bquarantin\w*|\bopted out\b|\bunsubscribed\b",
        r"\bcommercial (?:e-?)?mail|\bmime (?:structure|type|part)|\bexecutable\b|\bport 25\b|\bhear from you\b|\bpostage\b",
        r"\byou are (?:un|not )known\b|\bsigned by\b|\b(?:foreign )?language\b|发信域|alan adınız|\blocked for\b|\bhuman\b",
    )
)
"""Whose name, address or host is ours: fields, greeting, sender, IP address."""

READER: Final = Words(
    (
        r"\b(?:user\w*|recipient\w*|mailbox\w*|account\w*|addressee|customer|subscriber|inbox)\b",
        r"empfänger|benutzer|nutzer|postfach|konto",
        r"destinataire|utilisateur|bo[iî]te|destinatari[oa]|usuario|usu[áa]rio|utente|utilizador",
        r"buz[óo]n|casilla|casella|caixa|cuenta|conta\b",
        r"gebruiker|ontvanger|geadresseerde|postvak|użytkownik|odbiorc|skrzynk|användare|mottagar",
        r"brevlåda|kullanıcı|alıcı|kutusu|hesa[pb]",
        r"uživatel|příjem|schránk|пользовател|получател|ящик|宛先|あて先|受信者|ユーザ|アカウント|メールボックス|수신|사용자",
        r"계정|메일함|편지함|받는",
        r"收件|收信|用户|用戶|使用者|邮箱|郵箱|信箱|帐号|賬號|帳號",
        r"käyttäj|vastaanottaj|postilaatikko|bruker|bruger|modtager|mottaker|felhasználó|címzett|postafiók",
        r"utilizator|căsuț|χρήστη|παραλήπτη|γραμματοκιβώτιο|người (?:dùng|nhận)|hộp thư|pengguna|penerima",
        r"ผู้ใช้|ผู้รับ|المستخدم|المستلم|صندوق|משתמש|נמען|תיבת|korisnik|користувач|одержувач|скриньк|корисник",
    )
)
"""Whom mail is for."""

REFUSED_HERE: Final = Words(
    (
        r"unknown|invalid|illegal|bad\b",
        r"not? (?:be )?(?:found|known|valid|exist\w*|resolv\w*|accept\w*|verif\w*)",
        r"does(?: not|n't)|denied|refused|reject\w*|missing|malformed|no such|nonexist\w*",
        r"non-exist\w*|may not|must|fail\w*",
        r"unbekannt\w*|ungültig\w*|existier\w+|nicht (?:gefunden|auf\w+|bekannt)|fehl\w+",
        r"inconnu\w*|invalide|n'existe|introuvable|erron\w+|desconocid\w+|inv[áa]lid\w+|no existe",
        r"inexistente",
        r"sconosciut\w+|non (?:valid|esiste|trovat)\w*|inesistente|desconhecid\w+|não existe",
        r"onbekend\w*|ongeldig\w*|bestaat niet|nieznan\w+|nieprawidłow\w+|nie istnieje",
        r"okänd\w*|ogiltig\w*|finns inte|existerar inte|bilinm\w+|geçersiz|yok\b|bulunam\w+",
        r"mevcut değil|neznám\w+|neplatn\w+|neexistuje",
        r"неизвест\w+|не существ\w+|неверн\w+|не найден\w*|недейств\w+|不明|存在しま|無効|不正|見つかり|알 ?수 ?없",
        r"존재하지|유효하지|잘못된|不存在|无效|無效|未知|错误|找不到",
    )
)
"""What is said of somebody who is not accepted."""

SENDER: Final = Words(
    (
        r"\bor password\b|\bpasswords? (?:is )?(?:wrong|incorrect|required)|\b(?:rejected|refused|declined|bounced) by (?:the |our )?(?:recipient|user|addressee)\b",
        # whom a reader takes mail from,
        r"\b(?:allow|safe|permit)[- ]?list|\bconnecting from\b|\bdynamic (?:address|ip|host|range)",
        r"\b(?:known|saved|approved) (?:contact|sender|people)|(?<!name and )(?<!name & )\baddress book|bekannten? kontakt\w*",
        r"contacts? connus?|contactos? conocidos?|contatti (?:noti|conosciuti)|contatos conhecidos",
        r"bekende contact\w*|znan\w+ kontakt\w*|kända kontakt\w*|známé kontakt\w*|bilinen kişi\w*",
        r"(?:знаком\w+|списк\w+) контакт\w*|連絡先に|连络人|联系人|聯絡人|연락처",
        # any language: checks that are made of the sender
        r"\b(?:domain|dns|sender|mx|callback|callout) ?check\w*|\bmay not exist|\bmight not exist",
        r"\bcould not verify|\bunable to verify|\bcan(?:not|'t) (?:be )?verif\w+",
        r"\bspamhaus|\bspamcop|\bsorbs\b|\buceprotect|\babuseat|\binvaluement|\bsurbl\b|\buribl\b",
        r"\bsenderscore|\bsenderbase|\bcloudmark|\bmailspike|\btrustedsource|\bproofpoint",
        # Italian
        r"bloccat\w+|rifiutat\w+ (?:da|dal|per|come)|lista (?:nera|grigia)",
        r"non (?:autorizzat|richiest|consentit|permess)\w+|indesiderat\w+",
        r"posta (?:spazzatura|indesiderata)|reputazione|autenticazion\w+|vietat\w+",
        r"troppi (?:messaggi|destinatari|collegamenti)|troppe connessioni|limite di invio",
        r"criteri\b",
        # Portuguese
        r"bloquead\w+|lista (?:negra|cinzenta|cinza)|não (?:autorizad|solicitad|permitid)\w+",
        r"indesejad\w+|lixo eletr[ôo]nico|reputação|autenticação|proibid\w+",
        r"demasiadas (?:mensagens|ligações)|muitas (?:mensagens|conexões)|limite de envio",
        # Dutch
        r"geblokkeerd\w*|geweigerd\w*|zwarte lijst|grijze lijst|ongewenst\w*",
        r"niet (?:toegestaan|geautoriseerd)|verboden|reputatie|authenticatie|beleid\w*",
        r"te veel (?:berichten|verbindingen)|verzendlimiet",
        # Polish
        r"zablokowan\w*|odrzucon\w* (?:przez|jako|z powodu)|czarn\w+ list\w+|szar\w+ list\w+",
        r"niechcian\w*|niezamówion\w*|uwierzytelni\w+|autoryzac\w+|zabronion\w*|niedozwolon\w*",
        r"reputacj\w+|zbyt wiele (?:wiadomości|połączeń)|polityk\w+|limit wysyłania",
        # Swedish, Danish, Norwegian
        r"blockera\w*|spärra\w*|svart ?list\w*|grå ?list\w*|oönskad\w*|skräppost|autentiser\w+",
        r"behörig\w*|inte tillåt\w*|förbjud\w+|policy|rykte\b",
        r"för många (?:meddelanden|anslutningar)|sändningsgräns|blokeret|blokkert|sortelist\w*",
        # Turkish
        r"engellen\w*|kara ?liste\w*|gri ?liste\w*|istenmeyen|önemsiz|kimlik doğrula\w*|yetkisiz",
        r"yetki\w*|izin verilm\w+|yasak\w*|itibar\w*|politika\w*",
        r"çok fazla (?:ileti|mesaj|bağlantı)|gönderim (?:limiti|sınırı)",
        # Czech, Slovak
        r"blokován\w*|zablokován\w*|černé listin\w+|černá listin\w+|šed\w+ (?:listin\w+|seznam\w*)",
        r"nevyžádan\w*|ověřen\w*|autentizac\w*|autentifikac\w*|zakázán\w*|nepovolen\w*",
        r"není povolen\w*|reputac\w+|příliš mnoho (?:zpráv|připojení)|zásad\w+",
        # Russian
        r"блокир\w+|отказано|нежелательн\w+|не разрешен\w*|репутац\w+|политик\w+",
        r"слишком много (?:сообщений|писем|соединений)|провер\w+ подлинности|подлинност\w+",
        r"лимит отправки",
        # Japanese
        r"受信拒否|遮断|不正(?:な)?(?:中継|接続)|レピュテーション|許可され|送信制限",
        # Korean
        r"차단|스팸|거부|블랙 ?리스트|그레이 ?리스트|인증|로그인|정책|금지|허용되지|평판|제한|너무 많은|수신 ?거절",
        # Chinese
        r"垃圾|拒收|拒绝|拒絕|屏蔽|封锁|封鎖|黑名单|黑名單|灰名单|灰名單|认证|認證|身份验证|身份驗證|验证失败|驗證失敗|策略|政策|禁止|不允许|不允許|信誉|信譽|频率",
        r"頻率|限制|过多|過多|反垃圾",
        # nouns that stand in no refusal of an unknown reader
        r"(?:revers\w*|invers\w*|odwrotn\w+|umgekehrt\w*|omvänd\w*) (?:rekord\w* )?dns",
        r"dns[- ](?:invers\w*|revers\w*|rückwärts\w*)|you greeted|you open|接続数|逆引き",
        # and the languages of a few hosts
        r"bounce attack\w*|(?:do|does) not relay|\bdt:spm\b",
        r"estolista|estetty\w*|roskapost\w*|sperret|spærret|feketelist\w*|tiltólist\w*|letiltott\w*",
        r"kéretlen|listă neagră|lista neagră|blocat[ăe]?\b|nesolicitat\w*|μαύρη λίστα|αποκλε[ιί]\w+",
        r"ανεπιθύμητ\w+|bị chặn|danh sách đen|thư rác|diblokir\w*|daftar hitam|ditolak|บล็อก|บัญชีดำ|สแปม",
        r"محظور|القائمة السوداء|مرفوض|مزعج|חסומ?ה?ם?\b|רשימה שחורה|заблоковано|чорн\w+ списк\w*|блокиран\w*|blokiran\w*",
        r"\bblokkeerlijst\w*",
    )
)

FULL: Final = Words(
    (
        # a bound in any language, and what is used up,
        (
            r"(?:skrzynk\w+|schránk\w+|kutu\w+|postvak\w*|ящик\w*|casella|caixa).{0,40}"
            r"(?:limit\w*|limiet\w*|sınır\w*|предел\w*)"
        ),
        r"\bgräns(?:en|er)?\b|上限|한도",
        r"\w*ruimte\b|wyczerpa\w+|vyčerpa\w+|\bmiejsc[ea]\b|\bmíst[oa]\b|depolama|\bmest[oa]\b|мест[оа]\b",
        r"(?:空间|空間|容量|磁盘|磁碟).{0,6}(?:用完|用尽|不足)|(?:저장|디스크).{0,8}부족",
        (
            r"(?<!are )\bfull\b(?! (?:details?|report|explanation|name|address|text|message|headers?"
            r"|list|log|transcript|refund|debug))"
        ),
        r"\bkvot\w*|\bkwot\w*|\bkuota\b|\bcuotas?\b|\bcota\b|over ?limit\b|\boverquota\b",
        r"\bno (?:more )?room\b|\boversized? mailbox",
        r"\bvoll(?:e[nmrs]?|gelaufen|ständig belegt)?\b|überfüllt\w*|überlauf\w*|\bpleines?\b",
        r"\bpleins?\b|\bremplie?s?\b|\bllen[oa]s?\b|\brepleto\b|\bsaturad[oa]\b",
        r"\bcomplet[oa]s?\b.{0,12}(?:buz[óo]n|mailbox)|mailbox completo",
        r"\bpien[oae]\b|\besaurit\w+|spazio (?:insufficiente|esaurito)",
        r"superat\w+.{0,20}(?:limite|spazio|quota)|\bchei[oa]s?\b|\blotad[oa]s?\b|\besgotad\w+",
        r"excedid[oa]|espaço (?:insuficiente|esgotado)",
        r"\bvol\b|\bvolle\b|onvoldoende (?:ruimte|opslag)|opslag\w* (?:vol|bereikt|overschreden)",
        r"\bpełn[aeyi]\b|przepełnion\w*|zapełnion\w*|przekroczon\w*|brak miejsca",
        r"\bfullt?\b|\bfulla\b|överfull\w*|utrymme\w*|överskrid\w+|överskrev|\bfuld\b|täynnä",
        r"\bdolu\w*\b|\bdoldu\b|dolmuş\w*|yetersiz (?:alan|yer)|\başıld\w*|\başt\w*",
        r"\bpln[áéýoa]\w{0,3}\b|přeplněn\w*|zaplněn\w*|překročen\w*|nedostatek místa",
        r"\bполон\b|\bполн(?:а|ый|ая|ой)\b|заполнен\w*|нет места|недостаточно места|исчерпан\w*",
        r"лимит\w* (?:ящика|хранилища)|megtelt|\btele van\b|\bplină?\b|πλήρης|γεμάτ\w+",
        r"переповнен\w*",
        r"満ちて|溢れ|クォータ|クオータ|空き(?:が|容量)|가득|꽉|초과|용량|할당량|쿼터|공간(?:이)? ?부족|已满|已滿|满了|滿了|配额|配額|容量|超出|超过|超過",
        r"空间不足|空間不足|爆满",
        # nouns that stand in no refusal of an unknown reader
        r"\bstockage|\bespaço|\bspazio|\bespacio|\bruimte\b|\bmiejsca\b|\butrymme|\bspeicherplatz",
        r"\bstorage\b|\bout of (?:room|space)|容量|\bquotum\w*",
        r"\bđầy\b|penuh\b|เต็ม|ممتلئ\w*|מלאה?\b|\bповн(?:а|ий)\b|\bpun[aio]?\b|\bпун[аио]?\b",
        r"kapasitas|dung lượng|ความจุ|سعة|מכסה|місц[яе]\b|χώρο[ςυ]?\b|tárhely|spațiu\w*|\btila\b",
        r"maximum (?:number|amount) of (?:\w+ )?messages|too many messages in",
        r"\bcapacity\b|\bmessage count\b|taille maximale|maximale gr(?:ö|oe)(?:ß|ss)e|\btamaño\b|dimensione massima",
    )
)

TIME: Final = Words(
    (
        # so long has it been tried,
        r"\b(?:after|for|within) (?:\w+ ){0,2}(?:days?|hours?)\b|\bg(?:ave|ive) up\b|\bin the queue\b",
        r"\bnach (?:\w+ )?(?:tagen|stunden)|\baprès (?:\w+ )?(?:jours|heures)",
        r"\b(?:tras|después de) (?:\w+ )?(?:días|horas)|\bdopo (?:\w+ )?(?:giorni|ore)\b",
        r"\b(?:após|depois de) (?:\w+ )?(?:dias|horas)|\bna (?:\w+ )?(?:dagen|uur|uren)\b",
        r"\bpo (?:\w+ )?(?:dniach|dnech|dnů|godzin\w*|hodin\w*)|\befter (?:\w+ )?(?:dagar|dygn|timmar)",
        r"(?:gün|saat) (?:sonra|boyunca)|(?:за|через|спустя) (?:\w+ )?(?:дн(?:я|ей)|сут\w+|час\w*)",
        r"[日間](?:間)?経って|[日間]後|时间后|[天时時]后|[天時]後|天(?:内|內)|사흘|나흘|닷새|[일간](?:이)? ?지나",
        r"\b(?:cannot|can't|could not|unable to) look ?up\b",
        (
            r"\bdns (?:lookup|error|failure|problem|query|resolution|server|timeout|look-up|fail\w*"
            r"|temporar\w+)"
        ),
        r"\bservfail\b|\bname ?servers? (?:not respond\w*|fail\w*|problem|unreach\w*)",
        r"(?:resolver|resolution|lookup) (?:error|fail\w*|problem)",
        r"\bscadut\w+|tempo (?:scaduto|limite|massimo)|riprova\w*|più tardi|temporane\w+",
        r"non raggiungibile|momentaneament\w+",
        r"\bexpirou|expirad\w+|tempo (?:esgotado|limite|excedido)|mais tarde|tente novamente",
        r"temporári\w+|temporari\w+|indisponível no momento|inacess[íi]vel",
        r"verlopen|verstreken|time-?out|later opnieuw|probeer (?:het )?later|tijdelijk\w*",
        r"onbereikbaar",
        r"wygas\w+|upłyn\w+|przekroczon\w* (?:limit )?czas\w*|później|tymczasow\w*|chwilow\w*",
        r"nieosiągaln\w*|spróbuj ponownie",
        r"utgång\w+|gått ut|tidsgräns\w*|överskriden tid|försök (?:igen|senare)|senare",
        r"tillfällig\w*|midlertidig\w*|onåbar\w*",
        r"süresi (?:doldu|geçti|aşıldı)|zaman ?aşımı|daha sonra|tekrar dene\w*|geçici\w*",
        r"ulaşılam\w+",
        r"vypršel\w*|vypršen\w*|časov\w+ limit\w*|později|dočasn\w*|přechodn\w*|nedostupn\w+",
        r"zkuste (?:to )?(?:znovu|později)",
        r"позже|повтор\w+ попыт\w+|недоступ\w+|таймаут|время ожидания|превышено время",
        r"만료|시간 ?초과|기한|나중에|다시 시도|일시적|임시|지연|응답(?:이)? ?없",
        r"过期|過期|超时|超時|逾时|逾時|稍后|稍後|暂时|暫時|临时|臨時|重试|重試|延迟|延遲|未响应|无响应|期限",
        r"グレイリスト|お待ち|リトライ",
        # nouns that stand in no refusal of an unknown reader
        r"\bminut\w*|分後",
        r"väliaikai\w*|myöhemmin|aikakatkai\w*|utløpt|udløbe[tn]|lejárt|átmeneti\w*|később|expirat\w*",
        r"mai târziu|έληξε|προσωριν\w+|αργότερα|hết hạn|quá thời gian|tạm thời|thử lại|kedaluwarsa",
        r"sementara|coba lagi|หมดเวลา|ชั่วคราว|ภายหลัง|หมดอายุ|انتهت|مؤقت\w*|لاحقا|זמני\w*|מאוחר יותר|פג תוקף",
        r"тимчасов\w*|пізніше|час очікування|термін|privremen\w*|kasnije|привремен\w*|касније",
        r"\bloop(?:s|ed|ing)?\b|\bin ?transit\b|mailbox (?:is )?busy|not accepting (?:\w+ )?(?:messages|mail)\b",
        r"\bmigrat\w+|\b(?:in|under) (?:progress|maintenance)|\bpending\b|\bfrozen\b|\bon hold\b|\bshut(?:ting)? down|\bdelayed\b",
        r"\b(?:more than|over) (?:\w+ )?(?:days?|hours?)\b|gerade nicht|derzeit|momentan|zur ?zeit\b|\bspäter\b|暂停|停用中",
        r"\brestart\w*|\bbeing (?:updated|moved|created|rebuilt|restored)|\brouting error|\bdismount\w*|\b(?:can(?:not|'t)|could not) reach\b",
    )
)

LOCAL: Final = Words(
    (
        # an error within, or while it was saved,
        r"interne[rn]? fehler|erreurs? internes?|error(?:es)? internos?|error[ei] intern[oi]|erros? internos?",
        r"interne fout\w*|błąd wewnętrzn\w+|internt? fel|dahili hata|vnitřní chyb\w+|внутренн\w+ ошибк\w+",
        r"内部(?:エラー|障害|错误|錯誤)|내부 ?오류|\bmail ?store\b|\boffline\b|\bspool\w*",
        (
            r"(?:could ?n[o']t|cannot|can't|unable to|failed to|error) (?:be )?(?:creat\w*|open\w*"
            r"|writ\w*|append\w*|lock\w*|renam\w*|mkdir|chdir|fork|exec\w*|stat|read\w*|sav\w*"
            r"|stor\w*)\b"
        ),
        r"no such file|not a directory|i/o error|input/output error|read-only file ?system",
        r"file (?:is )?locked|\block(?:ing)? fail\w*|core dumped|died with (?:status|signal)",
        r"exit(?:ed)? (?:status|code)|segmentation",
        r"configuration (?:error|problem)|misconfigur\w+",
        r"internal (?:server )?(?:error|problem|software)|system (?:error|failure|i/o)",
        r"software error|mailer (?:error|died)|database (?:error|fail\w*|problem)|\bldap\b(?! (?:recipient|user) (?:not found|unknown))|backend",
        r"back-end|lookup (?:table|failure)|ex_(?:cantcreat|ioerr|oserr|software|config|tempfail)",
        r"mailer [\"']?\w+[\"']? failed",
        (
            r"\b(?:user|recipient|mailbox|account|alias)(?:'s)? (?:data ?base|table|map|index|format|director(?:y|ies)|store|storage"
            r"|service|lookup|quer(?:y|ies)|(?:mail )?server|provider|system)\b.{0,30}\b(?:un\w+|not|fail\w*|errors?|corrupt\w*|down|invalid|missing)\b"
        ),
        r"\bdomain (?:is |was |has been )?(?:suspended|locked|disabled|on hold)|\b(?:user|recipient|mailbox|address|account) exists\b",
        r"\b\w*sql\b|\bdirectory (?:is |server )?(?:offline|down|unavailable)",
    )
)
"""The host's own trouble: files, programs, databases."""
