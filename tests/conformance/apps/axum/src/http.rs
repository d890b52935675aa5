//! The probe routes, and an answer to what fails in them.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::probes::{self, AppError, Failure};

pub use axum::Json;
pub use axum::extract::Query;

pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/probe/one", get(probes::one))
        .route("/probe/pid", get(probes::pid))
        .route("/probe/setting", get(probes::setting))
        .route("/probe/sleep", get(probes::sleep))
        .route("/probe/hold", get(probes::hold))
        .route("/probe/session", post(probes::session))
        .route("/probe/session_hold", post(probes::session_hold))
        .route("/probe/panic", post(probes::panic))
        .route("/probe/transfer", post(probes::transfer))
        .route("/probe/pay", post(probes::pay))
        .route("/probe/pay_by_hand", post(probes::pay_by_hand))
        .route("/probe/transaction", post(probes::transaction))
        .route("/probe/write_read_only", post(probes::write_read_only))
        .route("/probe/nested", post(probes::nested))
        .route("/probe/increment", post(probes::increment))
        .route("/probe/deadlock", post(probes::deadlock))
        .route("/probe/conflict", post(probes::conflict))
        .route("/probe/original_error", post(probes::original_error))
        .route("/probe/slow_commit", post(probes::slow_commit))
        .route("/probe/sync", get(probes::sync))
        .route("/probe/sync_pid", get(probes::sync_pid))
        .route("/probe/sync_transfer", post(probes::sync_transfer))
        .route("/probe/sync_refused", get(probes::sync_refused))
        .route("/probe/metadata", get(probes::metadata))
        .route("/probe/debug", get(probes::debug))
}

impl IntoResponse for Failure {
    /// Status and headers are the layer's own.
    fn into_response(self) -> Response {
        let body = Json(self.body());
        let (parts, _) = match self.error {
            AppError::Boom => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            AppError::Database(error) => error.into_response(),
        }
        .into_parts();
        (parts.status, parts.headers, body).into_response()
    }
}
