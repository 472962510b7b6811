//! What can be said of an expression before it is planned: all faults at once, each with its place.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use arrow::datatypes::Schema;
use datafusion::execution::SessionState;
use datafusion::logical_expr::Volatility;
use datafusion::sql::sqlparser::ast::{Expr, ExprWithAlias, Function, Ident, ObjectNamePart, Query, Visit, Visitor};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::{SqlFault, patterns};
use crate::{stages, suggest};

/// Deepest nesting. Evaluation recurses as deep on the stack of a worker thread.
const MAX_DEPTH: usize = 200;

/// The names of the columns that `parsed` reads.
pub(super) fn inspect(
    parsed: &ExprWithAlias,
    state: &SessionState,
    columns: Option<&Schema>,
) -> Result<BTreeSet<String>, Vec<SqlFault>> {
    let mut inspector =
        Inspector { state, columns, depth: 0, used: BTreeSet::new(), parameters: BTreeSet::new(), faults: Vec::new() };
    if let Some(alias) = &parsed.alias {
        inspector.fault(alias.span, "an alias has no meaning here", Some("remove the `AS`".to_owned()));
    }
    // A break means that the fault is recorded and nothing below it is worth looking at.
    let _ = parsed.expr.visit(&mut inspector);
    if inspector.faults.is_empty() { Ok(inspector.used) } else { Err(inspector.faults) }
}

struct Inspector<'a> {
    state: &'a SessionState,
    columns: Option<&'a Schema>,
    depth: usize,
    used: BTreeSet<String>,
    /// Names that a lambda binds.
    parameters: BTreeSet<String>,
    faults: Vec<SqlFault>,
}

impl Visitor for Inspector<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        let hint = "a stage sees one document at a time; compare with a list: `language IN ('en', 'de')`";
        self.faults.push(SqlFault::new(None, "subqueries are not possible here", Some(hint.to_owned())));
        ControlFlow::Break(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let hint = "write long chains of `OR` as `column IN (...)`, or divide the expression over several stages";
            let message = format!("the expression is more than {MAX_DEPTH} levels deep");
            self.faults.push(SqlFault::new(None, message, Some(hint.to_owned())));
            return ControlFlow::Break(());
        }
        match expression {
            Expr::Identifier(name) => self.column(name),
            Expr::CompoundIdentifier(parts) => {
                if let Some(first) = parts.first() {
                    self.column(first);
                }
            }
            Expr::Lambda(lambda) => {
                self.parameters.extend(lambda.params.iter().map(|parameter| parameter.name.value.clone()));
            }
            Expr::Function(function) => self.function(function),
            _ => {}
        }
        if let Some(bad) = patterns::check(expression) {
            self.fault(bad.span, bad.message, bad.hint);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

impl Inspector<'_> {
    fn column(&mut self, name: &Ident) {
        self.used.insert(name.value.clone());
        let Some(columns) = self.columns else { return };
        if columns.column_with_name(&name.value).is_some() || self.parameters.contains(&name.value) {
            return;
        }
        let known = columns.fields().iter().map(|field| field.name().as_str());
        let hint = match name.quote_style {
            Some('"') => Some(format!("text stands in single quotes: '{}'; double quotes name a column", name.value)),
            _ => suggest::hint(&name.value, known, "columns here").map(|hint| match stages::adder(&name.value) {
                Some(adder) => format!("a stage `{adder}` before it would add the column; {hint}"),
                None => hint,
            }),
        };
        self.fault(name.span, format!("there is no column `{}`", name.value), hint);
    }

    fn function(&mut self, function: &Function) {
        let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else {
            let message = format!("there is no function `{}`", function.name);
            self.faults.push(SqlFault::new(None, message, None));
            return;
        };
        let lower = name.value.to_lowercase();
        let one_document = Some("a stage sees one document at a time".to_owned());
        if function.over.is_some() {
            return self.fault(name.span, format!("`{lower}` with OVER is a window function"), one_document);
        }
        let Some(scalar) = self.state.scalar_functions().get(&lower) else {
            if self.state.aggregate_functions().contains_key(&lower) {
                return self.fault(name.span, format!("`{lower}` is an aggregate function"), one_document);
            }
            if self.state.window_functions().contains_key(&lower) {
                return self.fault(name.span, format!("`{lower}` is a window function"), one_document);
            }
            let near = suggest::nearest(&lower, self.state.scalar_functions().keys().map(String::as_str));
            let hint = near.map(|near| format!("did you mean `{near}`?"));
            return self.fault(name.span, format!("there is no function `{}`", name.value), hint);
        };
        if scalar.signature().volatility != Volatility::Immutable {
            let hint = "results must be the same whenever a run is repeated; write the value into the expression";
            let message = format!("`{lower}` is not the same in every run");
            self.fault(name.span, message, Some(hint.to_owned()));
        }
    }

    fn fault(&mut self, span: Span, message: impl Into<String>, hint: Option<String>) {
        let number = |number: u64| usize::try_from(number).ok().filter(|number| *number > 0);
        let at = number(span.start.line).zip(number(span.start.column));
        self.faults.push(SqlFault::new(at, message, hint));
    }
}
