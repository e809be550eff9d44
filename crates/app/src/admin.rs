//! The admin address: `/metrics`, kept off the public port.
//!
//! It has a thread of its own, few connections, and one request for each: who is slow or greedy here takes nothing from
//! those who are served.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::KeepAlive;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use live_adapters::causes::chain;

use crate::http::error::{ApiError, ErrorCode};
use crate::http::request_id::RequestId;
use crate::metrics::Exposition;

/// How many connections there may be at once.
const CONNECTIONS: usize = 16;
/// How long the head of a request may take, and how long a connection lasts after its answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Makes the server; it serves while it is polled.
///
/// # Errors
///
/// When the listener cannot be used.
pub fn server(listener: TcpListener, exposition: Exposition) -> std::io::Result<Server> {
    let exposition = web::Data::from(Arc::new(exposition));
    let app = move || {
        let resource = web::resource("/metrics").route(web::get().to(metrics)).route(web::head().to(metrics));
        let resource = resource.default_service(web::to(method_not_allowed));
        App::new().app_data(web::Data::clone(&exposition)).service(resource).default_service(web::to(not_found))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .max_connections(CONNECTIONS)
        .keep_alive(KeepAlive::Disabled)
        .client_request_timeout(PATIENCE)
        .client_disconnect_timeout(PATIENCE)
        .shutdown_timeout(0)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

async fn metrics(request: HttpRequest, exposition: web::Data<Exposition>) -> HttpResponse {
    match exposition.text().await {
        Ok(text) => HttpResponse::Ok().content_type(Exposition::CONTENT_TYPE).body(text),
        Err(error) => {
            tracing::error!(causes = chain(&error), "the metrics cannot be told");
            refused(&request, &ApiError::internal(error))
        }
    }
}

async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
    let allowed = HeaderValue::from_static("GET, HEAD");
    let error = ApiError::new(ErrorCode::MethodNotAllowed, "this route knows GET, HEAD alone");
    refused(&request, &error.with_header(header::ALLOW, allowed))
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    refused(&request, &ApiError::new(ErrorCode::NotFound, "there is /metrics here, and nothing else"))
}

fn refused(request: &HttpRequest, error: &ApiError) -> HttpResponse {
    error.response(&RequestId::of(request.headers()))
}
