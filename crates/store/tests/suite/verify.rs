//! Damage is found before anything is read.

use bytes::Bytes;
use textmill_store::StoreErrorKind;
use textmill_store::manifest::FileEntry;
use textmill_store::verify::{Finding, read_parquet, verify_file};
use textmill_store::writer::{DatasetWriter, WriterOptions};

use crate::util::{local, rows};

#[tokio::test]
async fn every_kind_of_damage_is_found_by_verify_and_by_the_reader() {
    let (_directory, store) = local();
    let input = rows(300);
    let mut writer = DatasetWriter::new(store.clone(), "data/part", WriterOptions::new(input.schema()));
    writer.write(input).await.expect("writes");
    let files = writer.finish().await.expect("finishes");
    let [entry]: [FileEntry; 1] = files.try_into().expect("one file");
    assert_eq!(verify_file(&store, &entry).await.expect("reads"), Finding::Intact);
    let good = store.get(&entry.path).await.expect("reads");

    let flipped = |bit: usize| {
        let mut bytes = good.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Bytes::from(bytes)
    };
    // A prime step spreads the flips over pages, headers and footer.
    let mut damaged: Vec<Bytes> = (0..good.len() * 8).step_by(7919).map(flipped).collect();
    damaged.push(good.slice(..good.len() - 1));
    damaged.push(Bytes::from([&good[..], b"x"].concat()));
    damaged.push(Bytes::new());
    for bytes in damaged {
        store.put(&entry.path, bytes).await.expect("writes");
        let finding = verify_file(&store, &entry).await.expect("reads");
        assert!(matches!(finding, Finding::WrongDigest { .. } | Finding::WrongSize { .. }), "{finding}");
        let error = read_parquet(&store, &entry).await.expect_err("damaged");
        assert_eq!((error.kind(), error.path()), (StoreErrorKind::Integrity, entry.path.as_str()));
    }
    store.delete(&entry.path).await.expect("deletes");
    assert_eq!(verify_file(&store, &entry).await.expect("reads"), Finding::Missing);
    let error = read_parquet(&store, &entry).await.expect_err("missing");
    assert_eq!(error.kind(), StoreErrorKind::Integrity);
}
