"""Encoders that `graphrec describe` has fitted: a file each, by the name of their feature matrix."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphrec.files import read_json
from graphrec.media.text import TfidfEncoder

TFIDF = "tfidf"


@dataclass(frozen=True)
class Values:
    """Whose values an encoder describes.

    Attributes:
        label: of the nodes that have them.
        name: of the property.
        onto: label of the nodes that get the vectors; None for those that have the values.
    """

    label: str
    name: str
    onto: str | None = None

    @classmethod
    def read(cls, text: str) -> Values:
        """Read what ``str`` has written."""
        what, _, onto = text.partition(" --onto ")
        label, _, name = what.partition(".")
        return cls(label, name, onto or None)

    def __str__(self) -> str:
        """Return them as ``graphrec describe`` takes them."""
        return f"{self.label}.{self.name}" + (f" --onto {self.onto}" if self.onto else "")

    @property
    def described(self) -> str:
        """Label of the nodes that get vectors."""
        return self.onto or self.label


@dataclass(frozen=True)
class KeptEncoder:
    """An encoder, as its file names it."""

    values: Values
    encoder: str

    def command(self, name: str) -> str:
        """Return what describes further nodes by it, in the matrix ``name``."""
        encoder = "" if self.encoder == TFIDF else f" --encoder {self.encoder}"
        return f"graphrec describe {self.values} --name {name}{encoder}"


def files(folder: Path, name: str) -> tuple[Path, Path]:
    """Return where the encoder of the matrix ``name`` is: one with numbers that were fitted, or any other."""
    return folder / f"{name}.safetensors", folder / f"{name}.json"


def kept_encoder(folder: Path, name: str) -> KeptEncoder | None:
    """Return what made the matrix ``name``; None where ``describe`` did not."""
    fitted, named = files(folder, name)
    if fitted.exists():
        return KeptEncoder(Values.read(TfidfEncoder.load(fitted)[1]["what"]), TFIDF)
    if named.exists():
        told = read_json(named)
        return KeptEncoder(Values.read(told["what"]), told["encoder"])
    return None
