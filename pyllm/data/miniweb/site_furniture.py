"""What stands around an article on a web page, and is no part of it."""

from __future__ import annotations

# Words that names of sites are made of.
NAME_BEGINNINGS = {
    "encyclopedia": [
        "atlas",
        "globe",
        "world",
        "country",
        "traveller",
        "map",
        "compass",
        "earth",
        "lands",
        "nations",
        "pocket",
        "open",
    ],
    "story": [
        "bedtime",
        "little",
        "cosy",
        "moon",
        "pillow",
        "fireside",
        "nursery",
        "puddle",
        "teddy",
        "lantern",
        "sleepy",
        "once-upon",
    ],
    "forum": [
        "ask",
        "talk",
        "answer",
        "question",
        "town",
        "helpful",
        "friendly",
        "curious",
        "kitchen-table",
        "village",
        "know",
        "wonder",
    ],
    "homework": [
        "maths",
        "number",
        "sums",
        "pencil",
        "school",
        "class",
        "pupil",
        "count",
        "chalk",
        "exercise",
        "arithmetic",
        "desk",
    ],
    "speller": [
        "letter",
        "spelling",
        "word",
        "abc",
        "alphabet",
        "dictionary",
        "vowel",
        "syllable",
        "reader",
        "ink",
        "page",
        "lexicon",
    ],
    "letter": [
        "postbox",
        "diary",
        "envelope",
        "stamp",
        "paper",
        "quill",
        "postcard",
        "attic",
        "summer",
        "garden",
        "morning",
        "notebook",
    ],
}
NAME_ENDINGS = {
    "encyclopedia": [
        "pedia",
        "book",
        "facts",
        "guide",
        "archive",
        "almanac",
        "reference",
        "portal",
        "library",
        "corner",
        "handbook",
        "pages",
    ],
    "story": [
        "tales",
        "stories",
        "storybook",
        "yarns",
        "fables",
        "tree",
        "nook",
        "shelf",
        "meadow",
        "hour",
        "bear",
        "garden",
    ],
    "forum": [
        "board",
        "forum",
        "talk",
        "circle",
        "answers",
        "corner",
        "cafe",
        "club",
        "round",
        "place",
        "exchange",
        "people",
    ],
    "homework": [
        "help",
        "club",
        "practice",
        "lab",
        "house",
        "notes",
        "room",
        "trainer",
        "work",
        "garden",
        "steps",
        "friends",
    ],
    "speller": [
        "box",
        "bee",
        "school",
        "list",
        "garden",
        "works",
        "house",
        "treasure",
        "shelf",
        "lab",
        "land",
        "steps",
    ],
    "letter": [
        "letters",
        "pages",
        "memories",
        "box",
        "days",
        "post",
        "lines",
        "drawer",
        "friends",
        "notes",
        "journal",
        "chest",
    ],
}
ENDINGS = ("example", "example", "example", "test", "org.example", "com.example", "net.test", "info.example")

# Honest names in which some list of bad words may find one.
AWKWARD_NAMES = ("essex-evenings", "sussex-stories", "middlesex-letters", "scunthorpe-scrapbook", "cockatoo-club")

NAVIGATION = (
    "Home", "About us", "Archive", "Contact", "News", "Gallery", "Shop", "Search", "Help", "Members", "Links",
    "Guestbook", "Sitemap", "Events", "Our team", "FAQ", "Downloads", "Imprint", "Subscribe", "Log in", "Register",
    "Topics", "Authors", "Support", "Press", "Jobs", "Calendar", "Videos", "Podcast", "Random page",
)  # fmt: skip

TAGLINES = (
    "Something new every day", "For readers big and small", "Since 2004", "Your friendly corner of the web",
    "Read on!", "Pages for curious people", "Made with care", "The place to be on rainy days", "Free and open to all",
    "Slow reading", "A page a day", "Old and new, all in one place", "By volunteers, for everybody", "Updated weekly",
    "Beta version",
)  # fmt: skip

COOKIES = (
    "This website uses cookies to give you the best experience. By using our site, you agree to our use of cookies.",
    "We and our 214 partners store information on your device. You can change your choice at any time.",
    "We value your privacy. Choose which cookies you want to allow.",
    "Cookies help us deliver our services. OK, got it!",
    "By clicking “Accept all” you agree to the storing of cookies on your device.",
    "Our site needs some cookies to work. Others help us to count our visitors. Manage settings.",
    "To go on reading, please accept or reject our cookies. Learn more in our cookie notice.",
    "This site uses third-party cookies for statistics and advertising. More information. Accept. Decline.",
)
COOKIE_BUTTONS = (
    "Accept all",
    "Reject all",
    "Settings",
    "OK",
    "Got it",
    "I agree",
    "Save my choice",
    "More information",
)

ADVERTISEMENTS = (
    "Advertisement: New mattresses, 100 nights on trial. Order now!",
    "Sponsored: Learn the piano at home in only ten minutes a day",
    "Partner offer: Holiday flats by the lake from 39 a night",
    "Save up to 70 % on garden furniture this week only",
    "Shoes that never wear out? See what our customers say",
    "Your advertisement could be here! Write to our sales team",
    "Compare electricity prices now and save every month",
    "SuperSoap – washes whiter than white. Buy two, get one free",
    "Download our free app and win a bicycle",
    "Fresh coffee by post, the first bag is on us",
    "Ad · Umbrellas for every weather · Free delivery",
    "One simple trick that dentists love: brush your teeth twice",
    "New: the folding kayak for your hand luggage",
    "Print your photos on a cushion, from 9.99",
    "Last chance: spring sale ends at midnight",
    "Hosting from 1.99 a month – domain included",
)

NEWSLETTERS = (
    "Subscribe to our newsletter and never miss a page again!",
    "Get our weekly letter: enter your e-mail address below.",
    "Join 12,000 readers. No spam, unsubscribe at any time.",
    "Like what you read? Sign up for free updates.",
    "Our best pages in your inbox, every Friday morning.",
    "Stay in touch: newsletter, feed, messenger.",
)

FOOTERS = (
    "All rights reserved.",
    "Powered by QuickPage 4.2",
    "Theme: Autumn Leaves by Studio Nine",
    "No part of this site may be copied without permission.",
    "Terms of use | Privacy policy | Imprint",
    "Site map · Contact · Accessibility · Cookie settings",
    "Best viewed at 1024 × 768",
    "Page created in 0.083 seconds with 14 queries",
    "Hosted in a barn by friendly people",
    "This site is not responsible for the content of external links.",
    "Back to top ↑",
    "Valid HTML! Made on a small computer.",
)

SHARES = (
    "Share",
    "Tweet",
    "Pin it",
    "E-mail this",
    "Print",
    "Copy link",
    "Save",
    "Like",
    "Send to a friend",
    "Bookmark",
)

TAGS = (
    "animals", "summer", "easy", "school", "family", "reading", "friends", "winter", "travel", "numbers", "words",
    "garden", "music", "letters", "evening", "for beginners", "questions", "facts", "weekend", "new", "classic",
    "short", "funny",
)  # fmt: skip

HEADLINES = (
    "Ten things to do on a rainy day", "Our summer competition: the winners", "How we built a tree house",
    "The best soup for cold evenings", "Five books we liked this month", "Photo of the week: a snail on a wall",
    "Why our server was slow on Monday", "Meet the team: Barbara from accounting", "Where to find us at the fair",
    "A new look for our site", "Guess the sound: part twelve", "Letters to the editor", "What is new in version 3",
    "The village fair in pictures", "Repairing a bicycle tyre", "Twelve ideas for birthday cards", "Our readers ask",
    "How to dry herbs", "The lost umbrella and other notices", "Knitting for absolute beginners",
)  # fmt: skip

WIDGETS = ("Popular posts", "Recent comments", "Categories", "Archives", "Who is online", "Related pages", "Most read")

USERS = (
    "bluebird77", "Marta K.", "oldsailor", "tom_b", "Frau Holle", "jenny", "guest_4471", "Mr. Pencil", "sunflower",
    "Ivo", "RainyDay", "teapot", "Lena", "nightowl", "Papa Joe", "quietone", "K. Adams", "zigzag", "Mira",
    "anonymous",
)  # fmt: skip

COMMENTS = (
    "Great page, thank you!", "My kids loved this one.", "First!", "Could you write more of these, please?",
    "I had never thought of it like that.", "There is a typo in the second line, I think.", "Thanks for sharing :-)",
    "Reminds me of my school days.", "Bookmarked.", "I don't agree with everything, but well written.", "+1",
    "Read it twice. Lovely.", "When is the next part coming?", "Printed it for my grandmother.",
    "Nice site you have here.", "Please fix the mobile version.", "I found this by accident and stayed for an hour.",
    "Good stuff as always.",
)  # fmt: skip

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
