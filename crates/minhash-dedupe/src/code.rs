//! Whether a text is a program.

/// Fewest lines that say anything.
const MIN_LINES: usize = 3;
/// Share of the lines that are of the form of a program's, from which a text counts as one.
const MIN_CODE_RATIO: f64 = 0.4;
/// How lines of programs start, of many languages.
#[rustfmt::skip]
const STARTS: &[&str] = &[
    "import ", "from ", "#include", "#define", "package ", "using ", "namespace ", "def ", "class ", "fn ", "func ",
    "function ", "let ", "const ", "var ", "pub ", "public ", "private ", "protected ", "static ", "void ", "int ",
    "return", "if (", "for (", "while (", "else", "elif ", "switch (", "case ", "break", "continue", "try:",
    "except", "raise ", "throw ", "async ", "await ", "struct ", "enum ", "impl ", "//", "/*", "* @", "@", "<?php",
    "SELECT ", "end",
];
/// What lines of programs have inside.
const INSIDE: &[&str] =
    &["();", ");", " = ", " == ", " != ", " += ", " && ", " || ", "->", "=>", "::", "](", "<-", "</"];

/// Whether most lines of `text` are of the form of a program's: they end in a bracket or semicolon, start with a keyword,
/// or assign and call.
pub(crate) fn looks_like_code(text: &str) -> bool {
    let lines = || text.split('\n').map(str::trim).filter(|line| !line.is_empty());
    let all = lines().count();
    let code = lines().filter(|line| is_code(line)).count();
    all >= MIN_LINES && code as f64 >= MIN_CODE_RATIO * all as f64
}

fn is_code(line: &str) -> bool {
    let ends =
        line.ends_with(['{', '}', ';', '(']) || line.ends_with("):") || line.ends_with("},") || line.ends_with("],");
    let starts = STARTS.iter().any(|start| line.starts_with(start)) && !line.ends_with(['.', '!', '?']);
    ends || starts || INSIDE.iter().any(|inside| line.contains(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_prose() {
        for code in [
            "def walk(tree):\n    for node in tree:\n        yield node\n    return None",
            "int main(void) {\n    puts(\"x\");\n    return 0;\n}",
            "use std::fs;\n\nfn main() {\n    let x = 1;\n}",
            "const a = () => {\n  go();\n};",
            "package main\n\nfunc main() {\n}\n",
        ] {
            assert!(looks_like_code(code), "{code}");
        }
        for prose in [
            "",
            "}\n{",
            "From the start it was clear.\nThey left.\nNobody knew why.\nIt rained; they stayed.",
            "床前明月光\n疑是地上霜\n举头望明月\n低头思故乡",
            "Menu\nHome\nAbout us\nContact",
            "Step 1: open it.\nStep 2: close it.\nStep 3: done.",
        ] {
            assert!(!looks_like_code(prose), "{prose}");
        }
    }
}
