//! What an ONNX file says of itself, checked before the runtime sees it.

use std::collections::BTreeSet;

use tract_onnx::pb::tensor_proto::{DataLocation, DataType};
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Size;
use tract_onnx::pb::type_proto::Value as Kind;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, ValueInfoProto};
use tract_onnx::prelude::{DatumType, Framework};

use super::error::ModelProblem;

/// What a text is given as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The numbers of its tokens.
    Ids,
    /// 1 for a token, 0 for what fills up a fixed length.
    Mask,
    /// Which of two texts a token is of.
    Types,
}

/// An input of the model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input {
    pub(super) role: Role,
    pub(super) kind: DatumType,
    /// The number of tokens that it always has.
    pub(super) length: Option<usize>,
}

/// A model file with what is known of it.
pub(super) struct ModelFile {
    pub(super) proto: ModelProto,
    /// In the order of the file.
    pub(super) inputs: Vec<Input>,
    /// The output with the labels.
    pub(super) output: String,
}

impl ModelFile {
    /// Reads a file's bytes.
    pub(super) fn read(mut bytes: &[u8]) -> Result<Self, ModelProblem> {
        let proto = tract_onnx::onnx().proto_model_for_read(&mut bytes);
        Self::of(proto.map_err(|error| ModelProblem::NotOnnx(error.to_string()))?)
    }

    /// Looks at what was read.
    fn of(proto: ModelProto) -> Result<Self, ModelProblem> {
        let onnx = tract_onnx::onnx();
        let nothing = || ModelProblem::NotOnnx("there is no graph in it".to_owned());
        let graph = proto.graph.as_ref().filter(|graph| !graph.node.is_empty()).ok_or_else(nothing)?;
        weights_inside(graph)?;
        let mut unknown = BTreeSet::new();
        unknown_operators(&graph.node, &|name| onnx.op_register.0.contains_key(name), &mut unknown);
        if !unknown.is_empty() {
            return Err(ModelProblem::Operators(unknown.into_iter().collect()));
        }
        let inputs = inputs(graph)?;
        let output = output(graph)?;
        Ok(Self { proto, inputs, output })
    }
}

fn weights_inside(graph: &GraphProto) -> Result<(), ModelProblem> {
    let in_attributes = graph.node.iter().flat_map(|node| &node.attribute).filter_map(|attribute| attribute.t.as_ref());
    let outside =
        graph.initializer.iter().chain(in_attributes).find(|tensor| {
            tensor.data_location == Some(DataLocation::External as i32) || !tensor.external_data.is_empty()
        });
    outside.map_or(Ok(()), |tensor| Err(ModelProblem::External(tensor.name.clone())))
}

/// Operators of the nodes, and of graphs inside them, that are not `known`.
fn unknown_operators(nodes: &[NodeProto], known: &dyn Fn(&str) -> bool, found: &mut BTreeSet<String>) {
    for node in nodes {
        if !known(&node.op_type) {
            let domain = if node.domain.is_empty() { String::new() } else { format!("{}.", node.domain) };
            found.insert(format!("{domain}{}", node.op_type));
        }
        for graph in node.attribute.iter().filter_map(|attribute| attribute.g.as_ref()) {
            unknown_operators(&graph.node, known, found);
        }
    }
}

fn inputs(graph: &GraphProto) -> Result<Vec<Input>, ModelProblem> {
    // Old files name their weights as inputs too.
    let is_weight = |name: &str| graph.initializer.iter().any(|weight| weight.name == name);
    let declared: Vec<&ValueInfoProto> = graph.input.iter().filter(|input| !is_weight(&input.name)).collect();
    if !declared.iter().any(|input| input.name == "input_ids") {
        return Err(ModelProblem::NoIds(declared.iter().map(|input| input.name.clone()).collect()));
    }
    let inputs = declared.into_iter().map(input).collect::<Result<Vec<Input>, ModelProblem>>()?;
    let fixed = inputs.iter().find_map(|input| input.length);
    match fixed {
        Some(length) if inputs.iter().all(|input| input.role != Role::Mask) => Err(ModelProblem::NoMask(length)),
        _ => Ok(inputs),
    }
}

fn input(declared: &ValueInfoProto) -> Result<Input, ModelProblem> {
    let name = declared.name.clone();
    let role = match name.as_str() {
        "input_ids" => Role::Ids,
        "attention_mask" => Role::Mask,
        "token_type_ids" => Role::Types,
        _ => return Err(ModelProblem::OtherInput(name)),
    };
    let bad = |found: String| ModelProblem::InputForm { name: name.clone(), found };
    let Some(Kind::TensorType(tensor)) = declared.r#type.as_ref().and_then(|kind| kind.value.as_ref()) else {
        return Err(bad("no tensor".to_owned()));
    };
    let kind = match DataType::try_from(tensor.elem_type) {
        Ok(DataType::Int64) => DatumType::I64,
        Ok(DataType::Int32) => DatumType::I32,
        other => return Err(bad(other.map_or_else(|_| "of no known type".to_owned(), |kind| format!("{kind:?}")))),
    };
    // Without a shape, it is taken to be right: the runtime will say.
    let Some(shape) = &tensor.shape else { return Ok(Input { role, kind, length: None }) };
    let fixed = |value: &Option<Size>| match value {
        Some(Size::DimValue(size)) if *size > 0 => Some(*size),
        _ => None,
    };
    let sizes: Vec<Option<i64>> = shape.dim.iter().map(|dim| fixed(&dim.value)).collect();
    match sizes.as_slice() {
        [None | Some(1), length] => {
            Ok(Input { role, kind, length: length.and_then(|size| usize::try_from(size).ok()) })
        }
        [Some(rows), _] => Err(bad(format!("for {rows} texts at once, always"))),
        other => Err(bad(format!("of {} dimensions", other.len()))),
    }
}

fn output(graph: &GraphProto) -> Result<String, ModelProblem> {
    let names: Vec<&String> = graph.output.iter().map(|output| &output.name).collect();
    // The runtime takes for granted that an output is made somewhere.
    let made = |name: &String| graph.node.iter().any(|node| node.output.contains(name));
    let chosen = match names.as_slice() {
        [one] => Some(*one),
        several => several.iter().copied().find(|name| *name == "logits"),
    };
    let outputs = || ModelProblem::Outputs(names.iter().map(|name| (*name).clone()).collect());
    let chosen = chosen.ok_or_else(outputs)?;
    match names.iter().find(|name| !made(name)) {
        Some(name) => Err(ModelProblem::Unusable(format!("nothing makes its output `{name}`"))),
        None => Ok(chosen.clone()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use tract_onnx::pb::tensor_shape_proto::Dimension;
    use tract_onnx::pb::{AttributeProto, StringStringEntryProto, TensorProto};

    use super::*;

    /// The model of the tests with something changed.
    pub(in super::super) fn changed(change: impl Fn(&mut GraphProto)) -> Result<ModelFile, ModelProblem> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tiny.onnx");
        let bytes = std::fs::read(path).expect("the model");
        let mut proto = ModelFile::read(&bytes).expect("a model").proto;
        change(proto.graph.as_mut().expect("a graph"));
        ModelFile::of(proto)
    }

    /// Gives every input these sizes; 0 is any.
    pub(in super::super) fn resize(graph: &mut GraphProto, sizes: &[i64]) {
        for input in &mut graph.input {
            let Some(Kind::TensorType(tensor)) = input.r#type.as_mut().and_then(|kind| kind.value.as_mut()) else {
                panic!("no tensor");
            };
            let dim = |size: &i64| Dimension { value: Some(Size::DimValue(*size)), ..Dimension::default() };
            tensor.shape.as_mut().expect("a shape").dim = sizes.iter().map(dim).collect();
        }
    }

    fn refused(change: impl Fn(&mut GraphProto)) -> String {
        changed(change).map(|_| ()).expect_err("refused").to_string()
    }

    #[test]
    fn inputs_and_output_are_found() {
        let file = changed(|_| ()).expect("a model");
        assert_eq!(
            file.inputs.iter().map(|input| input.role).collect::<Vec<_>>(),
            [Role::Ids, Role::Mask, Role::Types]
        );
        assert!(file.inputs.iter().all(|input| input.kind == DatumType::I64 && input.length.is_none()));
        assert_eq!(file.output, "logits");
        let fixed = changed(|graph| resize(graph, &[1, 64])).expect("a model");
        assert!(fixed.inputs.iter().all(|input| input.length == Some(64)));
    }

    #[test]
    fn what_cannot_be_run_is_refused_by_name() {
        type Case<'a> = (&'a dyn Fn(&mut GraphProto), &'a str);
        let cases: [Case<'_>; 13] = [
            (&|graph| graph.node.clear(), "no graph"),
            (
                &|graph| graph.input[0].name = "pixels".to_owned(),
                "no input `input_ids`; its inputs are: pixels, attention",
            ),
            (&|graph| graph.input[2].name = "image".to_owned(), "the input `image`"),
            (&|graph| resize(graph, &[8, 0]), "for 8 texts at once"),
            (&|graph| resize(graph, &[1, 64, 4]), "of 3 dimensions"),
            (
                &|graph| {
                    resize(graph, &[1, 64]);
                    graph.input.remove(1);
                },
                "takes 64 tokens always",
            ),
            (
                &|graph| {
                    let Some(Kind::TensorType(tensor)) = &mut graph.input[1].r#type.as_mut().expect("a type").value
                    else {
                        panic!("no tensor");
                    };
                    tensor.elem_type = DataType::Float as i32;
                },
                "`attention_mask` is Float",
            ),
            (&|graph| graph.initializer[3].data_location = Some(DataLocation::External as i32), "in another file"),
            (
                &|graph| graph.initializer[0].external_data.push(StringStringEntryProto::default()),
                "save_as_external_data=False",
            ),
            (&|graph| graph.node[4].op_type = "Frobnicate".to_owned(), "cannot be run: Frobnicate;"),
            (
                &|graph| {
                    let inner = GraphProto { node: vec![NodeProto::default()], ..GraphProto::default() };
                    let inner = AttributeProto { g: Some(inner), ..AttributeProto::default() };
                    graph.node[0].attribute.push(inner);
                },
                "operators that cannot be run",
            ),
            (&|graph| graph.output[0].name = "nowhere".to_owned(), "nothing makes its output `nowhere`"),
            (
                &|graph| {
                    graph.output[0].name = graph.node[0].output[0].clone();
                    graph.output.push(graph.output[0].clone());
                },
                "none of which is called `logits`",
            ),
        ];
        for (change, part) in cases {
            let message = refused(change);
            assert!(message.contains(part), "{part}: {message}");
        }
        let weight = || TensorProto { name: "input_ids".to_owned(), ..TensorProto::default() };
        assert!(refused(|graph| graph.initializer.push(weight())).contains("no input `input_ids`"));
    }
}
