"""Parts and methods as their papers print them: where networks use torch's own, the twin that it is compared with."""
