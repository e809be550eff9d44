//! A proxy in front of Postgres that knows where a message ends, and cuts a connection after any one of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::proxy::stand_before;

/// No connection is to be cut.
const DISARMED: i64 = -1;

pub(crate) struct MessageProxy {
    /// How many messages still pass before the connection of the last one is cut.
    left: Arc<AtomicI64>,
    url: String,
}

impl MessageProxy {
    /// A proxy to the server of that address.
    pub(crate) async fn to(database_url: &str) -> Self {
        let (listener, target, url) = stand_before(database_url).await;
        let left = Arc::new(AtomicI64::new(DISARMED));
        tokio::spawn(accept(listener, target, Arc::clone(&left)));
        // What answers the question for encryption is no message.
        Self { left, url: format!("{url}?sslmode=disable") }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Cuts the connection of the `count`th message from now on, of either side, once it has passed.
    pub(crate) fn cut_after(&self, count: i64) {
        self.left.store(count, Ordering::SeqCst);
    }

    /// Cuts nothing from now on; whether it had cut.
    pub(crate) fn disarm(&self) -> bool {
        self.left.swap(DISARMED, Ordering::SeqCst) == 0
    }
}

async fn accept(listener: TcpListener, target: String, left: Arc<AtomicI64>) {
    while let Ok((client, _)) = listener.accept().await {
        let (target, left) = (target.clone(), Arc::clone(&left));
        tokio::spawn(async move {
            let Ok(server) = TcpStream::connect(target).await else { return };
            // Messages go one by one: none is to wait for the acknowledgement of the one before it.
            if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
                return;
            }
            let (client_reads, client_writes) = client.into_split();
            let (server_reads, server_writes) = server.into_split();
            let (cut, _) = watch::channel(false);
            // The first message of a client has no type.
            let asks = carry(client_reads, server_writes, Side { left: &left, cut: &cut, typed: false });
            let answers = carry(server_reads, client_writes, Side { left: &left, cut: &cut, typed: true });
            tokio::join!(asks, answers);
        });
    }
}

struct Side<'a> {
    left: &'a AtomicI64,
    cut: &'a watch::Sender<bool>,
    typed: bool,
}

/// Carries messages one way until an end closes or the connection is cut.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut side: Side<'_>) {
    let mut is_cut = side.cut.subscribe();
    loop {
        let message = tokio::select! {
            _ = is_cut.wait_for(|cut| *cut) => return,
            message = message(&mut from, side.typed) => message,
        };
        side.typed = true;
        let Ok(message) = message else { break };
        if to.write_all(&message).await.is_err() {
            break;
        }
        let counted = side.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left > 0).then(|| left - 1));
        if counted == Ok(1) {
            break;
        }
    }
    // When one way ends, so does the other.
    side.cut.send_replace(true);
}

async fn message(from: &mut OwnedReadHalf, typed: bool) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; if typed { 5 } else { 4 }];
    from.read_exact(&mut message).await?;
    let length = message[message.len() - 4..].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let head = message.len();
    message.resize(head + length - 4, 0);
    from.read_exact(&mut message[head..]).await?;
    Ok(message)
}
