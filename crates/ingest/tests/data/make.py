"""Makes the Parquet files in this folder, which arrow-rs cannot write: run with pyarrow 22 in this folder."""

import base64

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe


class Keys(pe.KmsClient):
    """A key store that only encodes the keys."""

    def __init__(self, config):
        pe.KmsClient.__init__(self)

    def wrap_key(self, key, name):
        return base64.b64encode(name.encode() + b"0" * 16 + key)

    def unwrap_key(self, wrapped, name):
        return base64.b64decode(wrapped)[len(name) + 16 :]


def write(name, table, **options):
    pq.write_table(table, name, compression="none", use_dictionary=False, **options)


texts = pa.table({"id": [f"d{n}" for n in range(200)], "text": [f"document {n} of two hundred" for n in range(200)]})
write("checksums.parquet", texts, write_page_checksum=True, data_page_size=300, write_batch_size=10, row_group_size=100)

factory = pe.CryptoFactory(lambda config: Keys(config))
few = pa.table({"id": ["a", "b"], "text": ["one", "two"], "secret": ["x", "y"]})
for name, column, footer_is_plain in [
    ("encrypted_footer.parquet", "text", False),
    ("encrypted_text.parquet", "text", True),
    ("encrypted_other.parquet", "secret", True),
]:
    config = pe.EncryptionConfiguration(
        footer_key="footer", column_keys={"column": [column]}, plaintext_footer=footer_is_plain, data_key_length_bits=128
    )
    properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
    write(name, few, encryption_properties=properties)

numbers = pa.array([(42).to_bytes(16, "big"), None], pa.binary(16))
ids = pa.table({"id": pa.ExtensionArray.from_storage(pa.uuid(), numbers), "text": ["one", "two"]})
write("uuid.parquet", ids)
