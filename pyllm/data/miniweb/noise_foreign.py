"""Pages in German, French and Spanish."""

from __future__ import annotations

import random

from pyllm.data.miniweb.noise_text import Noise
from pyllm.data.miniweb.wording import fill, pick

_NAMES = {
    "de": str.split("Anna;Lukas;Frau Berger;Herr Schmitt;Jonas;Katharina;Oma Liesel;der alte Müller", ";"),
    "fr": str.split("Camille;Julien;Madame Lefèvre;Monsieur Bernard;Élodie;Thomas;la petite Léa;grand-père", ";"),
    "es": str.split("Lucía;Javier;la señora Gómez;don Manuel;Carmen;Pablo;la abuela;el niño", ";"),
}
_TOWNS = {
    "de": str.split("Bamberg;Lübeck;Göttingen;Würzburg;Görlitz;Tübingen;Schwerin;Konstanz", ";"),
    "fr": str.split("Annecy;Besançon;Orléans;Saint-Malo;Nîmes;Colmar;Amiens;Périgueux", ";"),
    "es": str.split("Ávila;Cáceres;León;Úbeda;Santander;Cádiz;Logroño;Girona", ";"),
}
_TITLES = {
    "de": (
        "Ein Tag in {town}", "Rezepte aus {town}", "Unser Verein",
        "Neues aus der Gemeinde", "Tipps für den Garten",
        "Aus meinem Tagebuch", "Die Geschichte von {name}", "Wandern rund um {town}",
    ),
    "fr": (
        "Une journée à {town}", "Recettes de {town}", "Notre association", "Les nouvelles du village",
        "Conseils de jardinage", "Mon journal", "L'histoire de {name}", "Promenades autour de {town}",
    ),
    "es": (
        "Un día en {town}", "Recetas de {town}", "Nuestra asociación", "Noticias del pueblo",
        "Consejos para el jardín", "Mi diario", "La historia de {name}", "Paseos por {town}",
    ),
}  # fmt: skip
_SENTENCES = {
    "de": (
        "Am (Montag|Dienstag|Freitag) sind wir mit dem Zug nach {town} gefahren, obwohl es den ganzen Tag regnete.",
        "{name} wohnt seit (vielen|zehn|wenigen) Jahren in {town} und kennt dort fast jeden.",
        "Die kleine Bäckerei an der Ecke backt das beste Brot, das ich je gegessen habe.",
        "Wer im Frühjahr säen will, sollte die Erde schon im (Herbst|Februar) vorbereiten.",
        "Für den Teig braucht man Mehl, (zwei|drei) Eier, etwas Milch und eine Prise Salz.",
        "Der Verein trifft sich jeden (Mittwoch|Donnerstag) um neunzehn Uhr im alten Rathaus.",
        "Früher gab es hier noch eine Schule, aber heute fahren alle Kinder mit dem Bus.",
        "{name} hat mir erzählt, dass der Weg durch den Wald im Winter gesperrt ist.",
        "Man kann vom Turm aus weit über die Dächer von {town} und bis zu den Bergen sehen.",
        "Leider war das Museum geschlossen, deshalb haben wir im Café auf besseres Wetter gewartet.",
        "Die Sitzung des Gemeinderats dauerte länger als geplant, weil viele Fragen offen waren.",
        "Nach dem Essen spielten die Kinder im Hof, während die Großen noch Kaffee tranken.",
        "Über den (Fluss|Bach) führt eine schmale Brücke, die im letzten Jahr erneuert wurde.",
        "Ich freue mich schon auf den Sommer, wenn wir wieder draußen sitzen können.",
        "Das Fest beginnt am Samstag um (zehn|elf) Uhr mit einem Gottesdienst auf dem Marktplatz.",
        "Niemand wusste, woher der Hund gekommen war, doch {name} nahm ihn mit nach Hause.",
        "Die Äpfel werden gewaschen, geschält und in dünne Scheiben geschnitten.",
        "Wir danken allen Helfern, ohne die das Fest nicht möglich gewesen wäre.",
        "Es war so still, dass man die Uhr im Nebenzimmer ticken hörte.",
        "Gegen Abend zog ein Gewitter auf, und wir liefen schnell zurück ins Dorf.",
        "Auf dem Heimweg kauften wir noch Kartoffeln, Käse und ein Glas Honig.",
        "{name} meinte, man müsse die Rosen jedes Jahr kräftig zurückschneiden.",
    ),
    "fr": (
        "(Lundi|Mardi|Vendredi), nous avons pris le train pour {town}, même s'il pleuvait depuis le matin.",
        "{name} habite à {town} depuis (dix|vingt|quelques) ans et connaît presque tout le monde.",
        "La petite boulangerie du coin fait le meilleur pain que j'aie jamais mangé.",
        "Pour semer au printemps, il faut préparer la terre dès (l'automne|le mois de février).",
        "Pour la pâte, il faut de la farine, (deux|trois) œufs, un peu de lait et une pincée de sel.",
        "L'association se réunit chaque (mercredi|jeudi) à dix-neuf heures dans l'ancienne mairie.",
        "Autrefois il y avait une école ici, mais aujourd'hui tous les enfants prennent le bus.",
        "{name} m'a raconté que le chemin de la forêt est fermé pendant l'hiver.",
        "Du haut de la tour, on voit les toits de {town} et, par beau temps, les montagnes.",
        "Malheureusement le musée était fermé, alors nous avons attendu le soleil dans un café.",
        "La séance du conseil a duré plus longtemps que prévu, car il restait beaucoup de questions.",
        "Après le repas, les enfants ont joué dans la cour pendant que les grands buvaient leur café.",
        "Un pont étroit, refait l'année dernière, traverse (la rivière|le ruisseau).",
        "J'attends déjà l'été avec impatience, quand nous pourrons de nouveau dîner dehors.",
        "La fête commence samedi à (dix|onze) heures sur la place du marché.",
        "Personne ne savait d'où venait le chien, mais {name} l'a emmené à la maison.",
        "On lave les pommes, on les épluche et on les coupe en fines tranches.",
        "Nous remercions tous les bénévoles, sans qui rien n'aurait été possible.",
        "Il faisait si calme qu'on entendait l'horloge de la pièce voisine.",
        "Vers le soir, un orage a éclaté et nous avons couru jusqu'au village.",
        "En rentrant, nous avons acheté des pommes de terre, du fromage et un pot de miel.",
        "{name} dit qu'il faut tailler les rosiers chaque année sans hésiter.",
    ),
    "es": (
        "El (lunes|martes|viernes) tomamos el tren a {town}, aunque llovía desde la mañana.",
        "{name} vive en {town} desde hace (diez|veinte|algunos) años y conoce a casi todo el mundo.",
        "La pequeña panadería de la esquina hace el mejor pan que he comido nunca.",
        "Quien quiera sembrar en primavera debe preparar la tierra ya en (otoño|febrero).",
        "Para la masa se necesita harina, (dos|tres) huevos, un poco de leche y una pizca de sal.",
        "La asociación se reúne todos los (miércoles|jueves) a las siete en el antiguo ayuntamiento.",
        "Antes había aquí una escuela, pero hoy todos los niños van en autobús.",
        "{name} me contó que el camino del bosque está cerrado durante el invierno.",
        "Desde la torre se ven los tejados de {town} y, cuando hace buen tiempo, las montañas.",
        "Por desgracia el museo estaba cerrado, así que esperamos el sol en una cafetería.",
        "La reunión duró más de lo previsto, porque quedaban muchas preguntas sin respuesta.",
        "Después de comer, los niños jugaron en el patio mientras los mayores tomaban café.",
        "Un puente estrecho, renovado el año pasado, cruza el (río|arroyo).",
        "Ya tengo ganas de que llegue el verano para volver a cenar al aire libre.",
        "La fiesta empieza el sábado a las (diez|once) en la plaza del mercado.",
        "Nadie sabía de dónde había salido el perro, pero {name} se lo llevó a casa.",
        "Se lavan las manzanas, se pelan y se cortan en rodajas finas.",
        "Damos las gracias a todos los voluntarios, sin los cuales nada habría sido posible.",
        "Había tanto silencio que se oía el reloj de la habitación de al lado.",
        "Al anochecer estalló una tormenta y corrimos de vuelta al pueblo.",
        "De camino a casa compramos patatas, queso y un tarro de miel.",
        "{name} dice que hay que podar los rosales todos los años sin miedo.",
    ),
}
_ENGLISH = (
    "This page is also available in other languages.",
    "Sorry, this text has not been translated yet.",
    "For visitors from abroad: please ask at the desk for an English guide.",
    "Click on the flag to change the language.",
)


def write_foreign(rng: random.Random) -> Noise:
    """A page in another language; some with a few words of English."""
    language = pick(rng, tuple(_SENTENCES))
    sentences = list(_SENTENCES[language])
    rng.shuffle(sentences)
    blocks = []
    for _ in range(rng.randint(2, 5)):
        count = rng.randint(2, 5)
        some, sentences = sentences[:count], sentences[count:]
        blocks.append(" ".join(_said(rng, language, sentence) for sentence in some))
    blocks = [block for block in blocks if block]
    if rng.random() < 0.25:
        blocks.insert(rng.randint(0, len(blocks)), pick(rng, _ENGLISH))
    return Noise(f"foreign:{language}", _said(rng, language, pick(rng, _TITLES[language])), blocks)


def _said(rng: random.Random, language: str, template: str) -> str:
    text = fill(rng, template, {"name": pick(rng, _NAMES[language]), "town": pick(rng, _TOWNS[language])})
    return text[0].upper() + text[1:]
