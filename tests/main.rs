//! End-to-end tests of the binary and the API.
