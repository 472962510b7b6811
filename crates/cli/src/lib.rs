//! The textmill command line.
