"""Lists the OpenAlex API works with: continents, countries, topic fields, types, languages.

Membership follows the service's own list of August 2026 (`country_list.py` of
ourresearch/openalex-elastic-api): Mexico, Central America and the Caribbean belong to North
America, Kosovo to Europe, and the "global south" holds China but neither Mexico, Hong Kong, Taiwan
nor Puerto Rico. Names are the short English ones, as the service gives them since July 2026.
"""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text.

    Examples
    --------
    >>> words("article  review")
    ('article', 'review')
    """
    return tuple(text.split())


_BY_CONTINENT = {
    ("africa", "Q15", "Africa"): """
        AO Angola|BF Burkina Faso|BI Burundi|BJ Benin|BW Botswana|CD DR Congo
        CF Central African Republic|CG Congo|CI Côte d'Ivoire|CM Cameroon|CV Cabo Verde
        DJ Djibouti|DZ Algeria|EG Egypt|ER Eritrea|ET Ethiopia|GA Gabon|GH Ghana|GM Gambia
        GN Guinea|GQ Equatorial Guinea|GW Guinea-Bissau|KE Kenya|KM Comoros|LR Liberia
        LS Lesotho|LY Libya|MA Morocco|MG Madagascar|ML Mali|MR Mauritania|MU Mauritius
        MW Malawi|MZ Mozambique|NA Namibia|NE Niger|NG Nigeria|RE Réunion|RW Rwanda
        SC Seychelles|SD Sudan|SH Saint Helena|SL Sierra Leone|SN Senegal|SO Somalia
        SS South Sudan|ST Sao Tome and Principe|SZ Eswatini|TD Chad|TG Togo|TN Tunisia
        TZ Tanzania|UG Uganda|YT Mayotte|ZA South Africa|ZM Zambia|ZW Zimbabwe""",
    ("antarctica", "Q51", "Antarctica"): """
        AQ Antarctica|BV Bouvet Island|HM Heard Island and McDonald Islands""",
    ("asia", "Q48", "Asia"): """
        AE United Arab Emirates|AF Afghanistan|AM Armenia|AZ Azerbaijan|BD Bangladesh|BH Bahrain
        BN Brunei|BT Bhutan|CC Cocos Islands|CN China|CX Christmas Island|CY Cyprus|GE Georgia
        HK Hong Kong|ID Indonesia|IL Israel|IN India|IO British Indian Ocean Territory|IQ Iraq
        IR Iran|JO Jordan|JP Japan|KG Kyrgyzstan|KH Cambodia|KP North Korea|KR South Korea
        KW Kuwait|KZ Kazakhstan|LA Laos|LB Lebanon|LK Sri Lanka|MM Myanmar|MN Mongolia|MO Macao
        MV Maldives|MY Malaysia|NP Nepal|OM Oman|PH Philippines|PK Pakistan|PS Palestine
        QA Qatar|SA Saudi Arabia|SG Singapore|SY Syria|TH Thailand|TJ Tajikistan|TL Timor-Leste
        TM Turkmenistan|TR Turkey|TW Taiwan|UZ Uzbekistan|VN Vietnam|YE Yemen""",
    ("europe", "Q46", "Europe"): """
        AD Andorra|AL Albania|AT Austria|AX Åland Islands|BA Bosnia and Herzegovina|BE Belgium
        BG Bulgaria|BY Belarus|CH Switzerland|CZ Czechia|DE Germany|DK Denmark|EE Estonia
        ES Spain|FI Finland|FO Faroe Islands|FR France|GB United Kingdom|GG Guernsey
        GI Gibraltar|GR Greece|HR Croatia|HU Hungary|IE Ireland|IM Isle of Man|IS Iceland
        IT Italy|JE Jersey|LI Liechtenstein|LT Lithuania|LU Luxembourg|LV Latvia|MC Monaco
        MD Moldova|ME Montenegro|MK North Macedonia|MT Malta|NL Netherlands|NO Norway|PL Poland
        PT Portugal|RO Romania|RS Serbia|RU Russia|SE Sweden|SI Slovenia
        SJ Svalbard and Jan Mayen|SK Slovakia|SM San Marino|UA Ukraine|VA Vatican City|XK Kosovo""",
    ("north_america", "Q49", "North America"): """
        AG Antigua and Barbuda|AI Anguilla|AW Aruba|BB Barbados|BL Saint Barthélemy|BM Bermuda
        BQ Bonaire|BS Bahamas|BZ Belize|CA Canada|CR Costa Rica|CU Cuba|CW Curaçao|DM Dominica
        DO Dominican Republic|GD Grenada|GL Greenland|GP Guadeloupe|GT Guatemala|HN Honduras
        HT Haiti|JM Jamaica|KN Saint Kitts and Nevis|KY Cayman Islands|LC Saint Lucia
        MF Saint Martin|MQ Martinique|MS Montserrat|MX Mexico|NI Nicaragua|PA Panama
        PM Saint Pierre and Miquelon|PR Puerto Rico|SV El Salvador|SX Sint Maarten
        TC Turks and Caicos Islands|TT Trinidad and Tobago|US United States
        VC Saint Vincent and the Grenadines|VG British Virgin Islands|VI U.S. Virgin Islands""",
    ("oceania", "Q55643", "Oceania"): """
        AS American Samoa|AU Australia|CK Cook Islands|FJ Fiji|FM Micronesia|GU Guam|KI Kiribati
        MH Marshall Islands|MP Northern Mariana Islands|NC New Caledonia|NF Norfolk Island
        NR Nauru|NU Niue|NZ New Zealand|PF French Polynesia|PG Papua New Guinea|PN Pitcairn
        PW Palau|SB Solomon Islands|TK Tokelau|TO Tonga|TV Tuvalu|VU Vanuatu
        WF Wallis and Futuna|WS Samoa""",
    ("south_america", "Q18", "South America"): """
        AR Argentina|BO Bolivia|BR Brazil|CL Chile|CO Colombia|EC Ecuador|FK Falkland Islands
        GF French Guiana|GS South Georgia and the South Sandwich Islands|GY Guyana|PE Peru
        PY Paraguay|SR Suriname|UY Uruguay|VE Venezuela""",
}

_PAIRS = {
    continent: [
        (entry[:2], entry[3:])
        for line in text.split("\n")
        for entry in line.strip().split("|")
        if entry
    ]
    for continent, text in _BY_CONTINENT.items()
}

COUNTRY_NAMES: dict[str, str] = {code: name for pairs in _PAIRS.values() for code, name in pairs}

#: Wikidata id of a continent to its name.
CONTINENTS: dict[str, str] = {qid: name for _, qid, name in _PAIRS}

#: `south_america` and `q18` (both lower-case) to the country codes of the continent.
CONTINENT_COUNTRIES: dict[str, frozenset[str]] = {
    word: frozenset(code for code, _ in pairs)
    for (slug, qid, _), pairs in _PAIRS.items()
    for word in (slug, qid.lower())
}

GLOBAL_SOUTH = frozenset(
    words(
        "AE AF AG AO AR BA BB BD BF BH BI BJ BN BO BR BS BT BW BZ CD CF CG CI CL CM CN CO CR CU"
        " CV DJ DM DO DZ EC EG ER ET FJ FM GA GD GH GM GN GQ GT GW GY HN HT ID IN IQ IR JM JO KE"
        " KH KI KM KN KP KW LA LB LC LK LR LS LY MA MG MH ML MM MN MR MU MV MW MY MZ NA NE NG NI"
        " NP NR OM PA PE PG PH PK PS PY QA RW SA SB SC SD SG SL SN SO SR SS ST SV SY SZ TD TG TH"
        " TJ TL TM TN TO TT TZ UG UY VC VE VN VU WS YE ZA ZM ZW"
    )
)

TOPIC_FIELDS: dict[int, str] = {
    11: "Agricultural and Biological Sciences",
    12: "Arts and Humanities",
    13: "Biochemistry, Genetics and Molecular Biology",
    14: "Business, Management and Accounting",
    15: "Chemical Engineering",
    16: "Chemistry",
    17: "Computer Science",
    18: "Decision Sciences",
    19: "Earth and Planetary Sciences",
    20: "Economics, Econometrics and Finance",
    21: "Energy",
    22: "Engineering",
    23: "Environmental Science",
    24: "Immunology and Microbiology",
    25: "Materials Science",
    26: "Mathematics",
    27: "Medicine",
    28: "Neuroscience",
    29: "Nursing",
    30: "Pharmacology, Toxicology and Pharmaceutics",
    31: "Physics and Astronomy",
    32: "Psychology",
    33: "Social Sciences",
    34: "Veterinary",
    35: "Dentistry",
    36: "Health Professions",
}

INSTITUTION_TYPES = words(
    "archive company education facility government healthcare nonprofit other"
)

WORK_TYPES = words(
    "article book book-chapter book-review conference-abstract conference-paper data-paper dataset"
    " dissertation editorial erratum letter libguides other paratext peer-review preprint"
    " reference-entry report retraction review software software-paper standard"
    " supplementary-materials"
)

LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "pt": "Portuguese",
    "zh": "Chinese",
    "fr": "French",
    "de": "German",
    "ja": "Japanese",
    "ru": "Russian",
    "id": "Indonesian",
    "it": "Italian",
}
