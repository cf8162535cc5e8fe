"""Cities of the familiar countries: what there is in them and where they lie."""

from __future__ import annotations

from dataclasses import dataclass

from pyllm.data.miniweb.countries import BY_NAME, Country


@dataclass(frozen=True, slots=True)
class City:
    """A city.

    Attributes:
        name: as it stands in a sentence.
        country: where it is.
        place: how it lies, after "lies": "on the Seine", "by the sea".
        sights: what there is to see, with the article.
    """

    name: str
    country: Country
    place: str
    sights: tuple[str, ...]

    @property
    def is_capital(self) -> bool:
        return self.country.capital == self.name


# Name; country; how it lies; sights.
_CITIES = """
Buenos Aires; Argentina; on the wide Río de la Plata; the Teatro Colón; the painted houses of La Boca; the pink palace
Córdoba; Argentina; at the foot of green hills; an old university; the churches of the Jesuits; a lively zoo
Canberra; Australia; between Sydney and Melbourne; the parliament; a large lake; the war memorial
Sydney; Australia; on a large natural harbour; the Opera House; the Harbour Bridge; Bondi Beach
Melbourne; Australia; on the river Yarra; its old trams; the market; the cricket ground
Vienna; Austria; on the Danube; the Schönbrunn Palace; the giant wheel; the State Opera; its coffee houses
Salzburg; Austria; on the river Salzach; a fortress on a hill; the house where Mozart was born; many churches
Brasília; Brazil; on a high plain; the white cathedral; the palace of the president; wide straight avenues
Rio de Janeiro; Brazil; between green hills and the sea; the beach of Copacabana; the Sugarloaf; the statue of Christ
Ottawa; Canada; on the Ottawa River; the parliament on its hill; the Rideau Canal; the museum of nature
Toronto; Canada; on Lake Ontario; the CN Tower; the islands in the lake; a large zoo
Vancouver; Canada; between mountains and the Pacific; Stanley Park; a long suspension bridge; the harbour
Beijing; China; on a plain in the north; the Forbidden City; the Temple of Heaven; the Summer Palace
Shanghai; China; near the mouth of the Yangtze; tall glass towers; the old gardens; the river promenade
Havana; Cuba; on the north coast of the island; the old fortress; the sea wall; the coloured houses
Copenhagen; Denmark; by the sea; the Little Mermaid; the Tivoli Gardens; the harbour of Nyhavn
Aarhus; Denmark; on the east coast of Jutland; an open-air museum; an art museum with a rainbow on its roof; a deer park
Cairo; Egypt; on the Nile; the Egyptian Museum; the great market; the citadel
Alexandria; Egypt; on the Mediterranean; the new library; an old fort by the sea; the long seafront
Addis Ababa; Ethiopia; high in the mountains; the National Museum; the Mercato market; the hills of Entoto
Helsinki; Finland; on the Baltic Sea; the white cathedral; a church cut into the rock; the sea fortress
Tampere; Finland; between two lakes; old red factories; a tower with a view; many saunas
Paris; France; on the Seine; the Eiffel Tower; the Louvre; the church of Notre-Dame; the hill of Montmartre
Lyon; France; where the Saône meets the Rhône; Roman theatres; hidden passages; a museum of puppets
Marseille; France; on the Mediterranean; the old port; a church high above the city; the fish market
Berlin; Germany; on the river Spree; the Brandenburg Gate; the Reichstag; the museum island; a large zoo
Hamburg; Germany; on the Elbe; a huge harbour; the old brick warehouses; a model railway
Munich; Germany; on the river Isar; the English Garden; the town hall with its bells; a museum of technology
Athens; Greece; near the sea in the south; the Acropolis; the old market place; the marble stadium
Thessaloniki; Greece; on a bay in the north; the White Tower; Roman ruins; a long seafront
Budapest; Hungary; on the Danube; the parliament; the warm baths; the Chain Bridge
New Delhi; India; on the river Yamuna; the India Gate; the Lodi Gardens; the house of the president
Mumbai; India; on the Arabian Sea; the Gateway of India; the old railway station; the film studios
Jakarta; Indonesia; on the north coast of Java; the National Monument; the old harbour; a large mosque
Tehran; Iran; at the foot of the Alborz mountains; the Golestan Palace; the tall Milad Tower; the great bazaar
Isfahan; Iran; on the river Zayandeh; a huge square; the bridge with thirty-three arches; blue mosques
Dublin; Ireland; on the river Liffey; Trinity College; the castle; Phoenix Park with its deer
Galway; Ireland; on the Atlantic; narrow streets with music; the Spanish Arch; a long promenade
Rome; Italy; on the Tiber; the Colosseum; the Trevi Fountain; the Spanish Steps; the Pantheon
Venice; Italy; on small islands in a lagoon; the Grand Canal; St Mark's Square; the Rialto Bridge
Milan; Italy; in the plain of the Po; the white cathedral; a famous opera house; the castle
Tokyo; Japan; on a wide bay; the Imperial Palace; the temple of Asakusa; a tall red tower
Kyoto; Japan; among wooded hills; the Golden Pavilion; hundreds of temples; quiet stone gardens
Nairobi; Kenya; on a cool high plain; a national park at its edge; a home for young elephants; the railway museum
Mombasa; Kenya; on an island off the coast; Fort Jesus; the old town; white beaches nearby
Mexico City; Mexico; in a high valley; the great square; the Museum of Anthropology; the park of Chapultepec
Guadalajara; Mexico; on a high plain in the west; the cathedral; a large covered market; the home of mariachi music
Rabat; Morocco; on the Atlantic; the Hassan Tower; the old fortress with its blue lanes; the royal palace
Marrakesh; Morocco; near the Atlas Mountains; the great square with its jugglers; the market; palm gardens
Amsterdam; the Netherlands; where the Amstel meets the IJ; the canals; the Rijksmuseum; the house of Anne Frank
Rotterdam; the Netherlands; on a branch of the Rhine; its huge harbour; a white bridge; cube houses
Oslo; Norway; at the end of a long fjord; the white opera house; the ski jump; the park with stone figures
Bergen; Norway; between seven mountains on the west coast; old wooden houses; the fish market; a mountain railway
Lima; Peru; on the Pacific; the main square; the museum of gold; the cliffs above the sea
Cusco; Peru; high in the Andes; walls of the Incas; the square with its arcades; a market with alpaca wool
Warsaw; Poland; on the Vistula; the rebuilt old town; the Royal Castle; the park of Łazienki
Kraków; Poland; on the Vistula; the great market square; the Wawel Castle; the cloth hall
Lisbon; Portugal; where the Tagus meets the sea; the tower of Belém; steep streets with trams; the castle of São Jorge
Porto; Portugal; at the mouth of the Douro; the iron bridge; the wine cellars; a tiled railway station
Moscow; Russia; on the Moskva; the Kremlin; Red Square; the Bolshoi Theatre; splendid underground stations
Saint Petersburg; Russia; on the Neva; the Hermitage; many canals; the bridges that open at night
Riyadh; Saudi Arabia; on a desert plain; the Masmak fort; tall glass towers; the National Museum
Jeddah; Saudi Arabia; on the Red Sea; old houses of coral stone; a high fountain; a long seafront
Seoul; South Korea; on the river Han; the Gyeongbok Palace; the tower on Namsan; lively night markets
Busan; South Korea; on the south-east coast; a temple by the sea; the fish market; the beach of Haeundae
Madrid; Spain; on a high plain in the middle of the country; the Prado; the Royal Palace; Retiro Park
Barcelona; Spain; on the Mediterranean; the Sagrada Família; the Park Güell; the Ramblas
Stockholm; Sweden; on fourteen islands; the Royal Palace; the museum of the ship Vasa; the narrow lanes of the old town
Gothenburg; Sweden; on the west coast; a large amusement park; the fish hall; the harbour with its ferries
Bangkok; Thailand; on the Chao Phraya; the Grand Palace; the temple of the dawn; the floating markets
Ankara; Turkey; on a dry high plain; the old citadel; the tomb of Atatürk; a museum of ancient peoples
Istanbul; Turkey; on both sides of the Bosporus; the Hagia Sophia; the Blue Mosque; the Grand Bazaar
Kyiv; Ukraine; on the Dnipro; the Saint Sophia Cathedral; the Golden Gate; the cave monastery
Lviv; Ukraine; in the west; the market square; the opera house; many coffee houses
London; the United Kingdom; on the Thames; Tower Bridge; Big Ben; Buckingham Palace; the British Museum
Edinburgh; the United Kingdom; between hills and the sea in Scotland; the castle; the Royal Mile; a summer festival
Washington; the United States; on the Potomac; the White House; the Capitol; the Lincoln Memorial
New York; the United States; at the mouth of the Hudson; the Statue of Liberty; Central Park; the Brooklyn Bridge
San Francisco; the United States; on a bay in the west; the Golden Gate Bridge; the cable cars; the island of Alcatraz
Hanoi; Vietnam; on the Red River; the Temple of Literature; the lake of the returned sword; the old quarter
Hue; Vietnam; on the Perfume River; the walled palace; tombs of emperors; tall pagodas
"""


def _read() -> tuple[City, ...]:
    cities = []
    for line in _CITIES.strip().split("\n"):
        name, country, place, *sights = line.split("; ")
        cities.append(City(name, BY_NAME[country.removeprefix("the ")], place, tuple(sights)))
    return tuple(cities)


CITIES = _read()
