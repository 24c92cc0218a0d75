//! JSON Schemas of tools: those of the HTTP API's description, each with the definitions that it refers to.

use std::sync::Arc;

use rmcp::model::JsonObject;
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Where the API's description keeps its schemas, and where a schema of its own keeps them.
const THERE: &str = "#/components/schemas/";
const HERE: &str = "#/$defs/";

/// The schema of a type.
pub(super) fn of<T: ToSchema + PartialSchema>() -> Arc<JsonObject> {
    let mut parts: Vec<(String, RefOr<Schema>)> = Vec::new();
    T::schemas(&mut parts);
    let mut root = object(&T::schema());
    let definitions: Map<String, Value> =
        parts.iter().map(|(name, schema)| (name.clone(), Value::Object(object(schema)))).collect();
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Arc::new(root)
}

fn object(schema: &RefOr<Schema>) -> JsonObject {
    // Schemas always serialise, to objects.
    let mut value = serde_json::to_value(schema).unwrap_or_default();
    move_references(&mut value);
    match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

fn move_references(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::String(target) if name == "$ref" => {
                        *target = target.replacen(THERE, HERE, 1);
                    }
                    other => move_references(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(move_references),
        _ => {}
    }
}
