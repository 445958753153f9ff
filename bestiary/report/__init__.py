"""What a person sees after a race: `report.html` and the model card."""

from bestiary.report.card import model_card
from bestiary.report.page import write_report

__all__ = ["model_card", "write_report"]
