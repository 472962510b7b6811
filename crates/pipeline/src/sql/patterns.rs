//! Regular expressions that stand in an expression are compiled when it is checked, not in the middle of a run.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value, ValueWithSpan,
};
use datafusion::sql::sqlparser::tokenizer::Span;

/// A regular expression that does not compile.
pub(super) struct BadPattern {
    /// Where it stands.
    pub span: Span,
    pub message: String,
    pub hint: Option<String>,
}

/// What is wrong with the pattern that a function or operator is given as a text.
pub(super) fn check(expression: &Expr) -> Option<BadPattern> {
    let pattern = match expression {
        Expr::BinaryOp { op, right, .. } if is_match(op) => right.as_ref(),
        Expr::Function(function) => pattern_of(function)?,
        _ => return None,
    };
    let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(pattern), span }) = pattern else { return None };
    let error = regex::Regex::new(pattern).err()?;
    let reason = reason(&error);
    let look = reason.contains("look-around") || reason.contains("backreferences");
    let hint = look.then(|| {
        "matching takes time in proportion to the text, which these do not allow; write two conditions joined by `AND` \
         or `AND NOT`"
            .to_owned()
    });
    Some(BadPattern { span: *span, message: format!("the regular expression does not compile: {reason}"), hint })
}

fn is_match(operator: &BinaryOperator) -> bool {
    use BinaryOperator::{PGRegexIMatch, PGRegexMatch, PGRegexNotIMatch, PGRegexNotMatch};
    matches!(operator, PGRegexMatch | PGRegexIMatch | PGRegexNotMatch | PGRegexNotIMatch)
}

/// The second argument of `regexp_like`, `regexp_replace` and the like.
fn pattern_of(function: &Function) -> Option<&Expr> {
    let name = function.name.to_string().to_lowercase();
    if !name.starts_with("regexp_") {
        return None;
    }
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.get(1)? {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(pattern)) => Some(pattern),
        _ => None,
    }
}

/// The reason in one line, without the drawing around it.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().rev().find_map(|line| line.trim().strip_prefix("error: "));
    line.map_or_else(|| text.lines().next().unwrap_or_default().to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Schema;
    use textmill_document::columns;

    use crate::sql::{SqlFault, compile};

    fn faults(sql: &str) -> Vec<SqlFault> {
        let schema = Schema::new(vec![columns::text_field("text"), columns::text_field("url")]);
        compile(sql, Some(&schema)).err().unwrap_or_default()
    }

    #[test]
    fn patterns_that_do_not_compile_are_found_with_their_place_and_reason() {
        for (sql, at, reason) in [
            ("regexp_like(url, '(?<!a)b')", (1, 18), "look-around"),
            ("regexp_like(url, '(unclosed')", (1, 18), "unclosed group"),
            ("regexp_replace(text, '[z-a]', '') = ''", (1, 22), "invalid character class range"),
            ("text = 'x' OR url ~ '*'", (1, 21), "repetition operator missing expression"),
            ("url !~* '(a)\\1'", (1, 9), "backreferences"),
            ("regexp_count(url, 'a{100000}{100000}') > 1", (1, 19), "size limit"),
        ] {
            let found = faults(sql);
            assert_eq!(found.len(), 1, "{sql}: {found:?}");
            assert!(found[0].message.contains(reason), "{sql}: {found:?}");
            assert_eq!(found[0].at, Some(at), "{sql}");
        }
        assert!(faults("regexp_like(url, '(?=a)')")[0].hint.as_deref().is_some_and(|hint| hint.contains("AND NOT")));
    }

    #[test]
    fn patterns_that_compile_pass() {
        for sql in [
            "regexp_like(url, '^a.b')",
            "regexp_like(text, '\\p{Han}+', 'i')",
            "url ~ '[.](com|org)$'",
            "regexp_like(text, url)",
            "regexp_replace(text, '\\s+', ' ', 'g') <> ''",
        ] {
            assert_eq!(faults(sql), [], "{sql}");
        }
    }
}
