"""The descriptor of series."""

from bestiary.kinds.kind import Kind

KIND = Kind(
    name="series",
    accepts="long CSV (id, time, channels, label), wide CSV (one series a row), `.ts` files; unequal lengths",
    guess="bestiary.kinds.series.guess:guess",
    precedence=50,
    read="bestiary.kinds.series.reader:read_series",
    opens="arrays",
    spec="bestiary.specs:SeriesSpec",
    inputs="bestiary.inputs:SeriesInputs",
    encoder="bestiary.kinds.series.encoder:SeriesEncoder",
    facts="bestiary.kinds.series.facts:SeriesFacts",
    keeps="names of channels",
    example="bestiary.kinds.series.example",
    baselines="bestiary.baselines.series",
    file_of_folder="new.ts",
    show="bestiary.kinds.series.show:show",
    asked="series.csv --target y --kind series",
)
