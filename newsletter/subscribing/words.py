"""Owns the words by which lists say who may be mailed, in the languages of the systems that write them. Pure.

Two kinds. What is *good* is listed whole, and nothing else is: a value that stands here nowhere
makes nobody a reader. What says that somebody *left* is known by its stems, and they only decide
whether a row that is no reader's is remembered as having left.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN: Final = re.compile(r"[\W_]+")
_TICKS: Final = str.maketrans(dict.fromkeys("✓✔☑✅", " yes ") | dict.fromkeys("✗✘☒❌", " no "))


@lru_cache(maxsize=4000)
def fold(text: str) -> str:
    """`Opted-Out`, `opted_out` and `optedOut` are the same words; so are `désabonné` and `desabonne`."""
    humps = _HUMP.sub(" ", text.translate(_TICKS))
    plain = "".join(
        character
        for character in unicodedata.normalize("NFKD", humps).casefold()
        if not unicodedata.combining(character)
    )
    return _BETWEEN.sub(" ", plain).strip()


def _folded(text: str) -> tuple[str, ...]:
    """The words of a table below: one entry a word, a low line where an entry has several."""
    return tuple(fold(word) for word in text.split())


def _stems(text: str) -> re.Pattern[str]:
    """Any of these, wherever it stands in a text without its blanks."""
    return re.compile("|".join(re.escape(stem.replace(" ", "")) for stem in _folded(text)))


def _starts(text: str) -> re.Pattern[str]:
    """Any of these, where a word begins."""
    return re.compile(r"\b(?:" + "|".join(map(re.escape, _folded(text))) + ")")


def _words(text: str) -> re.Pattern[str]:
    """Any of these, as whole words."""
    return re.compile(r"\b(?:" + "|".join(map(re.escape, _folded(text))) + r")\b")


# ── values ───────────────────────────────────────────────────────────────────────────────────

_NOTHING: Final = frozenset(_folded("null n/a na nan nil undefined unspecified"))
_DASHES: Final = frozenset({"-", "--", "\u2013", "\u2014", "[]", "{}", "()", '""'})

YES: Final = frozenset(
    _folded(
        "1 1.0 yes y true t on x ja j wahr oui o vrai si s verdadero vero sim verdadeiro tak prawda "
        "evet kyllä kylla ano igen да так はい 是 네 예 ναι כן نعم"
    )
)
NO: Final = frozenset(
    _folded(
        "0 0.0 00 no n false f off none never not nein falsch non faux nunca falso não nao nie fałsz "
        "falsz nee nej nei hayır hayir ei ne nem нет ні いいえ 否 不 아니요 아니오 όχι לא لا"
    )
)

GOOD: Final = frozenset(
    _folded(
        "active subscribed subscriber confirmed enabled valid verified deliverable mailable approved "
        "accepted granted opted_in opt_in optin double_opt_in confirmed_opt_in single_opt_in sub in "
        "regular premium gifted paid free trial trialed comped complimentary email wpcom "
        "member owner manager moderator express explicit implied exprès tacite marketing_contact engaged normal "
        "given agreed consented obtained gegeben gewährt accordé donné otorgado concedido concesso verleend udzielona lämnat "
        "aktiv angemeldet eingetragen abonniert bestätigt freigegeben zugestimmt erteilt "
        "actif active abonné abonnée inscrit inscrite confirmé confirmée validé "
        "activo activa suscrito suscrita confirmado confirmada alta "
        "ativo ativa inscrito inscrita assinante attivo attiva iscritto iscritta confermato confermata "
        "actief ingeschreven geabonneerd aangemeld bevestigd "
        "aktiverad prenumerant prenumererar tilmeldt bekræftet påmeldt bekreftet "
        "aktiivinen tilannut aktywny aktywna zapisany zapisana potwierdzony subskrybuje "
        "aktivní přihlášen potvrzeno feliratkozva aktív aktif abone onaylı "
        "активен активный подписан подписана подтвержден активний підписаний "
        "有効 登録済み 購読中 配信中 đang_hoạt_động đã_đăng_ký abonat ενεργή 已订阅 已訂閱 订阅 訂閱 有效 已确认 구독 구독중 구독_중 활성 ενεργός פעיל مشترك"
    )
)
"""What a column of status or consent may say of a reader, besides a yes where a yes is an answer."""

GOOD_PREFERENCES: Final = frozenset(
    _folded(
        "email each_email all_email digest abridged daily weekly monthly mail html text "
        "single individual_messages full_featured_daily_digest daily_summary"
    )
)
"""How a member of a group wants the mail, which says that they do."""

_LEFT: Final = _stems(
    "unsub optout optedout optingout donot dont nomail noemail unreach undeliver unzustell bounc "
    "complain blacklist blocklist denylist blocked suppress exclud inactiv inaktiv invalid disable "
    "deactivat desactiv deaktiv cancel quarantin revoke withdraw withdrew reject removed deleted "
    "archived banned spam junk abuse "
    "abgemeld abmeld abbestell austrag ausgetrag gesperr gelösch gekündigt kündig widerruf "
    "beschwer storniert ungültig unerreichbar "
    "désabon désinscri désuscri résili bloqu rebond plainte supprim invalide refus retir "
    "desuscri dadodebaja dadadebaja rebot anulad eliminad queja descadastr desinscri removid "
    "disiscri disdett rimbalz bloccat annullat rimoss "
    "uitgeschrev uitschr afgemeld afmeld opgezegd geblokk geweigerd "
    "avregistr avprenumer avanmäl avsluta frameld avmeld blokker blocker studsa "
    "wypisa zrezygn odrzuc zablok wyreje odhláš blokov leiratk lemond perunut peruut poistu "
    "отпис заблок удал откл відпис iptal ayrıl engell "
    "peruttu zbanow vypnut zrušen törölt dezabon đãhủy "
    "çıktı geridön 退信 解除 退会 停止 無効 退订 退訂 取消 无效 黑名单 해지 수신거부 취소 반송 삭제 탈퇴 διαγραφ διαγραμ ملغ הוסר エラー 오류"
)
_LEFT_WORDS: Final = _words(
    "left dead gone lapsed baja out exclu exclue unsubbed dnc dnm stop stopped dropped cleaned"
)
_WAITS: Final = _stems(
    "unconfirm notconfirm unverif notverif unactiv notactiv pending await waiting validating "
    "unapproved needsattention nichtbestätigt unbestätigt ausstehend enattente nonconfirm pendiente "
    "pendente inattesa nietbevestigd obekräft oczekuj niepotwierdz čeká ожида неподтв bekliyor "
    "未確認 待确认 대기"
)
_NEVER: Final = _words("not non never no kein keine nicht pas nie nunca nao nunca нет не")
_REFUSAL: Final = re.compile(r"(?:5\d\d )?5 \d{1,3} \d{1,3}")
"""A status code of RFC 3463, folded: what a list of bounces has for a status."""
_GLARING: Final = re.compile(
    "(?:"
    + _stems(
        "unsub optedout optout bounced hardbounce softbounce complained blacklisted blocklisted "
        "donotemail donotmail donotcontact suppressed unreachable undeliverable "
        "abgemeldet abbestellt ausgetragen désabon désinscri desuscri dadodebaja descadastr disiscri "
        "uitgeschrev afgemeld avregistr wypisan odhlášen отписа отписал відписа leiratkoz "
        "unconfirmed 退订 退訂 退会 購読解除 配信停止 수신거부 구독취소 abonelikten"
    ).pattern
    + ")"
)
_DATE: Final = re.compile(r"\d{4}|\d{1,2}\s*[./-]\s*\d{1,2}\s*[./-]\s*\d{2}|\d{9,}")
_PLAIN_DATE: Final = re.compile(r"[12]\d{3}-\d\d-\d\d[T ]?")
_GLARING_LENGTH: Final = 40


def is_nothing(cell: str) -> bool:
    """Whether a cell is as good as empty. A time of zeros is, a question mark is not."""
    bare = cell.strip()
    return (
        not bare
        or bare in _DASHES
        or fold(bare) in _NOTHING
        or (len(bare) > 3 and not bare.strip("0-/.: T"))
    )


def says_left(value: str) -> bool:
    """Whether a folded value says that somebody left, bounced, complained or was shut out."""
    compact = value.replace(" ", "")
    if _WAITS.search(compact):
        return False
    return bool(_LEFT.search(compact) or _LEFT_WORDS.search(value) or _REFUSAL.fullmatch(value))


def says_waits(value: str) -> bool:
    """Whether a folded value says that somebody has not confirmed yet."""
    return bool(_WAITS.search(value.replace(" ", "")))


def says_never(value: str) -> bool:
    """Whether a folded value begins with a no."""
    return bool(_NEVER.match(value))


def is_glaring(value: str) -> bool:
    """Whether a value can mean nothing else than that somebody is no reader, wherever it stands."""
    if len(value) > 2 * _GLARING_LENGTH:
        return False
    # Of ASCII this is what folding does, in a third of the time: every cell of a list is asked.
    compact = _BETWEEN.sub("", value.lower()) if value.isascii() else fold(value).replace(" ", "")
    return len(compact) <= _GLARING_LENGTH and bool(_GLARING.match(compact))


def is_plain_date(cell: str) -> bool:
    """Whether a cell begins as times of programs do: `2026-12-01`."""
    return bool(_PLAIN_DATE.match(cell))


def looks_dated(cell: str) -> bool:
    """Whether a cell holds a time, however it is written."""
    return bool(_DATE.search(cell))


# ── names of columns ─────────────────────────────────────────────────────────────────────────

_OTHER_CHANNEL: Final = _starts(
    "sms whatsapp phone mobile telefon tel push viber fax postal letter"
)
_BY_MAIL: Final = _starts("email mail newsletter")
_OF_MAIL: Final = _words("email mail mailing newsletter")
_OTHER_THING: Final = _words(
    "lead deal order payment billing invoice marital employment shipping posting stripe plan tier "
    "track tracking cookie cookies rating score template html lifecycle deliverability risk followup "
    "received sent opened clicked opens clicks"
)
_KEYS: Final = _words("url link token hash key uuid lien enlace href")
_REASONS: Final = _words(
    "reason grund motif raison motivo motivazione reden powód причина 理由 原因 사유"
)
_DETAILS: Final = _words(
    "ip source via page url link form id by method from how where campaign score count number "
    "rating token text wording version note notes list lists group groups segment tag tags reason "
    "referrer location country lat long language format uid uuid"
)
_MOMENT: Final = re.compile(
    _words(
        "at date dates time timestamp on since datum uhrzeit zeitpunkt fecha data date_de heure ora "
        "tijd created added dato datetime"
    ).pattern
    + "|"
    + r"(?:datum|zeit|date|time)$"
)
_STATUS: Final = _stems(
    "status statut zustand ステータス 状態 状況 状态 狀態 상태 статус standing állapot tilstand "
    "trạngthái สถานะ الحالة סטטוס"
)
_STATUS_WORDS: Final = _words(
    "stato etat stav stan tila durum stand situation situacao situacion staat κατασταση "
    "subscriber_type member_type"
)
_LOOSE: Final = _words("state estado")
_KIND: Final = frozenset(_folded("type typ tipo subscription_type contact_type"))
_PREFERENCE: Final = _words("preference preferences reception delivery")
_CONSENT: Final = _stems(
    "optin optedin subscri confirm verif consent permission agree accept gdpr dsgvo rgpd lgpd "
    "enabled mailable emailable contactable reachable deliverable allow receive willing "
    "einwillig zustimm angemeldet bestätig abonn eingetragen erreichbar consentement inscri "
    "consentim suscri iscri consenso conferm confirmad assinante toestemm aangemeld ingeschreven "
    "bevestig prenumer samtyck tilmeld påmeld samtykke zgoda zapisan potwierdz souhlas přihláš "
    "hozzájár feliratk согласи подпис подтвержд підпис onay izin "
    "wants wanted wunsch erwünscht gewünscht souhait deseado desiderat gewenst önskas ønsket "
    "oktocontact oktomail oktoemail contactok maycontact cancontact "
    "購読 同意 許諾 订阅 訂閱 確認 确认 구독 동의 συγκατ הסכמ موافق"
)
_CONSENT_WORDS: Final = _words(
    "active aktiv actif activo ativo attivo actief valid gültig valide válido valido may_email "
    "can_email may_mail can_mail mail_ok email_ok opt inscrit abone"
)
_LOOSE_CONSENT: Final = frozenset(
    _folded(
        "newsletter newsletters marketing mailing mailings mails notifications infomails "
        "send senden mailen envoyer enviar inviare versturen"
    )
)
_SHUT_OUT: Final = _words(
    "error errors fehler erreur erro errore suspended deceased died npai remove delete purge ban bad_email bad_address wrong_email "
    "verstorben décédé décédée décès fallecido deceduto falecido overleden"
)
_ON_HOLD: Final = _words("hold held paused pause pausiert muted mute snoozed asleep")
_NO_MAIL: Final = re.compile(
    r"(?:no|not|without|kein|keine|keinen|nicht|ohne|pas|pas de|plus de|aucun|aucune|sans|sin|ningun|nao|sem|non"
    r"|senza|nessun|nessuna|geen|bez|ingen|inga)(?: more| mehr| weiteren)?"
    r" (?:e )?(?:e?mails?|mailings?|newsletters?|courriels?|correos?|boletin|infolettres?|werbung|posta|post)"
)
_CONFIRMING: Final = _stems(
    "confirm verif doubleopt bestätig conferm bevestig bekræft bekreft potwierdz подтвержд 確認 确认"
)
_COUNTS: Final = _words("count counts number total anzahl nombre bounces complaints times")


def is_reason(name: str) -> bool:
    """Why they left, or bounced: of those who did not, nothing is told."""
    return bool(_REASONS.search(name))


def is_key(name: str) -> bool:
    """A link or a key for leaving, which every reader has."""
    return bool(_KEYS.search(name))


def is_of_another_channel(name: str) -> bool:
    """Of text messages, calls or letters."""
    return bool(_OTHER_CHANNEL.search(name)) and not _BY_MAIL.search(name)


def is_of_another_thing(name: str) -> bool:
    """Of a sale, a payment, a format: the column speaks of something else than mail."""
    return bool(_OTHER_THING.search(name))


def is_of_leaving(name: str) -> bool:
    """Whether a folded name asks: did they leave, bounce, complain, were they shut out?

    Also where it asks for no mail: `kein Newsletter`, `pas de courriel`.
    """
    is_end = says_left(name) or name.startswith("clean ")
    return is_end or bool(_SHUT_OUT.search(name) or _NO_MAIL.fullmatch(name))


def is_of_waiting(name: str) -> bool:
    """Whether a folded name asks: is something missing still, or are they not to be mailed just now?"""
    return says_waits(name) or bool(_ON_HOLD.search(name))


def is_of_mail(name: str) -> bool:
    """Whether a folded name speaks of mail, whatever else."""
    return bool(_OF_MAIL.search(name))


def is_of_status(name: str) -> bool:
    """Whether a folded name asks: what are they?"""
    return bool(_STATUS.search(name.replace(" ", "")) or _STATUS_WORDS.search(name))


def is_of_state(name: str) -> bool:
    """Whether a folded name asks what they are, or where they live: nobody can tell from it alone."""
    return bool(_LOOSE.search(name))


def is_of_kind(name: str) -> bool:
    """Whether a folded name asks of what kind they are, which may be anything."""
    return name in _KIND


def is_of_preference(name: str) -> bool:
    """Whether a folded name asks how they want the mail."""
    return bool(_PREFERENCE.search(name))


def is_of_consent(name: str) -> bool:
    """Whether a folded name asks: did they agree, confirm, subscribe?"""
    return bool(_CONSENT.search(name.replace(" ", "")) or _CONSENT_WORDS.search(name))


def is_of_confirming(name: str) -> bool:
    """Whether a folded name asks for the second step, without which somebody only waits."""
    return bool(_CONFIRMING.search(name.replace(" ", "")))


def is_of_mailings(name: str) -> bool:
    """Whether a folded name is that of a mailing, below which a no is a no."""
    return name in _LOOSE_CONSENT


def is_detail(name: str) -> bool:
    """Whether a folded name asks for a circumstance: where from, by which form."""
    return bool(_DETAILS.search(name))


def is_moment(name: str) -> bool:
    """Whether a folded name asks: when?"""
    return bool(_MOMENT.search(name))


def is_count(name: str) -> bool:
    """Whether a folded name asks: how many?"""
    return bool(_COUNTS.search(name))
