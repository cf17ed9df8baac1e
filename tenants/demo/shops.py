"""The demo shops and what they sell. Data only."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Shop:
    """A demo tenant; `required` are the customer fields it demands in every record."""

    name: str
    slug: str
    priority: Literal["customerid", "email"]
    required: tuple[str, ...]
    time_zone: str
    country: str
    key_labels: tuple[str, ...]


@dataclass(frozen=True)
class Family:
    """A kind of product; `price` is the range for the smallest size in whole units of the shop's currency."""

    noun: str
    taxonomy: tuple[str, ...]
    price: tuple[int, int]
    sizes: tuple[str, ...] = ()
    colors: tuple[str, ...] = ()
    step: int = 0  # how many per cent of the smallest each further size adds


@dataclass(frozen=True)
class Trade:
    """What makes one demo shop differ from the others; shares are per cent of the totals."""

    shop: Shop
    customers: int
    orders: int
    products: int
    rhythm: int  # median days between two purchases of one customer
    churn: float  # the chance that a purchase is the last one
    returns: float  # part of all orders
    language: str  # of the catalogue
    currency: str
    currencies: str  # "en-GB GBP, …": by the customer's language, where not `currency`
    months: tuple[int, ...]  # how busy January … December are
    origins: str  # "de-DE 30, …": the customers' languages and their weights
    brands: tuple[str, ...]
    series: str
    families: tuple[Family, ...]


# What a euro was worth, in thousandths: good enough for a demo, and no float.
RATES = {"EUR": 1_000, "USD": 1_080, "GBP": 860, "JPY": 160_000, "SEK": 11_400, "NOK": 11_700, "DKK": 7_460}

_COFFEE = Trade(
    shop=Shop(
        name="Mokkafjord Coffee Roasters",
        slug="mokkafjord",
        priority="customerid",
        required=("Language", "GdprOptin"),
        time_zone="Europe/Berlin",
        country="DE",
        key_labels=("Shopware plug-in", "ERP nightly sync", "Staging"),
    ),
    customers=36,
    orders=48,
    products=20,
    rhythm=28,
    churn=0.12,
    returns=0.01,
    language="de-DE",
    currency="EUR",
    currencies="en-GB GBP",
    months=(11, 10, 10, 9, 8, 7, 7, 7, 9, 10, 12, 14),
    origins=(
        "de-DE 30, nl-NL 12, fr-FR 12, it-IT 9, es-ES 7, fi-FI 5, pl-PL 6, cs-CZ 5, hu-HU 4, el-GR 4, bg-BG "
        "3, sr-Cyrl-RS 2, uk-UA 4, tr-TR 3, en-GB 3"
    ),
    brands=("Mokkafjord", "Mokkafjord Reserve", "Kessel & Krug"),
    series=(
        "Ethiopia Guji, Kenya Nyeri, Colombia Huila, Brazil Cerrado, Guatemala Antigua, Sumatra Lintong, "
        "Rwanda Kivu, Perú Cajamarca, Costa Rica Tarrazú, Harbour Blend, Nachtschicht, Sonntagsröstung, Café "
        "Olé, Polarlicht, Altstadt, Werkstatt"
    ),
    families=(
        Family("Filter Roast", ("Coffee", "Filter"), (8, 16), ("250g", "500g", "1kg"), (), 85),
        Family("Espresso", ("Coffee", "Espresso"), (8, 15), ("250g", "500g", "1kg"), (), 85),
        Family("Decaf", ("Coffee", "Decaf", "Swiss Water"), (10, 15), ("250g", "1kg"), (), 250),
        Family("Capsules", ("Coffee", "Capsules", "Compostable"), (5, 7), ("10 pcs", "50 pcs", "100 pcs"), (), 300),
        Family("Cold Brew", ("Coffee", "Ready to drink"), (3, 5), ("250ml", "6x250ml"), (), 400),
        Family("Dripper", ("Equipment", "Brewing", "Pour over"), (18, 45), (), ("White", "Black", "Copper")),
        Family("Hand Grinder", ("Equipment", "Grinding"), (69, 189), (), ("Black", "Silver")),
        Family("Cup", ("Equipment", "Serving", "Ceramics", "Cups"), (12, 24), ("80ml", "180ml"), ("Sand", "Moss"), 20),
    ),
)

_COSMETICS = Trade(
    shop=Shop(
        name="Aurelune Cosmetics",
        slug="aurelune",
        priority="email",
        required=(),
        time_zone="America/New_York",
        country="US",
        key_labels=("Storefront", "Data warehouse export"),
    ),
    customers=34,
    orders=32,
    products=38,
    rhythm=55,
    churn=0.18,
    returns=0.03,
    language="en-US",
    currency="USD",
    currencies="en-GB GBP, ja-JP JPY, de-DE EUR, fr-FR EUR, it-IT EUR, es-ES EUR, el-GR EUR, nl-NL EUR",
    months=(8, 10, 9, 9, 11, 9, 8, 8, 9, 10, 15, 16),
    origins=(
        "en-US 22, en-GB 10, ja-JP 9, ko-KR 7, zh-CN 6, zh-Hant-TW 4, fr-FR 6, pt-BR 5, hi-IN 6, ta-IN 2, "
        "th-TH 3, vi-VN 3, ar-EG 5, he-IL 3, es-ES 4, it-IT 3, de-DE 3, el-GR 2, tr-TR 2, ka-GE 1, nl-NL 2"
    ),
    brands=("Aurelune", "Aurelune Nuit", "Petal Theory", "Sève Bleue"),
    series=(
        "Dew, Velvet Hour, Clair de Lune, Sève, Camellia, Hanami, Saffron, Rosé, Mineral, Aloe, Niacin 10, "
        "Vitamin C, Glacier, Nacre, Opal, Bakuchiol, Ceramide, Yuzu, Oat Milk, Neroli, Peptide, Marine, "
        "Jasmine, Fig"
    ),
    families=(
        Family("Face Serum", ("Skincare", "Face", "Serums"), (24, 68), ("15ml", "30ml", "50ml"), (), 60),
        Family("Day Cream SPF 30", ("Skincare", "Face", "Moisturisers", "Day"), (22, 58), ("30ml", "50ml"), (), 45),
        Family("Night Cream", ("Skincare", "Face", "Moisturisers", "Night"), (28, 72), ("30ml", "50ml"), (), 45),
        Family("Cleansing Balm", ("Skincare", "Face", "Cleansers"), (16, 34), ("100ml", "200ml"), (), 70),
        Family("Body Lotion", ("Skincare", "Body"), (12, 28), ("200ml", "400ml", "1L"), (), 65),
        Family("Shampoo", ("Hair", "Wash"), (9, 24), ("50ml", "250ml", "500ml"), (), 80),
        Family("Hair Oil", ("Hair", "Care", "Oils"), (18, 38), ("50ml", "100ml"), (), 70),
        Family(
            "Lipstick",
            ("Make-up", "Lips", "Lipstick"),
            (14, 29),
            (),
            ("Rosewood", "Coral", "Plum", "Nude", "Cherry", "Brick", "Fuchsia"),
        ),
        Family(
            "Foundation",
            ("Make-up", "Face", "Foundation"),
            (24, 46),
            ("30ml",),
            ("Ivory", "Honey", "Amber", "Espresso"),
        ),
        Family("Nail Polish", ("Make-up", "Nails"), (7, 14), (), ("Ruby", "Sky", "Mint", "Onyx", "Pearl")),
        Family("Eau de Parfum", ("Fragrance", "Women"), (48, 120), ("10ml", "50ml", "100ml"), (), 75),
    ),
)

_SPORTS = Trade(
    shop=Shop(
        name="Kvistberg Sport & Fjäll",
        slug="kvistberg",
        priority="customerid",
        required=("GdprOptin",),
        time_zone="Europe/Stockholm",
        country="SE",
        key_labels=("Webshop", "Store tills", "Product feed"),
    ),
    customers=30,
    orders=20,
    products=42,
    rhythm=85,
    churn=0.2,
    returns=0.08,
    language="sv-SE",
    currency="SEK",
    currencies="nb-NO NOK, da-DK DKK, fi-FI EUR, de-DE EUR, pl-PL EUR",
    months=(12, 9, 8, 10, 12, 11, 8, 9, 9, 9, 14, 15),
    origins=(
        "sv-SE 45, nb-NO 17, da-DK 13, fi-FI 9, de-DE 5, pl-PL 3, en-GB 2, ar-EG 2, sr-Cyrl-RS 1, th-TH 1, "
        "tr-TR 1, uk-UA 1"
    ),
    brands=("Kvistberg", "Fjällrot", "Tundra Nord", "Skarvan"),
    series=(
        "Abisko, Sarek, Kebne, Åre, Sälen, Lofoten, Rondane, Skåne, Vättern, Siljan, Gotska, Norrsken, "
        "Vinter, Storm, Lätt, Trail, Ridge, Skogs, Myr, Fjord, Tind, Ås, Öland, Höga Kusten, Kungsleden, "
        "Padjelanta"
    ),
    families=(
        Family(
            "Training Tee",
            ("Apparel", "Women", "Activewear", "Tops"),
            (249, 499),
            ("XS", "S", "M", "L"),
            ("Black", "Coral"),
        ),
        Family("Running Tee", ("Apparel", "Men", "Running"), (249, 549), ("S", "M", "L", "XL"), ("Navy", "Lime")),
        Family("Shell Jacket", ("Apparel", "Men", "Jackets"), (1499, 3999), ("S", "M", "L", "XL"), ("Rust", "Black")),
        Family("Fleece", ("Apparel", "Women", "Mid layer"), (699, 1299), ("S", "M", "L"), ("Sand", "Forest")),
        Family("Wool Socks", ("Apparel", "Socks"), (99, 199), ("36-39", "40-43", "44-47"), ("Grey",)),
        Family(
            "Trail Shoe",
            ("Footwear", "Running", "Trail"),
            (1199, 2199),
            ("38", "40", "42", "44", "46"),
            ("Blue", "Red"),
        ),
        Family("Energy Gel", ("Nutrition", "Endurance"), (25, 35), ("1 pc", "12 pcs", "24 pcs"), (), 700),
        Family("Electrolytes", ("Nutrition", "Hydration"), (79, 129), ("20 tabs", "60 tabs"), (), 160),
        Family("Bottle", ("Equipment", "Hydration"), (129, 399), ("500ml", "750ml"), ("Clear", "Blue", "Orange"), 15),
        Family("Ski Wax", ("Equipment", "Winter", "Ski", "Wax"), (149, 399), ("60g", "180g"), (), 150),
        Family("Yoga Mat", ("Equipment", "Indoor"), (399, 899), (), ("Moss", "Plum", "Stone")),
        Family("Backpack", ("Equipment", "Hiking", "Backpacks"), (899, 2899), ("22L", "35L", "55L"), ("Olive",), 35),
    ),
)

TRADES = (_COFFEE, _COSMETICS, _SPORTS)
SHOPS: tuple[Shop, ...] = tuple(trade.shop for trade in TRADES)
