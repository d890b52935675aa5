//! The probe routes, and an answer to what fails in them.

use std::fmt;

use actix_web::web::{ServiceConfig, get, post};
use actix_web::{HttpResponse, ResponseError};

use crate::probes::{self, AppError, Failure};

pub use actix_web::web::{Json, Query};

pub fn configure(config: &mut ServiceConfig) {
    config
        .route("/probe/one", get().to(probes::one))
        .route("/probe/pid", get().to(probes::pid))
        .route("/probe/setting", get().to(probes::setting))
        .route("/probe/sleep", get().to(probes::sleep))
        .route("/probe/hold", get().to(probes::hold))
        .route("/probe/session", post().to(probes::session))
        .route("/probe/session_hold", post().to(probes::session_hold))
        .route("/probe/panic", post().to(probes::panic))
        .route("/probe/transfer", post().to(probes::transfer))
        .route("/probe/pay", post().to(probes::pay))
        .route("/probe/pay_by_hand", post().to(probes::pay_by_hand))
        .route("/probe/transaction", post().to(probes::transaction))
        .route("/probe/write_read_only", post().to(probes::write_read_only))
        .route("/probe/nested", post().to(probes::nested))
        .route("/probe/increment", post().to(probes::increment))
        .route("/probe/deadlock", post().to(probes::deadlock))
        .route("/probe/conflict", post().to(probes::conflict))
        .route("/probe/original_error", post().to(probes::original_error))
        .route("/probe/slow_commit", post().to(probes::slow_commit))
        .route("/probe/sync", get().to(probes::sync))
        .route("/probe/sync_pid", get().to(probes::sync_pid))
        .route("/probe/sync_transfer", post().to(probes::sync_transfer))
        .route("/probe/sync_refused", get().to(probes::sync_refused))
        .route("/probe/metadata", get().to(probes::metadata))
        .route("/probe/debug", get().to(probes::debug));
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for Failure {
    /// Status and headers are the layer's own.
    fn error_response(&self) -> HttpResponse {
        let own = match &self.error {
            AppError::Boom => HttpResponse::InternalServerError().finish(),
            AppError::Database(error) => error.error_response(),
        };
        let mut response = HttpResponse::build(own.status());
        if let Some(retry) = own.headers().get("retry-after") {
            response.insert_header(("retry-after", retry.clone()));
        }
        response.json(self.body())
    }
}
