//! A connection that waits for its client only so long.
//!
//! The server by itself bounds the first head of a connection alone. Here the head of every request, and the taking of every
//! answer, has a bound. That of a body stands in [`super::body`].

use std::cell::Cell;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What is answered to a head that does not become whole, as the server does it to the first.
const TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// How long a client is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the rest of a head that has begun to come.
    pub head: Duration,
    /// For an answer to be taken, once the client has let it wait.
    pub answer: Duration,
}

impl Default for Patience {
    /// A head is a few packets: seconds are much for it, on any network. An answer may be large and a network slow: the
    /// largest ones fit into half a minute at less than a megabit per second.
    fn default() -> Self {
        Self { head: Duration::from_secs(5), answer: Duration::from_secs(30) }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// Nothing of the next request has come since the last answer.
    #[default]
    Idle,
    /// Something has, and the head is not whole.
    Head,
    /// A request is worked on, or its answer is being sent.
    Request,
}

/// Where a connection stands. Clones are of the same connection, which learns from them what it cannot see itself: whether
/// the bytes that it brings are a whole head.
#[derive(Debug, Clone, Default)]
pub struct Progress(Rc<Cell<Stage>>);

impl Progress {
    /// The head of a request is whole, and the request is under way for as long as the value lives.
    #[must_use]
    pub fn begin(&self) -> UnderWay {
        self.0.set(Stage::Request);
        UnderWay(self.clone())
    }
}

/// A request under way.
#[derive(Debug)]
pub struct UnderWay(Progress);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.set(Stage::Idle);
    }
}

/// A timer that is there while it runs.
type Timer = Option<Pin<Box<Sleep>>>;

/// Starts the timer if it does not run, and tells whether it has ended.
fn has_ended(timer: &mut Timer, time: Duration, context: &mut Context<'_>) -> bool {
    timer.get_or_insert_with(|| Box::pin(sleep(time))).as_mut().poll(context).is_ready()
}

/// A socket with patience.
pub struct Connection<T> {
    socket: T,
    patience: Patience,
    progress: Progress,
    head: Timer,
    answer: Timer,
    /// Whether everything that was to be sent is.
    is_flushed: bool,
}

impl<T> Connection<T> {
    /// Nothing has come yet.
    #[must_use]
    pub fn new(socket: T, patience: Patience) -> Self {
        Self { socket, patience, progress: Progress::default(), head: None, answer: None, is_flushed: true }
    }

    /// Where it stands.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl<T: AsyncWrite + Unpin> Connection<T> {
    /// Ends the reading, upon which the server closes. The client is told why, if that does not break into an answer.
    fn give_up(&mut self, context: &mut Context<'_>) {
        if self.is_flushed {
            let _best_effort = Pin::new(&mut self.socket).poll_write(context, TIMEOUT);
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Connection<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        let stage = this.progress.0.get();
        if stage != Stage::Head {
            this.head = None;
        } else if has_ended(&mut this.head, this.patience.head, context) {
            this.give_up(context);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.socket).poll_read(context, buffer))?;
        if stage == Stage::Idle && buffer.filled().len() > before {
            this.progress.0.set(Stage::Head);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        this.is_flushed = false;
        let written = Pin::new(&mut this.socket).poll_write(context, bytes);
        if written.is_pending() && has_ended(&mut this.answer, this.patience.answer, context) {
            return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the client does not take its answer")));
        }
        written
    }

    /// The server flushes once the socket has taken everything.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        this.answer = None;
        this.is_flushed = true;
        Pin::new(&mut this.socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::Instant;

    use super::*;

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: live\r\n\r\n";

    /// A client, and the server's side of its connection.
    fn connected(buffer: usize) -> (DuplexStream, Connection<DuplexStream>) {
        let (client, server) = duplex(buffer);
        (client, Connection::new(server, Patience::default()))
    }

    /// A request that comes whole and is answered.
    async fn exchange(client: &mut DuplexStream, server: &mut Connection<DuplexStream>) {
        client.write_all(HEAD).await.unwrap();
        server.read_exact(&mut vec![0; HEAD.len()]).await.unwrap();
        let under_way = server.progress().begin();
        server.write_all(b"answer").await.unwrap();
        server.flush().await.unwrap();
        drop(under_way);
        client.read_exact(&mut [0; 6]).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_head_of_every_request_has_the_same_time_however_it_drips() {
        let (mut client, mut server) = connected(1_000);
        for _ in 0..3 {
            exchange(&mut client, &mut server).await;
        }
        sleep(Duration::from_secs(3)).await;
        let dripping = async {
            loop {
                client.write_all(b"a").await.unwrap();
                sleep(Duration::from_secs(1)).await;
            }
        };
        let (begun, mut read) = (Instant::now(), Vec::new());
        tokio::select! {
            end = server.read_to_end(&mut read) => { end.unwrap(); }
            () = dripping => {}
        }
        assert_eq!((begun.elapsed(), read), (Patience::default().head, b"aaaaa".to_vec()));
        let mut told = vec![0; TIMEOUT.len()];
        client.read_exact(&mut told).await.unwrap();
        assert_eq!(told, TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn neither_an_idle_connection_nor_a_request_under_way_is_cut() {
        let (mut client, mut server) = connected(1_000);
        exchange(&mut client, &mut server).await;
        let long = Duration::from_hours(1);
        let waited = tokio::time::timeout(long, server.read_u8()).await;
        assert!(waited.is_err(), "idle: {waited:?}");
        client.write_all(b"a").await.unwrap();
        server.read_u8().await.unwrap();
        let under_way = server.progress().begin();
        let waited = tokio::time::timeout(long, server.read_u8()).await;
        assert!(waited.is_err(), "under way: {waited:?}");
        drop(under_way);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_taken_is_given_up() {
        let (client, mut server) = connected(10);
        let begun = Instant::now();
        let refused = server.write_all(&[0; 11]).await.unwrap_err();
        assert_eq!((refused.kind(), begun.elapsed()), (ErrorKind::TimedOut, Patience::default().answer));
        drop(client);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_taken_in_time_may_be_followed_by_others() {
        let (mut client, mut server) = connected(10);
        let answers = async {
            for _ in 0..3 {
                server.write_all(&[0; 20]).await.unwrap();
                server.flush().await.unwrap();
            }
        };
        let taken = async {
            for _ in 0..6 {
                sleep(Duration::from_secs(14)).await;
                client.read_exact(&mut [0; 10]).await.unwrap();
            }
        };
        tokio::join!(answers, taken);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_told_of_a_slow_head_does_not_break_into_an_answer() {
        let (mut client, mut server) = connected(1_000);
        client.write_all(b"a").await.unwrap();
        server.write_all(b"half an ans").await.unwrap();
        let mut read = Vec::new();
        server.read_to_end(&mut read).await.unwrap();
        drop(server);
        let mut told = String::new();
        client.read_to_string(&mut told).await.unwrap();
        assert_eq!(told, "half an ans");
    }
}
