"""The descriptor of environments to act in."""

from bestiary.kinds.kind import Kind

KIND = Kind(
    name="environment",
    accepts="a gymnasium id, such as `CartPole-v1`",
    guess="bestiary.kinds.environment.guess:guess",
    precedence=10,
    runs="environment",
    read="bestiary.kinds.environment.reader:read_environment",
    task="control",
    examined="episodes",
    spec="bestiary.specs:EnvironmentSpec",
    inputs="bestiary.inputs:ObservationInputs",
    store="bestiary.kinds.environment.reader:EnvironmentData",
    encoder="bestiary.kinds.environment.reader:EnvironmentEncoder",
    example="bestiary.kinds.environment.example",
    seen="on the first {count} observations of an episode",
    asked="CartPole-v1",
)
