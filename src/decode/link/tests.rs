//! Links as the kernel told them.
