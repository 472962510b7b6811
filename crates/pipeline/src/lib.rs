//! Pipeline files: YAML to a checked DAG of stages and phases.
