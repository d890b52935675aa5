//! Adds a production-ready PostgreSQL layer to an existing web application, and keeps it for years.

pub mod cli;
pub mod commands;
pub mod edit;
pub mod frameworks;
pub mod git;
pub mod lockfile;
pub mod module;
pub mod plan;
pub mod postgres;
pub mod project;
pub mod render;
pub mod report;
pub mod signature;
pub mod types;
pub mod verify;
