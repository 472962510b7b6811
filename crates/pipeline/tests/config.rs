//! Pipeline files, good and bad, as users write them.

#[path = "config/bad.rs"]
mod bad;
#[path = "config/configs.rs"]
mod configs;
#[path = "config/good.rs"]
mod good;
#[path = "config/mutations.rs"]
mod mutations;

/// The package's folder. Asked for at run time: checkouts may share compiled tests.
fn package() -> std::path::PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is").into()
}

/// Parses a file that must be right.
fn parse(text: &str) -> textmill_pipeline::Pipeline {
    match textmill_pipeline::parse("test.yaml", text) {
        Ok(pipeline) => pipeline,
        Err(errors) => panic!("{errors}"),
    }
}
