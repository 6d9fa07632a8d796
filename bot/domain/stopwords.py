"""Words by which people say that they want no more messages, in the languages our recipients write.

Only a text that is nothing but such a word or phrase counts: "stop" does, "don't stop" does not. The list holds what
carriers and senders commonly honour; words that mean something else in a neighbouring language are left out
(Spanish and Portuguese "para" is also "for").
"""

import re
import unicodedata

_PHRASES = """
# English, and what WhatsApp's own template buttons say
stop; stop all; stopall; stop it; stop please; please stop; stop now; stop messaging me; stop messages; stop sending;
stop promotions; stop promotion; stop promo; stop marketing; stop ads; stop offers; stop updates; stop receiving;
unsubscribe; unsubscribe me; unsub; opt out; opt-out; optout; opt me out; cancel; cancel all; end; quit; revoke;
remove; remove me; delete me; no more messages; do not contact me; don't contact me; do not message me;
don't message me; leave me alone
# Portuguese
sair; sair da lista; parar; pare; pare de enviar; parar promoções; parar promocoes; parar de receber; parar mensagens;
cancelar; cancela; cancelar inscrição; cancelar assinatura; descadastrar; descadastre; me descadastre; descadastrar-me;
remover; me remover; me remova; remova-me; não quero receber; não quero mais receber; não quero receber mais;
não quero mais; não quero receber mensagens; não quero mais receber mensagens; não quero receber promoções;
não enviar mais; não me envie mais; não me mande mais mensagens; interromper promoções
# Spanish
baja; darme de baja; dar de baja; dame de baja; de baja; alto; detener; detener promociones; cancelar suscripción;
desuscribir; desuscribirme; desuscribirse; anular suscripción; eliminar; no más; no quiero recibir; salir; parar ya;
no quiero recibir más; no quiero recibir mensajes; no quiero más mensajes; no más mensajes; no enviar más;
no me escriban más; dejar de recibir
# French
arrêt; arrêter; arrêtez; stopper; désabonner; désabonnement; me désabonner; se désabonner; désabonnez-moi;
désinscrire; désinscription; me désinscrire; désinscrivez-moi; annuler; plus de messages; arrêter les promotions;
ne plus recevoir; je ne veux plus recevoir; je ne veux plus recevoir de messages
# German
stopp; abmelden; abmeldung; abbestellen; austragen; abbrechen; kündigen; keine nachrichten mehr; keine werbung;
keine werbung mehr; bitte abmelden; nicht mehr senden; ich möchte keine nachrichten mehr; werbung stoppen;
angebote stoppen; werbeaktionen stoppen
# Italian
basta; ferma; fermare; cancella; cancellami; annulla; annulla iscrizione; disiscrivi; disiscrivimi; disiscrizione;
rimuovi; rimuovimi; non voglio ricevere; non voglio più ricevere; non voglio più messaggi; interrompi promozioni;
disattiva
# Dutch and Afrikaans
afmelden; meld me af; uitschrijven; schrijf me uit; stoppen; opzeggen; geen berichten meer; geen reclame;
geen reclame meer; promoties stoppen; teken uit
# Nordic languages
avsluta; avregistrera; avanmäl; sluta; stoppa; inga fler meddelanden; afmeld; frameld; ingen flere beskeder; avmeld;
meld av; slutt; lopeta; peruuta; poista
# Polish, Czech, Slovak, Hungarian, Romanian
wypisz; wypisz mnie; rezygnuję; rezygnacja; anuluj; zatrzymaj; odhlásit; odhlásiť; odhlásit se; zrušit; zrušiť;
leiratkozás; leiratkozom; leiratkozni; dezabonare; dezabonați-mă; dezabonează-mă; oprește; opriți; renunț
# Russian, Ukrainian, Bulgarian, Serbian, Kazakh
стоп; отписаться; отписка; отпишите меня; отмена; прекратить; не присылать; хватит; відписатися; відписатись;
скасувати; припинити; отказ; спри; отпиши ме; одјави; odjavi; odjava; тоқтату
# Greek, Turkish, Hebrew
στοπ; διαγραφή; διακοπή; σταμάτα; dur; durdur; iptal; iptal et; ret; çıkış; çık; abonelikten çık;
aboneliği iptal et; mesaj istemiyorum; הסר; הסירו אותי; הסרה; עצור; להסיר; ביטול
# Arabic, Persian, Urdu
توقف; وقف; أوقف; إيقاف; قف; إلغاء; إلغاء الاشتراك; الغاء الاشتراك; ألغ الاشتراك; إيقاف العروض; لا أريد رسائل;
لا ارغب; لغو; لغو اشتراک; بند; بند کریں; روکیں
# Hindi, Bengali, Tamil, Telugu, Marathi, Nepali, Sinhala
रोकें; रोको; रुकें; रुको; बंद; बंद करें; बंद करो; बन्द; बन्द करें; थांबा; रोक्नुहोस्; বন্ধ; বন্ধ করুন; থামুন; நிறுத்து;
நிறுத்தவும்; ఆపు; ఆపండి; නවත්වන්න; band karo; band karein; roko
# Indonesian, Malay, Filipino, Vietnamese, Thai
berhenti; henti; hentikan; batal; batalkan; berhenti berlangganan; jangan kirim lagi; itigil; hinto; tigil; dừng;
dừng lại; hủy; huỷ; hủy đăng ký; từ chối; หยุด; ยกเลิก; ยกเลิกรับข่าวสาร
# Chinese, Japanese, Korean
停; 停止; 退订; 退訂; 取消; 取消订阅; 取消訂閱; 拒收; 配信停止; 配信解除; 解除; 停止してください; ストップ; やめて;
수신거부; 수신 거부; 중지; 거부; 그만; 정지; 스톱
# Swahili, Hausa, Zulu
sitisha; simamisha; jiondoe; tsaya; dakatar; yima
"""

# Accents of Latin, Greek and Cyrillic letters, and the vowel signs and hamzas of Arabic, which people leave out.
_ACCENTS = re.compile(r"[\u0300-\u036f\u064b-\u0655\u0670\u0640]")


def is_stop(text: str) -> bool:
    """Tell whether a text, or a quick reply's payload or label, says nothing but stop.

    Case, accents, and spaces or punctuation around the words do not matter.
    """
    return len(text) <= _LONGEST and _fold(text) in STOP_PHRASES


def _fold(text: str) -> str:
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold())).replace("ı", "i").replace("’", "'")
    start, end = 0, len(bare)
    while start < end and _is_trim(bare[start]):
        start += 1
    while end > start and _is_trim(bare[end - 1]):
        end -= 1
    return " ".join(bare[start:end].split())


def _is_trim(char: str) -> bool:
    """Tell what may stand around the words: punctuation, symbols and emoji, spaces, invisible marks."""
    return unicodedata.category(char)[0] in "PSZC" or char == "\ufe0f"


def _phrases() -> frozenset[str]:
    lines = (line for line in _PHRASES.splitlines() if not line.startswith("#"))
    return frozenset(_fold(phrase) for phrase in ";".join(lines).split(";")) - {""}


#: Every phrase in folded form.
STOP_PHRASES = _phrases()
#: Longer texts are not looked at: they hold more than a phrase and its punctuation.
_LONGEST = 200
