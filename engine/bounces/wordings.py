"""What servers say, in their many words and languages; each line is a reason and how it sounds.

Lines of reasons that pass come first, and the first that fits counts: an answer that speaks of a full mailbox
and of an unknown user is about a full mailbox. Texts are in small letters, without addresses and codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from engine.bounces.reasons import Reason

_WHO = r"(?:user|recipient|mailbox|account|address(?:ee)?|e-?mail(?: address| account)?|mail ?box|inbox)"

#: Reasons that pass. A space stands for any white space.
_PASSING: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (
        "full",
        (
            r"enough (?:\S+ )?space",
            r"overdrawn",
            r"disk ?space quota",
            rf"(?:{_WHO}|mail ?folder|folder)(?:'?s)? ?(?:\(\S*\) )?(?:is |are |was |has been |currently |"
            rf"already |now |too )*full\b",
            r"\b(?:over|out of|exceed(?:s|ed|ing)?|above|beyond|past|hit)"
            r"(?: \S+){0,4}? (?:disk )?(?:storage |mail(?:box)? )?(?:quota|storage|space)\b",
            r"\bover ?quota\b",
            r"reached (?:\S+ ){0,2}?quota",
            r"too much mail",
            r"\bquota (?:\S+ ){0,3}?(?:exceed|reached|full|violation|limit)",
            r"\bexceed\S* (?:\S+ ){0,3}?quota",
            r"(?:insufficient|not enough|no|out of|lack of) (?:\S+ ){0,2}?(?:disk |storage |mailbox |free )"
            r"(?:space|storage|quota)",
            r"mailbox (?:\S+ )?(?:size|space|capacity|storage) (?:\S+ ){0,2}?(?:exceed|limit|reached)",
            r"exceed\S* (?:\S+ ){0,4}?(?:mailbox|storage) (?:size|limit|capacity|allocation)",
            r"too many (?:messages|mails) (?:in|on|stored)",
            r"mailbox (?:has )?exceeded",
            r"maildir over",
            r"full mailbox",
            r"full folder",
            r"storage (?:limit|quota|space)",
            r"stuffed to the gills",
            r"out of storage",
            r"mail ?drop full",
            r"\bmbx ?full",
            r"(?:postfach|mailbox|speicherplatz|posteingang)\S* (?:\S+ ){0,4}?(?:voll\b|überfüllt|erschöpft|"
            r"überschritten)",
            r"(?:boîte|boite|messagerie)\S* (?:\S+ ){0,6}?(?:pleine|saturée|saturee)",
            r"espace (?:disque )?insuffisant",
            r"quota (?:\S+ )?dépassé",
            r"quota (?:\S+ )?depasse",
            r"(?:buz[oó]n|casilla|cuenta) (?:\S+ ){0,6}?(?:llen[oa]|saturad|excedid|sobrepasad|superad)",
            r"cuota (?:\S+ ){0,3}?(?:excedida|superada)",
            r"casella (?:\S+ ){0,4}?piena",
            r"spazio (?:\S+ ){0,3}?(?:esaurito|insufficiente)",
            r"caixa (?:\S+ ){0,5}?cheia",
            r"cota (?:\S+ ){0,3}?(?:excedida|ultrapassada)",
            r"(?:postvak|mailbox|postbus) (?:\S+ ){0,4}?vol\b",
            r"skrzynka (?:\S+ ){0,4}?(?:pełna|przepełniona|pelna)",
            r"ящик\S* (?:\S+ ){0,4}?(?:переполнен|заполнен)",
            r"почтовый ящик (?:\S+ ){0,3}?полон",
            r"превыш\S+ (?:\S+ ){0,2}?квот",
            r"(?:メールボックス|受信箱)\S*(?:満杯|一杯|いっぱい|容量)",
            r"容量\S*(?:超え|超過|オーバー)",
            r"邮箱(?:已|空间)?\S{0,4}(?:满|不足)",
            r"信箱\S{0,6}(?:已滿|滿)",
            r"空間不足",
            r"brevlåda\S* (?:\S+ ){0,3}?full",
            r"postkasse\S* (?:\S+ ){0,3}?(?:full|fuld)",
            r"posta kutusu (?:\S+ ){0,3}?dolu",
            r"schránka (?:\S+ ){0,3}?pln[áa]",
        ),
    ),
    (
        "too_big",
        (
            r"(?:message|mail|e-?mail|it|body|header|attachment)s? (?:\S+ ){0,4}?(?:too (?:big|large|long)|"
            r"larger than|exceed\S* (?:\S+ ){0,4}?(?:size|limit))",
            r"(?:message|mail) (?:\S+ ){0,2}?size (?:\S+ ){0,2}?(?:exceed|limit|too)",
            r"size limit",
            r"exceed\S* (?:\S+ ){0,4}?(?:maximum|fixed|message|mail) (?:\S+ ){0,2}?(?:size|limit)",
            r"max(?:imum)? (?:\S+ ){0,2}?(?:message )?size",
            r"nachricht (?:\S+ ){0,3}?zu gro(?:ß|ss)",
            r"message trop (?:gros|volumineux|grand)",
            r"mensaje (?:\S+ ){0,3}?demasiado grande",
        ),
    ),
    (
        "greylisted",
        (
            r"gr[ae]y ?-?list",
            r"try again (?:in|after|later)(?: \S+){0,3}? (?:second|minute)",
            r"deferred: ?first",
            r"postgrey",
            r"temporarily (?:deferred|deferring)",
            r"come back (?:later|in)",
            r"early retry",
            r"first time (?:\S+ )?(?:triplet|sender)",
            r"unfamiliar sender",
        ),
    ),
    (
        "rate_limited",
        (
            r"too (?:many|much|fast|quickly|frequent)(?: \S+){0,4}? (?:connection|recipient|message|mail|"
            r"e-?mail|session|request|attempt|error|quick|fast|sent|session|concurrent|sender)",
            r"(?:sent|sending|has sent|sends) (?:\S+ ){0,3}?to too many",
            r"recipients this hour",
            r"rate ?-?(?:limit|control|that)",
            r"receiving mail (?:\S+ ){0,4}?(?:too quickly|rate)",
            r"throttl",
            r"exceed\S* (?:\S+ ){0,5}?(?:rate|connections?|recipients? limit|messages? per|emails? per|"
            r"max(?:imum)? (?:rcpt|recipients|defers))",
            r"mails? per (?:hour|minute|day)",
            r"per (?:hour|minute|day)\b(?: \S+){0,3} (?:limit|exceeded)",
            r"unusual rate",
            r"sending limit",
            r"daily (?:\S+ )?(?:limit|quota)",
            r"hourly (?:\S+ )?(?:limit|quota)",
            r"message ?rate",
            r"unusually high",
            r"slow down",
            r"temporarily rate",
        ),
    ),
    (
        "blocked",
        (
            r"my name was rejected",
            r"invalid domain name\b",
            r"\b(?:dns|rb|dnsb|uribl|sur|r)bls?\b",
            r"\bdnsbl",
            r"\bsbl\b",
            r"\bxbl\b",
            r"\bpbl\b",
            r"black ?-?list",
            r"block ?-?list",
            r"blocklist",
            r"black ?-?hole",
            r"spamhaus",
            r"spamcop",
            r"sorbs",
            r"barracudacentral",
            r"senderbase",
            r"senderscore",
            r"cloudmark",
            r"trend micro",
            r"invaluement",
            r"abuseat",
            r"(?:your|client|sending|source|connecting) (?:\w+ )?(?:ip|host|server|network|domain|"
            r"mail server|mta)(?: address)?(?: [\w.\[\]()-]+){0,4}? (?:block|banned|reject|listed|refused|"
            r"denied|reputation|not allowed|not permitted)",
            r"blocked (?:by|for|using|due|because|from|-|until|at)",
            r"(?:ip|host|connection|client|server|network|access)(?: \S+){0,6}? (?:is |are |was |been |has |"
            r"temporarily )*(?:blocked|banned)",
            r"(?<!relay )access denied(?!\W{0,3} (?:as\(|\[))",
            r"connections? (?:\S+ )?(?:not accepted|refused by|rejected) ?(?:from)?",
            r"poor reputation",
            r"bad reputation",
            r"low reputation",
            r"reputation (?:\S+ ){0,4}?(?:of|too|score|is|service)",
            r"\breputation\b",
            r"unsolicited mail originating",
            r"messages? from (?:\S+ ){1,3}weren't sent",
            r"adresse ip (?:\S+ ){0,2}?bloqu",
            r"reverse dns",
            r"\bptr\b",
            r"rdns",
            r"no (?:dns )?(?:a|ptr) record",
            r"fix (?:\S+ )?reverse",
            r"cannot find your hostname",
            r"client host rejected",
            r"mismatches client ip",
            r"dynamic ip",
            r"residential",
            r"dial-?up",
            r"helo",
            r"ehlo",
            r"not on (?:\S+ )?whitelist",
            r"you are not allowed to connect",
            r"bad ip",
            r"geographical",
            r"no smtp service here",
            r"banned send",
            r"aup#",
            r"can't determine purported",
            r"\bspammers?\b",
            r"ip[ -](?:address )?(?:\S+ ){0,3}?(?:has been|is) (?:\S+ )?(?:listed|blocked)",
            r"you (?:are|have been) (?:\S+ )?(?:blocked|banned|blacklisted)",
            r"(?<!mail )(?<!message )has been blocked",
            r"(?<!not )listed (?:at|by|in|on)\b",
            r"gesperrt wegen",
            r"ip (?:\S+ ){0,3}?gesperrt",
        ),
    ),
    (
        "spam",
        (
            r"\bspam",
            r"\bjunk ?(?:mail|e-?mail)?\b",
            r"\buce\b",
            r"\bube\b",
            r"unsolicited",
            r"bulk mail",
            r"phish",
            r"virus",
            r"malware",
            r"infected",
            r"dangerous",
            r"suspicious",
            r"banned (?:content|attachment|file)",
            r"malicious",
            r"content (?:\S+ ){0,3}?(?:reject|block|filter|restriction|denied|not accept)",
            r"reject\S* (?:\S+ ){0,4}?content",
            r"attachment (?:\S+ ){0,4}?(?:not allowed|block|reject|prohibit|type)",
            r"potential security issue",
            r"bayes",
            r"blocked url",
            r"url (?:\S+ )?block",
            r"header error",
            r"illegal attachment",
            r"無法投遞.{0,20}垃圾",
            r"迷惑メール",
            r"垃圾邮件",
            r"垃圾郵件",
            r"спам",
            r"werbemail",
        ),
    ),
    (
        "relay_denied",
        (
            r"rela(?:y(?:ing|ed)?|ys?)\b(?: \S+){0,4}? (?:denied|not (?:permitted|allowed|supported|"
            r"authorized)|prohibited|refused|rejected|access|is not|disabled|block|through)",
            r"(?:unable|not (?:permitted|allowed)|cannot|can't|refus\S+|unauthori[sz]ed|won't|does not|"
            r"denied|open|no) (?:\S+ ){0,2}?(?:to )?relay",
            r"rcpthosts",
            r"isn't in my list",
            r"not in my list",
            r"we do not relay",
            r"cannot relay",
            r"relais (?:\S+ )?(?:interdit|refus)",
            r"smtp auth",
            r"authentication (?:is )?(?:required|needed|failed)",
            r"authenticat\S+ (?:\S+ ){0,2}?(?:required|first|before)",
            r"must (?:\S+ ){0,2}?authenticate",
            r"log ?in (?:\S+ )?(?:first|required)",
            r"not (?:\S+ )?authenticated",
            r"auth required",
            r"no permission to (?:send|deliver) ?(?:remotely)?",
        ),
    ),
    (
        "sender_refused",
        (
            r"sender(?:'s)?(?: e-?mail)?(?: address| domain)?(?: \S+){0,3}? (?:reject|refus|denied|"
            r"not (?:exist|allowed|accept|found|verif|valid)|invalid|unknown|verify|verification|blocked|"
            r"is not|does not|doesn't|must|bad|unroutable)",
            r"(?:invalid|bad|unknown|forged|unresolvable|unverified|blocked|reject\S*|refus\S*|verify|"
            r"verifying|verification|from|envelope|illegal) (?:\S+ )?(?:sender|return ?-?path|envelope from|"
            r"reverse-path|mail from|originator)\b",
            r"mail from (?:\S+ ){0,3}?(?:reject|denied|refus|invalid|not accept|command|address)",
            r"rejected mail from",
            r"domain of sender",
            r"sender domain",
            r"callout",
            r"call ?-?back",
            r"could not verify sender",
            r"(?:unable|failed) to verify (?:\S+ )?(?:sender|address)",
            r"need fully-qualified",
            r"from (?:header|address|field) (?:\S+ ){0,3}?(?:reject|invalid|missing|not)",
            r"bounces? (?:\S+ ){0,2}?not accepted",
        ),
    ),
    (
        "policy",
        (
            r"\bdmarc\b",
            r"\bspf\b",
            r"\bdkim\b",
            r"sender policy",
            r"sender ?id",
            r"unauthenticated (?:e-?mail|mail|sender)",
            r"not (?:\S+ )?(?:pass|compliant)",
            r"rfc ?5?[38]?22",
            r"\barc\b (?:\S+ )?fail",
            r"starttls",
            r"tls (?:is )?(?:required|needed)",
            r"must issue a starttls",
            r"polic(?:y|ies)",
            r"not authori[sz]ed",
            r"unauthori[sz]ed",
            r"not permitted",
            r"not allowed to",
            r"not accepted for",
            r"permission",
            r"prohibited",
            r"restricted",
            r"restriction",
            r"preferences",
            r"administrative(?:ly)?",
            r"administrat(?:ive|or) prohib",
            r"refused by (?:the )?(?:recipient|user|local)",
            r"rejected by (?:the )?(?:user|recipient|local|mail ?box owner)",
            r"message was rejected by this user",
            r"not accepting (?:mail|messages?) from",
            r"only accepts? (?:mail|messages?)",
            r"private (?:list|group|mailbox)",
            r"moderat",
            r"not (?:a )?(?:list )?members?\b",
            r"members only",
            r"closed list",
            r"nur für",
            r"need\S* to join",
            r"may not (?:have permission|post)",
            r"permitted senders",
            r"challenge",
            r"confirm (?:that )?you",
            r"whitelist",
            r"white list",
            r"not on (?:\S+ ){0,2}?allow",
            r"transaction failed",
            r"message (?:\S+ )?(?:refused|reject)",
            r"mail (?:\S+ )?(?:refused|rejected) (?:for|due|because)",
            r"geblockt",
            r"abgelehnt aus",
            r"aus richtlinien",
            r"raisons? de politique",
            r"directiva",
            r"pol[íi]tica",
            r"veuillez prouver",
        ),
    ),
    (
        "disabled",
        (
            rf"{_WHO}(?: \S+){{0,3}}? (?:is |are |was |has been |have been |currently |temporarily |been |"
            rf"now |has )*(?:disabled|suspended|deactivated|inactive|locked|blocked|frozen|on hold|"
            rf"closed temporarily|not active|not activated|expired|over-?due|dormant|restricted|"
            rf"unavailable temporarily)",
            rf"(?:disabled|suspended|inactive|deactivated|locked|expired|frozen|blocked|dormant)"
            rf" (?:\S+ ){{0,2}}?{_WHO}",
            r"extended inactivity",
            r"inactiv",
            r"not (?:currently )?(?:\S+ )?accepting (?:\S+ )?(?:messages|mail|e-?mail)",
            r"account (?:\S+ )?(?:terminated|cancelled) temporarily",
            r"temporarily disabled",
            r"konto (?:\S+ ){0,4}?(?:deaktiviert|gesperrt|inaktiv)",
            r"postfach (?:\S+ ){0,4}?(?:deaktiviert|gesperrt|inaktiv)",
            r"compte (?:\S+ ){0,4}?(?:bloqu|désactiv|desactiv|suspendu|inactif)",
            r"cuenta (?:\S+ ){0,4}?(?:desactivad|suspendid|bloquead|inactiv)",
            r"conta (?:\S+ ){0,4}?(?:desativad|suspens|bloquead|inativ)",
            r"отключ",
            r"заблокирован",
            r"не активн",
            r"неактивн",
            r"停用",
            r"無効",
            r"konto (?:\S+ ){0,3}?(?:zablokowane|nieaktywne)",
            r"mail ?box (?:\S+ )?disabled",
            r"user disabled",
            r"account disabled",
            r"paused",
            r"vacation hold",
        ),
    ),
    (
        "network",
        (
            r"(?:connection|connect|conversation|session|lost)(?: \S+){0,6}? (?:timed ?out|time ?-?out|"
            r"refused|reset|dropped|failed|closed|lost|aborted|died)",
            r"timed out",
            r"time ?out",
            r"no route",
            r"unreachable",
            r"network (?:is |error)",
            r"socket error",
            r"did not accept our requests",
            r"bad connection",
            r"not responding",
            r"unresponsive",
            r"lost connection",
            r"couldn't establish",
            r"could not connect",
            r"cannot connect",
            r"can't connect",
            r"unable to connect",
            r"refused to talk",
            r"connection (?:was )?(?:refused|dropped|closed)",
            r"(?:lookup|dns|name service|name server|resolv\w*)(?: \S+){0,5}? (?:try again|temporar\w*|"
            r"timed ?out|timeout|did not complete|servfail|malformed|unexpected|deferred|is not responding)",
            r"temporary (?:dns|lookup|name)",
            r"host not found, try again",
            r"servfail",
            r"server failure",
            r"lookup failure",
            r"tls (?:\S+ ){0,3}?(?:fail|error|not available)",
            r"certificate",
            r"ssl error",
            r"handshake",
            r"no (?:mx|mail exchanger?)s? (?:\S+ )?(?:reachable|respond)",
            r"all (?:relevant )?(?:mx|hosts?|servers?) (?:\S+ ){0,3}?(?:failing|unreachable|down)",
        ),
    ),
    (
        "loop",
        (
            r"mail ?loop",
            r"loops? (?:back|detected|alert)",
            r"too many hops",
            r"hop ?count",
            r"routing loop",
            r"forward(?:ing)? loop",
            r"duplicated message-id",
            r"best mx for",
            r"message (?:\S+ )?looping",
            r"circular",
            r"delivered-to.{0,20}loop",
        ),
    ),
    (
        "temporary",
        (
            r"unavailable to take delivery",
            r"(?:mailbox|user|account|recipient) (?:is )?(?:currently |temporarily )unavailable",
            r"temporar",
            r"try (?:it )?(?:again|resending|sending|to resend)(?: \S+){0,3}? (?:later|in|after)\b",
            r"try later",
            r"later\b",
            r"transient",
            r"for now",
            r"at this time",
            r"at the moment",
            r"currently (?:unavailable|not available|unable)",
            r"momentan",
            r"vorübergehend",
            r"voruebergehend",
            r"später (?:noch ?mal|erneut)",
            r"essayer plus tard",
            r"réessayer",
            r"temporaire",
            r"momentan(?:é|e)ment",
            r"temporal(?:mente)?\b",
            r"más tarde",
            r"mas tarde",
            r"temporane",
            r"più tardi",
            r"temporári",
            r"mais tarde",
            r"tijdelijk",
            r"later opnieuw",
            r"tymczasow",
            r"później",
            r"временно",
            r"позже",
            r"попробуйте",
            r"一時",
            r"しばらく",
            r"稍后",
            r"暂时",
            r"暫時",
            r"稍後",
            r"tillfällig",
            r"midlertidig",
            r"geçici",
            r"dočasn",
        ),
    ),
    (
        "system",
        (
            r"command output",
            r"procmail",
            r"maildrop",
            r"(?:couldn't|could not|cannot|can't) (?:create|open|write|lock|append)",
            r"unknown mailer error",
            r"exit(?:ed)? (?:code|status) \d",
            r"command died",
        ),
    ),
)

#: Reasons that last.
_LASTING: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (
        "no_mail_accepted",
        (
            r"null ?-?mx",
            r"mx or srv record indicated no smtp service",
            r"(?:domain|host)(?:/\w+)? (?:\S+ ){0,2}?(?:does not|doesn't|not) (?:accept|receive)"
            r" (?:\S+ )?(?:e-?mail|mail)",
            r"domain name has null mx",
            r"rfc ?7505",
        ),
    ),
    (
        "moved",
        (
            rf"{_WHO}(?: \S+){{0,3}}? (?:has |have )(?:\S+ )?(?:moved|changed)",
            r"new (?:e-?mail )?address is",
            r"no longer (?:valid )?(?:\S+ )?address.{0,40}new",
            r"has moved to",
            r"forwarding (?:address|order) expired",
            r"neue (?:e-?mail-?)?adresse",
            r"nouvelle adresse",
        ),
    ),
    (
        "no_such_host",
        (
            r"couldn't find (?:a|any) mail exchanger",
            r"host ?(?:name)? (?:is )?(?:unknown|not found|not known)",
            r"unknown (?:\S+ )?(?:host|domain)",
            r"no such (?:\S+ )?(?:host|domain)",
            r"(?:unknown|no) host\b",
            r"(?:host|domain)(?: name| part)?(?: \S+){0,3}? (?:not found|does not exist|doesn't exist|"
            r"non-?existent|not exist|couldn't be found|could not be found|cannot be found|is unknown|"
            r"not valid|invalid|is not reachable|not be resolved|unresolvable|has no mx)",
            r"bad destination (?:host|domain|system)",
            r"nxdomain",
            r"non-?existent (?:host|domain)",
            r"domain (?:is )?(?:invalid|illegal|bogus)",
            r"invalid (?:\S+ )?(?:domain|host)\b",
            r"(?:unrout[e]?able|unroutable) (?:mail |e-?mail )?(?:domain|address)",
            r"all (?:host address lookups|relevant mx records)(?: \S+){0,6}? (?:failed permanently|"
            r"non-existent)",
            r"no (?:mx|mail exchanger|a|valid mx|dns)(?: or \S+)?(?:-| )?(?:records?|hosts?|entry|"
            r"exchanger)?(?: \S+){0,3}? (?:for|found|exist)",
            r"couldn't find any host",
            r"no data record of requested type",
            r"nonexistentdomain",
            r"no matching (?:mx|host)",
            r"illegal host",
            r"cannot (?:resolve|find) (?:\S+ ){0,3}?(?:domain|host)",
            r"unable to resolve (?:\S+ )?(?:domain|host)",
            r"domain (?:\S+ )?not in dns",
            r"domäne (?:\S+ ){0,3}?(?:nicht gefunden|existiert nicht)",
            r"domain (?:\S+ ){0,3}?(?:nicht gefunden|existiert nicht|nicht existiert)",
            r"domaine (?:\S+ ){0,3}?(?:inexistant|inconnu|introuvable|n'existe pas)",
            r"dominio (?:\S+ ){0,3}?(?:no existe|inexistente|desconocido|non esiste|inesistente|sconosciuto)",
            r"dom[íi]nio (?:\S+ ){0,3}?(?:não existe|inexistente|não encontrado)",
            r"домен (?:\S+ ){0,3}?(?:не найден|не существует)",
            r"ドメイン\S*(?:見つ|存在)",
            r"找不到(?:域|主机|網域|邮件域)",
            r"域名不存在",
        ),
    ),
    (
        "no_such_address",
        (
            r"(?:ディレクトリ|リスト)\S{0,10}(?:見つかりま|ありません|存在しま)",
            rf"(?:unknown|invalid|bad|no such|non-?existent|nonexisting|unregistered|undefined|unrecognized|"
            rf"illegal|incorrect|wrong|not a valid|no valid|not a known|no existing|unresolvable|unroutable|"
            rf"undeliverable|obsolete|unused|nonexist\S*) (?:or \S+ )?(?:local |e-?mail |virtual |mail |"
            rf"hotmail |destination |final |delivery |alias |recipient's |user'?s? |smtp |final )*(?:{_WHO}|"
            rf"name|alias|mailbox name|recipients|users?|person|destination|local[ -]?part|addresses|"
            rf"customer|subscriber|destinatario|rcpt|id|here|target|forward path|people|userid|username|"
            rf"object|member)\b",
            rf"{_WHO}(?:s|\(s\)| name| id| part| here)?(?: \S+){{0,6}}? (?:is |are |was |were |has been |"
            rf"could |can |does |do |did |seems? |appears? |has |be |been |to )*(?:unknown|invalid|"
            rf"not (?:\S+ )?(?:found|exist\w*|known|listed|valid|recogni[sz]ed|registered|local|"
            rf"available here|defined|have|present|a (?:valid|known)|here|in (?:our|this|the|my))|"
            rf"non-?existent|nonexistent|don't exist|doesn't exist|no longer (?:\S+ )?(?:exists?|available|"
            rf"active|valid|in use|here|with|works?|employed|used|on|at|a)|undefined|unrouteable|"
            rf"undeliverable|doesn't have|deleted|removed|cancelled|closed|terminated|retired|discontinued|"
            rf"incorrect|couldn't be found|cannot be found|can't be found|wasn't found|"
            rf"isn't (?:\S+ )?(?:found|valid|known)|inexist\w*|has left|left)",
            r"(?:does not|doesn't|don't|do not|not) (?:have|like|know)(?: \S+){0,4}? (?:account|mailbox|"
            r"recipient|user|such|address|anyone|that name|by that name)",
            r"no (?:\S+ )?(?:mailbox|account|user|recipient|one|person|address)(?: \S+){0,3}? (?:here|"
            r"by that name|with that|at this|of that|found|exists?|known|under|for|on this|named|called)",
            r"no (?:mailbox|account|such person|such name)\b",
            r"unknown (?:\S+ )?(?:user|recipient|local|address|account|mailbox|addressee|alias|name)",
            r"(?:user|recipient|addressee|address|mailbox|account|local|member|id)(?: \S+)? unknown",
            r"550 unknown",
            r"^unknown\b",
            r"user not (?:local|found|known)",
            r"not (?:a |our )(?:\S+ )?(?:user|customer|subscriber|client)",
            r"no longer (?:works?|employed|with|here|a (?:user|customer))",
            r"left (?:the|our) (?:company|organi[sz]ation|university)",
            r"unknown or illegal alias",
            r"user (?:\S+ )?does not",
            r"not (?:our|a local|listed in|in) (?:\S+ )?(?:domino directory|directory|address ?book|"
            r"recipient list|valid recipient)",
            r"not listed in",
            r"(?:not|isn't) in (?:our|the|my) (?:\S+ )?(?:directory|database|list of)",
            r"over ?seas? user unknown",
            r"(?:could|can)(?:not|'t| not) (?:find|locate|resolve|match) (?:\S+ ){0,4}?(?:user|recipient|"
            r"mailbox|account|address|person|name)",
            r"address(?:ee)? (?:\S+ ){0,2}?(?:rejected|refused)(?!\W*(?: \S+){0,4} (?:denied|polic|spam|"
            r"block|relay|sender))",
            r"recipient(?:'s)? (?:\S+ ){0,2}?(?:rejected|refused|not ok|not accepted)"
            r"(?!\W*(?: \S+){0,4} (?:denied|polic|spam|block|relay|sender))",
            r"(?:rejected|refused) (?:address|recipient)\b",
            r"delivery to (?:\S+ )?(?:non-?existent|unknown)",
            r"resolver\.adr\.(?:recip|ex)\S*not ?found",
            r"recipnotfound",
            r"recipient ?not ?found",
            r"recipientnotfound",
            r"nosuchuser",
            r"5\.1\.10\b",
            r"mailbox name not allowed",
            r"requested action not taken: mailbox (?:unavailable|not found)",
            r"mailbox unavailable",
            r"invalid ?user",
            r"not our customer",
            r"ldap lookup",
            r"(?:user|mailbox|account) lookup",
            r"no valid recipients",
            r"recipient address rejected: (?:user|undeliver|invalid)",
            r"ndr: address",
            r"unknown in (?:\S+ ){0,2}?table",
            r"(?:empfänger|empfaenger|adressat|benutzer|nutzer|postfach|mailbox|konto|adresse|"
            r"e-?mail-?adresse)(?:in|s|adresse|name)?(?: \S+){0,8}? (?:unbekannt|nicht (?:\S+ )?(?:gefunden|"
            r"bekannt|vorhanden|gültig|gueltig|existent|eingerichtet)|existiert (?:\S+ )?nicht|ungültig|"
            r"ungueltig|gibt es nicht|nicht existiert|gelöscht|geloescht)",
            r"(?:unbekannter|ungültiger|kein solcher|ungueltiger) (?:empfänger|empfaenger|benutzer|adressat|"
            r"nutzer)",
            r"kein(?:e)? (?:solche\S* )?(?:postfach|mailbox|benutzer|adresse)",
            r"(?:adresse|destinataire|utilisateur|compte|boîte|boite|bal|mailbox|usager)"
            r"\S*(?: \S+){0,8}? (?:inconnu|invalide|inexist|introuvable|n'existe (?:pas|plus)|non trouv|"
            r"n'est (?:pas|plus) (?:\S+ )?(?:valide|valable|connu|utilis)|n'a pas (?:\S+ ){0,2}?trouv|erron)",
            r"(?:aucun|pas de) (?:tel )?(?:destinataire|utilisateur|compte)",
            r"(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n|casilla)"
            r"(?: \S+){0,8}? (?:no (?:\S+ )?(?:existe|encontrad|válid|valid|registrad|"
            r"se (?:ha )?(?:podido )?enc\w+)|desconocid|inexistente|inválid|invalid)",
            r"no (?:existe|se (?:ha )?encontr\w+) (?:\S+ ){0,3}?(?:usuario|destinatario|direcci|cuenta|buz)",
            r"(?:usuario|destinatario|cuenta) (?:desconocid|inexistente)",
            r"(?:usu[áa]rio|destinat[áa]rio|endereço|endereco|conta|caixa postal|caixa)"
            r"(?: \S+){0,8}? (?:não (?:\S+ )?(?:existe|encontrad|válid|localizad|cadastrad)|"
            r"nao (?:\S+ )?(?:existe|encontrad|valid)|desconhecid|inexistente|inv[áa]lid)",
            r"não existe (?:\S+ )?(?:usu|conta|destinat)",
            r"(?:utente|destinatario|indirizzo|casella|account)(?: \S+){0,8}? (?:sconosciut|inesistente|"
            r"non (?:\S+ )?(?:trovat|esist|valid|attiv|disponibile)|errat|inattiv)",
            r"(?:gebruiker|ontvanger|adres|e-?mailadres|postvak|geadresseerde)(?: \S+){0,6}? (?:onbekend|"
            r"niet (?:\S+ )?(?:gevonden|bestaat|bekend|geldig)|bestaat niet|ongeldig)",
            r"onbekende (?:gebruiker|ontvanger)",
            r"(?:użytkownik|uzytkownik|adresat|odbiorca|adres|skrzynka|konto)(?: \S+){0,5}? (?:nie istnieje|"
            r"nieznany|nieznana|nie (?:\S+ )?znalezion\w*|nieprawidłow\w*)",
            r"nieznany (?:użytkownik|odbiorca|adresat)",
            r"nie ma takiego",
            r"(?:uživatel|adresa|schránka|příjemce)(?: \S+){0,5}? "
            r"(?:neexistuje|neznám\w*|nebyl\w* nalezen\w*)",
            r"kullanıcı (?:\S+ ){0,3}?(?:bulunamadı|yok|bilinmiyor)",
            r"(?:användaren|mottagaren|adressen|brugeren|modtageren|mottakeren|brukeren|käyttäjä|"
            r"vastaanottaj\w+|osoite)\S*(?: \S+){0,6}? (?:finns inte|okänd|hittades inte|findes ikke|ukendt|"
            r"ikke fundet|ble ikke funnet|finnes ikke|ukjent|ei löydy|ei ole|tuntematon)",
            r"(?:пользовател\w+|адрес\w*|получател\w+|ящик\w*|почтов\w+ ящик\w*|користувач\w*)"
            r"(?: \S+){0,7}? (?:не (?:\S+ )?(?:найден\w*|существует|зарегистрирован\w*|знайден\w*|існує)|"
            r"неизвест\w+|недействител\w+|удал[её]н\w*|отсутствует)",
            r"(?:нет такого|неизвестный|несуществующ\w+|не существует такого?) (?:\S+ )?(?:пользовател|адрес|"
            r"получател|ящик)",
            r"(?:收件人|用户|用戶|使用者|邮箱|信箱|帐户|帳號|帐号|地址|電子郵件地址)\S{0,12}(?:不存在|未找到|找不到|无效|無效|不正确|有誤)",
            r"(?:不存在|找不到|无效|無此|无此)\S{0,10}(?:收件人|用户|使用者|邮箱|帐户|地址|帳號)",
            r"(?:アドレス|宛先|あて先|ユーザ|受信者|メールボックス|アカウント)\S{0,24}(?:存在しま|存在しない|見つかりま|不明|ありません|誤り|間違)",
            r"(?:사용자|수신자|주소|계정|메일)\S* (?:\S+ ){0,4}?(?:없|존재하지|찾을 수)",
        ),
    ),
)

#: Reasons that say little: whatever else is said counts more.
_VAGUE: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (
        "expired",
        (
            r"retry time(?:out)? (?:not reached|exceeded)",
            r"(?:message|mail|delivery|it) (?:\S+ ){0,3}?expired",
            r"delivery time expired",
            r"too long (?:\S+ ){0,3}?(?:queue|undelivered)",
            r"in (?:the )?queue too long",
            r"(?:unable|could not be|not been|wasn't|was not) (?:\S+ )?deliver\w*(?: \S+){0,4}? (?:within|"
            r"after|for|in) (?:\S+ ){0,2}?(?:\d+|\w+) ?(?:day|hour)",
            r"will (?:be )?(?:keep trying|retr(?:y|ied))",
            r"still trying",
            r"not yet been delivered",
            r"has been delayed",
            r"delayed",
            r"\bgave up\b.{0,40}(?:day|hour)",
            r"message timeout",
            r"max(?:imum)? (?:retries|retry)",
            r"giving up after",
        ),
    ),
    (
        "system",
        (
            r"(?:system|server|internal|local|configuration|software|i/o|disk|database|ldap|resource)"
            r"(?: \S+){0,3}? (?:error|problem|failure|fault|not available|unavailable|misconfigur)",
            r"insufficient (?:system )?(?:resources|storage)",
            r"misconfigur",
            r"out of memory",
            r"no space left",
            r"read-only",
            r"cannot (?:write|open|create|append|allocate)",
            r"can't (?:create|open|write)",
            r"(?:unable|failed) to (?:write|open|create|append)",
            r"mail(?:box)? (?:i/o|delivery) error",
            r"service (?:\S+ ){0,2}?(?:unavailable|not available|refuse)",
            r"service currently",
            r"local error",
            r"unknown mailer",
            r"mailer error",
            r"pipe command",
            r"exit(?:ed)? (?:code|status|with)",
            r"return code",
            r"command (?:died|failed|time)",
            r"procmail",
            r"error in processing",
            r"lockfile",
            r"mailbox (?:is )?(?:locked|busy)",
        ),
    ),
)


@cache
def _compiled() -> tuple[tuple[Reason, re.Pattern[str]], ...]:
    lines = (*_PASSING, *_LASTING, *_VAGUE)
    return tuple((reason, re.compile("|".join(f"(?:{one})" for one in phrases))) for reason, phrases in lines)


def reasons_in(text: str) -> Iterator[Reason]:
    """Every reason that the text speaks of, those that pass first."""
    return (reason for reason, pattern in _compiled() if pattern.search(text))
