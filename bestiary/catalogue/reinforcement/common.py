"""What rows of the family `reinforcement` have in common."""

HERE = "bestiary.architectures.reinforcement.dqn"
LEARNS = (
    "Q-learning: it plays, remembers, and moves its value of what it did towards the reward and the best that it can "
    "hope for from there, as a slower copy of itself sees it; chance actions grow rarer."
)
VERBS = {"play": "bestiary.sampling.episodes:play", "inspect": "bestiary.sampling.episodes:pictures"}
WORDS = {"actions": 8, "batch": 256, "follow": 0.01, "explore": 0.3}
SETTINGS = ({"rate": 5e-4, **WORDS}, {"rate": 1e-3, **WORDS})
