//! yiju-index
