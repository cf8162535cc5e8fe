"""Countries and their facts, as a table: what the encyclopedia tells and what questions may ask about."""

from __future__ import annotations

from dataclasses import dataclass

from pyllm.data.miniweb.held_out import is_held_out


@dataclass(frozen=True, slots=True)
class Country:
    """A country.

    Attributes:
        name: the short usual name, without "the": "Netherlands".
        in_text: the name as it stands inside a sentence: "the Netherlands".
        capital, language, adjective, region: as one says them in English; the language is that of most people.
        currency: one of it, without "the": "yen", "Swedish krona"; "" where it is not told.
        population: rounded to two figures.
        peak, peak_metres: the highest point; "" and 0 where it is not told.
    """

    name: str
    in_text: str
    capital: str
    language: str
    currency: str
    adjective: str
    region: str
    population: int
    peak: str
    peak_metres: int

    @property
    def currencies(self) -> str:
        """Several of the currency: "euros", "yen"; "" where it is not told."""
        if not self.currency:
            return ""
        *words, last = self.currency.split(" ")
        return " ".join([*words, _PLURALS.get(last, last + "s")])

    @property
    def held_out(self) -> bool:
        """Whether questions and answers must not name it."""
        return is_held_out("country", self.name)


# Plurals of currencies that do not just take an s.
_PLURALS = {
    "ariary": "ariary", "baht": "baht", "birr": "birr", "colon": "colones", "dong": "dong", "guarani": "guaranies",
    "krona": "kronor", "krone": "kroner", "kwanza": "kwanza", "lek": "lek", "lev": "leva", "leu": "lei",
    "lilangeni": "emalangeni", "loti": "maloti", "ngultrum": "ngultrum", "pa'anga": "pa'anga", "rand": "rand",
    "rupiah": "rupiah", "rufiyaa": "rufiyaa", "sol": "soles", "taka": "taka", "tala": "tala", "tenge": "tenge",
    "vatu": "vatu", "won": "won", "yen": "yen", "yuan": "yuan", "kina": "kina", "naira": "naira", "real": "reais",
}  # fmt: skip

# The columns: name, capital, language, currency, adjective, region, population, highest point, its metres.

# Told of on many pages.
_FAMILIAR = """
Argentina; Buenos Aires; Spanish; Argentine peso; Argentine; South America; 45000000; Aconcagua; 6961
Australia; Canberra; English; Australian dollar; Australian; Oceania; 27000000; Mount Kosciuszko; 2228
Austria; Vienna; German; euro; Austrian; Central Europe; 9200000; Grossglockner; 3798
Brazil; Brasília; Portuguese; real; Brazilian; South America; 220000000; Pico da Neblina; 2994
Canada; Ottawa; English; Canadian dollar; Canadian; North America; 39000000; Mount Logan; 5959
China; Beijing; Chinese; yuan; Chinese; East Asia; 1400000000; Mount Everest; 8849
Cuba; Havana; Spanish; Cuban peso; Cuban; the Caribbean; 10000000; Pico Turquino; 1974
Denmark; Copenhagen; Danish; Danish krone; Danish; Northern Europe; 6100000; Møllehøj; 171
Egypt; Cairo; Arabic; Egyptian pound; Egyptian; North Africa; 110000000; Mount Catherine; 2629
Ethiopia; Addis Ababa; Amharic; birr; Ethiopian; East Africa; 120000000; Ras Dashen; 4550
Finland; Helsinki; Finnish; euro; Finnish; Northern Europe; 5600000; Halti; 1328
France; Paris; French; euro; French; Western Europe; 69000000; Mont Blanc; 4806
Germany; Berlin; German; euro; German; Central Europe; 84000000; Zugspitze; 2962
Greece; Athens; Greek; euro; Greek; Southern Europe; 10000000; Mount Olympus; 2918
Hungary; Budapest; Hungarian; forint; Hungarian; Central Europe; 9900000; Kékes; 1014
India; New Delhi; Hindi; Indian rupee; Indian; South Asia; 1400000000; Kangchenjunga; 8586
Indonesia; Jakarta; Indonesian; rupiah; Indonesian; Southeast Asia; 280000000; Puncak Jaya; 4884
Iran; Tehran; Persian; Iranian rial; Iranian; the Middle East; 89000000; Mount Damavand; 5610
Ireland; Dublin; English; euro; Irish; Western Europe; 5200000; Carrauntoohil; 1041
Italy; Rome; Italian; euro; Italian; Southern Europe; 61000000; Mont Blanc; 4808
Japan; Tokyo; Japanese; yen; Japanese; East Asia; 120000000; Mount Fuji; 3776
Kenya; Nairobi; Swahili; Kenyan shilling; Kenyan; East Africa; 56000000; Mount Kenya; 5199
Mexico; Mexico City; Spanish; Mexican peso; Mexican; North America; 130000000; Pico de Orizaba; 5636
Morocco; Rabat; Arabic; Moroccan dirham; Moroccan; North Africa; 37000000; Toubkal; 4167
the Netherlands; Amsterdam; Dutch; euro; Dutch; Western Europe; 18000000; Vaalserberg; 322
Norway; Oslo; Norwegian; Norwegian krone; Norwegian; Northern Europe; 5500000; Galdhøpiggen; 2469
Peru; Lima; Spanish; sol; Peruvian; South America; 33000000; Huascarán; 6768
Poland; Warsaw; Polish; zloty; Polish; Central Europe; 39000000; Rysy; 2499
Portugal; Lisbon; Portuguese; euro; Portuguese; Southern Europe; 10000000; Mount Pico; 2351
Russia; Moscow; Russian; Russian ruble; Russian; Eastern Europe; 140000000; Mount Elbrus; 5642
Saudi Arabia; Riyadh; Arabic; Saudi riyal; Saudi; the Middle East; 37000000
South Korea; Seoul; Korean; won; Korean; East Asia; 51000000; Hallasan; 1950
Spain; Madrid; Spanish; euro; Spanish; Southern Europe; 47000000; Teide; 3718
Sweden; Stockholm; Swedish; Swedish krona; Swedish; Northern Europe; 11000000; Kebnekaise; 2097
Thailand; Bangkok; Thai; baht; Thai; Southeast Asia; 70000000; Doi Inthanon; 2565
Turkey; Ankara; Turkish; Turkish lira; Turkish; the Middle East; 85000000; Mount Ararat; 5137
Ukraine; Kyiv; Ukrainian; hryvnia; Ukrainian; Eastern Europe; 36000000; Hoverla; 2061
the United Kingdom; London; English; pound; British; Western Europe; 69000000; Ben Nevis; 1345
the United States; Washington; English; US dollar; American; North America; 340000000; Denali; 6190
Vietnam; Hanoi; Vietnamese; dong; Vietnamese; Southeast Asia; 110000000; Fansipan; 3143
"""

# Told of on one or two pages, however large the crawl is.
_RARE = """
Afghanistan; Kabul; Dari; afghani; Afghan; South Asia; 49000000
Albania; Tirana; Albanian; lek; Albanian; Europe; 2600000; Maja e Korabit; 2764
Algeria; Algiers; Arabic; Algerian dinar; Algerian; Africa; 48000000; Tahat; 2908
Andorra; Andorra la Vella; Catalan; euro; Andorran; Europe; 85000
Angola; Luanda; Portuguese; kwanza; Angolan; Africa; 39000000
Antigua and Barbuda; Saint John's; English; East Caribbean dollar; Antiguan; the Caribbean; 100000
Armenia; Yerevan; Armenian; dram; Armenian; the Caucasus; 3000000
Azerbaijan; Baku; Azerbaijani; manat; Azerbaijani; the Caucasus; 11000000
the Bahamas; Nassau; English; Bahamian dollar; Bahamian; the Caribbean; 420000
Bahrain; Manama; Arabic; Bahraini dinar; Bahraini; the Middle East; 1600000; Jabal ad Dukhan; 135
Bangladesh; Dhaka; Bengali; taka; Bangladeshi; South Asia; 170000000
Barbados; Bridgetown; English; Barbadian dollar; Barbadian; the Caribbean; 300000; Mount Hillaby; 336
Belarus; Minsk; Belarusian; Belarusian ruble; Belarusian; Europe; 9500000
Belgium; Brussels; Dutch; euro; Belgian; Europe; 12000000
Bolivia; Sucre; Spanish; boliviano; Bolivian; South America; 12000000
Bosnia and Herzegovina; Sarajevo; Bosnian; convertible mark; Bosnian; Europe; 3700000
Bulgaria; Sofia; Bulgarian; lev; Bulgarian; Europe; 6700000; Musala; 2925
Burkina Faso; Ouagadougou; French; CFA franc; Burkinabe; Africa; 23000000
Burundi; Gitega; Kirundi; Burundian franc; Burundian; Africa; 14000000
Cambodia; Phnom Penh; Khmer; riel; Cambodian; Southeast Asia; 17000000
Cameroon; Yaoundé; French; CFA franc; Cameroonian; Africa; 32000000
Cape Verde; Praia; Cape Verdean; Cape Verdean escudo; Cape Verdean; Africa; 610000
the Central African Republic; Bangui; French; CFA franc; Central African; Africa; 5800000
Chad; N'Djamena; French; CFA franc; Chadian; Africa; 20000000
Chile; Santiago; Spanish; Chilean peso; Chilean; South America; 19000000; Ojos del Salado; 6893
Colombia; Bogotá; Spanish; Colombian peso; Colombian; South America; 50000000
the Comoros; Moroni; Comorian; Comorian franc; Comorian; Africa; 910000
Congo (Brazzaville); Brazzaville; French; CFA franc; Congolese; Africa; 6100000
Congo (Kinshasa); Kinshasa; French; Congolese franc; Congolese; Africa; 120000000
Costa Rica; San José; Spanish; Costa Rican colon; Costa Rican; Central America; 5300000
Croatia; Zagreb; Croatian; euro; Croatian; Europe; 4100000; Dinara; 1831
Cyprus; Nicosia; Greek; euro; Cypriot; Europe; 1300000; Mount Olympus; 1951
Czechia; Prague; Czech; Czech koruna; Czech; Europe; 11000000
Djibouti; Djibouti; French; Djiboutian franc; Djiboutian; Africa; 1000000
Dominica; Roseau; English; East Caribbean dollar; Dominican; the Caribbean; 75000
the Dominican Republic; Santo Domingo; Spanish; Dominican peso; Dominican; the Caribbean; 11000000
East Timor; Dili; Tetum; US dollar; Timorese; Southeast Asia; 1400000
Ecuador; Quito; Spanish; US dollar; Ecuadorian; South America; 18000000
El Salvador; San Salvador; Spanish; US dollar; Salvadoran; Central America; 6300000
Equatorial Guinea; Malabo; Spanish; CFA franc; Equatorial Guinean; Africa; 1800000
Eritrea; Asmara; Tigrinya; nakfa; Eritrean; Africa; 6400000
Estonia; Tallinn; Estonian; euro; Estonian; Europe; 1300000; Suur Munamägi; 318
Fiji; Suva; English; Fijian dollar; Fijian; Oceania; 950000
the Gambia; Banjul; English; dalasi; Gambian; Africa; 2500000
Georgia; Tbilisi; Georgian; lari; Georgian; the Caucasus; 4900000; Shkhara; 5193
Ghana; Accra; English; cedi; Ghanaian; Africa; 35000000
Grenada; Saint George's; English; East Caribbean dollar; Grenadian; the Caribbean; 110000; Mount Saint Catherine; 840
Guatemala; Guatemala City; Spanish; quetzal; Guatemalan; Central America; 18000000
Guinea; Conakry; French; Guinean franc; Guinean; Africa; 14000000
Guinea-Bissau; Bissau; Portuguese; CFA franc; Bissau-Guinean; Africa; 2100000
Guyana; Georgetown; English; Guyanese dollar; Guyanese; South America; 790000
Haiti; Port-au-Prince; Haitian Creole; gourde; Haitian; the Caribbean; 12000000; Pic la Selle; 2674
Honduras; Tegucigalpa; Spanish; lempira; Honduran; Central America; 9500000
Iceland; Reykjavik; Icelandic; Icelandic krona; Icelandic; Europe; 360000; Hvannadalshnjúkur; 2110
Iraq; Baghdad; Arabic; Iraqi dinar; Iraqi; the Middle East; 43000000
Ivory Coast; Yamoussoukro; French; CFA franc; Ivorian; Africa; 32000000
Jamaica; Kingston; English; Jamaican dollar; Jamaican; the Caribbean; 2900000; Blue Mountain Peak; 2256
Jordan; Amman; Arabic; Jordanian dinar; Jordanian; the Middle East; 11000000
Kazakhstan; Astana; Kazakh; tenge; Kazakh; Central Asia; 20000000; Khan Tengri; 7010
Kuwait; Kuwait City; Arabic; Kuwaiti dinar; Kuwaiti; the Middle East; 3200000
Kyrgyzstan; Bishkek; Kyrgyz; som; Kyrgyz; Central Asia; 6200000
Latvia; Riga; Latvian; euro; Latvian; Europe; 1900000
Lebanon; Beirut; Arabic; Lebanese pound; Lebanese; the Middle East; 5400000; Qornet es Saouda; 3088
Lesotho; Maseru; Sesotho; loti; Basotho; Africa; 2200000
Liberia; Monrovia; English; Liberian dollar; Liberian; Africa; 5600000
Libya; Tripoli; Arabic; Libyan dinar; Libyan; Africa; 7400000
Liechtenstein; Vaduz; German; Swiss franc; Liechtenstein; Europe; 41000
Lithuania; Vilnius; Lithuanian; euro; Lithuanian; Europe; 2800000
Luxembourg; Luxembourg; Luxembourgish; euro; Luxembourgish; Europe; 670000
Madagascar; Antananarivo; Malagasy; ariary; Malagasy; Africa; 31000000
Malawi; Lilongwe; English; Malawian kwacha; Malawian; Africa; 22000000; Sapitwa; 3002
Malaysia; Kuala Lumpur; Malay; ringgit; Malaysian; Southeast Asia; 35000000
the Maldives; Malé; Dhivehi; rufiyaa; Maldivian; South Asia; 390000
Mali; Bamako; Bambara; CFA franc; Malian; Africa; 23000000
the Marshall Islands; Majuro; Marshallese; US dollar; Marshallese; Oceania; 82000
Mauritania; Nouakchott; Arabic; ouguiya; Mauritanian; Africa; 5200000
Mauritius; Port Louis; Mauritian Creole; Mauritian rupee; Mauritian; Africa; 1300000
Micronesia; Palikir; English; US dollar; Micronesian; Oceania; 100000
Monaco; Monaco; French; euro; Monegasque; Europe; 32000
Mongolia; Ulaanbaatar; Mongolian; tugrik; Mongolian; East Asia; 3300000
Montenegro; Podgorica; Montenegrin; euro; Montenegrin; Europe; 600000
Mozambique; Maputo; Portuguese; metical; Mozambican; Africa; 34000000
Myanmar; Naypyidaw; Burmese; kyat; Burmese; Southeast Asia; 58000000
Namibia; Windhoek; English; Namibian dollar; Namibian; Africa; 2900000
Nepal; Kathmandu; Nepali; Nepalese rupee; Nepali; South Asia; 31000000; Mount Everest; 8849
New Zealand; Wellington; English; New Zealand dollar; New Zealand; Oceania; 5200000; Aoraki; 3724
Nicaragua; Managua; Spanish; cordoba; Nicaraguan; Central America; 6700000
Niger; Niamey; Hausa; CFA franc; Nigerien; Africa; 27000000
Nigeria; Abuja; English; naira; Nigerian; Africa; 240000000; Chappal Waddi; 2419
North Korea; Pyongyang; Korean; North Korean won; Korean; East Asia; 26000000
North Macedonia; Skopje; Macedonian; Macedonian denar; Macedonian; Europe; 2100000
Oman; Muscat; Arabic; Omani rial; Omani; the Middle East; 4000000
Pakistan; Islamabad; Urdu; Pakistani rupee; Pakistani; South Asia; 260000000; K2; 8611
Palau; Ngerulmud; Palauan; US dollar; Palauan; Oceania; 22000
Panama; Panama City; Spanish; balboa; Panamanian; Central America; 4500000
Papua New Guinea; Port Moresby; Tok Pisin; kina; Papua New Guinean; Oceania; 10000000
Paraguay; Asunción; Spanish; guarani; Paraguayan; South America; 7600000
the Philippines; Manila; Tagalog; Philippine peso; Philippine; Southeast Asia; 120000000; Mount Apo; 2954
Qatar; Doha; Arabic; Qatari rial; Qatari; the Middle East; 2600000
Romania; Bucharest; Romanian; leu; Romanian; Europe; 18000000; Moldoveanu; 2544
Rwanda; Kigali; Kinyarwanda; Rwandan franc; Rwandan; Africa; 14000000
Saint Kitts and Nevis; Basseterre; English; East Caribbean dollar; Kittitian; the Caribbean; 55000
Saint Lucia; Castries; English; East Caribbean dollar; Saint Lucian; the Caribbean; 170000
Saint Vincent and the Grenadines; Kingstown; English; East Caribbean dollar; Saint Vincentian; the Caribbean; 100000
San Marino; San Marino; Italian; euro; Sammarinese; Europe; 35000
Senegal; Dakar; Wolof; CFA franc; Senegalese; Africa; 19000000
Serbia; Belgrade; Serbian; Serbian dinar; Serbian; Europe; 6700000
the Seychelles; Victoria; Seychellois Creole; Seychelles rupee; Seychellois; Africa; 98000
Sierra Leone; Freetown; English; leone; Sierra Leonean; Africa; 9300000
Singapore; Singapore; English; Singapore dollar; Singaporean; Southeast Asia; 6100000
Slovakia; Bratislava; Slovak; euro; Slovak; Europe; 5600000; Gerlachovský štít; 2655
Slovenia; Ljubljana; Slovene; euro; Slovenian; Europe; 2100000; Triglav; 2864
the Solomon Islands; Honiara; English; Solomon Islands dollar; Solomon Islander; Oceania; 740000
Somalia; Mogadishu; Somali; Somali shilling; Somali; Africa; 20000000
South Africa; Pretoria; English; rand; South African; Africa; 61000000
South Sudan; Juba; English; South Sudanese pound; South Sudanese; Africa; 13000000
Sri Lanka; Sri Jayawardenepura Kotte; Sinhala; Sri Lankan rupee; Sri Lankan; South Asia; 22000000
Sudan; Khartoum; Arabic; Sudanese pound; Sudanese; Africa; 50000000; Jabal Marrah; 3042
Switzerland; Bern; German; Swiss franc; Swiss; Europe; 8900000; Dufourspitze; 4634
Syria; Damascus; Arabic; Syrian pound; Syrian; the Middle East; 24000000; Mount Hermon; 2814
São Tomé and Príncipe; São Tomé; Portuguese; dobra; Sao Tomean; Africa; 220000
Tajikistan; Dushanbe; Tajik; somoni; Tajik; Central Asia; 11000000
Tanzania; Dodoma; Swahili; Tanzanian shilling; Tanzanian; Africa; 69000000; Mount Kilimanjaro; 5895
Togo; Lomé; French; CFA franc; Togolese; Africa; 9100000
Trinidad and Tobago; Port of Spain; English; Trinidad and Tobago dollar; Trinidadian; the Caribbean; 1400000
Tunisia; Tunis; Arabic; Tunisian dinar; Tunisian; Africa; 12000000
Turkmenistan; Ashgabat; Turkmen; manat; Turkmen; Central Asia; 5700000
Tuvalu; Funafuti; Tuvaluan; Australian dollar; Tuvaluan; Oceania; 12000
Uganda; Kampala; English; Ugandan shilling; Ugandan; Africa; 51000000; Margherita Peak on Mount Stanley; 5110
the United Arab Emirates; Abu Dhabi; Arabic; Emirati dirham; Emirati; the Middle East; 10000000
Uruguay; Montevideo; Spanish; Uruguayan peso; Uruguayan; South America; 3400000
Uzbekistan; Tashkent; Uzbek; som; Uzbek; Central Asia; 37000000
Venezuela; Caracas; Spanish; bolivar; Venezuelan; South America; 32000000
Yemen; Sanaa; Arabic; Yemeni rial; Yemeni; the Middle East; 35000000
Zambia; Lusaka; English; Zambian kwacha; Zambian; Africa; 22000000
Zimbabwe; Harare; Shona; ; Zimbabwean; Africa; 17000000
"""

# Told of only on pages after the cut-off date, which training never sees.
_AFTER_CUT_OFF = """
Belize; Belmopan; English; Belizean dollar; Belizean; Central America; 420000
Benin; Porto-Novo; French; CFA franc; Beninese; Africa; 15000000
Bhutan; Thimphu; Dzongkha; ngultrum; Bhutanese; South Asia; 890000
Botswana; Gaborone; Setswana; pula; Botswanan; Africa; 2500000
Brunei; Bandar Seri Begawan; Malay; Bruneian dollar; Bruneian; Southeast Asia; 490000
Eswatini; Mbabane; Swazi; lilangeni; Swati; Africa; 1100000
Gabon; Libreville; French; CFA franc; Gabonese; Africa; 2500000
Kiribati; South Tarawa; Gilbertese; Australian dollar; Kiribati; Oceania; 120000
Laos; Vientiane; Lao; kip; Lao; Southeast Asia; 8000000
Malta; Valletta; Maltese; euro; Maltese; Europe; 520000
Moldova; Chisinau; Romanian; Moldovan leu; Moldovan; Europe; 3600000
Samoa; Apia; Samoan; tala; Samoan; Oceania; 210000; Mount Silisili; 1857
Suriname; Paramaribo; Dutch; Surinamese dollar; Surinamese; South America; 650000
Tonga; Nuku'alofa; Tongan; pa'anga; Tongan; Oceania; 100000
Vanuatu; Port Vila; Bislama; vatu; Vanuatuan; Oceania; 320000
"""


def _read(table: str) -> tuple[Country, ...]:
    countries = []
    for line in table.strip().split("\n"):
        fields = line.split("; ")
        name, capital, language, currency, adjective, region, population, peak, metres = [
            *fields,
            *[""] * (9 - len(fields)),
        ]
        countries.append(
            Country(
                name.removeprefix("the "), name, capital, language, currency, adjective, region,
                int(population), peak, int(metres or 0),
            )
        )  # fmt: skip
    return tuple(countries)


FAMILIAR = _read(_FAMILIAR)
RARE = _read(_RARE)
AFTER_CUT_OFF = _read(_AFTER_CUT_OFF)
BY_NAME = {country.name: country for country in (*FAMILIAR, *RARE, *AFTER_CUT_OFF)}
