//! Pipeline files, good and bad, as users write them.

#[path = "config/bad.rs"]
mod bad;
#[path = "config/configs.rs"]
mod configs;
#[path = "config/good.rs"]
mod good;
#[path = "config/mutations.rs"]
mod mutations;

/// Parses a file that must be right.
fn parse(text: &str) -> textmill_pipeline::Pipeline {
    match textmill_pipeline::parse("test.yaml", text) {
        Ok(pipeline) => pipeline,
        Err(errors) => panic!("{errors}"),
    }
}
