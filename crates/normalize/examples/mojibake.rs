//! JSON strings from standard input, one a line, with mojibake repaired.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

fn main() {
    for line in std::io::stdin().lines() {
        let text: String = serde_json::from_str(&line.unwrap()).unwrap();
        println!("{}", serde_json::to_string(&textmill_normalize::steps::fix_mojibake(&text)).unwrap());
    }
}
