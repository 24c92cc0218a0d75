//! yiju-store
