"""What rows of the family `reinforcement` have in common."""

HERE = "bestiary.architectures.reinforcement.dqn"
LEARNS = (
    "Q-learning: it acts, stores transitions, and moves the value of each action towards the reward plus the "
    "discounted value of the next state, as a target network estimates it. Its actions are epsilon-greedy."
)
VERBS = {"play": "bestiary.sampling.episodes:play", "inspect": "bestiary.sampling.episodes:pictures"}
WORDS = {"actions": 8, "batch": 256, "tau": 0.01, "explore": 0.3}
SETTINGS = ({"rate": 5e-4, **WORDS}, {"rate": 1e-3, **WORDS})
