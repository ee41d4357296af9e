//! Origins: strict, canonical, compared byte by byte.
