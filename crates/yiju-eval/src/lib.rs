//! yiju-eval
