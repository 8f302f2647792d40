"""Dask's namespace as the losses use it, with Dask's own ``clip``.

That of the compatibility layer assigns to parts of an array, for which Dask keeps every chunk until the end.
"""

from array_api_compat.dask.array import *  # noqa: F403
from array_api_compat.dask.array import __array_namespace_info__  # noqa: F401
from dask.array import clip  # noqa: F401
