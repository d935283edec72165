"""The fixed words around a ticket, by language."""

HELLO_FORMAL = {
    "en": ["Dear Service Desk,", "Dear IT team,", "Good morning,", "Dear Sir or Madam,",
           "Dear colleagues,", "Hello support team,", "To whom it may concern,"],
    "de": ["Sehr geehrte Damen und Herren,", "Liebe Kolleginnen und Kollegen,",
           "Guten Tag,", "Guten Morgen zusammen,"],
    "fr": ["Bonjour,", "Madame, Monsieur,", "Chers collègues,", "Bonjour à toute l'équipe,"],
}
HELLO_QUICK = {
    "en": ["Hi,", "Hello,", "Hi all,", "Hey team,", "Morning,", "Hi there,", "", "Hello again,"],
    "de": ["Hallo,", "Hallo zusammen,", "Moin,", "Servus,", "", "Hi,"],
    "fr": ["Bonjour,", "Salut,", "Bonjour à tous,", "", "Hello,"],
}
BYE_FORMAL = {
    "en": ["Kind regards,", "Best regards,", "Yours sincerely,", "Many thanks in advance and best regards,"],
    "de": ["Mit freundlichen Grüßen", "Viele Grüße", "Freundliche Grüße"],
    "fr": ["Cordialement,", "Bien cordialement,", "Avec mes remerciements,", "Salutations distinguées,"],
}
BYE_QUICK = {
    "en": ["Thanks", "Thx", "Cheers,", "Thank you!", "Regards", "BR", "", "Thanks a lot,"],
    "de": ["Danke", "Gruß", "LG", "Vielen Dank", "VG", ""],
    "fr": ["Merci", "Cdt", "Merci d'avance,", "Bonne journée,", ""],
}
TITLES = {
    "en": ["Team Lead", "Clerk", "Senior Engineer", "Assistant", "Shift Manager", "Analyst",
           "Coordinator", "Specialist", "Head of department", "Sales Representative"],
    "de": ["Sachbearbeitung", "Teamleitung", "Assistenz", "Konstruktion", "Schichtleitung"],
    "fr": ["Assistante", "Responsable d'équipe", "Technicien", "Chargée d'affaires"],
}
MOBILE = {
    "en": ["Sent from my phone", "Sent from my mobile, please excuse brevity", "Get the mail app for your phone"],
    "de": ["Von meinem Smartphone gesendet", "Gesendet von unterwegs"],
    "fr": ["Envoyé de mon téléphone", "Envoyé depuis mon mobile"],
}
DISCLAIMER = {
    "en": ["This message may contain confidential information. If you are not the intended\n"
           "recipient, please delete it and tell the sender.",
           "Please consider the environment before printing this e-mail."],
    "de": ["Diese Nachricht kann vertrauliche Informationen enthalten."],
    "fr": ["Ce message peut contenir des informations confidentielles."],
}
FOOTER = {
    "en": ["[This ticket was created automatically from an e-mail to helpdesk@example.com. Do not change the subject line.]",
           "--\nTicket created via https://portal.example.com - replies are added to the ticket.",
           "[EXTERNAL] This mail comes from outside the organisation."],
    "de": ["[Dieses Ticket wurde automatisch aus einer E-Mail an helpdesk@example.com erstellt.]"],
    "fr": ["[Ce ticket a été créé automatiquement à partir d'un message à helpdesk@example.com.]"],
}
FORM = {  # where, what, effect, wish, contact, own estimate
    "en": ("Location", "Description", "Effect on your work", "What should we do?", "Contact", "Urgency chosen by user"),
    "de": ("Standort", "Beschreibung", "Auswirkung", "Was sollen wir tun?", "Kontakt", "Dringlichkeit laut Anwender"),
    "fr": ("Lieu", "Description", "Impact", "Demande", "Contact", "Urgence indiquée"),
}
SCOPES = {
    "en": {"o": ["only me", "one person", "just my workplace"],
           "g": ["several people", "my team", "the whole area"],
           "r": ["-", "none (request)", "n/a"]},
    "de": {"o": ["nur ich", "ein Arbeitsplatz"], "g": ["mehrere Personen", "die Abteilung"], "r": ["-", "keine"]},
    "fr": {"o": ["moi seul", "un poste"], "g": ["plusieurs personnes", "le service"], "r": ["-", "aucun"]},
}
URGENCY = {
    "en": {"C": "critical", "H": "high", "M": "normal", "L": "low"},
    "de": {"C": "kritisch", "H": "hoch", "M": "normal", "L": "niedrig"},
    "fr": {"C": "critique", "H": "haute", "M": "normale", "L": "basse"},
}
CALLED = {
    "en": ["Call from", "Phone:", "Caller:", "User rang,", "Walk-in:"],
    "de": ["Anruf von", "Tel.:", "Anrufer:"],
    "fr": ["Appel de", "Tél. :", "Appelant :"],
}
SAYS = {
    "en": ["says", "quote", "in the user's words", "reports"],
    "de": ["sagt", "O-Ton", "meldet"], "fr": ["dit", "précise", "signale"],
}
TRIED = {
    "en": ["Rebooted with user on the phone, no change.", "No remote session possible.",
           "Checked known errors, nothing.", "Told user we come back to it.", "First level could not solve, pls take over.",
           "Details see above. Callback promised.", ""],
    "de": ["Neustart am Telefon gemacht, keine Besserung.", "Rückruf zugesagt.", "Bitte übernehmen.", ""],
    "fr": ["Redémarrage fait au téléphone, sans effet.", "Rappel promis.", "Merci de prendre en charge.", ""],
}
AGENT = {  # greeting, question about the time, last line
    "en": (["hi, how can I help?", "hello, what can I do for you?"], ["since when?", "ok, when did it start?"],
           ["I'll open a ticket for this", "ok, ticket is open, someone will contact you", "passing it on"]),
    "de": (["hallo, was kann ich tun?"], ["seit wann?"], ["ok, ich mache ein Ticket auf", "ich gebe es weiter"]),
    "fr": (["bonjour, que puis-je faire ?"], ["depuis quand ?"], ["d'accord, j'ouvre un ticket", "je transmets"]),
}
CHAT_HELLO = {
    "en": ["hi", "hello, quick question", "hey", "anyone there?"],
    "de": ["hallo", "moin", "jemand da?"],
    "fr": ["bonjour", "salut", "il y a quelqu'un ?"],
}
WHEN = {
    "en": ["since {day}", "about an hour", "this morning", "no idea, just noticed", "since I came in"],
    "de": ["seit {day}", "seit heute früh", "gerade gemerkt"],
    "fr": ["depuis {day}", "depuis ce matin", "je viens de le voir"],
}
FORWARD = {
    "en": ["Please see below.", "FYI and please take care of this.", "Can you help {first2}? See mail below.",
           "Forwarding this, it landed with us by mistake.", "Is that something for you?", "+1, same here."],
    "de": ["Siehe unten.", "Zur Bearbeitung weitergeleitet.", "Könnt ihr {first2} helfen?"],
    "fr": ["Voir ci-dessous.", "Je transmets pour traitement.", "Pouvez-vous aider {first2} ?"],
}
CHASE = {
    "en": ["Any news on this?", "I have not heard anything since {day}, so once more:", "Reminder!", "Could somebody please answer?"],
    "de": ["Gibt es dazu etwas Neues?", "Ich erinnere an mein Anliegen."],
    "fr": ["Avez-vous des nouvelles ?", "Je me permets de relancer."],
}
ORIGINAL = {
    "en": ("-----Original Message-----", "From", "Sent", "To", "Subject"),
    "de": ("-----Ursprüngliche Nachricht-----", "Von", "Gesendet", "An", "Betreff"),
    "fr": ("-----Message d'origine-----", "De", "Envoyé", "À", "Objet"),
}
VOICEMAIL = {
    "en": ["yes hello this is {name} from {dept} um", "hi it's {first} here {dept}", "good morning my name is {name}"],
    "de": ["ja hallo hier ist {name} aus {dept} äh"], "fr": ["oui bonjour c'est {name} euh"],
}
VOICEMAIL_HEAD = {
    "en": "Voice message, transcribed automatically", "de": "Sprachnachricht, automatisch verschriftet",
    "fr": "Message vocal, transcription automatique",
}
BULLETS = {
    "en": ("What happens", "Effect", "Wanted", "Good to know"),
    "de": ("Problem", "Folge", "Wunsch", "Hinweis"), "fr": ("Problème", "Conséquence", "Souhait", "À savoir"),
}
# An English cover note over a mail from an office abroad.
COVER = ["Hi team, this came in from our office in {site}, sorry it's not in English.",
         "Please handle, original in the local language below.",
         "Can someone who speaks the language look at this? Thanks"]
FOREIGN_HELLO = ["Hallo,", "Guten Tag,", "Bonjour,", "Salut,"]
FOREIGN_BYE = ["Viele Grüße", "Merci et à bientôt", "Danke und Gruß", "Cordialement"]
