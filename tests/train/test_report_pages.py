"""report.md and report.html of a whole run: the same content, nothing from outside, nothing that a text can break."""

import base64
import html
import io
import re
import subprocess
import sys
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from matplotlib.image import imread
from whole_run import PROMPTS, whole_run, write_examination

from pyllm.report import write_report
from pyllm.report.blocks import Command, File, Paragraph, Report, Table
from pyllm.report.html import Images, page
from pyllm.report.markdown import escaped, markdown
from pyllm.report.record import Record
from pyllm.report.sections import report_of
from pyllm.train.run_folder import RunFolder

VOID = {"meta", "img", "source", "br", "link"}
HOSTILE = [
    "</dd></article></main><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[a](http://evil.example) ![b](http://evil.example/x.png) <http://evil.example>",
    "| a | b |\n| --- | --- |\n| c \\| d | `e |`",
    "# a heading\n\n- a list\n1. another\n2) one more\n---\n===\n> quoted\n```\ncode",
    "*bold* __bold__ _slanted_ ~~gone~~ a_b_c $x$ &lt;&amp; \\* \\",
    "</details>\n\n<details>",
    "www.evil.example http://evil.example javascript:alert(1)",
]


class Page(HTMLParser):
    """A page's elements, whose tags must match, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []  # (innermost element, text)
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def of(self, tag: str) -> list[str]:
        """The texts right within elements of a name."""
        return [text for inside, text in self.texts if inside == tag]


def pages_of(folder: RunFolder) -> tuple[str, str]:
    """report.md and report.html, with plots of nothing: those take their time."""
    report = report_of(Record.of(folder))
    return markdown(report), page(report, Images(defaultdict(lambda: (b"", b"")), lambda path: None))


def test_sections_are_those_that_have_data_in_both_files(tmp_path: Path) -> None:
    folder = whole_run(tmp_path / "whole")
    text, source = pages_of(folder)
    titles = ["Time", "Base model", "SFT", "Examination", "The same prompts, answered after each stage", "GRPO"]
    titles += ["Imitation", "Practice against imitation", "Reward model", "PPO", "PPO, pushed on", "Over-optimisation"]
    titles += ["The dial: how each number came about"]
    assert re.findall("^## (.*)$", text, re.MULTILINE) == Page(source).of("h2") == titles
    assert Page(source).of("h1") == ["whole"] and Page(source).of("a") == titles

    tables, lines = folder.read_tables(), folder.metrics.read_text().splitlines(keepends=True)
    for without, missing in (
        ("grpo", {"GRPO", "Practice against imitation"}),
        ("imitation", {"Imitation", "Practice against imitation"}),
        ("sft", {"SFT"}),
        ("reward", {"Reward model"}),
        ("ppo", {"PPO", "Over-optimisation"}),
        ("overoptimisation", {"PPO, pushed on"}),
        ("run", {"Time"}),
    ):
        less = RunFolder(tmp_path / f"without {without}")
        less.path.mkdir()
        for name in tables:
            if name != without:
                less.write_config(name, tables[name])
        less.metrics.write_text("".join(line for line in lines if f'"stage": "{without}"' not in line))
        (less.path / "examination").mkdir()
        for stage in ("base", "sft"):
            write_examination(less, stage, "x")
        text, source = pages_of(less)
        expected = [title for title in titles if title not in missing]
        assert re.findall("^## (.*)$", text, re.MULTILINE) == Page(source).of("h2") == expected
        assert "| task | base | SFT | commonest answer | problems |" in text


def test_numbers_are_those_of_the_run(tmp_path: Path) -> None:
    text, source = pages_of(whole_run(tmp_path / "whole"))
    for line in (
        "| commit | `v1-2-gabc` |",
        "| command | `pyllm run --depth 4` |",
        "| documents | 0:30 | 15.8% |  |  |",
        "| tokens | 0:10 | 5.3% | 2,000,000 | 200,000 |",
        "| pretrain | 2:30 | 78.9% | 400 | 3 |",
        "| in all | 3:10 | 100.0% |  |  |",
        "| bits a byte of a 4-gram model of the same tokens | 1.5625 |",
        "| the model's bits a byte / those of the 4-grams | 0.80 |",
        "| addition | 0.0% | 36.0% | 96.8% | 71.0% | 95.0% | 1.2% | 500 |",
        "| letter counting | 21.0% | 64.8% | 65.0% | 65.5% | 60.0% | 66.0% | 400 |",
        "| addition | 22.2 | 22.2 | 22.2 | 22.2 | 22.2 |",
        "| held-out pairs told the right way round | 88.5% |",
        "| of those whose better answer is longer | 91.0% |",
        "| calibration error | 12.5% |",
        "| what the judge makes of it, first 2 steps and last | 1.188 → 1.938 |",
        "| divergence, nats an answer, first 2 steps and last | 2.2 → 11.2 |",
        "| best-of-n | 0.00 | 0.10 | 1.60 |  |  |",
        "| PPO | 0.00 | 0.00 | 1.50 | 50.0% | 50.0% |",
        "|  | 37.50 | 1.00 | 0.25 | 50.0% | 50.0% |",
        "| reward, first 2 steps and last | 0.188 → 0.938 |",
        "| answers by steps, first 2 steps and last | 15.0% → 75.0% |",
        "| step | validation loss | replay loss | held out accuracy |",
        "| 4 | 0.5000 | 2.1250 | 0.3500 |",
        "| lr | 0.01 | of grpo |",
    ):
        assert f"{line}\n" in text
        for cell in line.strip("|").split("|"):
            assert html.escape(cell.strip(" `")) in source
    assert "practice ends at 95.0%, imitation at 70.0%" in text
    assert "A share of 400 is exact to ±4.9% or better" in text  # 1.96 sqrt(0.25 / 400) = 4.9 %
    found = Page(source)
    assert found.of("blockquote")[:5] == [f"a text {number}" for number in range(5)]
    assert [prompt for prompt in found.of("p") if prompt in PROMPTS] == PROMPTS
    assert found.of("dt") == ["base", "SFT", "GRPO", "imitation", "PPO"] * 10
    answers = [text.strip() for text in found.of("dd") if text.startswith("a text")]
    assert answers == [f"a text of {stage}" for stage in ("base", "sft", "grpo", "imitation", "ppo")] * 10
    assert text.count("| What is 47 + 38? | a text of base *(cut off: too long)* | a text of sft ") == 1


def test_nothing_comes_from_outside(tmp_path: Path) -> None:
    folder = whole_run(tmp_path / "whole")
    text = write_report(folder).read_text()
    source = (folder.path / "report.html").read_text()
    found = Page(source)
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in found.elements}
    images = 0
    anchors = {attributes["id"] for _, attributes in found.elements if "id" in attributes}
    for tag, attributes in found.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("src", "srcset", "href", "data", "action", "background"):
            value = attributes.get(name)
            if value is not None and tag == "a":
                assert value.startswith("#") and value[1:] in anchors
            elif value is not None:
                kind, _, content = value.partition(",")
                assert kind == "data:image/png;base64" and tag in ("img", "source")
                images += 1
                assert imread(io.BytesIO(base64.b64decode(content, validate=True)), "png").shape[1] > 1000
    assert images == 2 * 18  # light and dark
    assert not re.search(r"url\(|@import|https?://", source)
    shown = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert sorted(shown) == sorted(f"plots/{path.name}" for path in folder.plots.iterdir()) and len(shown) == 18
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in folder.plots.iterdir())


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_models_write_stays_text(tmp_path: Path, hostile: str) -> None:
    harmless, harmless_source = pages_of(whole_run(tmp_path / "harmless" / "run", "x"))
    text, source = pages_of(whole_run(tmp_path / "hostile" / "run", hostile))
    found, structure = Page(source), [tag for tag, _ in Page(source).elements]
    assert structure == [tag for tag, _ in Page(harmless_source).elements]
    assert f"{hostile} 3" in found.of("blockquote") and f"{hostile} of grpo" in found.of("dd")

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

    def kinds(source: str) -> list[str]:
        tokens = [inner for token in parser.parse(source) for inner in (token, *(token.children or ()))]
        return [token.type for token in tokens if token.type not in ("text", "text_special")]

    assert kinds(text.replace("<br>", " ")) == kinds(harmless)
    blocks = parser.parse(text)
    texts = {token.content.rstrip("\n") for token in blocks if token.type == "code_block"}
    texts |= {
        "".join("\n" if one.content == "<br>" else one.content for one in token.children or ())
        for token in blocks
        if token.type == "inline"
    }
    assert {hostile, f"{hostile} 3", f"{hostile} of grpo"} <= texts


def test_texts_of_settings_and_names_are_escaped_too(tmp_path: Path) -> None:
    folder = whole_run(tmp_path / "a <b> | *c*")
    folder.write_config("sft", {"data": ["/x/<i>|`d`.jsonl"], "derivation": {"lr": "0.1: <u> | it"}})
    text, source = pages_of(folder)
    assert not {"b", "i", "u"} & {tag for tag, _ in Page(source).elements}
    assert Page(source).of("h1") == ["a <b> | *c*"] and "<i>|`d`.jsonl" in Page(source).of("td")
    assert "| data | &#60;i&#62;&#124;\\`d\\`.jsonl |\n" in text


def test_plain_words_stay_as_they_are() -> None:
    for plain in ("0.0006 sqrt(768 / n_embd)", "8/3 x n_embd, up to a multiple of 64", "a - b = -5", "It's 3.5 (or 4)"):
        assert escaped(plain) == plain


def test_code_in_markdown_ends_where_it_should() -> None:
    report = Report("x", [Command("Again", "a `b` ``c"), Table((), [("p|q", File("n", "a b/c.md"))], words=2)])
    assert markdown(report).split("\n")[2:] == [
        "Again: ```a `b` ``c```",
        "",
        "|  |  |",
        "| --- | --- |",
        "| p&#124;q | [n](<a b/c.md>) |",
        "",
    ]
    assert markdown(Report("x", [Paragraph("a\n# b")])).split("\n")[2] == "a \\# b"


def test_a_damaged_examination(tmp_path: Path) -> None:
    folder = whole_run(tmp_path / "whole")
    path = folder.path / "examination" / "sft.json"
    for content, problem in (
        ("{", "it is not JSON"),
        ("[1]", "it holds no table of tasks"),
        ('{"tasks": {"addition": 3}}', "it holds no table of tasks"),
        ('{"tasks": {}, "answers": ["x"]}', "its answers are not a list of tables"),
    ):
        path.write_text(content)
        with pytest.raises(ValueError, match=rf"sft\.json is damaged: {problem}$"):
            Record.of(folder)
    path.write_text('{"tasks": {"addition": {"correct": "much", "count": null}}, "answers": [{}]}')
    assert "| addition | 0.0% |  | 96.8% |" in pages_of(folder)[0]


def test_importing_pyllm_needs_no_plots() -> None:
    code = "import sys, pyllm, pyllm.report; assert not {'matplotlib', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("reward_calibration.json", "[1]", "it holds no list of tables"),
        ("reward_calibration.json", "{}", "it holds no list of tables"),
        ("reward_calibration.json", "[", "it is not JSON"),
        ("ppo_best_of_n.json", "[]", "it is not a table"),
        ("ppo_best_of_n.json", '{"best_of": 3}', "it holds no list of tables"),
    ],
)
def test_damaged_files_of_preferences(tmp_path: Path, name: str, content: str, problem: str) -> None:
    folder = whole_run(tmp_path / "whole")
    (folder.path / name).write_text(content)
    with pytest.raises(ValueError, match=rf"{name} is damaged: {problem}$"):
        Record.of(folder)


def test_strange_values_in_files_of_preferences_are_left_out(tmp_path: Path) -> None:
    folder = whole_run(tmp_path / "whole")
    (folder.path / "reward_calibration.json").write_text('[{"sure": "x", "right": 1}, {}]')
    (folder.path / "ppo_best_of_n.json").write_text('{"best_of": [{"kl": null, "reward": 1}, {"kl": 1, "reward": []}]}')
    text, _ = pages_of(folder)
    assert "## Over-optimisation" in text and "| best-of-n |" not in text


def test_accuracy_of_pairs_makes_no_reward_model_of_dpo(tmp_path: Path) -> None:
    folder = whole_run(tmp_path / "whole")
    before = pages_of(folder)[0]
    folder.write_config("dpo", {"lr": 0.01})
    with folder.metrics_writer("dpo") as write:
        write(1, loss=0.5)
        write(1, validation_loss=0.6, validation_accuracy=0.75)
    text = pages_of(folder)[0]
    assert "## DPO" in text and "0.6000 nats a pair" in text
    for words in ("told the right way round", "Sure: the probability", "accuracy and calibration"):
        assert text.count(words) == before.count(words) == 1
