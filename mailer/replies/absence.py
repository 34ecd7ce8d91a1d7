"""Owns what proves that nobody is there, in the languages that came later. Pure.

It is wanted narrowly: a phrase too few costs some copies until soft bounces add up, one too many a reader.
A language stands here only if mailer/replies/languages.py knows its words for full, late and refused.
"""

from __future__ import annotations

from typing import Final

from mailer.replies.patterns import Words

MAILBOX: Final = Words(
    (
        # nobody of that name,
        r"\bnobody (?:by|of|with) (?:that|this) name|adresse gibt es (?:\w+ ){0,2}nicht|\bkein benutzer",
        r"aucun (?:utilisateur|destinataire)|ningún usuario|nessun utente|nenhum (?:utilizador|usuário)",
        r"geen gebruiker|nie ma użytkownika|ingen användare|没有(?:这个|該|该|此)?(?:用户|收件人)",
        r"(?:такого )?пользователя нет|cuenta fue eliminada|conta foi encerrada",
        (
            r"\b(?:utente|destinatario|casella|indirizzo|account)\b.{0,60}(?:sconosciut\w|inesistente"
            r"|non (?:esiste|trovat\w|valid\w|è stat\w trovat\w)|disattivat\w|disabilitat\w)"
        ),
        r"utente sconosciuto",
        (
            r"\b(?:utilizador|usuário|destinatário|caixa|endereço|conta)\b.{0,60}(?:desconhecid\w"
            r"|inexistente|não (?:existe|encontrad\w|foi encontrad\w)|inválid\w|desativad\w)"
        ),
        (
            r"\b(?:gebruiker|ontvanger|geadresseerde|\w*adres|mailbox|postvak|account)\b"
            r".{0,60}(?:onbekend|bestaat niet|niet (?:gevonden|bekend)|ongeldig|opgeheven)"
        ),
        r"onbekende (?:gebruiker|ontvanger)",
        (
            r"\b(?:użytkownik\w*|odbiorc\w+|adres\w*|skrzynk\w+|konto)\b.{0,60}(?:nieznan\w+"
            r"|nie istnieje|nie (?:został\w* )?znalezion\w*|nieprawidłow\w+)"
        ),
        r"nieznan\w+ (?:użytkownik|odbiorca)|nie ma takiego (?:u[żz]ytkownika|adresu)|invalid rcptto",
        (
            r"(?:användare\w*|mottagar\w*|adress\w*|brevlåda\w*|konto\w*).{0,60}(?:okänd\w*|finns inte"
            r"|existerar inte|hittades inte|hittas inte|ogiltig\w*)"
        ),
        r"okänd (?:användare|mottagare)",
        (
            r"(?:kullanıcı\w*|alıcı\w*|adres\w*|posta kutusu|hesap\w*|hesab\w*).{0,60}(?:bilinmiyor"
            r"|bulunamadı|yok\b|mevcut değil|geçersiz)"
        ),
        r"bilinmeyen (?:kullanıcı|alıcı)",
        (
            r"(?:uživatel\w*|příjem\w+|adres\w+|schránk\w+|účet).{0,60}(?:neznám\w+|neexistuje"
            r"|nenalezen\w*|nebyl\w* nalezen\w*|neplatn\w+)"
        ),
        r"neznámý (?:uživatel|příjemce)",
        r"неизвестн\w+ (?:пользовател\w+|получател\w+|адрес\w*)",
        r"(?:пользовател\w+|получател\w+).{0,40}неизвест\w+",
        r"존재하지 ?않는 ?(?:사용자|수신|계정|주소|메일)",
        r"(?:수신자|수신인|받는 ?사람|사용자|계정|메일함|편지함|주소).{0,40}(?:존재하지 ?않|찾을 ?수 ?없|없는|없습니다|알 ?수 ?없|유효하지)",
        r"없는 ?(?:사용자|계정|주소)",
        r"(?:收件人|收信人|用户|使用者|用戶|帐[号户]|賬[号戶]|帳[號戶]|邮箱|郵箱|信箱|地址).{0,30}(?:不存在|未找到|找不到|无效|無效|未知|不正确)",
        r"(?:无此|無此|没有此|沒有此|未知|无效)(?:的)?(?:用户|用戶|使用者|收件人|帐号|邮箱|地址)",
        r"ユーザ.{0,12}(?:いません|おりません)|(?:宛先|あて先|受信者)(?:が|は)?(?:不明|存在)",
        r"(?:konto|postfach|benutzer|adresse).{0,40}(?:gekündigt|aufgelöst|stillgelegt|entfernt)",
        r"(?:konto|skrzynk\w+).{0,40}(?:usunięt\w+|zamknięt\w+|zlikwidowan\w+)|查[无無]此人",
        r"(?:käyttäj\w*|vastaanottaj\w+|postilaatiko\w*|osoite\w*).{0,40}(?:ei ole olemassa|ei löydy|tuntematon)",
        (
            r"(?:bruker\w*|bruger\w*|mottaker\w*|modtager\w*|adresse\w*|konto\w*|postboks\w*).{0,40}"
            r"(?:finnes ikke|findes ikke|eksisterer ikke|ukjent|ukendt)"
        ),
        r"(?:felhasználó|címzett|postafiók|fiók|cím)\b.{0,40}(?:nem létezik|ismeretlen|nem található)",
        r"(?:utilizator|destinatar|adresa|cont|căsuța)\w*.{0,40}(?:nu există|necunoscut\w*|nu a fost găsit\w*)",
        r"(?:χρήστης|παραλήπτης|διεύθυνση|λογαριασμός|γραμματοκιβώτιο).{0,40}(?:δεν υπάρχει|άγνωστ\w+|δεν βρέθηκε)",
        r"(?:người (?:dùng|nhận)|địa chỉ|hộp thư|tài khoản).{0,40}không (?:tồn tại|tìm thấy|hợp lệ)",
        r"(?:pengguna|penerima|alamat|kotak surat|akun).{0,40}tidak (?:ditemukan|ada|dikenal|valid)",
        r"ไม่พบ(?:ผู้ใช้|ผู้รับ|บัญชี|ที่อยู่)|ไม่มี(?:ผู้ใช้|ผู้รับ|บัญชี)|(?:ผู้ใช้|ผู้รับ).{0,20}ไม่(?:มี|พบ)",
        (
            r"(?:المستخدم|المستلم|العنوان|الحساب|صندوق البريد).{0,40}(?:غير موجود|غير معروف|لا يوجد)"
            r"|لا يوجد (?:مستخدم|حساب)"
        ),
        r"(?:משתמש|נמען|כתובת|תיבת הדואר).{0,40}לא (?:קיי?ם|קיימת|נמצאה?|ידוע)",
        r"(?:korisnik|primatelj|primalac|adresa|корисник|прималац|адреса).{0,40}(?:ne postoji|nepoznat\w*|не постоји)",
        r"(?:користувач\w*|одержувач\w*|отримувач\w*|скриньк\w+|адрес\w+).{0,40}не (?:існу\w+|знайден\w*)",
        r"no record of (?:that|this|such)|does(?: not|n't) live here|nobody here by",
        r"address is not assigned|(?:mailbox|account) (?:has been|was) retired|left the (?:company|organi[sz]ation)|belong to any",
        r"não foi possível encontrar o endereço|address is not in use|e-?postadress\w*.{0,40}(?:ikke funnet|ikke fundet)",
        # nobody, gone, wrong, in few words
        r"\b(?:diesen|kein(?:en)?|solche[nr]?) (?:solche[nr]? )?(?:benutzer|teilnehmer|empfänger)|ungültiger empfänger",
        r"aucune (?:bo[iî]te|adresse)|pas d'abonné|ning[uú]n buz[oó]n|no se encuentra (?:la|el) (?:direcci[oó]n|buz[oó]n|usuario)",
        r"(?:buz[oó]n|cuenta|direcci[oó]n).{0,30}(?:eliminad|cancelad|no v[aá]lid)[oa]|destinatario no v[aá]lido",
        r"nessuna casella|casella.{0,20}eliminata|não há caixa|caixa.{0,20}exclu[ií]da|não existe (?:assinante|utilizador|usuário)",
        r"geen postbus|postbus.{0,20}(?:verwijderd|niet gevonden)|ongeldige ontvanger|brak skrzynki|nieprawidłowy odbiorca",
        r"nie (?:znaleziono adresu|ma takiej skrzynki)|ingen brevlåda|brevlåd\w+.{0,20}tagits bort|ogiltig mottagare",
        r"アドレスは(?:削除|使われ)|無効な宛先|宛先.{0,20}使われて|nobody here is called|not one of ours|there is no \w+ here|not a valid rfc ?\d+ address",
        r"5\.1\.[136]\W{1,3}(?:unknown|bad syntax|moved)\W*$|\bno match(?:ing|es)?(?: for)? (?:user|recipient|mailbox|address)",
        r"\bunavailable \w+ user\b|do(?:es)? no exists?\b|\b(?:do|does)(?: not|n't) know (?:this|that|the|any) (?:recipient|user|address|mailbox)",
        r"\b(?:user|recipient|account|mailbox)\b.{0,30}\b(?:not (?:on this (?:server|system)|registered)|is gone|has been (?:deleted|removed))",
        r"\b(?:unable|not able|failed) to find (?:\w+ )?(?:user|recipient|mailbox|address|account)\b",
        r"adressat\w* unbekannt|unbekannter adressat|keine? gültige[rs]? (?:e-?mail-?)?(?:empfänger|adresse)\w*|(?:konto|postfach)\w* gibt es\b.{0,40}\bnicht",
        r"aucun compte|aucun abonné|(?:cuenta|casilla|buz[oó]n|usuario).{0,20}(?:dad[oa] de baja|eliminad[oa])|ninguna cuenta",
        r"(?:endereço|usuário|destinatário|conta).{0,20}não foi localizad[oa]|nenhuma conta|nessun account|geen account",
        r"nie ma takiego konta|\bbrak takie(?:j|go) (?:skrzynki|użytkownika|konta|adresu|odbiorcy)",
        r"找不到(?:[该此这該這]个?個?)?(?:用户|用戶|使用者|收件[人者]|邮箱|郵箱|信箱|帐号|帳號)|收件者不存在|查[无無]此(?:帐号|帳號|賬號|用户|用戶|信箱|邮箱)",
        r"ukendt (?:modtager|bruger)|ukjent (?:mottaker|bruker)|tuntematon (?:vastaanottaja|käyttäjä)|nincs ilyen (?:felhasználó|címzett|postafiók|cím)",
        r"άγνωστος (?:παραλήπτης|χρήστης)|(?:عنوان|البريد|الحساب) غير موجود|(?:משתמש|נמען|כתובת).{0,12}(?:אינו קיים|אינה קיימת)",
        # closed, taken off, not in the books
        r"no est[aá] dad[oa] de alta|no figura en|kein (?:solches )?(?:konto|postfach)\b|nie (?:został\w* )?odnalezion\w*",
        r"\b(?:account|conto|casella)\b.{0,30}(?:chius\w+|cancellat\w+|non è (?:più )?attiv\w)|konto\w*.{0,20}avsluta\w+",
        r"уч[её]тн\w+ запис\w+.{0,40}(?:удал\w+|не существует|не найден\w*)|\buser not here\b",
        r"(?:потребител|получател)\w*.{0,40}не (?:съществува|е намерен\w*)|(?:邮箱|郵箱|账号|帳號|用户|用戶).{0,8}已(?:注销|註銷|删除|刪除)",
        r"탈퇴(?:한|된|하신)",
    )
)

DOMAIN: Final = Words(
    (
        r"able to find the recipient domain",
        r"dominio.{0,40}(?:inesistente|sconosciuto|non (?:esiste|trovato))",
        r"domínio.{0,40}(?:inexistente|desconhecido|não (?:existe|encontrado))",
        r"domein.{0,40}(?:onbekend|bestaat niet)",
        r"domen\w+.{0,40}(?:nie istnieje|nieznan\w+)|domän\w*.{0,40}(?:okänd|finns inte)",
        r"alan adı.{0,40}(?:yok|bulunamadı|bilinmiyor)|domén\w+.{0,40}(?:neexistuje|neznám\w+)",
        r"домен\w*.{0,40}(?:не существует|не найден)",
        r"도메인.{0,30}(?:존재하지|찾을 ?수 ?없|없습니다)|(?:域名|网域|網域).{0,20}(?:不存在|找不到|无效)",
    )
)
