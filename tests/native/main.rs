//! All native tests in one binary: one link instead of one per file.
