"""Owns the words of which a refusal consists that says of a reader only that nobody is there. Pure.

What is not here is not understood. So a word belongs here only if it cannot make a sentence about us, a list, room,
time or the host's own trouble; where one can, as "your" and "server", it stands in a phrase.
"""

from __future__ import annotations

from typing import Final

from mailer.replies.patterns import Words

_PLACE: Final = (
    r"(?:e-?mail |mail ?)?(?:servers?|systems?|site|domain|host|service|company|organi[sz]ation|directory|user list|address book|sistema"
    r"|destination|syst[eè]me|(?:ziel|doel)syste{1,2}m|målsystemet|servidor|serveur|servern?|serwerze|serveru|sunucuda|сервере|сервері|palvelimella|kiszolgálón|sistem)"
)

PHRASES: Final = Words(
    (
        # where nobody is,
        (
            rf"\b(?:(?:on|at|in|to|from|by|auf|an|bei|im|en|nel|no|sul|su|sur|dans|de|op|på|i|na|ve?|w|на|у|this|left|neste|nesta)\b (?:(?:this|our|the|that"
            rf"|diesem|unserem|dem|este|el|nuestro|questo|nostro|ce|den här|notre|le|deze|onze|het|denna|den|dette|vores|nosso|tym|naszym|tomto|našem"
            rf"|этом|нашем|цьому) ?)?){_PLACE}(?:| de destination| de destino| di destinazione)(?!\w)"
        ),
        r"\bin (?:the |our )?(?:\w+ )?(?:recipient|mailbox|alias|user|relay)(?: domain)? (?:table|map)\b|; local zimbra table",
        r"\b(?:not )?listed in (?:the )?(?:domino |public |our |company )*(?:directory|name (?:&|and) address book)",
        r"im domino-?verzeichnis eingetragen|nicht im verzeichnis|\bel dominio\b|ディレクトリのリストに(?:ありません)?",
        r"\bby smtp address lookup|\bvia smtp lookup|\bldap recipient\b|\bto the following address(?:es)?\b|\bthe following address(?:es)?\b",
        r"\bmailbox for\b|\bno (?:match|record) (?:for|of)\b|\bone of ours\b|\bour (?:customer|user|subscriber)s?\b|\bby (?:an?|the) administrator\b",
        r"\bat the owner's request\b|\bby (?:its|the) owner\b|\bfor good\b|\blast year\b|\bin the group\b|\bmoved on\b|\bleft (?:us|our service)\b",
        r"\b(?:has|have) (?:left|moved)\b(?: (?:the|our|this) (?:company|organi[sz]ation|service)\b)?|\bmailbox has moved\b|^moved\W*$|\bno forwarding address\b|\bno longer (?:works?|with us|in use|accepts mail)\b",
        r"\bnot? in use\b|\bbelong to any(?:one|body)\b|\bdoes not live here\b|\blives? here\b|\bstudent account\b|\bgraduate mailboxes are deleted after a year\b",
        # what the reader of this had wanted,
        r"\b(?:that |which )?you (?:(?:have )?(?:tried|wanted|attempted)|are trying) to (?:reach|contact|mail|write to|send to)\b",
        r"\b(?:that |which )?you (?:(?:are |were )?(?:sending|writing)|wrote|write|sent|send) (?:this |it )?to\b",
        r"\byou (?:have )?(?:entered|typed|specified|gave|given|indicated)\b",
        r"\byour (?:message|mail|e-?mail) (?:to )?(?:can ?not|could not|can't|couldn't|was not|wasn't|has not been) (?:be )?(?:delivered|sent)\b(?: to)?",
        r"\bmail (?:to|for) an?\b|\bthe message (?:could not|couldn't) be delivered to\b",
        # what a host says around it,
        r"\brequested (?:mail )?action (?:not taken|aborted)\b|\bdelivery error: dd\b|\bmessage was not accepted\b|\binvalid final delivery\b",
        r"\bpermanent (?:failure|error) for one or more recipients\b|\b(?:the )?(?:reason|response) (?:given by|from the remote server was|was)\b",
        r"\b(?:please )?(?:try )?(?:double-?)?check(?:ing)?(?: that)? (?:the )?(?:recipient's |spelling of the )?(?:e-?mail )?(?:address|spelling)\b",
        r"\bfor typos(?: or (?:un\b|(?:unnecessary )?spaces))?\b|\band try again(?=\W*$)|\bplease try(?: another address)?(?=\W*$)|\btypo in\b|\bmisspelled\b",
        r"\b(?:for (?:more |further )?(?:information|details?|explanation),? )?(?:please )?(?:go to|see|visit|learn more at|refer to)(?=\W*(?:$|[\d#/]|gsmtp)| https?:)",
        r"\bfor (?:more |further )?(?:information|details?|explanation)\b|\b(?:learn )?more(?: at)\b|\bmay contain a non-? ?existent\b|\bfollowing addresses\b",
        r"\bhost\W{1,20}said\b|\bcallback setup failed\b|\bdisabled for this recipient\b|\bcallout verification\b|\b(?:recipient|address) verif(?:y|ication)(?: failed)?\b",
        r"\(smtp check\)|\bwhile verifying recipient\b|\bunable to find\b|\bmail user\b|\brcpt to\b|\brcpt not accepted\b|\bin reply to\b|\btidak ada\b|\bis unable to receive mail\b|\bunknown to us\b",
        r"\bno mailbox by that name is currently available\b|\bamazon ses (?:has suppressed sending|did not send the message) to this address because\b",
        r"\bit has a recent history of bouncing as\b|\bin my validrcptto list\b|\bsorry, that domain isn't in my list of allowed rcpthosts and\b",
        r"\bdelivery to\b|\bh ?mail ?server\b|\bin domino directory\b|\bbad syntax\b|\b(?:bad|malformed) (?:recipient )?address(?: syntax)?\b|\baddress required\b",
        r"\b(?:bad|invalid) destination (?:mailbox|system) address\b|\bdestination mailbox\b|\bgood address\b|\bvalid rfc\b|\b(?:please )?check the recipient address\b|\bcuda nsu\b|\bstoredrv\b.{0,3}\bsubmit\b",
        r"\bresolver\b.adr\b|\bsmtpsend\b.dns\b|\breported\b(?=\W*$)|\brecip(?:ient)? ?not ?found\b|\bex recip\b|\binfo domain nonexistent\b|\bmessage=|\(?msg id =|\byour mail was sent to\b|\bno mailbox (?:here )?by that name\b|\btype=a{1,4}\b|\berror_code=",
        r"\bin (?:the )?virtual table\b",
        # and of a domain.
        r"\b(?:does|do|did)(?: not|n't) (?:accept|receive)(?: any)? (?:e-?)?mail\b|\bnull ?mx\b|\bhas null mx\b|\bmx or srv record indicated no smtp service\b",
        r"\ball relevant mx records point to non-existent hosts?\b|\bname service error for name=(?: type=\w+)?|\(name server: ?:?|\bname server\b",
        r"\bserver does not accept mail\b|\bweren't able to find the recipient domain|\bplease check for any spelling errors\b|\bniemand erreichbar\b|\b(?:i )?couldn't find any host\b(?: named)?|\bdns domain\b|\bkeine e-?mails empfangen kann|^weil\b|\bdomain name\b|\bdomain missing\b",
    )
)

PIECES: Final = Words(
    (
        # Japanese,
        r"メールアドレス|メールボックス|アカウント|アドレス|ドメイン|ユーザー?|電子|入力した|メール|宛先|あて先|受信者|(?:ご)?指定(?:された|の)|該当(?:する)?|そのような",
        r"(?:見つかり|存在し|あり|い|おり)ません(?:でした)?|存在せず|不明|無効(?:な|です)?|間違って(?:い|おり)ます|使われて(?:い|おり)ません",
        r"登録されて(?:い|おり)ません|削除され(?:まし|てい)た?|次の|(?:お届け|配信)できません(?:でした)?|(?:の|な)ため|既に|すでに|この|その|です|ます|[がはのにをで]",
        # Chinese,
        r"电子邮件|電子郵件|邮件地址|郵件地址|收[件信][人者]|[用使][户戶用]者?|使用者|[邮郵信]箱|[帐賬账帳][号戶號户]|地址|域名|网域|網域",
        r"不存在|未找到|找不到|无效|無效|未知|不正确|没有|沒有|[查]?[无無]此人?|已(?:注销|註銷|删除|刪除)|(?:邮件)?(?:无法|無法)送[达達]",
        r"[这這此该該][个個]?|您?你?[输輸]入|未能传递到以下|[的或是为為组]",
        # Korean,
        r"이메일|입력한|전자 ?메일|메일(?:함)?|편지함|수신[자인]|받는 ?사람|사용자|계정|주소|도메인|해당|그런|탈퇴(?:한|된|하신)|회원",
        r"존재하지 ?않(?:는|습니다|음|아)|찾을 ?수 ?없(?:습니다|는|음)|없(?:는|습니다|음)|알 ?수 ?없(?:습니다|는|음)|유효하지 ?않(?:은|습니다|음)?|않(?:는|습니다)|입니다",
        r"(?<=[가-힣 ])[은는이가을를의에]|(?<= )[은는이가을를의에]",
        # Thai.
        r"ไม่(?:พบ|มี|รู้จัก|ถูกต้อง)|ผู้ใช้|ผู้รับ|บัญชี|ที่อยู่|อีเมล|นี้|ใน|ระบบ|กล่อง|จดหมาย",
    )
)
"""Of scripts that put no space between their words."""

_ENGLISH: Final = """
    not no non unknown user users username userid mailbox mailboxes mail email emails recipient recipients addressee account accounts address
    addresses alias aliases person customer subscriber member employee local part domain invalid bad illegal wrong undefined exist exists
    existent nonexistent existing found find valid known recognized recognised registered assigned available unavailable undeliverable
    unrouteable unroutable inactive active disabled deactivated deleted removed closed terminated discontinued cancelled canceled
    suspended retired archived obsolete gone old left the an is are was were be been has have had does do did doesn don didn isn wasn couldn
    could cannot can this that these those there here such any one nobody anyone anybody someone by name named called sorry rejected reject
    rejecting refused error failure failed permanent permanently and or but to of in on at it its we us ours with longer anymore more recip
    virtual delivery deliver delivered as know rcpt smtp lmtp host ex destination unresolvable nxdomain nosuchuser mta said
    """
_PROGRAMS: Final = """
    gsmtp nsmtp psmtp xmx chkuser chkusr vpopmail hmail mdaemon daemon err james courier exim umail zimbra ppops net pps rusr zoho naver rc ne ld
    mi neu cuda nsu dd ofr lpn docomo rcptto user's recipient's owner's owner srv mx dns says bounced
    """
_WORDS: Final = (
    _ENGLISH,
    _PROGRAMS,
    # German
    """nicht kein keine keinen keinem keiner dieser dieses diese diesen diesem solcher solches solchen solche empfänger empfaenger empfängers
    benutzer benutzers nutzer teilnehmer adresse adressen mailadresse emailadresse adressat adressaten anschrift empfängeradresse mitarbeiter
    empfängerpostfach benutzerkonto postfach konto unbekannt unbekannte unbekannter unbekannten existiert existieren vorhanden bekannt gefunden
    gültig gültige gültiger ungültig ungueltig ungültige ungültiger ungültigen deaktiviert deaktivierte gelöscht geloescht geschlossen gekündigt
    aufgelöst stillgelegt entfernt verfügbar eingerichtet gibt es ist sind wurde wurden werden konnte kann mehr der die das den dem des ein eine
    einen einem einer bei uns wir unter auf im in hier und oder namens namen kennen kennt niemand leider angegebene angegebenen eingegebene eingegebenen abgelehnt abgewiesen
    domäne""",
    # French
    """ne pas plus non aucun aucune utilisateur utilisateurs destinataire destinataires adresse adresses compte boîte boite aux lettres messagerie
    abonné titulaire courriel électronique inconnu inconnue inconnus introuvable invalide invalides inexistant inexistante existe désactivé
    désactivée fermé fermée supprimé supprimée archivee archivée erronée valide trouvé trouvée été est ce cet cette le la les un une du de des au
    moins chez nous nom et ou son refusé refusée entrée saisie rejeté rejetée indiqué indiquée demande définitivement correspond domaine ici sur à ou""",
    # Spanish
    """no ningún ninguna ningun usuario usuarios destinatario destinatarios dirección direccion cuenta buzón buzon correo electrónico casilla abonado
    postal desconocido desconocida inexistente existe inválido inválida válido válida desactivado desactivada deshabilitado deshabilitada
    eliminado eliminada cancelada cancelado encontró encontrado encontrada encontrar encuentra pudo podido ha hay sido fue es esta este ese esa
    esto está dado dada dar baja de del alta el la los las un una con nombre y o figura en aquí nuestra base datos ya más dominio indicada
    lo sentimos se destino que especificó rechazado rechazada definitivamente""",
    # Italian
    """non nessun nessuna utente utenti destinatario casella indirizzo account posta elettronica sconosciuto sconosciuta inesistente esiste trovato
    trovata trovati valido valida disattivato disattivata disabilitato disabilitata eliminata eliminato chiuso chiusa cancellato cancellata
    attivo attiva è stato stata più questo questa il la lo un una di del della con nome e o qui da noi specificato specificata richiesto dominio
    si destinazione immesso immessa""",
    # Portuguese
    """não nao nenhum nenhuma utilizador usuário usuario destinatário endereço conta caixa postal correio eletrônico eletrónico assinante
    desconhecido desconhecida inexistente existe inválido inválida encontrado encontrada localizado localizada encontrar possível foi há
    desativado desativada excluída excluído encerrada encerrado este esta esse essa o a os as um uma de do da com nome neste nesta e ou aqui
    informado domínio mais provedor já está que introduziu inseriu rejeitado rejeitada""",
    # Dutch
    """niet geen gebruiker ontvanger geadresseerde adres mailadres emailadres mailbox postvak postbus account onbekend onbekende bestaat gevonden
    bekend ongeldig ongeldige opgeheven verwijderd is het de een dit deze die dat met naam meer bij ons hier en of opgegeven domein van op ingevoerde
    werd""",
    # Polish
    """nie ma brak użytkownik użytkownika użytkownikiem odbiorca odbiorcy odbiorcę adres adresu adresem adresat adresata skrzynka skrzynki pocztowa
    pocztowej konto konta nieznany nieznana nieznane istnieje znaleziono znaleziony znaleziona odnaleziono odnalezione został została zostało
    nieprawidłowy nieprawidłowa usunięta usunięte usunięto zamknięte zlikwidowane takiego takiej taki taka tej tym ten ta to o nazwie pod podany
    już jest wprowadzony podany na w i lub domena""",
    # Swedish, Danish, Norwegian
    """inte ingen användare användaren mottagare mottagaren mottagarens adress adressen e-postadress postadress postadressen brevlåda brevlådan
    konto kontot okänd okänt finns existerar hittades hittas ogiltig ogiltigt tagits bort avslutats längre är har det den denna detta på med
    namnet hos oss här och eller i ikke bruger brugeren bruker brukeren modtager modtageren mottaker mottakeren adressen adresse postboks findes
    finnes eksisterer ukendt ukjent fundet funnet kontoen er en et denne dette her som heder heter ble blev hittade angivna du skrev inn""",
    # Turkish
    """böyle bir bu kullanıcı kullanıcısı alıcı adres adresi eposta posta kutusu hesap hesabı bilinmiyor bulunamadı yok mevcut değil geçersiz
    bilinmeyen e girdiğiniz""",
    # Czech, Slovak
    """uživatel uživatele uživatelské příjemce adresa adresu schránka schránky účet neznámý neznámá neexistuje nenalezen nenalezena nebyl nebyla
    nalezen nalezena neplatný neplatná takový taková tento tato tímto jménem s poštovní používateľ príjemca je není zde u nás mailová kterou jste zadali""",
    # Russian, Ukrainian, Bulgarian, Serbian
    """не нет такого такой пользователь пользователя пользователем получатель получателя адрес адреса адресат почтовый почтового почтовая ящик ящика
    существует найден найдена найдено неизвестен неизвестный неизвестного удален удалён удалена учетная учётная запись указанный указанного
    и или с этим таким именем адресом данный в у нас больше абонент домен користувача користувач такого одержувач одержувача отримувач отримувача скринька
    скриньки поштова адресу існує знайдено знайдений немає потребителят потребител получател съществува намерен корисник прималац постоји адреса""",
    # Finnish, Hungarian, Romanian, Greek
    """käyttäjä käyttäjää vastaanottaja vastaanottajaa postilaatikko postilaatikkoa osoite osoitetta ei ole olemassa löydy tuntematon tämä sähköposti
    sähköpostiosoitetta felhasználó címzett postafiók fiók cím nem létezik ismeretlen található nincs ilyen a az ez e-mail utilizator utilizatorul
    destinatar destinatarul adresa contul căsuța poștală nu există necunoscut necunoscută fost găsit găsită această acest de a e χρήστης
    παραλήπτης διεύθυνση λογαριασμός γραμματοκιβώτιο δεν υπάρχει άγνωστος άγνωστη βρέθηκε ο η το αυτός αυτή""",
    # Vietnamese, Indonesian, Arabic, Hebrew, Croatian
    """người dùng nhận địa chỉ hộp thư tài khoản không tồn tại tìm thấy hợp lệ này pengguna penerima alamat kotak surat akun tidak ditemukan
    dikenal valid ini المستخدم مستخدم المستلم العنوان عنوان الحساب حساب صندوق البريد الإلكتروني غير موجود معروف لا يوجد هذا بهذا الاسم משתמש
    המשתמש נמען הנמען כתובת הכתובת תיבת הדואר לא קיים קיימת נמצא נמצאה ידוע אינו אינה זה korisnik primatelj primalac ne postoji nepoznat""",
)

KNOWN: Final = _WORDS
"""Words in use, with their marks, language by language."""
