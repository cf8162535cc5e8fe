"""What a school says between the problems: paragraphs that explain adding, carrying, subtracting and the rest.

Slots: {name} and {other} children, {teacher}, {things} something that one counts, {day}. No paragraph has a problem
in it: problems come from pyllm.data.miniweb.homework alone, which leaves out what examinations ask.
"""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

ADDING = [
    "Adding means putting two heaps together. If {name} pours a bag of {things} into a box of {things}, nobody has to count them all again: the sum says how many there are.",
    "When we add large numbers, we (never|do not) add them all at once. We take the ones first, then the tens and then the hundreds, and every column is a small sum that you know by heart.",
    "Both numbers stand one below the other, so that ones are under ones and tens are under tens. A number that has slipped to the side is the most common reason for a wrong answer.",
    "It makes no difference which of the two numbers comes first in an addition. {name} likes to begin with the larger one, because then there is less to count on.",
    "{teacher} says that a sum is like a staircase: whoever takes one step after the other gets to the top, and whoever jumps may fall.",
    "If one of the numbers has no tens, think of a zero in that place. Adding zero changes nothing, but the zero keeps the columns in order.",
    "Many children add on their fingers at first, and that is (fine|quite all right). After some weeks of practice the small sums come by themselves, and the fingers can rest.",
    "Two even numbers make an even sum, and two odd numbers make an even sum as well. Only an even number and an odd number together make an odd one.",
    "A sum is always at least as large as each of its parts. If your answer is smaller than one of the numbers that you added, (something has gone wrong|look at your work again).",
    "Read the finished sum aloud, with the words plus and is. (Ears often find|The ear often finds) a mistake that the eyes have missed.",
    "In the shop, {name} adds the prices in {his} head before paying. It is good practice, and the woman behind the counter is always surprised.",
]

CARRYING = [
    "A column has room for one digit only. When it makes ten or more, we write down the last digit and carry the one to the column on its left.",
    "Why do we carry? Ten ones are the same as one ten, just as ten small coins are worth one large coin. Carrying is nothing but changing money.",
    "Write the one that you carry very small above the next column. {name} forgot it three times last week, and each time the answer was ten too small.",
    "Not every sum needs a carry. (Look|Check) first whether the ones make ten or more; if they do not, you simply write down what they make and go on.",
    "In an addition of two numbers we never carry more than one. Even two nines and a carried one stay below twenty.",
    "{other} keeps ten {things} in each bag and the rest on the table. As soon as there are ten on the table, they go into a new bag, and that is how carrying works.",
    "Sometimes a carry makes the next column carry too. Do not worry about this: the rule stays the same in every column, however many there are.",
    "The last column is easy, because nothing comes after it. There we write down the whole number, even if it has two digits.",
    "If you add three numbers in one column, two digits and a carried one, (say|whisper) the first result to yourself before you go on to the one.",
    "On {day}, {teacher} showed us carrying with little sticks. Ten sticks got a rubber band around them and moved over to the tens, and then everybody understood it.",
]

SUBTRACTING = [
    "Subtracting means taking away. It also tells us how much is missing, or how much more one child has than another, although nothing is taken away then.",
    "The order matters when you subtract. The number from which we take away stands on top, and in our problems it is always the larger one.",
    "If the upper digit is too small, we borrow one from the column on the left. It brings ten more, and now there is enough to take away from.",
    "Whoever borrows must pay back. In the next column we take away the one that was borrowed, before we take away the lower digit.",
    "{name} thinks of borrowing as opening a new packet of {things}. There are ten in it, and afterwards there is one packet fewer on the shelf.",
    "Taking away zero leaves a number as it is. Taking away a number from itself leaves nothing at all, and we write a zero.",
    "You can also count upwards from the smaller number to the larger one. Shopkeepers used to give change in this way, coin by coin, until they came to the full amount.",
    "The answer of a subtraction can never be larger than the number that you began with. (Keep this in mind|Remember this) when you check your page.",
    "A subtraction without borrowing is done quickly, column by column. Still, go from the right to the left, so that your hand does the same every time.",
    "When {other} loses {things} in the garden, {other} does not count how many are gone. {other} counts those that are left and works out the difference.",
]

TABLES = [
    "Multiplying is a short way of adding the same number again and again. Four bags with the same number of {things} can be counted in one step instead of four.",
    "The tables are best learned aloud and in small pieces. (Five minutes|A few minutes) in the morning and the same in the evening are enough for most children.",
    "In the table of ten every answer ends in a zero, and in the table of five it ends in a five or a zero. These two are the easiest ones to begin with.",
    "If you forget one line of a table, go back to a line that you know and add the number once more. {name} does this often, and nobody notices.",
    "It does not matter which factor comes first. Rows and columns of a chessboard can change places, and the board has as many squares as before.",
    "Multiplying by one changes nothing, and multiplying by zero leaves nothing. Every table begins in this simple way.",
    "The table of two is the same as doubling. Whoever can double a number twice knows the table of four as well, without learning it.",
    "{teacher} hangs the tables on the wall of the classroom. Each week another line is covered with a sheet of paper, and the class says it from memory.",
]

COMPARING = [
    "To compare two numbers, look at the place that counts most. More hundreds beat any number of tens, and more tens beat any number of ones.",
    "If the tens are the same, the ones decide. It is like looking up words: when the first letters are the same, we go on to the second.",
    "A number with more digits is always larger than a number with fewer digits. {name} calls this the rule of the long trains.",
    "The sign for larger and smaller opens its mouth to the larger number. Think of a hungry fish that always wants the bigger meal.",
    "On a number line the smaller number stands on the left. Draw a line, mark both numbers, and you will see which is which.",
    "Comparing is useful every day: which bag has more {things}, which way is shorter, which child is taller? Numbers give an answer that nobody can argue with.",
]

COUNTING = [
    "Count slowly and touch each thing with your finger, so that nothing is counted twice. What has been counted can be moved to the other side of the table.",
    "Large heaps are counted in groups. {other} puts {things} in rows of ten, counts the rows, and adds what is left over at the end.",
    "Counting backwards is harder than counting forwards, and for this reason it is good practice. Try it on the stairs, one number for each step.",
    "It does not matter where you begin to count. From the left or from the right, the number of {things} is always the same.",
    "Counting in twos is quicker than counting one by one. Many people do it with coins, and card players do it with cards.",
    "The last number that you say is the number of things. Small children sometimes begin again from one, so ask them twice how many there are.",
]

CHECKING = [
    "You can check an addition by taking one of the numbers away from the answer. If the other number is left, (the sum is right|all is well).",
    "You can check a subtraction by adding the answer to the number that was taken away. The number on top must come out again.",
    "Before you begin, guess roughly what will come out. A guess that is far from the answer is a sign that you should look again.",
    "Exchange your page with a friend and check each other's work. Mistakes of others are easier to find than your own, and nobody should laugh about them.",
    "If your answer is not the same as ours, do not rub it out at once. Find the column in which the two differ, and you have found the mistake.",
    "{name} puts a small tick behind every problem that has been checked. At the end there should be as many ticks as problems.",
    "{teacher} does not mind mistakes at all. A mistake shows what still has to be explained, and the next day we explain it once more.",
    "Clean figures save time. Many wrong answers come from a seven that looks like a one, or from a zero that looks like a six.",
]

WORDS = [
    "Read a problem in words twice. The first time, find out what happens; the second time, find out what is asked.",
    "Words such as together, altogether and in all often tell us to add. Words such as left, missing and fewer often tell us to subtract.",
    "Draw a small picture if a problem seems hard. It does not have to be beautiful: a few circles for the {things} and an arrow are enough.",
    "Always answer with a whole sentence, because a number alone does not say what was counted. Nobody wants to know what eighty is, but how many {things} there are.",
    "Some problems tell more than you need. The name of the dog or the color of the basket does not change the sum, so look for the numbers and for what happens to them.",
    "After you have found the answer, put it back into the story. If {other} would have more {things} than there are in the whole shop, something is wrong.",
    "Make up a problem of your own and give it to somebody at home. Whoever can invent a problem has understood how it works.",
]

WORKING = [
    "Take your time. A slow answer that is right is better than a fast one that is wrong, and speed comes by itself with practice.",
    "If you get stuck, leave the problem out and come back to it later. Often the next one shows you how it is done.",
    "A quiet table, a sharp pencil and a glass of water are all you need. Put the telephone into another room until you have finished.",
    "Ten minutes every day help more than two hours on a Sunday. {name} does a few problems after lunch and then goes out to play.",
    "Explain the steps to somebody in your family while you write them down. Whoever can explain a thing has understood it.",
    "We write the steps in words first, because words show what we think. Later the same steps are written in figures only, which is shorter but says the same.",
    "Small sums should be known by heart, because all the large ones are made of them. Practice them on the way to school, with a friend or alone.",
    "Do not be afraid of large numbers. They have more columns than the small ones, but every column works in the same way.",
]

PROSE = [*ADDING, *CARRYING, *SUBTRACTING, *TABLES, *COMPARING, *COUNTING, *CHECKING, *WORDS, *WORKING]
