//! Lines from standard input, with traditional Chinese characters as simplified ones.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

fn main() {
    for line in std::io::stdin().lines() {
        println!("{}", textmill_normalize::steps::simplified(&line.unwrap()));
    }
}
