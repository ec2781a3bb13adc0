"""The former place of the ``descriptor`` encoder."""

from graphrec.media.encoders.descriptor import DIMENSION, PARTS, Descriptor, encode

__all__ = ["DIMENSION", "NAME", "PARTS", "VERSION", "encode"]

NAME, VERSION = Descriptor.name, Descriptor.version
