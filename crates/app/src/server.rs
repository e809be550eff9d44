//! The server: sockets, workers, shutdown.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::{HttpServer, web};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::http::drain::Drain;
use crate::http::routes::app;
use crate::http::state::AppState;

/// How long requests in flight may take once the server is told to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 5;

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
/// They are caught from the moment that this is made: make it before saying that the service is there.
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
    let state = web::Data::new(state);
    let server = HttpServer::new(move || app(web::Data::clone(&state)))
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    tokio::spawn(async move {
        signals.stop(&drain, drain_time).await;
        handle.stop(true).await;
    });
    server.await
}
