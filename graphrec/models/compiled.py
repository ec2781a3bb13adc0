"""How the models' loops over records are compiled, and the arrays that they go over."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints32 = npt.NDArray[np.int32]

compiled = njit(cache=True, nogil=True, error_model="numpy")
"""As written, kept on disk, and without Python's lock while it runs."""

# What may be reordered is a sum; numbers that are not finite stay what they are, for whoever looks at the loss.
compiled_sums = njit(
    cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"}
)
"""The same, with sums in whatever order is fastest."""
