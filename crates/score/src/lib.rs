//! Model-based safety and quality scores.
