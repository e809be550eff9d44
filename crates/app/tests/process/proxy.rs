//! A proxy in front of Postgres, which cuts connections or lets nothing through.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Pass,
    /// Connections stay open and nothing comes through.
    Freeze,
    /// Connections are closed at once.
    Cut,
}

pub(crate) struct Proxy {
    mode: Arc<watch::Sender<Mode>>,
    /// How many connections there were, and up to which nothing comes through for ever.
    connections: Arc<(AtomicU64, AtomicU64)>,
    url: String,
}

/// Listens in the place of the server of that address: where, whom for, and the address to use instead.
pub(crate) async fn stand_before(database_url: &str) -> (TcpListener, String, String) {
    let (before, rest) = database_url.split_once('@').unwrap();
    let (target, path) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("{before}@{}/{path}", listener.local_addr().unwrap());
    (listener, target.to_owned(), url)
}

impl Proxy {
    /// A proxy to the server of that address.
    pub(crate) async fn to(database_url: &str) -> Self {
        let (listener, target, url) = stand_before(database_url).await;
        let (mode, _) = watch::channel(Mode::Pass);
        let mode = Arc::new(mode);
        let connections = Arc::<(AtomicU64, AtomicU64)>::default();
        tokio::spawn(accept(listener, target, Arc::clone(&mode), Arc::clone(&connections)));
        Self { mode, connections, url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn pass(&self) {
        self.mode.send_replace(Mode::Pass);
    }

    pub(crate) fn freeze(&self) {
        self.mode.send_replace(Mode::Freeze);
    }

    /// Swallows for ever what comes on the connections of before. New ones are carried as ever.
    pub(crate) fn forget(&self) {
        let (all, forgotten) = &*self.connections;
        forgotten.store(all.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    pub(crate) fn cut(&self) {
        self.mode.send_replace(Mode::Cut);
    }
}

async fn accept(
    listener: TcpListener,
    target: String,
    mode: Arc<watch::Sender<Mode>>,
    connections: Arc<(AtomicU64, AtomicU64)>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let (target, mode, connections) = (target.clone(), mode.subscribe(), Arc::clone(&connections));
        tokio::spawn(async move {
            if *mode.borrow() == Mode::Cut {
                return;
            }
            let Ok(server) = TcpStream::connect(target).await else { return };
            let (all, forgotten) = &*connections;
            let number = all.fetch_add(1, Ordering::SeqCst) + 1;
            let is_forgotten = || number <= forgotten.load(Ordering::SeqCst);
            let (client_reads, client_writes) = client.into_split();
            let (server_reads, server_writes) = server.into_split();
            tokio::join!(
                carry(client_reads, server_writes, mode.clone(), is_forgotten),
                carry(server_reads, client_writes, mode, is_forgotten)
            );
        });
    }
}

/// Carries bytes one way until an end closes or the connection is cut.
async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut mode: watch::Receiver<Mode>,
    is_forgotten: impl Fn() -> bool,
) {
    let mut buffer = vec![0; 16_384];
    loop {
        let is_cut = async |mode: &mut watch::Receiver<Mode>| mode.wait_for(|mode| *mode == Mode::Cut).await.is_ok();
        let read = tokio::select! {
            _ = is_cut(&mut mode) => return,
            read = from.read(&mut buffer) => read.unwrap_or(0),
        };
        if read == 0 {
            return;
        }
        if is_forgotten() {
            continue;
        }
        let passes = mode.wait_for(|mode| *mode != Mode::Freeze).await.is_ok_and(|mode| *mode == Mode::Pass);
        if !passes || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
