//! Published heuristic filter rules for pre-training text.
