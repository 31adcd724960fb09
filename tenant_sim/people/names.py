"""Pools of names and words for made-up people: many scripts, and characters that often break programs."""

from __future__ import annotations

NAMES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "US",
        ("Talya", "Marcus", "Genevra", "Owen", "Shaniqua", "D'Andre", "Mary-Jane", "Wade"),
        ("Fleeta", "Holloway", "St. John", "Carter", "Washington", "Vance", "Lee", "Abernathy-Cole"),
    ),
    ("IE", ("Siobhán", "Pádraig", "Niamh", "Oisín", "Aoife"), ("O'Brien", "Ó Súilleabháin", "McDonagh", "O’Neill")),
    (
        "DE",
        ("Jürgen", "Käthe", "Björn", "Anneliese", "Sören", "Günther"),
        ("Müller", "Groß", "Schäfer", "von der Höhe", "Weiß", "Köhler-Öztürk"),
    ),
    (
        "FR",
        ("Zoé", "François", "Hélène", "Loïc", "Maëlys"),
        ("Lefèvre", "d'Artagnan", "Nuñez-Côté", "Brûlé", "L'Écuyer"),
    ),
    ("PL", ("Łukasz", "Małgorzata", "Żaneta", "Paweł"), ("Wójcik", "Świątek", "Dąbrowski", "Żółć")),
    ("CZ", ("Jiří", "Šárka", "Řehoř", "Žofie"), ("Dvořák", "Růžička", "Křížová", "Nováček")),
    ("TR", ("İbrahim", "Işıl", "Çağla", "Gökhan"), ("Yıldız", "Şahin", "Öğütcü", "Aydın")),
    ("IS", ("Þór", "Ásdís", "Ægir", "Eiður"), ("Guðmundsdóttir", "Sigurðsson", "Þorláksson")),
    ("VN", ("Nguyễn Thị", "Đức", "Quỳnh", "Hương"), ("Trần", "Phạm", "Đặng", "Vũ")),
    ("GR", ("Ελένη", "Γιώργος", "Αθηνά"), ("Παπαδόπουλος", "Οικονόμου", "Καραγιάννη")),
    ("BG", ("Ивайло", "Цветана", "Щилян"), ("Петров", "Йорданова", "Жечев")),
    ("UA", ("Олександр", "Євгенія", "Ґалина"), ("Шевченко", "Їжакевич", "Кравчук")),
    ("IL", ("נועה", "יוסף", "שירה"), ("כהן", "לוי", "מזרחי")),
    ("EG", ("فاطمة", "محمد", "ليلى"), ("الشريف", "حسن", "عبد الله")),
    ("IN", ("अनन्या", "राजेश", "प्रिया"), ("शर्मा", "पटेल", "चौधरी")),
    ("TH", ("สมชาย", "กัญญา", "พิมพ์"), ("ศรีสุข", "วงศ์ไทย", "แก้วมณี")),
    ("CN", ("伟", "秀英", "子涵", "㛃"), ("王", "欧阳", "司马", "张")),
    ("JP", ("さくら", "健太郎", "凛"), ("髙橋", "渡邊", "𠮷田")),
    ("KR", ("지훈", "서연", "하은"), ("김", "박", "황보")),
)
"""(country, given names, surnames)."""

DEPARTMENTS = (
    "Sales",
    "Product Engineering",
    "Manufacturing",
    "R&D",
    'Legal "Counsel" & Risk',
    "Forschung & Entwicklung",
    "Système d'information",
    "HR\\Payroll",
    "人事部",
    "Product Marketing",
)
DIVISIONS = ("Electronics", "Food", "Media", "Pharma", "Garments", "Öl & Gas", "North\\East")
TITLES = (
    "Sales Executive",
    "Engineering Manager",
    "Software Developer",
    "Vice President",
    "Project Manager",
    'Assistant to the "Chief"',
    "Chargée d'études",
    "Geschäftsführerin",
    "エンジニア",
    "Lab C:\\Temp cleaner",
)
COMPANIES = ("Contoso", "Woodgrove", "Fabrikam", "Contoso Österreich GmbH")
OFFICES = ("Europe", "Asia Pacific", "Middle East", "København K", "São Paulo", "Building 3 \\ West")
CITIES = ("Chicago", "Frankfurt", "Paris", "Mumbai", "Łódź", "Zürich", "東京", "México, D.F.")
STREETS = ("303 Mansion Ct", "101 Woodgrove Way", "Königsallee 7", "12 Rue de l'Église", "", 'Flat "B", 5 High St')
COST_CENTERS = ("CC3035", "CC5081", "CC9016", "CC7018", "CC0007", "")
