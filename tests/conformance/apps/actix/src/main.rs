use actix_web::{App, HttpResponse, HttpServer, web};
use app::http;
use serde_json::json;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).init();
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8080);
    HttpServer::new(|| App::new().route("/", web::get().to(hello)).configure(http::configure))
        .bind(("127.0.0.1", port))?
        .run()
        .await
}

async fn hello() -> HttpResponse {
    HttpResponse::Ok().json(json!({"hello": "world"}))
}
