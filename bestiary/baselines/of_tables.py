"""All baselines on tables: scikit-learn's, and boosting of packages that may be installed."""

from bestiary.baselines import boosters, tables

BASELINES = (*tables.BASELINES, *boosters.installed())
NEEDS = {baseline.name: package for package, baseline in boosters.ALL}
"""baseline -> the package that must be installed for it."""
