"""Real data for the experiments of the book that no package ships."""

import numpy as np


def telephone_calls() -> tuple[np.ndarray, np.ndarray]:
    """Return the years 1950 to 1973, and the international telephone calls from Belgium in each.

    The calls are in tens of millions, but from 1964 to 1969 another recording system was in use, which counted
    the minutes of the calls; in 1963 and 1970 part of the year. P. J. Rousseeuw and A. M. Leroy, *Robust
    Regression and Outlier Detection*, Wiley 1987, doi:10.1002/0471725382.

    >>> years, calls = telephone_calls()
    >>> len(years), float(calls[years == 1973][0])
    (24, 2.9)
    """
    calls = [
        *(0.44, 0.47, 0.47, 0.59, 0.66, 0.73, 0.81, 0.88, 1.06, 1.20, 1.35, 1.49),
        *(1.61, 2.12, 11.90, 12.40, 14.20, 15.90, 18.20, 21.20, 4.30, 2.40, 2.70, 2.90),
    ]
    return np.arange(1950, 1974), np.array(calls)
