//! The routes.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, Error, FromRequest, Handler, HttpResponse, Resource, Responder, web};

use super::error::{ApiError, ErrorCode};
use super::state::AppState;
use super::{health, index, list_sessions, middleware, openapi};

/// The service.
#[must_use]
pub fn app(
    state: web::Data<AppState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    // The one wrapped last sees a request first.
    App::new()
        .app_data(state)
        .configure(routes)
        .wrap(from_fn(middleware::finish))
        .wrap(Compress::default())
        .wrap(from_fn(middleware::settle_coding))
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(read_only("/v1/live/sessions", list_sessions::list_sessions))
        .service(read_only("/livez", health::alive))
        .service(read_only("/readyz", health::ready))
        .service(read_only("/openapi.json", openapi::serve))
        .service(read_only("/", index::index))
        .default_service(web::to(not_found));
}

/// A resource that can be read: `HEAD` answers like `GET` without the body.
fn read_only<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
        .default_service(web::to(async || method_not_allowed("GET, HEAD")))
}

async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(ErrorCode::NotFound, "there is no such route; / lists those there are"))
}

fn method_not_allowed(allowed: &'static str) -> Result<HttpResponse, ApiError> {
    let error = ApiError::new(ErrorCode::MethodNotAllowed, format!("this route knows {allowed} alone"));
    Err(error.with_header(header::ALLOW, HeaderValue::from_static(allowed)))
}
