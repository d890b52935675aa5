use schemars::schema_for;

use super::{Manifest, Spec};

/// The JSON Schemas that editors complete a module's YAML with: path in the module, text.
pub fn schemas() -> [(&'static str, String); 2] {
    let pretty = |schema: schemars::Schema| format!("{:#}\n", schema.as_value());
    [
        (
            "docs/schema/module.schema.json",
            pretty(schema_for!(Manifest)),
        ),
        ("docs/schema/base.schema.json", pretty(schema_for!(Spec))),
    ]
}
