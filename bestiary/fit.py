"""The one training loop. What is learned, and how, is the algorithm's business; this only draws its updates."""

from bestiary.contracts import Algorithm, Data, Judge, Run


def fit(algorithm: Algorithm, data: Data, run: Run, steps: int, judge: Judge, horizon: int | None = None) -> int:
    """Trains until `steps` updates have been made in all, patience runs out, or the algorithm says it is finished.

    A run that was stopped is continued: from its last checkpoint the updates are bit-equal to never having stopped
    (on a CPU with one thread).

    Args:
        algorithm: how the parameters change.
        data: where batches come from.
        run: where logs and checkpoints go.
        steps: stop once this many updates have been made, those before a restart included.
        judge: evaluates `algorithm.answer` when due.
        horizon: how long the whole training is meant to last, for schedules; `steps` unless given.

    Returns:
        The number of updates made in all.

    Raises:
        Diverged: when a loss is not finite.
    """
    done = run.restore(algorithm)
    saved = done
    judged = -1
    if done < steps:
        for logs in algorithm.updates(data, done, horizon or steps):
            done += 1
            run.log(done, logs)
            spent = False
            if judge.due(done):
                judged = done
                spent = run.judged(done, judge(algorithm.answer, done), algorithm)
            if done >= steps or spent:
                break
            if run.due(done):
                run.save(done, algorithm)
                saved = done
        if judged != done:
            run.judged(done, judge(algorithm.answer, done), algorithm)
        if saved != done:
            run.save(done, algorithm)
    return done
