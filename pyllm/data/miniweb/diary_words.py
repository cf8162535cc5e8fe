"""The sentences of diaries: the weather, what happened, and what one felt."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

TITLES = [
    "{weekday_now}, {date}",
    "My diary: {date}",
    "{name}'s diary, {weekday_now}",
    "Diary of {name}: {date}",
    "Dear diary",
]

OPENINGS = [
    "Dear diary, today was (a good|a strange|a long|a quiet|a busy|a very full) day.",
    "I got up at {time} this morning, (because the {animal} was hungry|because I could not sleep any more|later than I wanted).",
    "Dear diary, I have not written for {few} days. There was just no time.",
    "Today is {weekday_now}. When I opened my eyes, I (did not know where I was|heard {pet_name} at the door|smelled fresh bread).",
    "Nothing special was planned for today, and yet so much has happened.",
    "Dear diary, you will not believe what happened today.",
    "I am writing this (in bed|at the kitchen table|by the light of a small lamp). The day is almost over.",
    "This {weekday_now} began badly: (I could not find my left shoe|there was no milk in the house|the {animal} had eaten my sock).",
    "This {weekday_now} began with a surprise: somebody had left {surprise} on the steps.",
]

# The weather in each season.
WEATHER = {
    "winter": [
        "It snowed in the night, and everything was white and quiet.",
        "In the morning there was ice on the windows, in the shape of leaves and stars.",
        "It was dark when I left the house and dark when I came home.",
        "A cold wind was blowing, and I had to hold on to my {color} hat.",
        "The snow has become gray and wet, and my shoes as well.",
    ],
    "spring": [
        "It rained (all day|from morning to evening), and the street was full of puddles.",
        "The sun was shining, and it was warm for the first time this year.",
        "It was sunny and rainy at the same time, and there was a rainbow over the roofs.",
        "The first {flower} are out, and the birds were singing like mad.",
    ],
    "summer": [
        "It was so hot that {pet_name} lay in the shade all day and did not move.",
        "There was a storm in the afternoon, with thunder and lightning, and it was over as fast as it had come.",
        "The sun was shining, and it was warm enough to sit outside until late.",
        "The sky was blue all day, and I got a red nose from the sun.",
    ],
    "autumn": [
        "It was foggy in the morning, but later the sky was blue.",
        "The sky was gray from morning to evening, neither warm nor cold.",
        "It rained (all day|from morning to evening), and the street was full of wet leaves.",
        "The wind was so strong that my umbrella turned inside out.",
    ],
}

# What belongs to a season.
SEASONAL = {
    "winter": [
        "{friend} and I built a snowman. He has a carrot for a nose and looks a bit like my {relative}.",
        "We went skating on the frozen pond. I fell {few} times. {friend} did not fall at all and was too kind to laugh.",
    ],
    "spring": [
        "I helped my {relative} in the garden. We planted {vegetable}, and we found an old coin in the ground.",
        "A bird is building its nest right over our door. We all use the back door now.",
    ],
    "summer": [
        "In the afternoon we went swimming. {friend} can stay under water for {number} seconds. I can do almost as many.",
        "I helped my {relative} in the garden. We picked {vegetable}, pulled out weeds, and ate {fruit} right from the tree.",
    ],
    "autumn": [
        "We flew a kite on the hill. It went so high that it was only a dot, and then the string broke.",
        "I collected leaves on my way home, one of each color, and put them into the big dictionary.",
    ],
}

TOPICS = [
    [
        "In school we had {subject}. I knew (all|most|none) of the answers, and the teacher (smiled at me|looked at me for a long time|asked me again and again).",
        "We got our {subject} tests back. I was so nervous that I turned mine over and counted to ten first. It was better than I had thought.",
        "Our teacher was sick, so we had {subject} with another class. I sat next to {other}, and we drew pictures the whole time.",
    ],
    [
        "After lunch I met {friend}. We played {sport} until we were tired, and {friend} won {few} times.",
        "{friend} and I wanted to play {sport}, but then {other} came, too, and we just talked. Sometimes talking is the best game of all.",
        "{friend} did not come today. I waited at the corner for half an hour. I hope that nothing is wrong.",
    ],
    [
        "For dinner we had {food}. My {relative} had cooked for hours, and (all plates were empty at the end|nobody said a word while we ate|we sat at the table until it was dark).",
        "I tried to cook {food} all by myself. The kitchen looked terrible afterwards, but the taste was right, and there was nothing left.",
        "We had no bread in the house, so we ate {fruit} and {food} and called it a party.",
    ],
    [
        "{pet_name} stole a (sausage|sock|piece of cheese) from the table and hid under the bed with it. Who can be angry with such {a_animal}?",
        "I taught our {animal} a new trick. It took {few} tries and a lot of cheese. I am not sure who of us learned more.",
        "On the way home a small {color} {animal} followed me for a while. At the bridge it turned around and went its own way.",
    ],
    [
        "My {relative} came to visit us and brought me {a_gift}. We looked at old photos, and I heard stories that I had never heard before.",
        "We called my {relative}, who lives far away. The line was bad, but it was so good to hear that voice again.",
        "I had to help my {relative} carry boxes all afternoon. In one of them there was (an old photo of us|a mouse|a little bell|a wedding dress|a nest), and nobody knew why.",
    ],
    [
        "I am still reading the book about {book}. I am near the end and read more and more slowly, because I do not want it to stop.",
        "In the library I found a book about {book}. I began to read it while I was walking and ran into a lamp post.",
        "I wrote a story about {book}. It is {few} pages long. Maybe I will show it to {friend}, and maybe to nobody.",
    ],
    [
        "I had a quarrel with {other} about something silly. Now I think that I was wrong. Tomorrow I will say sorry.",
        '{other} laughed at my {color} trousers. I acted as if I did not care, but I did. Then {friend} said, "I like them," and that was that.',
        "{other} told me a secret today. I promised not to tell anybody, so I will not write it down, not even here.",
    ],
    [
        "In the afternoon I practiced the {instrument}. One part is so hard that my fingers get into a knot. At the end I played it once without a mistake.",
        "There was music in the park. An old man played the {instrument}, and everybody stood still and listened. I gave him a coin.",
    ],
    [
        "I went to {place} with my {relative}. We did not talk much, but it was good to be there together. On the way back we bought {fruit}.",
        "We planned a trip to {place} for next {weekday_two}. I have already made a list of what to take. It has {number} things on it.",
    ],
    [
        "I have {illness} and had to stay in bed. The day was as long as a week. My {relative} brought me tea and told me to sleep.",
        "I fell off my bicycle and hurt my knee. It is not bad, but there is a hole in my trousers, and I do not know how to tell my {relative}.",
        "I went to the dentist. I was afraid for {few} days, and then it took five minutes and did not hurt at all.",
    ],
    [
        "I lost my {gift} somewhere between home and school. I looked everywhere. When I gave up, I found it in my other bag.",
        "I cleaned up the {room}. Under the bed I found {a_gift}, {few} pencils, and a letter that I had wanted to answer last {season}.",
        "The light in the {room} went out, and we sat in the dark with a candle. It was so nice that we left it like that.",
    ],
    [
        "On the bus an old woman told me about her life. She wanted to be {job} when she was young, and she really did it.",
        "Somebody had dropped a wallet in front of the bakery. I took it to the police. They wrote down my name and said thank you.",
        "I helped a little boy who could not find his mother. She was standing behind the next corner, crying. They were both so glad.",
    ],
]

FEELINGS = [
    "I feel (happy|tired|calm|a little sad|proud|lonely|thankful|full of ideas) tonight.",
    "All in all it was (a good|an easy|a beautiful) day, and I am glad that it happened.",
    "It was a (hard|long) day, and I am glad that it is over.",
    "When I think about it now, I have to (smile|laugh|sigh).",
    "I do not know why, but today I felt (like singing|like crying|ten years older|very small|very brave).",
    "What I will remember of this day is (the light in the evening|how we laughed|the smell of the rain|what {friend} said).",
    "I was (angry|sad|worried) in the morning, but now I am (calm|happy|quiet) again.",
]

CLOSINGS = [
    "Now I will turn off the light. Good night!",
    "My eyes are closing, so I will stop here.",
    "I must get up early tomorrow. More then.",
    "I hope that I will dream of {place}.",
    "The moon is looking in at the window. Good night, dear diary.",
    "{pet_name} is lying on my feet, and it is time to sleep.",
    "That was my day. What will tomorrow bring?",
    "I will write more tomorrow, I promise.",
]
