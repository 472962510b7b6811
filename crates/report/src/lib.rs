//! Cleaning statistics as tables, JSON, Markdown and HTML.
