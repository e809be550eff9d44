//! What is overheard on a connection: the SQLSTATE of the server's last error, and which process greeted us.
//!
//! Diesel has kinds for few of the errors of Postgres and drops the code of all others; the driver keeps the process to
//! itself. So both are read where they pass: a [`Tap`] hands every byte on as it is and looks at the headers of the
//! server's messages.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::error::SqlState;

/// A message begins with its type and four bytes of length, which count themselves.
const HEADER: usize = 5;
const LENGTH: usize = 4;
const ERROR_RESPONSE: u8 = b'E';
const BACKEND_KEY_DATA: u8 = b'K';
/// The field of an error that holds its SQLSTATE.
const CODE: u8 = b'C';
/// How much of a message is looked at. The code of an error stands before all that can be long.
const MOST: usize = 256;

/// What was heard on a connection. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overheard(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    last_error: Option<SqlState>,
    process: Option<i32>,
}

impl Overheard {
    /// The code of the last error since the last time it was taken.
    pub(crate) fn take_last_error(&self) -> Option<SqlState> {
        self.heard().last_error.take()
    }

    /// The process of the server that said it serves this connection.
    pub(super) fn process(&self) -> Option<i32> {
        self.heard().process
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, message: &Message) {
        match message.kind {
            ERROR_RESPONSE => {
                if let Some(state) = code(&message.body) {
                    self.heard().last_error = Some(state);
                }
            }
            BACKEND_KEY_DATA => self.heard().process = message.body.first_chunk().copied().map(i32::from_be_bytes),
            _ => {}
        }
    }
}

/// A stream from a server, and what is overheard on it.
pub(super) struct Tap<S> {
    stream: S,
    walk: Walk,
    overheard: Overheard,
}

impl<S> Tap<S> {
    /// Taps a stream whose next byte begins a message of the server's.
    pub(super) fn new(stream: S, overheard: Overheard) -> Self {
        Self { stream, walk: Walk::default(), overheard }
    }

    /// The stream that is tapped.
    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }
}

/// Where in the messages of a server the next byte stands.
#[derive(Default)]
struct Walk {
    header: Vec<u8>,
    /// How much of the body is still to come.
    left: usize,
    /// The message, if it is one to be looked at.
    message: Option<Message>,
}

/// A message of the server's, with the beginning of its body.
struct Message {
    kind: u8,
    body: Vec<u8>,
}

impl Walk {
    /// Walks over further bytes and tells each message to be looked at that ends in them.
    fn over(&mut self, mut bytes: &[u8], mut told: impl FnMut(&Message)) {
        while !bytes.is_empty() {
            if self.left == 0 {
                let missing = HEADER - self.header.len();
                let (header, rest) = bytes.split_at(missing.min(bytes.len()));
                self.header.extend_from_slice(header);
                bytes = rest;
                self.begin_body();
            } else {
                let (body, rest) = bytes.split_at(self.left.min(bytes.len()));
                self.left -= body.len();
                bytes = rest;
                if let Some(message) = &mut self.message {
                    let room = MOST.saturating_sub(message.body.len());
                    message.body.extend_from_slice(&body[..room.min(body.len())]);
                }
            }
            if self.left == 0
                && let Some(message) = self.message.take()
            {
                told(&message);
            }
        }
    }

    fn begin_body(&mut self) {
        let Ok([kind, length @ ..]) = <[u8; HEADER]>::try_from(self.header.as_slice()) else { return };
        self.left = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX).saturating_sub(LENGTH);
        self.message = matches!(kind, ERROR_RESPONSE | BACKEND_KEY_DATA).then(|| Message { kind, body: Vec::new() });
        self.header.clear();
    }
}

/// The SQLSTATE among the fields of an error: each a letter and a text that ends with a zero byte.
fn code(body: &[u8]) -> Option<SqlState> {
    let field = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&CODE))?;
    std::str::from_utf8(&field[1..]).ok().map(SqlState::from_code)
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let Self { walk, overheard, .. } = &mut *self;
        walk.over(&buffer.filled()[before..], |message| overheard.hear(message));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + LENGTH).unwrap();
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    fn error(code: &str, text: &str) -> Vec<u8> {
        message(ERROR_RESPONSE, format!("SERROR\0VERROR\0C{code}\0M{text}\0\0").as_bytes())
    }

    fn heard(pieces: &[&[u8]]) -> Vec<String> {
        let (mut walk, mut heard) = (Walk::default(), Vec::new());
        for piece in pieces {
            walk.over(piece, |message| {
                let state = (message.kind == ERROR_RESPONSE).then(|| code(&message.body)).flatten();
                heard.extend(state.map(|state| state.code().to_owned()));
            });
        }
        heard
    }

    /// A message, and the code in it if it is an error.
    fn any_message() -> impl Strategy<Value = (Vec<u8>, Option<String>)> {
        prop_oneof![
            (
                any::<u8>().prop_filter("no error", |kind| *kind != ERROR_RESPONSE),
                prop::collection::vec(any::<u8>(), 0..400)
            )
                .prop_map(|(kind, body)| (message(kind, &body), None)),
            ("[0-9A-Z]{5}", "[a-z ]{0,600}").prop_map(|(code, text)| (error(&code, &text), Some(code))),
        ]
    }

    proptest! {
        #[test]
        fn hears_every_error_however_the_bytes_are_split(
            messages in prop::collection::vec(any_message(), 0..12),
            sizes in prop::collection::vec(1_usize..300, 1..40),
        ) {
            let bytes: Vec<u8> = messages.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
            let codes: Vec<String> = messages.into_iter().filter_map(|(_, code)| code).collect();
            let (mut pieces, mut rest) = (Vec::new(), bytes.as_slice());
            for size in sizes.into_iter().cycle() {
                if rest.is_empty() { break }
                let (piece, further) = rest.split_at(size.min(rest.len()));
                pieces.push(piece);
                rest = further;
            }
            prop_assert_eq!(heard(&pieces), codes);
        }

        #[test]
        fn no_bytes_make_it_stumble(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            heard(&[&bytes]);
        }
    }

    #[test]
    fn an_error_is_known_by_its_code_and_no_further_than_its_end() {
        let bytes = [message(b'Z', b"I"), error("40P01", "deadlock detected"), message(b'D', b"C12345\0")].concat();
        assert_eq!(heard(&[&bytes]), ["40P01"]);
        assert_eq!(heard(&[&message(ERROR_RESPONSE, b"SFATAL\0\0"), &message(ERROR_RESPONSE, b"")]), [""; 0]);
    }

    #[tokio::test]
    async fn hands_every_byte_on_knows_who_greeted_and_forgets_an_error_that_was_taken() {
        use tokio::io::AsyncReadExt;
        let greeting = message(BACKEND_KEY_DATA, &[0, 0, 48, 57, 1, 2, 3, 4]);
        let bytes = [greeting, error("57P03", "starting up"), message(b'Z', b"I")].concat();
        let overheard = Overheard::default();
        let mut tap = Tap::new(bytes.as_slice(), overheard.clone());
        let mut read = Vec::new();
        tap.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, bytes);
        assert_eq!(overheard.process(), Some(12_345));
        assert_eq!(overheard.take_last_error(), Some(SqlState::CANNOT_CONNECT_NOW));
        assert_eq!(overheard.take_last_error(), None);
    }
}
