"""What ships, why, and what a cheaper model would save, in sentences of a person who reads them once."""

from __future__ import annotations

from bestiary.judging.evidence import Standing, Verdict

REASONS = {
    "best": "{name} ships: of all models it did best on the validation rows, before the test rows were opened.",
    "small": "{name} ships: it is the smallest of those that score about as well as the best, as asked.",
    "fast": "{name} ships: it is the fastest of those that score about as well as the best, as asked.",
}


def called(standing: Standing) -> str:
    """What a model is called at the beginning of a sentence."""
    if standing.status == "ensemble":
        return f"The {standing.title}"
    if standing.name.startswith("baseline/"):
        return f"The {standing.name.removeprefix('baseline/')} baseline"
    return standing.title or standing.name


def why(verdict: Verdict) -> str:
    """Why the model in `winner/` is that one; "" where there was nothing to choose from."""
    chosen = named(verdict, verdict.chosen)
    if chosen is None or sum(bool(s.test) for s in verdict.standings) < 2:
        return ""
    if verdict.crowned == verdict.chosen:
        return f"{called(chosen)} ships: it is the winner."
    first = named(verdict, verdict.preferred)
    if first is not None and first is not chosen:
        if chosen.network:
            return f"{called(chosen)} ships: it is shown to do better on the test rows than every baseline."
        why = "of the baselines that may be the best on test rows, it did best on validation rows"
        return f"{called(chosen)} ships: {why}. The first choice, {lower(called(first))}, is shown to be worse."
    return REASONS[verdict.prefer].format(name=called(chosen))


def lower(text: str) -> str:
    """As it stands within a sentence: "the linear baseline"."""
    return text[:1].lower() + text[1:] if text.startswith("The ") else text


def cheaper(verdict: Verdict) -> list[str]:
    """The smallest model that scores about as well as the best, and what it would save; [] for nothing."""
    chosen, cheap = named(verdict, verdict.chosen), named(verdict, verdict.cheapest)
    if chosen is None or cheap is None or chosen is cheap or 0 < chosen.parameters <= cheap.parameters:
        return []
    told = [f"{called(cheap)} is the smallest model within one standard error of the best test score."]
    saves = []
    if 0 < cheap.parameters < chosen.parameters:
        saves.append(f"{cheap.parameters:,} parameters instead of {chosen.parameters:,}")
    if 0 < cheap.predict_seconds < chosen.predict_seconds:
        fast, slow = (_duration(s.predict_seconds) for s in (cheap, chosen))
        if fast != slow:
            saves.append(f"{fast} instead of {slow} for 1,000 predictions")
    if saves:
        told.append(f"It takes {' and '.join(saves)}.")
    return [*told, "A race with `--prefer small` delivers it."]


def named(verdict: Verdict, name: str) -> Standing | None:
    """The line of a model; None for a name that is not there."""
    return next((s for s in verdict.standings if s.name == name), None)


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2g} s"
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1g} ms"
