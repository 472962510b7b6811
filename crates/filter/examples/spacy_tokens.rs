//! Tokens of each JSON string from standard input, one a line, as a JSON list.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

fn main() {
    for line in std::io::stdin().lines() {
        let text: String = serde_json::from_str(&line.unwrap()).unwrap();
        let mut tokens = Vec::new();
        textmill_filter::each_spacy_token(&text, |token| tokens.push(token));
        println!("{}", serde_json::to_string(&tokens).unwrap());
    }
}
