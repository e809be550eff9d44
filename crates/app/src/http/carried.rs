//! Header fields that are settled before the answer is there.

use std::cell::RefCell;
use std::rc::Rc;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};

/// Header fields that the answer to a request carries, whatever it will be: a good one, an error, a panic. Clones are of the
/// same answer.
#[derive(Debug, Clone, Default)]
pub struct Carried(Rc<RefCell<Vec<(HeaderName, HeaderValue)>>>);

impl Carried {
    /// Those of the answer to that request.
    #[must_use]
    pub fn by_answer_to(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_default()
    }

    /// One more. The last of a name counts.
    pub fn set(&self, name: HeaderName, value: impl Into<HeaderValue>) {
        let mut fields = self.0.borrow_mut();
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value.into()));
    }

    /// All of them; none are left.
    #[must_use]
    pub fn take(&self) -> Vec<(HeaderName, HeaderValue)> {
        self.0.take()
    }
}
