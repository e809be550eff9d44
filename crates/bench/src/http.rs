//! One request at a time, for what is asked beside the load.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::failure::Failure;

/// An answer.
pub(crate) struct Answer {
    head: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// A header field, its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Asks once, on a connection of its own.
pub(crate) fn get(address: &str, path: &str, token: &str) -> Result<Answer, Failure> {
    let mut stream = TcpStream::connect(address)?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: live\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| Failure::because("no answer came"))?;
    Ok(Answer { head: head.to_owned(), body: serde_json::from_str(body).unwrap_or_default() })
}
