"""The whole pipeline on small crawls: nothing lost, the same for any number of processes and after being killed."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import crawls
import pytest

import pyllm
from pyllm.data.document import Document, Page, Verdict
from pyllm.data.documents import read_documents
from pyllm.data.dropped import Dropped, read_dropped
from pyllm.data.file_stages import DOCUMENTS, DROPPED, FilterTask, filter_file
from pyllm.data.funnel import read_funnel
from pyllm.data.page_filter import Judged, make_page_filter
from pyllm.data.pipeline import run
from pyllm.data.pipeline_config import MinHash, PipelineConfig
from pyllm.data.shards import TokenShards
from pyllm.data.sources import expand_inputs
from pyllm.data.worker import WorkerPool
from pyllm.files import held

FILES, PAGES = 3, 40


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crawl")
    crawls.mixed_crawl(folder, FILES, PAGES)
    return folder


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    texts = (crawls.prose(seed) for seed in range(20))
    pyllm.Tokenizer.train(texts, 400, special_tokens=pyllm.SPECIAL_TOKENS, progress=False).save(path)
    return path


@pytest.fixture(scope="module")
def undisturbed(crawl: Path, tokenizer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run(config_of(crawl, out, tokenizer))
    return out


def config_of(crawl: Path, out: Path, tokenizer: Path | None = None) -> PipelineConfig:
    return PipelineConfig(inputs=(str(crawl),), out=out, tokenizer=tokenizer, validation_fraction=0.2, processes=2)


def documents_of(out: Path) -> list[Document]:
    return [one for path in sorted((out / "documents").glob("*.parquet")) for one in read_documents(path)]


def dropped_of(out: Path) -> list[Dropped]:
    return [one for path in sorted((out / "dropped").glob("*.parquet")) for one in read_dropped(path)]


def hashes(out: Path) -> dict[str, str]:
    """Of every file that must be the same in every run: all but those that tell times."""
    paths = [path for path in sorted(out.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.name not in ("report.md", "funnel.json", "funnel.png", ".lock")
    }


def test_nothing_is_lost(undisturbed: Path) -> None:
    documents, dropped = documents_of(undisturbed), dropped_of(undisturbed)
    ids = [one.id for one in (*documents, *dropped)]
    assert sorted(ids) == [f"<urn:uuid:{number:032x}>" for number in range(FILES * PAGES)]
    funnel = read_funnel(undisturbed)
    assert (funnel.pages, funnel.kept) == (FILES * PAGES, len(documents))
    before = funnel.pages
    for counts in funnel.stages.values():
        assert counts.pages_in == before and counts.pages_in == counts.pages_out + counts.reasons.total()
        before = counts.pages_out


def test_every_reason(undisturbed: Path) -> None:
    reasons: dict[int, set[str]] = {}
    for one in dropped_of(undisturbed):
        reasons.setdefault(int(one.id[-33:-1], 16) % 8, set()).add(f"{one.stage} {one.reason}")
    assert reasons == {
        1: {"exact_duplicates copy"},
        3: {"language language_de"},
        4: {"gopher_quality too_few_words"},
        5: {"url banned_subword"},
        6: {"exact_duplicates copy"},
    }


def test_a_copy_names_its_original(undisturbed: Path) -> None:
    kept = {one.id for one in documents_of(undisturbed)}
    copies = [one for one in dropped_of(undisturbed) if one.reason == "copy"]
    assert copies and all(one.detail.removeprefix("of ") in kept for one in copies)


def test_documents(undisturbed: Path, crawl: Path, tokenizer: Path) -> None:
    documents = {int(one.id[-33:-1], 16): one for one in documents_of(undisturbed)}
    encoder = pyllm.Tokenizer.load(tokenizer)
    for number, one in documents.items():
        text = crawls.prose(number)
        if number % 8 == 2:
            text = "Write to email@example.com. " + text
        assert one.text.split() == text.split()
        assert one.token_count == len(encoder.encode_ordinary(one.text))
        assert one.url == f"https://site{number // PAGES}.example/page/{number}"
        assert (one.date, one.language) == ("2024-05-06T07:08:09Z", "en") and one.language_score >= 0.65
        assert one.file_path == str(crawl / f"crawl-{number // PAGES:02}.warc.gz")


def test_tokens(undisturbed: Path, tokenizer: Path) -> None:
    encoder = pyllm.Tokenizer.load(tokenizer)
    total = 0
    for side in ("train", "validation"):
        shards = TokenShards(undisturbed / "tokens" / side, encoder)
        shards.verify()
        total += sum(map(len, shards.arrays))
    documents = documents_of(undisturbed)
    assert total == sum(1 + (one.token_count or 0) for one in documents)


@pytest.mark.parametrize("processes", [1, 5])
def test_any_number_of_processes(
    undisturbed: Path, crawl: Path, tokenizer: Path, tmp_path: Path, processes: int
) -> None:
    run(replace(config_of(crawl, tmp_path / "out", tokenizer), processes=processes))
    assert {**hashes(tmp_path / "out"), "plan.json": ""} == {**hashes(undisturbed), "plan.json": ""}


def test_killed_and_started_again(undisturbed: Path, crawl: Path, tokenizer: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = "import sys; from pyllm.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", script, "data", "run", str(crawl), "--out", str(out)]
    command += ["--tokenizer", str(tokenizer), "--validation-fraction", "0.2", "--processes", "2"]
    source = random.Random(0)
    for _ in range(6):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        try:
            process.wait(timeout=source.uniform(0.3, 2.0))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        assert process.stderr is not None
        complaint = process.stderr.read().decode()
        process.stderr.close()
        assert process.wait() in (0, -signal.SIGKILL), complaint
    time.sleep(0.2)
    finished = subprocess.run(command, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert hashes(out) == hashes(undisturbed)
    assert "documents, with" in finished.stdout


def test_ctrl_c_stops_at_once_and_says_how_to_go_on(crawl: Path, tmp_path: Path) -> None:
    arguments = ["data", "run", str(crawl), "--out", str(tmp_path / "out")]
    script = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import pyllm.data.pipeline as pipeline
def interrupted(*arguments): raise KeyboardInterrupt
pipeline.find_duplicates = interrupted
sys.argv[1:] = {arguments!r}
from pyllm.cli import main
sys.exit(main())
"""
    stopped = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert stopped.returncode == 130 and "Traceback" not in stopped.stderr
    assert "the same command goes on" in stopped.stderr
    assert len(list((tmp_path / "out" / "work").glob("0*"))) == FILES


def test_other_settings_are_refused(undisturbed: Path, crawl: Path, tokenizer: Path) -> None:
    config = replace(config_of(crawl, undisturbed, tokenizer), language_score=0.9, before="2024-01-01")
    with pytest.raises(ValueError, match=r"other settings \(before, language_score differ\)"):
        run(config)
    with pytest.raises(ValueError, match=r"\(inputs differ\)"):
        run(replace(config_of(crawl, undisturbed, tokenizer), inputs=(str(crawl / "crawl-00.warc.gz"),)))


def test_a_finished_run_is_left_as_it_is(undisturbed: Path, crawl: Path, tokenizer: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*.parquet")}
    assert run(config_of(crawl, undisturbed, tokenizer)).funnel.table() == read_funnel(undisturbed).table()
    assert before == {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*.parquet")}


def test_a_folder_with_other_things_is_refused(crawl: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader")
    with pytest.raises(FileExistsError, match="holds no run of the data pipeline"):
        run(config_of(crawl, tmp_path))
    (tmp_path / "plan.json").write_text('{"format": 3')
    with pytest.raises(ValueError, match=r"plan\.json is damaged"):
        run(config_of(crawl, tmp_path))


def test_one_run_at_a_time(crawl: Path, tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(ValueError, match="another process is at work"):
        run(config_of(crawl, tmp_path))


def test_days_languages_and_skipped_stages(crawl: Path, tmp_path: Path) -> None:
    config = replace(config_of(crawl, tmp_path / "days"), before="2024-05-06")
    assert run(config).funnel.stages["date"].reasons == {"too_late": FILES * PAGES}
    config = replace(
        config_of(crawl, tmp_path / "all"),
        before="2024-05-07",
        language=("de", "en"),
        skip=("url", "gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality", "duplicates", "pii"),
    )
    result = run(config)
    languages = [one.language for one in documents_of(tmp_path / "all")]
    assert languages.count("de") == FILES * PAGES // 8
    assert result.funnel.pages - result.funnel.kept == result.funnel.stages["language"].reasons.total()
    assert any("someone@real-mail.com" in one.text for one in documents_of(tmp_path / "all"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": ()}, "there are no inputs"),
        ({"before": "soon"}, "before must be a day as YYYY-MM-DD, got 'soon'"),
        ({"language": ("English",)}, "language must be an ISO 639-1 code such as en, got 'English'"),
        ({"language_score": 1.5}, "language_score must be from 0 to 1, got 1.5"),
        ({"page_seconds": 0.0}, "page_seconds must be above 0, got 0.0"),
        ({"processes": 0}, "processes must be at least 1, got 0"),
    ],
)
def test_bad_settings(crawl: Path, tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(replace(config_of(crawl, tmp_path / "out"), **change))  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_files_without_documents(crawl: Path, tmp_path: Path) -> None:
    """Empty ones, and ones of which nothing is kept, beside others; with other bands than usual, and with none."""
    (tmp_path / "pages").mkdir()
    for name, content in (("a.txt", ""), ("b.jsonl", ""), ("c.jsonl", '{"text": "Too short."}\n')):
        (tmp_path / "pages" / name).write_text(content)
    empty = run(PipelineConfig(inputs=(str(tmp_path / "pages"),), out=tmp_path / "empty"))
    assert (empty.funnel.pages, empty.funnel.kept) == (3, 0)
    inputs, kept = (str(tmp_path / "pages"), str(crawl)), []
    for name, change in (("14", {}), ("20", {"minhash": MinHash(bands=20)}), ("0", {"skip": ("near_duplicates",)})):
        config = PipelineConfig(inputs=inputs, out=tmp_path / name, **change)  # type: ignore[arg-type]
        kept.append(run(config).funnel.kept)
    assert kept[0] == kept[1] == kept[2] > 0


def test_inputs_that_are_one_text(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"inputs must be a tuple or list .* got 'page.html'"):
        run(PipelineConfig(inputs="page.html", out=tmp_path / "out"))  # type: ignore[arg-type]


def test_notes(crawl: Path, tmp_path: Path) -> None:
    (tmp_path / "domains").write_text("fine.example\nnot a domain\n")
    config = replace(config_of(crawl, tmp_path / "out"), language=("de",), blocklist=(tmp_path / "domains",))
    with pytest.warns(UserWarning) as notes:
        run(config)
    assert [str(note.message) for note in notes] == [
        f"lines of the blocklists that were left out: 1; first {tmp_path}/domains:2: 'not a domain' is not a domain",
        "gopher_quality looks for English stop words: give those of de as --gopher-quality.stop-words, or "
        "--gopher-quality.min-stop-words None",
    ]


def make_hostile(config: PipelineConfig) -> Callable[[tuple[list[Page], Verdict]], Judged]:
    """A page filter in whose extraction pages hang, crash or take all memory, as their text says."""
    import pyllm.data.page_filter as module

    extract = module.extract_text

    def hostile(content: bytes, charset: str | None = None) -> str:
        text = extract(content, charset)
        if "Please hang" in text:
            while True:
                pass
        if "Please crash" in text:
            os.kill(os.getpid(), signal.SIGSEGV)
        if "Please eat" in text:
            return str(bytearray(10**10))
        if "Please raise" in text:
            raise RecursionError("the parser is lost")
        return text

    module.extract_text = hostile
    return make_page_filter(config)


def test_hostile_pages(tmp_path: Path) -> None:
    orders = {7: "hang", 20: "crash", 21: "eat", 22: "raise", 39: "hang"}
    pages = [
        (
            f"https://a.example/{index}",
            crawls.html(f"Please {orders[index]}." if index in orders else crawls.prose(index)),
        )
        for index in range(70)
    ]
    [file] = expand_inputs([str(crawls.write_warc(tmp_path / "hostile.warc.gz", pages))])
    config = PipelineConfig(inputs=("-",), out=tmp_path, page_seconds=0.5, memory_megabytes=300)
    with WorkerPool(2, make_hostile, config) as pool:
        filter_file(FilterTask(file, tmp_path / "made"), config, pool, lambda told: None)
    kept = [int(one.id[-33:-1], 16) for one in read_documents(tmp_path / "made" / DOCUMENTS)]
    assert kept == [index for index in range(70) if index not in orders]
    dropped = {int(one.id[-33:-1], 16): one for one in read_dropped(tmp_path / "made" / DROPPED)}
    assert {index: one.reason for index, one in dropped.items()} == {
        7: "took_too_long",
        20: "crashed",
        21: "out_of_memory",
        22: "failed",
        39: "took_too_long",
    }
    assert all(one.stage == "extraction" for one in dropped.values())
    assert dropped[7].detail == "more than 0.5 s of processor time"
    assert dropped[20].detail == "the process that read it ended by SIGSEGV"
    assert dropped[22].detail == "RecursionError: the parser is lost"
    table = json.loads((tmp_path / "made" / "funnel.json").read_bytes())
    assert table["stages"]["read"]["pages_in"] == 70
    assert table["stages"]["extraction"]["reasons"] == {
        "took_too_long": 2,
        "crashed": 1,
        "out_of_memory": 1,
        "failed": 1,
    }


def test_addresses_are_fetched(undisturbed: Path, crawl: Path, tmp_path: Path) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(crawl))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/crawl-01.warc.gz"
        digest = hashlib.sha256((crawl / "crawl-01.warc.gz").read_bytes()).hexdigest()
        result = run(PipelineConfig(inputs=(f"{url}#sha256={digest}",), out=tmp_path / "right"))
        with pytest.raises(ValueError, match="not the one given"):
            run(PipelineConfig(inputs=(f"{url}#sha256={'0' * 64}",), out=tmp_path / "wrong"))
        with pytest.raises(FileNotFoundError, match="crawl-77"):
            run(PipelineConfig(inputs=(url.replace("crawl-01", "crawl-77"),), out=tmp_path / "missing"))
        again = run(PipelineConfig(inputs=(url,), out=tmp_path / "missing"))  # its folder is free for other settings
        server.shutdown()
    assert result.funnel.pages == again.funnel.pages == PAGES
    alone = {one.id: one for one in documents_of(tmp_path / "right")}
    assert {one.file_path for one in alone.values()} == {url}
    for one in documents_of(undisturbed):
        if one.file_path.endswith("crawl-01.warc.gz"):
            assert alone[one.id].text == one.text
