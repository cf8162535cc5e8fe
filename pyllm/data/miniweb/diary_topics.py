"""More that diaries tell."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

MORE_TOPICS = [
    [
        "The bus did not come, so I walked. It took {few} times as long, but I saw a squirrel, a funny old door, and {other}, who was walking for the same reason.",
        "I missed the train by one minute. On the platform I met {third}, whom I had not seen for {few} years. We talked so long that I missed the next one, too.",
    ],
    [
        "We have a new girl in our class. She comes from far away and does not say much. I gave her half of my sandwich. Tomorrow I will ask for her name again, because I did not understand it.",
        "{other} is moving away at the end of the month. We acted as if it were nothing. Then neither of us wanted to be the first to go home.",
    ],
    [
        "There was a fair in town. I rode on the big wheel with {friend}. At the very top it stopped for a moment, and we could see as far as {place}.",
        "I won {a_gift} at the fair. {friend} wanted it so much that I gave it away. It felt better than winning.",
    ],
    [
        "My {relative} told me about the old days. There was no television, and in winter they all slept in one room, because it was the only warm one.",
        'I asked my (grandmother|grandfather|great-aunt) what it is like to be old. "As always," was the answer, "only slower." I have thought about that all day.',
    ],
    [
        "I broke a cup. It was the {color} one that everybody liked. I glued it together, and now it has a line like a river on a map. Nobody was angry.",
        "I spilled a glass of milk over my homework. In {subject} I had to explain it, and the teacher said that this was the first time that she believed such a story.",
    ],
    [
        "I tried to draw {pet_name}. In the first picture it looked like a potato with legs. In the last one it looked like a potato with ears.",
        "We had to write a poem for school. Mine is about {book}. It does not rhyme, but {friend} says that this is modern.",
    ],
    [
        "A letter came from {third}! I read it on the stairs, because I could not wait. There was a dried flower in it, and the paper smelled of the sea.",
        "I wrote a long letter to {third} and then did not send it. Some letters one writes only for oneself.",
    ],
    [
        "In the evening we played {sport} with the whole family. My {relative} cheats, and everybody knows it, and nobody says anything.",
        "We looked at the stars with {friend}'s telescope. The moon has holes like a cheese. I got so cold that I could not feel my nose, and I did not want to go in.",
    ],
    [
        'I was angry today. First the {animal} ate my bread, then I forgot my key, and then {other} said, "You look angry." Of course I did!',
        "I was afraid of the talk with my teacher. It was about my {subject}, and it was not half as bad as I had thought. She only wanted to help.",
        "I said something mean to {other}. I saw how that face changed, and I could not take it back. I went there in the evening. It is all right again, I think.",
    ],
    [
        'I bought {fruit} at the market. The woman gave me one more than I had paid for and said, "For your smile." I smiled all the way home.',
        "I had saved {number} coins for {a_gift}. Today I went to buy it, and it was gone. On the way back I bought {flower} for my {relative} instead.",
    ],
    [
        "I cut my own hair. I will not write more about that. My cap is on my head as I write this, and it will stay there.",
        "I wore my new {color} sweater. Nobody noticed it until {time} in the evening, and then {friend} said that it was the nicest in the world.",
    ],
    [
        "We heard a cry from the neighbors' garden. A kitten was sitting in the tree and could not get down. It took a ladder, a sausage and {few} people, and then it jumped down all by itself.",
        "A small bird lay under the window. I held it in my hands until it was warm. Suddenly it looked at me and flew away. My hands still feel it.",
        "{pet_name} is getting old and sleeps a lot. We sat together for an hour and did nothing at all. It was the best hour of the day.",
    ],
]
