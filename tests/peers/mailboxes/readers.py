"""Mails with which readers unsubscribe, as their programs write them."""

from __future__ import annotations

from base64 import b64encode

DATE = "Date: Sun, 22 Nov 2026 09:01:00 +0000\r\nMessage-ID: <1@reader.example>\r\n"


def wishes(address: str, key: str) -> dict[str, bytes]:
    """Every shape of such a mail, by name: in all of them the key says whose it is, and nothing else."""
    words = f"unsubscribe {key}"
    coded = b64encode(f"Grüße, {words}".encode()).decode()
    half = len(words) // 2
    split = "\r\n ".join(
        f"=?utf-8?b?{b64encode(piece.encode()).decode()}?="
        for piece in (words[:half], words[half:])
    )
    bare = f"notes@{address.partition('@')[2]}"
    mails = {
        "plain": f"To: {address}\r\nSubject: {words}\r\nFrom: Ada <ada@example.org>\r\n{DATE}\r\n",
        "address only": f"To: <{address}>\r\nSubject:\r\nFrom: ada@example.org\r\n{DATE}\r\n",
        "no subject": f"To: {address}\r\nFrom: ada@example.org\r\n{DATE}\r\n",
        "subject only": f"To: {bare}\r\nSubject: {words}\r\nFrom: ada@example.org\r\n{DATE}\r\n",
        "another From": f"To: {bare}\r\nSubject: {words}\r\nFrom: Eve <eve@example.net>\r\n{DATE}\r\n",
        "no From": f"To: {bare}\r\nSubject: {words}\r\n{DATE}\r\n",
        "Re:": f"To: {bare}\r\nSubject: Re: AW: [Fwd] {words}!\r\nFrom: a@b.example\r\n{DATE}\r\n",
        "capitals": f"To: {bare}\r\nSubject: {words.upper()}\r\nFrom: a@b.example\r\n{DATE}\r\n",
        "base64": f"To: {bare}\r\nSubject: =?utf-8?b?{coded}?=\r\nFrom: a@b.example\r\n{DATE}\r\n",
        "split": f"To: {bare}\r\nSubject: {split}\r\nFrom: a@b.example\r\n{DATE}\r\n",
        "quoted": f"To: {bare}\r\nSubject: =?iso-8859-1?q?{words.replace(' ', '_').replace('.', '=2E')}"
        f"?=\r\nFrom: a@b.example\r\n{DATE}\r\n",
        "folded": f"To: {bare}\r\nSubject: unsubscribe\r\n {key}\r\nFrom: a@b.example\r\n{DATE}\r\n",
        "html": f"To: {address}\r\nSubject: x\r\nFrom: a@b.example\r\n{DATE}MIME-Version: 1.0\r\n"
        "Content-Type: text/html; charset=utf-8\r\n\r\n<p>Please <b>stop</b>.</p>\r\n",
        "delivered to": f"Delivered-To: {address}\r\nTo: undisclosed-recipients:;\r\n"
        f"From: a@b.example\r\nSubject: \r\n{DATE}\r\n",
    }
    addressed = f"From: a@b.example\r\nSubject: leave\r\n{DATE}"
    for name, field in _ways(address, bare).items():
        mails[name] = f"{field}\r\n{addressed}\r\n"
    for name, field in _further_ways(address, key).items():
        mails[name] = f"{field}\r\n{addressed}\r\n"
    for name, subject in _further_subjects(address, key).items():
        mails[name] = f"To: {bare}\r\nFrom: a@b.example\r\nSubject: {subject}\r\n{DATE}\r\n"
    for name, subject in {
        "undecoded": f"unsubscribe%20{key}",
        "decoded as a form": f"unsubscribe+{key}",
        "low line": f"unsubscribe_{key}.",
        "brackets": f"[EXT] [{key}]",
        "undecoded, whole": f"unsubscribe%20{key.replace('.', '%2E')}",
        "undecoded, twice": f"unsubscribe%2520{key}",
        "a blank of quoted-printable": f"unsubscribe=20{key}",
        "a colon": f"unsubscribe:{key}",
        "in quotation marks": f'"unsubscribe {key}"',
        "the address": f"please stop {address}",
        "what nobody sees": "unsubscribe \u200b" + key.replace(".", ".\u200b") + "\u2060",
        "a soft hyphen": f"unsubscribe {key[:9]}\u00ad{key[9:]}",
        "a blank that holds": f"unsubscribe\u00a0{key}",
        "wide letters": f"unsubscribe {''.join(map(_wide, key))}",
        "Japanese": _coded(f"配信停止 {key}", "iso-2022-jp"),
        "Chinese": _coded(f"退订 {key}", "gb2312"),
        "Russian": _coded(f"отписаться {key}", "koi8-r"),
        "two octets a letter": _coded(f"leave {key}", "utf-16"),
        "letters of no name": f"=?x-unknown?Q?unsubscribe_{key}?=",
    }.items():
        mails[name] = f"To: {bare}\r\nFrom: a@b.example\r\nSubject: {subject}\r\n{DATE}\r\n"
    return {name: mail.encode() for name, mail in mails.items()}


def _wide(char: str) -> str:
    return chr(ord(char) + 0xFEE0)


def _coded(text: str, charset: str) -> str:
    """A subject in an encoded-word (RFC 2047)."""
    return f"=?{charset}?b?{b64encode(text.encode(charset)).decode()}?="


def _ways(address: str, bare: str) -> dict[str, str]:
    """Fields in which programs and hosts write the address, and how they spell it there."""
    local, _, host = address.partition("@")
    half = local.rfind(".") + 1
    return {
        "quoted local part": f'To: "{local}"@{host}',
        "URI not decoded": f"To: {local.replace('+', '%2B')}@{host}",
        "a whole URI": f"To: mailto:{address}?subject=unsubscribe",
        "encoded word": f"To: =?utf-8?q?{local.replace('+', '=2B')}=40{host}?=",
        "folded at a dot": f"To: {local[:half]}\r\n {local[half:]}@{host}",
        "blanks at the @": f"To: {local} @ {host}",
        "a comment": f"To: {local}(leave)@{host}",
        "a group": f"To: Leave: {address};",
        "by another host": f"To: {local}={host}@relay.example",
        "rewritten": f"To: prvs=0123abcd={local}@{host}",
        "wide @": f"To: {local}\uff20{host}",
        "in apostrophes": f"To: '{address}' <{address}>",
        "a URI, its dot too": f"To: {local.replace('+', '%2B').replace('.', '%2E')}@{host}",
        "a URI, twice": f"To: {local.replace('+', '%252B')}%40{host}",
        "quoted-printable": f"To: {local.replace('+', '=2B')}@{host}",
        "a page's plus": f"To: {local.replace('+', '&#43;')}@{host}",
        "a program's plus": f"To: {local.replace('+', chr(92) + 'u002b')}@{host}",
        "by Exchange": f"To: IMCEASMTP-{local.replace('+', '+2B').replace('.', '+2E')}+40{host}@b.example",
        "by a forwarder": f"Delivered-To: SRS0=abc=de={host}={local}@fwd.example",
        "by way of": f"To: <@relay.example:{address}>",
        "behind an angle": f"To: <{address}?subject=unsubscribe>",
        "with a language": f"To: =?utf-8*en?q?{local.replace('+', '=2B')}=40{host}?= <{address}>",
        "Bcc": f"To: {bare}\r\nBcc: {address}",
        "resent, Cc": f"To: {bare}\r\nResent-Cc: {address}",
        "Yahoo": f"To: {bare}\r\nX-Apparently-To: {address}; Sun, 22 Nov 2026 09:01:00 +0000",
        "MDaemon": f"To: {bare}\r\nX-MDRcpt-To: {address}",
        "resolved": f"To: {bare}\r\nX-Resolved-To: {address}",
        "hMailServer": f"To: {bare}\r\nX-Receiver: {address}",
        "original": f"To: {bare}\r\nOriginal-Recipient: rfc822;{address}",
        "Cc": f"To: a@b.example\r\nCc: Leave <{address}>",
        "resent": f"To: {bare}\r\nResent-To: {address}",
        "apparently": f"Apparently-To: {address}",
        "forwarded": f"To: {bare}\r\nX-Forwarded-To: {address}",
        "Fastmail": f"To: {bare}\r\nX-Delivered-To: {address}",
        "CommuniGate": f"To: {bare}\r\nX-Real-To: {address}",
        "only received": f"Received: from mx.example by mail.example with ESMTPS\r\n\tfor <{address}>; "
        f"Sun, 22 Nov 2026 09:01:00 +0000\r\nTo: undisclosed-recipients:;",
    }


def marked(address: str) -> dict[str, bytes]:
    """Mails to that address which say that a machine wrote them; all the same it was a reader."""
    fields = {
        "Apple": "Auto-Submitted: auto-replied\r\nX-Apple-Unsubscribe: true\r\n",
        "generated": "Auto-Submitted: auto-generated\r\n",
        "notified": "Auto-Submitted: auto-notified; owner-email=a@b.example\r\n",
        "junk": "Precedence: junk\r\n",
        "bulk": "Precedence: bulk\r\n",
        "auto_reply": "Precedence: auto_reply\r\n",
        "autoreply": "X-Autoreply: yes\r\n",
        "autorespond": "X-Autorespond: 1\r\nX-Autoreply-From: a@b.example\r\n",
        "suppressed": "X-Auto-Response-Suppress: All\r\n",
        "null sender": "Return-Path: <>\r\n",
        "bounced": "Return-Path: <>\r\nX-Failed-Recipients: ada@example.org\r\n",
        "failed": "Return-Path: <>\r\nSubject: Undelivered Mail Returned to Sender\r\n",
        "away": "Subject: Out of office\r\n",
        "a reply": "Subject: Automatic reply: unsubscribe\r\n",
    }
    head = f"To: <{address}>\r\nFrom: Ada <ada@example.org>\r\n{DATE}"
    mails = {name: f"{field}{head}\r\nunsubscribe\r\n" for name, field in fields.items()}
    mixed = 'MIME-Version: 1.0\r\nContent-Type: multipart/{}; boundary="b"\r\n\r\n'
    mails["no body"] = f"Auto-Submitted: auto-replied\r\n{head}"
    mails["multipart"] = head + mixed.format("alternative") + "--b\r\n\r\nstop\r\n--b--\r\n"
    mails["empty multipart"] = head + mixed.format("mixed")
    mails["report"] = head + mixed.format("report") + "--b\r\n\r\nstop\r\n--b--\r\n"
    mails["nested"] = head + mixed.format("mixed") + "Content-Type: multipart/mixed\r\n" * 60
    mails["mailer-daemon"] = (
        f"To: {address}\r\nFrom: MAILER-DAEMON@b.example\r\n{DATE}\r\nfailed\r\n"
    )
    return {name: mail.encode() for name, mail in mails.items()}


def idle(address: str, key: str) -> dict[str, bytes]:
    """Mails that come to the same address and ask for nothing: machines wrote them."""
    dsn = (
        f"Return-Path: <>\r\nTo: {address}\r\nFrom: MAILER-DAEMON@mx.example.net\r\n"
        f"Subject: Undelivered Mail Returned to Sender\r\n{DATE}"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"'
        "\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nnobody here\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        "Final-Recipient: rfc822; ada@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: unsubscribe {key}\r\n\r\n--b--\r\n"
    )
    away = (
        f"To: {address}\r\nFrom: ada@example.org\r\nAuto-Submitted: auto-replied\r\n"
        f"Subject: Re: unsubscribe {key}\r\n{DATE}\r\nI am away.\r\n"
    )
    holiday = (
        f"To: {address}\r\nFrom: ada@example.org\r\nSubject: Automatic reply: {key}\r\n{DATE}\r\n"
    )
    unsigned = (
        f"Return-Path: <>\r\nTo: {address}\r\nFrom: a@b.example\r\nSubject: {key}\r\n{DATE}\r\n"
    )
    mails = {"dsn": dsn, "away": away, "holiday": holiday, "null sender": unsigned}
    return {name: mail.encode() for name, mail in mails.items()}


def _further_ways(address: str, key: str) -> dict[str, str]:
    """Spellings and fields of no program that we know: whoever writes so means the same."""
    host = address.partition("@")[2]
    number, proof = key.split(".")
    bare = f"To: notes@{host}"
    ways = {
        "quoted pairs": f'To: "notes\\+{number}\\.{proof}"@{host}',
        "pairs that are not quoted": f"To: notes\\+{number}\\.{proof}@{host}",
        "wide signs": f"To: notes\uff0b{number}\uff0e{proof}\uff20{host}",
        "names of signs": f"To: notes&plus;{number}&period;{proof}&commat;{host}",
        "a page's dot": f"To: notes+{number}&#46;{proof}@{host}",
        "a blank for the plus": f"To: notes {key}@{host}",
        "a coded blank for it": f"To: notes%20{key}@{host}",
        "all of it a URI's": "To: " + "".join(f"%{ord(char):02x}" for char in address),
        "all of it quoted-printable": "To: " + "".join(f"={ord(char):02X}" for char in address),
        "a program's dot": f"To: notes\\u002b{number}\\u002e{proof}@{host}",
        "another program's plus": f"To: notes\\x2b{key}@{host}",
        "a Chinese full stop": f"To: notes+{number}。{proof}@{host}",
        "among 200": "To: " + ", ".join(f"a{n}@b.example" for n in range(200)) + f", {address}",
        "in a comment": f"{bare} ({key})",
        "in a name": f'To: "unsubscribe {key}" <notes@{host}>',
        "a hyphen": f"To: notes-{key}@{host}",
        "an equals sign": f"To: notes={key}@{host}",
        "a character that is none": f"To: notes+{number}.\x00{proof}@{host}",
        "received, envelope-to": f"Received: from x by y (envelope-to {address}); Sun\r\n{bare}",
        "received, no angles": f"Received: from x by y with SMTP for {address}; Sun\r\n{bare}",
    }
    for name in (
        *("Envelope-Recipient", "X-Rcpt", "X-Forwarded-For", "X-Original-Delivered-To"),
        *("X-Destination", "X-Recipient", "X-Intended-To", "X-Qmail-Delivered-To", "Resent-Bcc"),
        *("X-Catchall-To", "X-MS-Exchange-Envelope-Recipients"),
    ):
        ways[f"the field {name}"] = f"{bare}\r\n{name}: {address} a@b.example"
    return ways


def _further_subjects(address: str, key: str) -> dict[str, str]:
    number, proof = key.split(".")
    coded = b64encode(f"unsubscribe {key}".encode()).decode()
    return {
        "glued": f"unsubscribe{key}",
        "a coded blank that holds": f"unsubscribe%C2%A0{key}",
        "two pluses": f"unsubscribe++{key}",
        "blanks at the dot": f"unsubscribe {number} . {proof}",
        "folded behind the dot": f"unsubscribe {number}.\r\n {proof}",
        "folded in the proof": f"unsubscribe {number}.{proof[:8]}\r\n {proof[8:]}",
        "a word without its end": f"=?utf-8?b?{coded}",
        "a word in a word": _coded(_coded(f"unsubscribe {key}", "utf-8"), "utf-8"),
        "two words, glued": f"=?utf-8?q?unsubscribe?= {_coded(key, 'utf-8')}",
        "a dot in the middle": f"unsubscribe {number}·{proof}",
        "a page's dot in it": f"unsubscribe {number}&#46;{proof}",
        "3D": f"unsubscribe=3D{key}",
        "a program's blank": f"unsubscribe\\u0020{key}",
        "a link of Markdown": f"[unsubscribe](mailto:{address})",
    }
