//! Statements in SQL of our own.
//!
//! Diesel never keeps an UPDATE, an ON CONFLICT or a WITH of its own making prepared. These it keeps by their text, of
//! which there are few.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::Error::QueryBuilderError;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use live_domain::BrandScope;
use uuid::Uuid;

use super::row::PgInstant;

/// A value that a statement can name.
pub(super) trait Value: Send + Sync {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

/// Says as what a type is bound.
macro_rules! values {
    ($($value:ty => $sql:ty),* $(,)?) => {
        $(impl Value for $value {
            fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                out.push_bind_param::<$sql, Self>(self)
            }
        })*
    };
}

values! {
    Uuid => SqlUuid,
    Option<Uuid> => Nullable<SqlUuid>,
    Vec<Uuid> => Array<SqlUuid>,
    &str => Text,
    String => Text,
    Option<&str> => Nullable<Text>,
    Option<String> => Nullable<Text>,
    Option<Vec<String>> => Nullable<Array<Text>>,
    &[u8] => Binary,
    Vec<u8> => Binary,
    Option<&[u8]> => Nullable<Binary>,
    PgInstant => Timestamptz,
    i32 => Integer,
    i64 => BigInt,
    Option<i64> => Nullable<BigInt>,
}

/// A statement and its values, whose rows have the columns `Row`. In its text `$1` is the first value, and may stand there
/// more than once.
pub(super) struct Statement<'v, Row = ()> {
    text: Cow<'static, str>,
    values: Vec<Arc<dyn Value + 'v>>,
    row: PhantomData<fn() -> Row>,
}

impl<Row> Clone for Statement<'_, Row> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), values: self.values.clone(), row: PhantomData }
    }
}

/// The statement of that text.
pub(super) fn statement<'v, Row>(text: impl Into<Cow<'static, str>>) -> Statement<'v, Row> {
    Statement { text: text.into(), values: Vec::new(), row: PhantomData }
}

impl<'v, Row> Statement<'v, Row> {
    /// With the next value.
    pub(super) fn bind(mut self, value: impl Value + 'v) -> Self {
        self.values.push(Arc::new(value));
        self
    }
}

impl<Row> QueryFragment<Pg> for Statement<'_, Row> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut pieces = self.text.split('$');
        out.push_sql(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (number, sql) = piece.split_at(piece.bytes().take_while(u8::is_ascii_digit).count());
            let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let value = place.and_then(|place| self.values.get(place));
            value.ok_or_else(|| QueryBuilderError(format!("there is no value ${number}").into()))?.bind(&mut out)?;
            out.push_sql(sql);
        }
        Ok(())
    }
}

impl<Row> QueryId for Statement<'_, Row> {
    type QueryId = ();
    /// Diesel is to go by the text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> Query for Statement<'_, Row> {
    type SqlType = Row;
}

/// The brands of the scope as one value; null: all of them.
pub(super) fn brands(scope: &BrandScope) -> Option<Vec<String>> {
    match scope {
        BrandScope::All => None,
        BrandScope::Only(brands) => Some(brands.iter().map(ToString::to_string).collect()),
    }
}

/// The expression of an instant as JSON has it: RFC 3339 in UTC, without digits that it does not need.
pub(super) fn instant_text(instant: &str) -> String {
    let whole = format!(r#"to_char({instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"#);
    format!("rtrim(rtrim({whole}, '0'), '.') || 'Z'")
}
