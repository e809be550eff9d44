//! The routes.

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, Error, FromRequest, Handler, HttpMessage, HttpResponse, Resource, Responder, Route, web};

use super::error::{ApiError, ErrorCode};
use super::record::Record;
use super::state::AppState;
use super::{
    cors, drain, explorer, feeds, health, index, list_sessions, load, middleware, openapi, payload, registrations,
    sessions,
};

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
        .wrap(from_fn(load::limit))
        .wrap(from_fn(cors::share))
        .wrap(from_fn(middleware::finish))
        .wrap(Compress::default())
        .wrap(from_fn(middleware::settle_coding))
        .wrap(from_fn(payload::keep))
        .wrap(from_fn(drain::close_connections))
}

fn routes(config: &mut web::ServiceConfig) {
    let session = read(sessions::get_session).into_iter().chain([web::patch().to(sessions::patch_session)]);
    let line = read(registrations::list_registrations).into_iter().chain([web::post().to(registrations::register)]);
    let own = read(registrations::get_own_registration);
    let own = own.into_iter().chain([web::delete().to(registrations::cancel_own_registration)]);
    config
        .service(resource("/v1/live/sessions", READ, read(list_sessions::list_sessions)))
        .service(resource("/v1/live/sessions.ics", READ, read(feeds::get_calendar)))
        .service(resource("/v1/live/feeds", "POST", [web::post().to(feeds::create_feed)]))
        .service(resource("/v1/live/feeds/{secret}.ics", READ, read(feeds::read_feed)))
        .service(resource("/v1/live/feeds/{id}", "DELETE", [web::delete().to(feeds::revoke_feed)]))
        .service(resource("/v1/sessions", "POST", [web::post().to(sessions::create_session)]))
        .service(resource("/v1/sessions/{id}", "GET, HEAD, PATCH", session))
        .service(resource("/v1/sessions/{id}/start", "POST", [web::post().to(sessions::start_session)]))
        .service(resource("/v1/sessions/{id}/end", "POST", [web::post().to(sessions::end_session)]))
        .service(resource("/v1/sessions/{id}/cancel", "POST", [web::post().to(sessions::cancel_session)]))
        .service(resource("/v1/sessions/{id}/registrations", "GET, HEAD, POST", line))
        .service(resource("/v1/sessions/{id}/registrations/me", "GET, HEAD, DELETE", own))
        .service(resource("/livez", READ, read(health::alive)))
        .service(resource("/readyz", READ, read(health::ready)))
        .service(resource("/openapi.json", READ, read(openapi::serve)))
        .service(resource("/docs", READ, read(explorer::redirect)))
        .service(resource("/docs/", READ, read(explorer::page)))
        .service(resource("/docs/{file}", READ, read(explorer::file)))
        .service(resource("/ui/{file}", READ, read(index::file)))
        .service(resource("/", READ, read(index::index)))
        .default_service(web::to(not_found));
}

/// The methods of what can only be read.
const READ: &str = "GET, HEAD";

/// Reading: `HEAD` answers like `GET` without the body.
fn read<F, Args>(handler: F) -> [Route; 2]
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    [web::get().to(handler.clone()), web::head().to(handler)]
}

/// A resource that knows these methods, which are those of the routes. What is asked of it is on record under its path.
fn resource(
    path: &'static str,
    allowed: &'static str,
    routes: impl IntoIterator<Item = Route>,
) -> Resource<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()>>
{
    let resource = routes.into_iter().fold(web::resource(path), Resource::route);
    let resource = resource.default_service(web::to(move || async move { method_not_allowed(allowed) }));
    resource.wrap_fn(move |request, service| {
        if let Some(record) = Record::of(&request.extensions()) {
            record.is_of(path);
        }
        service.call(request)
    })
}

async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(ErrorCode::NotFound, "there is no such route; / lists those there are"))
}

fn method_not_allowed(allowed: &'static str) -> Result<HttpResponse, ApiError> {
    let error = ApiError::new(ErrorCode::MethodNotAllowed, format!("this route knows {allowed} alone"));
    Err(error.with_header(header::ALLOW, HeaderValue::from_static(allowed)))
}
