//! What a refusal of the domain means over HTTP.

use live_domain::{
    CancelError, CreateFeedError, EditError, FindError, ListSessionsError, NotPossible, NotYours, PatchRefused,
    RegisterError, SeatsTaken, StoreError,
};

use super::{ApiError, Detail, ErrorCode};
use crate::http::conditional::IF_MATCH;

impl From<ListSessionsError> for ApiError {
    fn from(error: ListSessionsError) -> Self {
        match error {
            ListSessionsError::BrandOutOfScope => NotYours::Brand.into(),
            ListSessionsError::Store(error) => error.into(),
        }
    }
}

impl From<FindError> for ApiError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::NotFound => Self::no_such_thing(),
            FindError::Store(error) => error.into(),
        }
    }
}

impl From<CancelError> for ApiError {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NotFound => Self::no_such_thing(),
            CancelError::Store(error) => error.into(),
        }
    }
}

impl From<RegisterError> for ApiError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::KeyReused => key_reused(),
            RegisterError::NotFound => Self::no_such_thing(),
            RegisterError::Closed { status: _ } => Self::precondition("", error.to_string()),
            RegisterError::Store(error) => error.into(),
        }
    }
}

impl From<CreateFeedError> for ApiError {
    fn from(error: CreateFeedError) -> Self {
        match error {
            CreateFeedError::BrandOutOfScope => NotYours::Brand.into(),
            CreateFeedError::KeyReused => key_reused(),
            CreateFeedError::NotFound => Self::no_such_thing(),
            CreateFeedError::TooMany => Self::precondition("", error.to_string()),
            CreateFeedError::Store(error) => error.into(),
        }
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotYours(not_yours) => not_yours.into(),
            EditError::KeyReused => key_reused(),
            EditError::NotFound => Self::no_such_thing(),
            EditError::NotOwner => Self::new(ErrorCode::Forbidden, error.to_string()),
            EditError::OtherVersion => {
                let message = "the session is in another version by now: read the session again";
                Self::precondition(IF_MATCH, message)
            }
            EditError::NotPossible(NotPossible { from: _ })
            | EditError::Refused(PatchRefused::Final { status: _ })
            | EditError::SeatsTaken(SeatsTaken { registered: _ }) => Self::precondition("", error.to_string()),
            EditError::Refused(PatchRefused::Metadata(_)) => {
                Self::validation(vec![Detail { parameter: "/metadata".to_owned(), message: error.to_string() }])
            }
            EditError::Store(error) => error.into(),
        }
    }
}

impl From<NotYours> for ApiError {
    fn from(not_yours: NotYours) -> Self {
        Self::new(ErrorCode::Forbidden, not_yours.to_string())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::unavailable(error),
            StoreError::Failed(_) => Self::internal(error),
        }
    }
}

fn key_reused() -> ApiError {
    ApiError::new(ErrorCode::Conflict, "the idempotency key was used with another request: take a new one")
}
