"""The verbs that use a trained network: samples, codes, episodes, and a look inside; and what they refuse."""

import json
import shutil
from pathlib import Path

import pytest

from bestiary.cli.main import main
from bestiary.files import sha256_of
from bestiary.planning.plan import Plan
from bestiary.race.train import train
from bestiary.runs.trained import trained
from bestiary.sampling.episodes import play


@pytest.fixture(scope="module")
def pole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pole") / "run"
    train("dqn", "CartPole-v1", task="control", set={"batch": 64, "warmup": 64}, epochs=1, out=out)
    return out


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_an_episode_is_played_and_drawn(pole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    code, out, _ = said(capsys, "play", str(pole), "--episodes", "2", "--out", str(tmp_path / "one.gif"))
    assert code == 0
    assert out.count("return") == 2
    with Image.open(tmp_path / "one.gif") as picture:
        steps = int(out.split("return ")[1].split(",")[0])
        assert getattr(picture, "n_frames", 1) > min(steps, 5)  # equal pictures are joined


def test_the_episodes_of_a_prediction_can_be_played_again(pole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "predict", str(pole), "CartPole-v1")
    header, *lines = out.splitlines()
    assert code == 0 and header == "seed,return,steps" and len({line.split(",")[0] for line in lines}) == 100
    seed, reward, steps = lines[7].split(",")
    network = trained(pole)
    episode = play(network.answer, network.spec, seed=int(seed), frames=False)
    assert (episode.returned, str(episode.steps)) == (float(reward), steps)


def test_a_training_is_carried_on(pole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(pole, tmp_path / "run")
    code, _, _ = said(capsys, "train", "--resume", str(tmp_path / "run"), "--add", "4s", "--quiet")
    assert code == 0
    assert [len(Plan.read(run).stages) for run in (pole, tmp_path / "run")] == [1, 2]


def test_the_inside_is_one_page_without_requests(pole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "inspect", str(pole))
    page = Path(out.strip()).read_text(encoding="utf-8")
    assert code == 0
    assert "body.0.weight" in page and "67,586 parameters" in page
    assert "default-src 'none'" in page and "<script" not in page and 'src="http' not in page


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["sample", "{run}"], "dqn cannot sample"),
        (["encode", "{run}", "digits"], "dqn cannot encode"),
        (["play", "{run}", "--contender", "lstm"], "no contender 'lstm'"),
        (["play", "{run}", "--out", "a.png"], ".gif"),
        (["play", "{run}", "--episodes", "0"], "--episodes"),
        (["play", "{run}", "--seed", "-1"], "--seed must be a whole number from 0 to 2147483647; received -1"),
        (["play", "{run}", "--seed", "2147483647", "--episodes", "2"], "from 0 to 2147483646"),
        (["play", "{run}", "--no-frames", "--out", "a.gif"], "--no-frames draws nothing"),
        (["play", "{run}", "--out", "nowhere/a.gif"], "there is no nowhere; make it first"),
        (["play", "{run}", "--out", "."], "is a folder; give episode.gif"),
        (["sample", "{run}", "--seed", "99999999999999999999"], "--seed"),
        (["inspect", "{run}", "--out", "nowhere/a.html"], "there is no nowhere; make it first"),
        (["encode", "{run}", "digits", "--out", "a.png"], "name it codes.csv"),
        (["report", "nowhere"], "give the folder of a race or a training"),
        (["train", "dqn"], "expected an architecture and data, or --resume RUN; received 'dqn' alone"),
        (["train"], "received neither; try: bestiary train cnn digits"),
        (["size", "cnn", "--set", "image_size=1"], "image_size of the example of cnn_mnist is height and width"),
        (["train", "dqn", "--resume", "{run}"], "received 'dqn' as well; leave it out"),
        (["train", "dqn", "CartPole-v1", "--add", "5m"], "--add needs --resume RUN"),
        (["train", "--resume", "nowhere"], "nowhere"),
        (["sample", "{run}", "--count", "0"], "--count"),
        (["inspect", "{run}", "--out", "page.pdf"], ".html"),
        (["inspect", "{run}/winner", "--contender", "dqn"], "is not a race"),
        (["play", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    words: list[str],
    hint: str,
    pole: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = said(capsys, *[word.format(run=pole) for word in words])
    assert code == 2
    assert hint in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_module_of_a_model_is_not_imported_unasked(
    pole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(pole / "winner", copy)
    for file in (copy / "encoder" / "encoder.json", copy / "model.json"):
        file.write_text(file.read_text().replace("CartPole-v1", "antigravity:Env"))
    words = json.loads((copy / "model.json").read_text())
    words["files"]["encoder/encoder.json"] = sha256_of(copy / "encoder" / "encoder.json")
    (copy / "model.json").write_text(json.dumps(words))
    code, _, err = said(capsys, "play", str(copy), "--out", str(tmp_path / "one.gif"))
    assert code == 2
    assert "whose code would be run" in err
