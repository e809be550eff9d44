//! The server: sockets, workers, shutdown.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_http::HttpService;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::dev::{AppConfig, Server, fn_service};
use actix_web::{Error, web};
use tokio::net::TcpStream;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::http::connection::{Connection, Patience};
use crate::http::drain::Drain;
use crate::http::routes::app;
use crate::http::state::AppState;

/// How long requests in flight may take once the server is told to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 5;
/// How long a connection may be idle between requests.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// How long a client may take to close its side, once we have closed ours.
const DISCONNECT: Duration = Duration::from_secs(1);

/// How many threads serve requests: one for each core.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Takes the first of the addresses that can be listened on.
///
/// # Errors
///
/// Those of the last address, when none can.
pub fn listen(addresses: &[SocketAddr]) -> std::io::Result<TcpListener> {
    TcpListener::bind(addresses)
}

/// The signals that ask the process to stop: SIGTERM and SIGINT.
///
/// They are caught from the moment that this is made: make it first of all. The first process of a container is deaf to
/// those that it does not catch.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Begins to catch them.
    ///
    /// # Errors
    ///
    /// When the system does not let us.
    pub fn catch() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Works until that is done; none when the process is told to stop before.
    pub async fn unless_told<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            outcome = work => Some(outcome),
            _ = self.terminate.recv() => None,
            _ = self.interrupt.recv() => None,
        }
    }

    /// Waits until the process is to stop: at once when somebody at a terminal says so; else some time after the drain
    /// has begun, in which load balancers see that the service is not ready and send requests elsewhere.
    async fn stop(mut self, drain: &Drain, time: Duration) {
        tokio::select! {
            _ = self.interrupt.recv() => return,
            _ = self.terminate.recv() => drain.begin(),
        }
        tokio::select! {
            _ = self.interrupt.recv() => {}
            () = tokio::time::sleep(time) => {}
        }
    }
}

/// Serves until the process is told to stop and the drain is over, and lets requests in flight finish then.
///
/// # Errors
///
/// When the listener cannot be used.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    signals: StopSignals,
    drain_time: Duration,
) -> std::io::Result<()> {
    let drain = state.drain.clone();
    let server = start(listener, web::Data::new(state), Patience::default())?;
    let handle = server.handle();
    tokio::spawn(async move {
        signals.stop(&drain, drain_time).await;
        handle.stop(true).await;
    });
    server.await
}

/// Starts to serve, with that patience for clients.
///
/// The framework's own way to start knows no stream but the bare socket: this is that way with a [`Connection`] in between.
///
/// # Errors
///
/// When the listener cannot be used.
pub fn start(listener: TcpListener, state: web::Data<AppState>, patience: Patience) -> std::io::Result<Server> {
    let address = listener.local_addr()?;
    let builder = Server::build().workers(threads()).shutdown_timeout(SHUTDOWN_SECONDS).disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let builder = builder.listen("live", listener, move || {
        let (app, stopping) = (app(web::Data::clone(&state)), stopping.clone());
        let app = app.into_factory().map_err(|error: Error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(patience.head)
            .client_disconnect_timeout(DISCONNECT)
            .local_addr(address)
            .on_connect_ext(|connection: &Connection<TcpStream>, data| {
                data.insert(connection.progress());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        let accepted = fn_service(move |socket: TcpStream| async move {
            let peer = socket.peer_addr().ok();
            Ok((Connection::new(socket, patience), peer))
        });
        accepted.and_then(http)
    })?;
    Ok(builder.run())
}
