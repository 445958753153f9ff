"""The descriptor of tables."""

from bestiary.kinds.kind import Kind

KIND = Kind(
    name="table",
    accepts="CSV, TSV (separator and encoding are detected), Parquet, JSON lines, a pandas frame",
    guess="bestiary.kinds.table.guess:guess",
    precedence=100,
    read="bestiary.kinds.table.reader:read_table",
    opens="frame",
    spec="bestiary.specs:TableSpec",
    inputs="bestiary.inputs:TableInputs",
    encoder="bestiary.kinds.table.encoder:TableEncoder",
    facts="bestiary.kinds.table.facts:TableFacts",
    saved="bestiary.kinds.table.facts:TableWords",
    keeps="names of columns, and words that occur in columns of categories",
    example="bestiary.kinds.table.example",
    baselines="bestiary.baselines.of_tables",
    rows=256,
    code=16,
    samples=".csv",
    reported="bestiary.kinds.table.report:sections",
)
