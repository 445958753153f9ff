"""Which folders above an image are its class, and which its split: guessed from their names and depth, or as asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bestiary.errors import InputError
from bestiary.rows.paths import unicode_of
from bestiary.rows.split_names import UNLABELLED, says_nothing, split_of

_WORDS = ("split", "class", "*")
_SHOWN = 6
_OVERRIDES = "`--with folders=class` takes the outermost folders as classes"
Names = tuple[str, ...]  # of the folders that an image lies in, the outermost first


@dataclass
class Placed:
    """What the folders say of every image.

    Attributes:
        classes: of each image; None for one that is passed over.
        splits: "train", "validation", "test" or None, of each image.
        notes: how the folders were read, for people.
    """

    classes: list[str | None]
    splits: list[str | None]
    notes: list[str] = field(default_factory=list)


def place(folders: Sequence[Names], layout: str | None = None) -> Placed:
    """Reads the folders of images.

    Args:
        folders: of each image, below the folder that was given.
        layout: what the folders are, the outermost first, such as "split/class", "class" or "*/class"; guessed unless
            given.

    Raises:
        InputError: for a layout that is none or that the folders do not have, and for splits without classes.

    Example:
        >>> placed = place([("training_set", "cats"), ("training_set", "dogs"), ("test_set", "cats")])
        >>> placed.classes, placed.splits
        (['cats', 'dogs', 'cats'], ['train', 'train', 'test'])
    """
    return _asked(folders, layout) if layout is not None else _guessed(folders)


def _asked(folders: Sequence[Names], layout: str) -> Placed:
    words = layout.strip().strip("/").split("/")
    if words.count("class") != 1 or words.count("split") > 1 or set(words) - set(_WORDS):
        raise InputError(
            "folders= says what the folders above an image are, the outermost first, such as class, split/class or "
            f"*/class; received {layout!r}"
        )
    fitting = [names if len(names) >= len(words) else None for names in folders]
    classes = [names[words.index("class")] if names else None for names in fitting]
    if not any(classes):
        raise InputError(f"folders={layout} needs images {len(words)} folders deep; there are none; leave it out")
    splits: list[str | None] = [None] * len(folders)
    if "split" in words:
        tops = [names[words.index("split")] if names else None for names in fitting]
        unknown = {top for top in tops if top and split_of(top) in (None, UNLABELLED)}
        if unknown:
            raise InputError(
                f"folders={layout}: expected splits named train, validation or test; received {_few(unknown)}; rename "
                "them, or leave folders out"
            )
        splits = [split_of(top) if top else None for top in tops]
    return Placed(classes, splits, [f"folders are read as {layout}, as asked: the classes are {_few(set(classes))}"])


def _guessed(folders: Sequence[Names]) -> Placed:
    cut = _around(folders)
    inner = [names[cut:] for names in folders]
    found = _splits_outside(inner) or _splits_inside(inner) or _classes_alone(inner)
    if cut:
        whole = next("/".join(map(unicode_of, names[:cut])) for names in folders if len(names) > cut)
        if len(set(found.classes) - {None}) < 2:  # it was the only class, and these are parts of it
            return _classes_alone(folders)
        found.notes.insert(0, f"all images are in {whole}, which is read instead; {_OVERRIDES}")
    return found


def _around(folders: Iterable[Names]) -> int:
    """How many single folders, each the only one in the other, lie around all the others."""
    cut, left = 0, [names for names in folders if names]
    while len({names[cut] for names in left}) == 1 and any(len(names) > cut + 1 for names in left):
        left, cut = [names for names in left if len(names) > cut + 1], cut + 1
    return cut


# ------------------------------------------------------------------------------------------------ splits


def _splits_outside(folders: Sequence[Names]) -> Placed | None:
    """Folders of splits that hold folders of classes: train/cats, Test_Set/cats, seg_train/seg_train/cats."""
    tops = {names[0] for names in folders if names}
    splits = {top: split for top in tops if (split := split_of(top)) not in (None, UNLABELLED)}
    others = tops - set(splits)
    if not splits:
        return None
    cuts = _depths(folders, splits)
    classes = [below[0] if (below := _below(names, cuts)) else None for names in folders]
    of = {top: {c for c, names in zip(classes, folders) if c and names[0] == top} for top in splits}
    trained = {c for top, found in of.items() if splits[top] == "train" for c in found}
    shared = [top for top, found in of.items() if splits[top] != "train" and _folded(found) & _folded(trained)]
    if {top for top in others if split_of(top) is None} and not (shared and len(trained) > 1):
        return None  # a class of vehicles may be called train
    if not any(classes):
        if len(set(splits.values())) < 2:
            return None
        raise InputError(
            f"the folders {_few(tops)} are splits by their names, and no folders of classes lie in them; move the "
            f"images into one folder per class, give a CSV of path and label, or say that they are the classes "
            "(`--with folders=class`)"
        )
    notes = [f"the folders {_few(splits)} are splits by their names, the folders in them the classes; {_OVERRIDES}"]
    spelling = {name.casefold(): name for name in sorted(trained)}
    strange = {top for top in splits if trained and splits[top] != "train" and top not in shared and of[top]}
    for row, names in enumerate(folders):
        name = classes[row]
        if name and names[0] in strange:
            classes[row] = None
        elif name and name not in trained:
            classes[row] = spelling.get(name.casefold(), name)
    notes += [f"passed over: {_few({*others, *strange})}, whose folders are no classes"] if others | strange else []
    placed = Placed(classes, [splits.get(names[0]) if names else None for names in folders], notes)
    return _without_unlabelled(placed)


def _depths(folders: Sequence[Names], splits: Mapping[str, str | None]) -> dict[str, int]:
    """Of each split, how many folders lie above its classes: folders that repeat its name, or that say nothing."""
    cuts = {}
    for top, split in splits.items():
        inside = [names for names in folders if names and names[0] == top]
        cut = 1
        while True:
            names = {names[cut] for names in inside if len(names) > cut}
            only = names.pop() if len(names) == 1 else ""
            if not only or not (split_of(only) == split or says_nothing(only)):
                break
            cut += 1
        cuts[top] = cut
    below = {_below(names, cuts) for names in folders} - {()}
    extra = _around(below)
    several = {names[extra] for names in below if len(names) > extra}
    return {top: cut + extra for top, cut in cuts.items()} if len(several) > 1 else cuts


def _below(names: Names, cuts: Mapping[str, int]) -> Names:
    """The folders of an image that lie in its split; none where it lies in no split."""
    return names[cuts[names[0]] :] if names and names[0] in cuts else ()


def _splits_inside(folders: Sequence[Names]) -> Placed | None:
    """Folders of classes that hold folders of splits: cats/train, cats/test, dogs/train."""
    placed = [names for names in folders if names]
    tops = {names[0] for names in placed}
    inner = {names[1] if len(names) > 1 else "" for names in placed}
    found = {name: split_of(name) for name in inner}
    if len(tops) < 2 or {None, UNLABELLED} & set(found.values()) or len(set(found.values())) < 2:
        return None
    if any("train" not in {found[names[1]] for names in placed if names[0] == top} for top in tops):
        return None
    notes = [
        f"the folders {_few(tops)} are the classes, the folders in them ({_few(inner)}) splits; {_OVERRIDES} alone"
    ]
    classes = [names[0] if names else None for names in folders]
    return Placed(classes, [found[names[1]] if names else None for names in folders], notes)


# ------------------------------------------------------------------------------------------------ classes alone


def _classes_alone(folders: Sequence[Names]) -> Placed:
    placed = Placed([names[0] if names else None for names in folders], [None] * len(folders))
    deeper = {"/".join(names[:2]) for names in folders if len(names) > 1}
    if 2 * sum(len(names) > 1 for names in folders) > len(folders):
        placed.notes.append(
            f"the classes are the outermost folders; what lies in them ({_few(deeper)}) is taken together; "
            "`--with folders=*/class` makes those the classes"
        )
    return _without_unlabelled(placed)


def _without_unlabelled(placed: Placed) -> Placed:
    names = {name for name in placed.classes if name}
    without = {name for name in names if split_of(name) == UNLABELLED}
    if without and len(names - without) > 1:
        placed.classes = [None if name in without else name for name in placed.classes]
        placed.notes.append(f"passed over: {_few(without)}, whose images have no class by its name; {_OVERRIDES}")
    return placed


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}


def _few(names: Iterable[str | None]) -> str:
    shown = sorted(unicode_of(name) for name in names if name)
    return ", ".join(shown[:_SHOWN]) + (f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else "")
