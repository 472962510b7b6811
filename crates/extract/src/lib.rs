//! Web archives and HTML to clean main text.
