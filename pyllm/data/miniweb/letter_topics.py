"""More that letters tell: what happened at home, in town and on the way, at any age."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

# Topics for anybody; a letter takes one template of each topic that it has.
MORE_COMMON = [
    [
        "Our (train|bus|boat) was {few} hours late on {weekday}. At first everybody was angry. Then an old man took out (a flute|a violin|a guitar|an accordion), and in the end the whole station was dancing.",
        "I left my bag in the train, with my keys and my {gift} in it. I had almost given up when a girl called me. She had found it under her seat and read my name in it.",
        "On the way to {place} the car broke down in the middle of nowhere. A farmer pulled us with his tractor, and his wife gave us {food}. It was the best part of the trip.",
    ],
    [
        "We have been to a concert in the old (church|theater|mill). {other} played the {instrument}, and I had to close my eyes because it was so beautiful.",
        "There was a play in the town hall about {book}. The curtain got stuck, and the actors had to pull it by hand. Nobody laughed louder than the actors.",
        "I saw a film about {book}. The end was so sad that the whole row was looking for handkerchiefs, and I had only one to share.",
    ],
    [
        "The {weekday} market has come back to our square. I bought {fruit}, {vegetable} and far too much cheese, and I could hardly carry it all home.",
        "The little shop at the corner is closing after {number} years. Everybody is sad about it. I bought the last {gift} in the window, although I do not need it.",
        "There is a new bakery in our street, and the smell wakes me up every morning. Their bread with {fruit} is almost as good as yours.",
    ],
    [
        "I found a box with old things in the {room}: a {color} ribbon, {few} shells from {place}, and your very first letter to me. I read it aloud, and we laughed a lot.",
        "We cleaned out the {room} and gave away {number} boxes of things. I kept your {gift}, of course. I would never give that away.",
        "The old clock in the {room} works again. {other} took it apart on the kitchen table and put it together again, and now it even strikes at {time}.",
    ],
    [
        "{other} and {third} are getting married in {season}! They met in the rain, under the same umbrella. You will get an invitation soon.",
        "{other} has a baby. She is called {girl}, she has no hair at all, and she looks at everybody as if she knew a secret.",
        "{other} has found work as {job}, just as we all hoped. We had a small party, and {third} made a speech that nobody understood.",
    ],
    [
        "I have made up my mind to get up at {time} every day and go for a run. So far I have done it {few} times. The bed was warm on the other days.",
        "I try to learn one poem by heart every week. The one of this week is about {book}, and I say it to the {animal}, who listens very politely.",
        "I have begun to bake my own bread. The first one was as hard as a stone, the second one was flat, and the third one was gone in ten minutes.",
    ],
    [
        "We had no electricity for a whole evening. We lit candles, told each other ghost stories, and {other} was so scared that we had to stop.",
        "In the night I heard a noise in the {room} and went down with a broom in my hand. It was only a hedgehog that had come in through the open door.",
        "A bird flew into the {room} on {weekday} and sat on the lamp. It took us an hour to show it the window. It left {few} feathers for us to remember it by.",
    ],
    [
        "I must tell you that I failed the test for which I had worked so hard. I was sad for {few} days. Next {season} I will try again.",
        "I made a mistake and hurt {other} with what I said. I have written a letter to say sorry, but there is no answer yet. What would you do?",
        "{other} is sick and has been in the hospital for {few} weeks. I go there every {weekday} and read aloud from a book about {book}. We hope for the best.",
    ],
    [
        "You asked about the recipe. Take {few} eggs, a cup of flour, a little sugar and a lot of {fruit}. Mix it, bake it for an hour, and do not open the oven too early.",
        "You asked how to keep {flower} fresh. Cut them early in the morning, put them into cool water, and take away the lower leaves. Mine lasted for {number} days.",
    ],
    [
        "On {weekday} we had a street party. Everybody brought a chair and something to eat. {other} brought {food} for fifty people, and we were only thirty.",
        "We won {few} games of {sport} in a row. Then {other} came with new shoes, and we lost all the others. It must have been the shoes.",
        "I took part in a race around the lake. I came in as number {number}, but I was the only one who stopped to look at the swans.",
    ],
]

MORE_CHILD = [
    [
        "For carnival I want to go as (a pirate|an astronaut|a bee|a robot|a wizard). My {relative} is sewing the costume, and I must stand still for hours.",
        "We made masks out of paper at school. Mine was so scary that the {animal} barked at me and would not come in until I took it off.",
    ],
    [
        "I can count to a hundred in {few} languages now. {other} taught me. Shall I do it for you on the phone?",
        "I learned a magic trick with a coin. It goes in here and comes out there. I cannot tell you how, because {other} made me promise.",
    ],
    [
        "Our class went to {place} on {weekday}. {other} fell into the water up to the knees and said that it was on purpose.",
        "A fireman came to our school and showed us his truck. I was allowed to hold the hose, and I only got {few} people wet.",
        "We planted a tree in front of the school. Everybody wrote a wish on a piece of paper and put it under the roots. Mine is a secret.",
    ],
    [
        "I had {illness} and could not go to school. I built a house out of blankets and ate {food} in it. It was almost worth it.",
        "I had to get a shot from the doctor. I looked at the ceiling and counted the lamps. There are {number}. It did not hurt much.",
    ],
]

MORE_ADULT = [
    [
        "The children are growing so fast. {other} is now taller than I am and eats {few} plates of {food} at every meal.",
        "{other} has started school. On the first morning I cried more than {third}, who had to hold my hand until the bell rang.",
    ],
    [
        "I have planted {few} young trees behind the house. I will not sit in their shade myself, but somebody will.",
        "The doctor says that I should walk more and worry less. So I walk to {place} twice a week and leave my worries on the bench there.",
    ],
    [
        "We are thinking of moving to a smaller house. It is hard to leave a place in which one has laughed so much, but the stairs get steeper every year.",
        "I have sold the old car. We had seen half of the country together, and I waved when the young man drove away with it.",
    ],
    [
        "In our village there was an election, and {other} is the new mayor. The first thing to be repaired will be the bridge, and it was about time.",
        "The river rose very high last week, and we carried sand bags the whole night. The water stopped {few} steps from our door. I have never been so thankful for so little.",
    ],
]
