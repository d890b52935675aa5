//! Adds a production-ready PostgreSQL layer to an existing web application, and keeps it for years.

pub mod edit;
pub mod frameworks;
pub mod postgres;
pub mod types;
