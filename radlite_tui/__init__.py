"""RadLite: radiology reports, nine tasks and small language models in a terminal, on a CPU."""

__version__ = "0.1.0"

NOT_FOR_CLINICAL_USE = "Not for clinical use"
