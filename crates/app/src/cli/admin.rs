//! The admin address of a server.

use std::net::{SocketAddr, TcpListener};

use super::{Failure, say};
use crate::metrics::Exposition;
use crate::settings::Settings;
use crate::{admin, server};

/// Serves the metrics, if they are to be, from now on until the process ends.
pub(super) fn serve(settings: &Settings, exposition: Exposition) -> Result<(), Failure> {
    match settings.admin_bind()? {
        Some(addresses) => start(listen(&addresses).map_err(Failure::Failed)?, exposition),
        None => Ok(()),
    }
}

/// The same where nobody else has the address: a second `live dev` on a machine is none the worse for the first one.
pub(super) fn serve_if_free(settings: &Settings, exposition: Exposition) -> Result<(), Failure> {
    match settings.admin_bind()?.map(|addresses| listen(&addresses)) {
        Some(Ok(listener)) => start(listener, exposition),
        Some(Err(fault)) => {
            say(&format!("warning: no metrics are served: {fault}"));
            Ok(())
        }
        None => Ok(()),
    }
}

fn listen(addresses: &[SocketAddr]) -> Result<TcpListener, String> {
    let shown = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    server::listen(addresses).map_err(|error| {
        format!(
            "cannot listen on {shown}: {error}; choose another address with LIVE_ADMIN_BIND or --admin-bind, or off \
             for none"
        )
    })
}

fn start(listener: TcpListener, exposition: Exposition) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| Failure::Failed(format!("the metrics cannot be served: {error}"));
    let address = listener.local_addr().map_err(cannot)?;
    tokio::spawn(admin::server(listener, exposition).map_err(cannot)?);
    tracing::info!(url = %format_args!("http://{address}/metrics"), "metrics are served");
    Ok(())
}
