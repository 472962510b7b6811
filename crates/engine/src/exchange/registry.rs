use std::sync::Arc;

use textmill_pipeline::{Node, Pipeline};

use super::exchange::{Exchange, Index};
use super::{documents, highest, parts, repeats};

/// Looks whether a node is an exchange of one kind.
type Recognize = fn(&Node) -> Option<Arc<dyn Exchange>>;

/// Every exchange: each looks whether a node is one of its own. A new one is a file beside these and a line here.
const EXCHANGES: [Recognize; 4] = [documents::of, parts::of, repeats::of, highest::of];

/// What `node` does with all documents; none where it looks at one document at a time.
pub(crate) fn exchange_of(node: &Node) -> Option<Arc<dyn Exchange>> {
    EXCHANGES.iter().find_map(|of| of(node))
}

/// The index that a run of `pipeline` makes.
pub(crate) fn index(pipeline: &Pipeline) -> Option<Index> {
    pipeline.nodes.iter().filter_map(exchange_of).find_map(|exchange| exchange.index())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_that_ends_a_phase_is_exactly_one_exchange_and_no_other_stage_is() {
        let configurations = [
            ("minhash_dedupe", "{}"),
            ("exact_dedupe", "{}"),
            ("line_dedupe", "{}"),
            ("substring_dedupe", "{}"),
            ("keep_highest", "{column: score, share: 0.5}"),
        ];
        for kind in textmill_pipeline::STAGES.iter().filter(|kind| kind.exchange) {
            let (_, config) = configurations.iter().find(|(name, _)| *name == kind.name).expect(kind.name);
            let text = format!(
                "version: 1\nname: n\ninput: {{paths: [\"in/*.jsonl\"], columns: {{id: id, text: text, score: {{from: \
                 score, type: float64}}}}}}\nstages:\n  - id: a\n    run: {{{}: {config}}}\noutput: {{path: out}}\n",
                kind.name
            );
            let pipeline = textmill_pipeline::parse("test.yaml", &text).unwrap_or_else(|errors| panic!("{errors}"));
            let taken = EXCHANGES.iter().filter(|of| of(&pipeline.nodes[0]).is_some()).count();
            assert_eq!(taken, 1, "{}", kind.name);
        }
        let text = "version: 1\nname: n\ninput: {paths: [\"in/*.jsonl\"]}\nstages:\n  - id: a\n    run: {keep_where: \
                    \"text is not null\"}\noutput: {path: out}\n";
        let pipeline = textmill_pipeline::parse("test.yaml", text).unwrap_or_else(|errors| panic!("{errors}"));
        assert!(exchange_of(&pipeline.nodes[0]).is_none());
    }
}
