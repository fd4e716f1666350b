"""Named locks of a deed (see `kedang.kernel.locks`)."""

from kedang.kernel.locks import take as take
