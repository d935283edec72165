"""Fills {slots} and [one|of|these] in a sentence.

A slot keeps its value for the whole ticket, so that the subject and the body
speak of the same printer. Names of people, firms, places and programs are
invented; addresses are from the example domains and RFC 5737.
"""
import datetime
import re

FIRST = ("Jana Tom Mirela Oskar Petra Lina Yusuf Carla Henrik Noor Emil Sofia "
         "Dario Anke Pavel Ines Ruben Talia Marek Greta Aldo Freya Kofi Elin "
         "Bruno Samira Viktor Leona Iris Milan").split()
LAST = ("Brannik Tolvaren Keswold Marrenby Ostvelt Fendrake Halverio Quillmark "
        "Draskow Lundquary Pemberlo Varnholt Sezanwick Torvelli Ashgrave "
        "Corvanti Nebelroth Wexmoor Yarrowin Zandvik Eldermo Griswane Kolbrandt "
        "Marchevou Delacorne Bruyardin Tannhalm Rovental Istvarga Oakenshot").split()
COMPANIES = ("Corvane Instruments", "Nordhafen Werke", "Velmora Logistics",
             "Halden & Fisk", "Brightmoor Foods", "Atelier Courvaux")
VENDORS = ("Kestrel Supply", "Tandoro Systems", "Bluefern IT", "Ostwall Technik",
           "Maison Ferrandou", "Pikewood Software", "Greyline Partners",
           "Sundvall Components")
SITES = ("Halden", "Marrowgate", "Steinbrugg", "Vallonne", "Port Ellery",
         "Nordhafen", "Kirchfelde", "Aubremont")
APPS = ("Ledgerline", "Quorbit ERP", "Stocktrail", "ClientNest", "Planwerk",
        "Shipmate", "Docvault", "Labtrace", "Ordermill")
HR_APPS = ("Peoplehub", "MyStaffdesk", "Timeleaf")
SOFTWARE = ("Drafton CAD", "Photonix Studio", "PDF Quill Pro", "Statboard",
            "FlowSketch", "Terminara", "MeasureLab", "DiffMate", "Mindgrid",
            "CodeHarbor")
MODELS = ("Arden 14", "Arden 15 Pro", "Kestrel X2", "Tallis 13")
PROJECTS = ("Aurora", "Polaris", "Meridian", "Lighthouse", "Greenfield",
            "Phoenix 2", "Compass", "Northbridge", "Tidewater")
ERRORS = ("0x80070005", "0x8007003B", "0x80004005", "0xC000021A", "E-1043",
          "ERR_4471", "0x0000011B", "1603", "code 43", "SQL-1205", "HTTP 502")
FOLDERS = ("Budget", "Offers", "Quality reports", "Contracts", "Drawings",
           "Trade fair", "Price lists", "Audit", "Minutes", "Inventory")
MAILBOXES = ("info", "orders", "invoices", "service", "jobs", "returns")
DEPARTMENTS = {
    "en": ("Sales", "Accounting", "Logistics", "Quality", "Marketing", "Controlling",
           "Engineering", "Production", "Customer Service", "Legal", "the lab"),
    "de": ("Vertrieb", "Buchhaltung", "Logistik", "Qualität", "Marketing",
           "Controlling", "Konstruktion", "Fertigung", "Kundendienst"),
    "fr": ("commercial", "comptabilité", "logistique", "qualité", "marketing",
           "achats techniques", "production", "juridique"),
}
FLOORS = {
    "en": ("ground floor", "1st floor", "2nd floor", "3rd floor", "4th floor"),
    "de": ("Erdgeschoss", "1. Stock", "2. Stock", "3. Stock", "4. Stock"),
    "fr": ("rez-de-chaussée", "1er étage", "2e étage", "3e étage", "4e étage"),
}
DAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday".split(),
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag".split(),
    "fr": "lundi mardi mercredi jeudi vendredi".split(),
}
MONTHS = {
    "en": "January February March April May June July August September October "
          "November December".split(),
    "de": "Januar Februar März April Mai Juni Juli August September Oktober "
          "November Dezember".split(),
    "fr": "janvier février mars avril mai juin juillet août septembre octobre "
          "novembre décembre".split(),
}
NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")
PLAIN = str.maketrans("äöüéèç", "aoueec")

ONE_OF = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
SLOT = re.compile(r"\{([a-z0-9]+)\}")


class Filler:
    """The facts of one ticket."""

    def __init__(self, draw, language, created):
        self.draw = draw
        self.language = language
        self.created = created
        self.facts = {}

    def __call__(self, text):
        text = ONE_OF.sub(lambda match: self.draw.pick(match[1].split("|")), text)
        return SLOT.sub(lambda match: self.fact(match[1]), text)

    def fact(self, name):
        if name not in self.facts:
            self.facts[name] = str(getattr(self, "_" + name)())
        return self.facts[name]

    def day_text(self, offset):
        day = self.created + datetime.timedelta(days=offset)
        while day.weekday() > 4:
            day += datetime.timedelta(days=1)
        month = MONTHS[self.language][day.month - 1]
        if self.language == "de":
            return self.draw.pick([f"{day.day}. {month}", f"{day.day}.{day.month}."])
        if self.language == "en" and self.draw.chance(0.3):
            return f"{month} {day.day}"
        return f"{day.day} {month}"

    def _month_near(self, offset):
        return MONTHS[self.language][(self.created.month - 1 + offset) % 12]

    # People
    def _first(self): return self.draw.pick(FIRST)
    def _first2(self): return self.draw.pick(FIRST)
    def _last(self): return self.draw.pick(LAST)
    def _name(self): return f"{self.draw.pick(FIRST)} {self.draw.pick(LAST)}"
    def _name2(self): return f"{self.draw.pick(FIRST)} {self.draw.pick(LAST)}"
    def _name3(self): return f"{self.draw.pick(FIRST)} {self.draw.pick(LAST)}"
    def _login(self):
        return (self.fact("first")[0] + self.fact("last")[:7]).lower().translate(PLAIN)
    def _address(self):
        user = f"{self.fact('first')}.{self.fact('last')}".lower().translate(PLAIN)
        return f"{user}@{self.draw.pick(['example.com', 'example.org'])}"
    def _extmail(self):
        user = self.draw.pick(["support", "contact", "billing", "partner", "delivery"])
        return f"{user}{self.draw.below(90)}@example.net"
    def _mailbox(self): return f"{self.draw.pick(MAILBOXES)}@example.com"
    def _ext(self): return f"555-01{self.draw.below(100):02d}"
    def _company(self): return self.draw.pick(COMPANIES)
    def _dept(self): return self.draw.pick(DEPARTMENTS[self.language])

    # Things
    def _asset(self): return f"{self.draw.pick(['NB', 'LT', 'PC'])}-{self.draw.between(1000, 9899):05d}"
    def _pc(self): return f"WS-{self.draw.pick(['HAL', 'MAR', 'STB', 'VAL'])}-{self.draw.between(100, 999)}"
    def _srv(self):
        kind = self.draw.pick(["file", "app", "db", "web", "vm"])
        return f"srv-{kind}-{self.draw.between(1, 24):02d}"
    def _ip(self): return self.draw.pick(NETWORKS) + str(self.draw.between(2, 250))
    def _printer(self): return f"PRN-{self.draw.below(5)}-{self.draw.between(1, 30):02d}"
    def _model(self): return self.draw.pick(MODELS)
    def _app(self): return self.draw.pick(APPS)
    def _hrapp(self): return self.draw.pick(HR_APPS)
    def _sw(self): return self.draw.pick(SOFTWARE)
    def _err(self): return self.draw.pick(ERRORS)
    def _proj(self): return self.draw.pick(PROJECTS)
    def _folder(self):
        name = self.draw.pick(FOLDERS)
        return f"{name} {self.created.year}" if self.draw.chance(0.4) else name
    def _share(self):
        return rf"\\fs{self.draw.between(1, 6):02d}\{self.draw.pick(['projects', 'teams', 'common', 'exchange', 'data'])}"
    def _letter(self): return self.draw.pick("GKPSTX")
    def _ticket(self): return f"INC{self.draw.between(10000, 89999):07d}"
    def _po(self): return f"PO-45{self.draw.between(1000, 99999):06d}"
    def _vendor(self): return self.draw.pick(VENDORS)
    def _amount(self):
        number = self.draw.between(8, 940) * 10
        if self.language == "en":
            return f"EUR {number:,}"
        return f"{number:,} Euro".replace(",", ".") if self.language == "de" else f"{number} euros"

    # Places, times and numbers
    def _site(self): return self.draw.pick(SITES)
    def _siteno(self): return f"{self.draw.pick(['hal', 'mar', 'stb', 'val'])}{self.draw.between(1, 4)}"
    def _room(self): return f"{self.draw.pick('ABCD')}{self.draw.between(0, 4)}.{self.draw.between(1, 40):02d}"
    def _floor(self): return self.draw.pick(FLOORS[self.language])
    def _floorno(self): return self.draw.between(1, 4)
    def _date(self): return self.day_text(self.draw.between(3, 25))
    def _pdate(self): return self.day_text(-self.draw.between(2, 20))
    def _day(self): return self.draw.pick(DAYS[self.language])
    def _month(self): return self._month_near(self.draw.pick([-1, -1, 1]))
    def _month2(self): return self._month_near(2)
    def _time(self): return f"{self.draw.between(7, 17)}:{self.draw.pick(['00', '10', '15', '30', '45'])}"
    def _n(self): return self.draw.between(2, 6)
    def _nn(self): return self.draw.between(11, 60)
    def _nn2(self): return self.draw.between(36, 46)
    def _gb(self): return self.draw.between(5, 90) * 10
    def _pct(self): return self.draw.between(86, 99)
