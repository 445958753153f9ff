"""What a race leaves behind on paper: its plan, its verdict and the standings. Below tasks, race and report."""
