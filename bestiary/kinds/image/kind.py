"""The descriptor of images."""

from bestiary.kinds.kind import Kind

KIND = Kind(
    name="image",
    accepts="a folder with one folder a class, a CSV of paths and labels, `.npz`, arrays",
    guess="bestiary.kinds.image.guess:guess",
    precedence=60,
    read="bestiary.kinds.image.reader:read_images",
    opens="arrays",
    spec="bestiary.specs:ImageSpec",
    inputs="bestiary.inputs:ImageInputs",
    encoder="bestiary.kinds.image.encoder:ImageEncoder",
    facts="bestiary.kinds.image.facts:ImageFacts",
    example="bestiary.kinds.image.example",
    baselines="bestiary.baselines.images",
    show="bestiary.kinds.image.show:show",
    rows=128,
    code=32,
    file="new_images/",
    samples=".png",
    carry="bestiary.kinds.image.carry:carry",
    asked="images/",
    drawn={"shift": (0.02, 0.15), "crop": (0.02, 0.25), "flip": (0.5, 0.5), "mixup": (0.1, 0.6)},
)
