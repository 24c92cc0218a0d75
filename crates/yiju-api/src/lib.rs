//! yiju-api
