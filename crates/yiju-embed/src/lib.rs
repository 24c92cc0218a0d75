//! yiju-embed
