//! From the head of a request to the end of its answer: what is kept, so that the connection ends in time.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use futures_util::{StreamExt, stream};

use super::connection::{Progress, UnderWay};

/// The body of a request, which the handler and the answer share.
type Shared = Rc<RefCell<Payload>>;

/// Tells the connection that the request is under way, and keeps its body, until the answer is sent.
///
/// A chunked body that is let go before is read on, for as long as the client likes. One that is still there and not at
/// its end has the connection closed a second after the answer, like a body of a known length.
///
/// # Errors
///
/// Those of the service behind it.
pub async fn keep<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Answer>, Error> {
    let under_way = request.request().conn_data::<Progress>().map(Progress::begin);
    let kept = match request.take_payload() {
        Payload::None => None,
        payload => Some(Shared::new(RefCell::new(payload))),
    };
    if let Some(read) = kept.clone() {
        let chunks = stream::poll_fn(move |context| read.borrow_mut().poll_next_unpin(context));
        request.set_payload(Payload::Stream { payload: Box::pin(chunks) });
    }
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Answer { body: body.boxed(), _kept: kept, _under_way: under_way }))
}

/// The body of an answer, and with it that of the request and the sign that it is under way.
pub struct Answer {
    body: BoxBody,
    _kept: Option<Shared>,
    _under_way: Option<UnderWay>,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
