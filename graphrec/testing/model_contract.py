"""What every model must keep. Subclass, say which model, and let pytest run the class.

    class TestBPR(ModelContract):
        kind = BPR
        settings = {"dimension": 8}

What is checked follows from what the model says of itself: its tasks, and the protocols of ``graphrec.models.base``
that it implements. Each task is tried on a small graph with planted tastes (``graphrec.testing.planted``).
"""

from __future__ import annotations

from graphrec.testing.model_abilities import AbilityChecks
from graphrec.testing.model_form import FormChecks
from graphrec.testing.model_learning import LearningChecks
from graphrec.testing.model_resuming import ResumeChecks
from graphrec.testing.model_scoring import ScoringChecks


class ModelContract(FormChecks, LearningChecks, ResumeChecks, ScoringChecks, AbilityChecks):
    """For any model; what there is to say of it is listed in ``ModelUnderTest``."""
