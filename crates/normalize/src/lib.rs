//! Character and layout normalisation of text.
