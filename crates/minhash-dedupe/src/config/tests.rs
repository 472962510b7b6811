use super::*;

fn settings(config: MinhashDedupeConfig) -> Result<DedupeSettings, ConfigFault> {
    config.try_into()
}

#[test]
fn the_default_is_internlm2_with_numbers_kept() {
    let own = settings(MinhashDedupeConfig::default()).expect("valid");
    let published = MinhashDedupeConfig { preset: "internlm2".to_owned(), ..MinhashDedupeConfig::default() };
    let published = settings(published).expect("valid");
    assert_eq!((own.normalization, own.minhash), (Normalization::TEXTMILL, published.minhash));
    assert_eq!(published.normalization, Normalization::DATATROVE);
    let minhash = own.minhash.expect("near-duplicates");
    assert_eq!((minhash.hashes, minhash.bands), (128, Bands::new(14, 9).expect("valid")));
    assert!((minhash.threshold - 0.7).abs() < f64::EPSILON);
}

#[test]
fn one_key_of_the_normal_form_is_set_alone() {
    let config = |json: serde_json::Value| -> MinhashDedupeConfig { serde_json::from_value(json).expect("reads") };
    let of = |json| settings(config(json)).expect("valid").normalization;
    let numbers = serde_json::json!({"preset": "fineweb", "normalization": {"numbers": "keep"}});
    assert_eq!(of(numbers), Normalization { numbers: crate::Numbers::Keep, ..Normalization::DATATROVE });
    let accents = serde_json::json!({"normalization": {"accents": "remove", "punctuation": {"blank": "datatrove"}}});
    let expected = Normalization {
        accents: crate::Accents::Remove,
        punctuation: crate::Punctuation::Blank(crate::Marks::Datatrove),
        ..Normalization::TEXTMILL
    };
    assert_eq!(of(accents), expected);
    let exact: ExactDedupeConfig =
        serde_json::from_value(serde_json::json!({"normalization": {"lowercase": true}})).expect("reads");
    let exact: DedupeSettings = exact.try_into().expect("valid");
    assert_eq!(exact.normalization, Normalization { lowercase: true, ..Normalization::NONE });
}

#[test]
fn the_documentation_says_what_each_preset_folds() {
    let schema = schemars::schema_for!(MinhashDedupeConfig);
    let text = schema.get("description").map(ToString::to_string).unwrap_or_default();
    let items: Vec<&str> = text.split("\\n- ").skip(1).collect();
    assert_eq!(items.len(), 4);
    let item = |preset: &str| items.iter().position(|item| item.contains(&format!("`{preset}`")));
    for preset in crate::PRESETS {
        let expected = match preset.normalization {
            Normalization::TEXTMILL => 0,
            Normalization::DATATROVE => 1,
            Normalization::NONE => 3,
            _ => 2,
        };
        // The last item is followed by the next heading, which names presets as well.
        assert_eq!(item(preset.name), Some(expected), "{}", preset.name);
    }
}

#[test]
fn a_threshold_alone_chooses_the_bands() {
    let config = MinhashDedupeConfig { threshold: Some(0.8), ..MinhashDedupeConfig::default() };
    let minhash = settings(config).expect("valid").minhash.expect("near-duplicates");
    assert_eq!(minhash.bands, Bands::for_threshold(0.8, 128));
    assert!((minhash.threshold - 0.8).abs() < f64::EPSILON);
}

#[test]
fn mistakes_name_their_field() {
    let field = |config| settings(config).expect_err("refused").field().map(ToOwned::to_owned);
    let base = MinhashDedupeConfig::default;
    assert_eq!(field(MinhashDedupeConfig { preset: "fine".into(), ..base() }).as_deref(), Some("preset"));
    assert_eq!(field(MinhashDedupeConfig { keep: vec!["a up".into()], ..base() }).as_deref(), Some("keep"));
    assert_eq!(field(MinhashDedupeConfig { threshold: Some(1.5), ..base() }).as_deref(), Some("threshold"));
    let few = MinhashDedupeConfig { hashes: Some(100), bands: Bands::new(14, 8).ok(), ..base() };
    assert_eq!(field(few).as_deref(), Some("hashes"));
    assert_eq!(field(MinhashDedupeConfig { hashes: Some(0), ..base() }).as_deref(), Some("hashes"));
}
