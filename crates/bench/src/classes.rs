//! The classes of queries that are measured, each with several questions, so that none is answered from one place alone.

use live_adapters::postgres::{self, Statement};
use live_app::http::cursor::{Binding, session as cursor};
use live_app::http::list_query::ListSessionsQuery;
use live_domain::{BrandScope, Clock, SessionScan, SystemClock, UpcomingGrace, Viewer};

use crate::data::{CATEGORIES, Crowd};
use crate::failure::Failure;
use crate::http;
use crate::server::{Server, Site, VIEWER};

/// How many questions there are to a class.
const QUESTIONS: u32 = 25;
const LIST: &str = "/v1/live/sessions";
/// How many pages lie before the deep one.
const DEEP: u32 = 1_000;

/// A class of queries.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) questions: Vec<Question>,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Whether every answer is an error.
    pub(crate) is_refused: bool,
}

/// What is asked, and what the adapter asks the database for it.
#[derive(Clone)]
pub(crate) struct Question {
    query: String,
    /// None: the question never comes to the database.
    pub(crate) statement: Option<Statement>,
}

impl Question {
    pub(crate) fn path(&self) -> String {
        format!("{LIST}?{}", self.query)
    }

    /// Read and planned as the service does it.
    fn new(query: String, scope: &BrandScope) -> Result<Self, Failure> {
        let parsed = ListSessionsQuery::parse(&query).map_err(|_| Failure::because(format!("{query} is refused")))?;
        let binding = Binding::of(&parsed.filter, parsed.order, scope);
        let since = UpcomingGrace::default().since(SystemClock.now());
        let scan = match &parsed.cursor {
            None => SessionScan::beginning(parsed.order, since),
            Some(text) => cursor::decode(text, binding, parsed.order)
                .map_err(|_| Failure::because(format!("the cursor of {query} is refused")))?,
        };
        let viewer = Viewer::new(VIEWER).map_err(Failure::because)?;
        let list = postgres::list_query(scope, &viewer, &parsed.filter, scan, parsed.size);
        let statement = list.map(|list| list.statement()).transpose().map_err(Failure::because)?;
        Ok(Self { query, statement })
    }
}

/// The names of the classes that are the same list, a thousand pages deep and at its beginning.
pub(crate) const DEEP_AND_FIRST: [&str; 2] = ["1,000 pages deep", "unfiltered"];

/// Who asks.
struct Caller {
    token: String,
    scope: BrandScope,
}

impl Caller {
    /// Who sees these brands; none: all.
    fn new(site: &Site, brands: &[String]) -> Result<Self, Failure> {
        let token = site.token(brands)?;
        if brands.is_empty() {
            return Ok(Self { token, scope: BrandScope::All });
        }
        let ids = brands.iter().map(|brand| brand.parse()).collect::<Result<Vec<_>, _>>().map_err(Failure::because)?;
        Ok(Self { token, scope: BrandScope::only(ids).map_err(Failure::because)? })
    }

    fn class(&self, name: &'static str, questions: Vec<Question>) -> Class {
        Class { name, questions, headers: vec![bearer(&self.token)], is_refused: false }
    }

    /// The class of one question.
    fn one(&self, name: &'static str, query: &str) -> Result<Class, Failure> {
        Ok(self.class(name, vec![Question::new(query.to_owned(), &self.scope)?]))
    }

    /// The class of several that differ in a number.
    fn several(&self, name: &'static str, ask: impl Fn(u32) -> String) -> Result<Class, Failure> {
        let questions = (0..QUESTIONS).map(|number| Question::new(ask(number * 37), &self.scope));
        Ok(self.class(name, questions.collect::<Result<_, _>>()?))
    }
}

/// Every class that so many sessions have an answer to.
pub(crate) fn classes(site: &Site, server: &Server, sessions: u32) -> Result<Vec<Class>, Failure> {
    let crowd = Crowd::of(sessions);
    let (all, ten) = (Caller::new(site, &[])?, Caller::new(site, &brands(crowd, 10))?);
    let mut classes = filters(&all, crowd)?;
    if sessions > DEEP * 20 {
        classes.push(all.one(DEEP_AND_FIRST[0], &format!("cursor={}", deep_cursor(server, &all.token)?))?);
    }
    classes.extend([
        all.several("limit 1", |number| format!("{}&limit=1", upcoming(crowd, number)))?,
        all.several("limit 100", |number| format!("{}&limit=100", upcoming(crowd, number)))?,
        ten.one("ten brands' newest", "")?,
        ten.one("ten brands' upcoming", "upcoming=true")?,
    ]);
    classes.extend(without_a_page(&all, crowd, server)?);
    Ok(classes)
}

fn upcoming(crowd: Crowd, number: u32) -> String {
    format!("brand_id=brand-{}&upcoming=true", number % crowd.brands)
}

fn newest(crowd: Crowd, number: u32) -> String {
    format!("brand_id=brand-{}", number % crowd.brands)
}

/// Every filter; and several of them mixed, as they come.
fn filters(all: &Caller, crowd: Crowd) -> Result<Vec<Class>, Failure> {
    let month = SystemClock.now().to_string()[..7].to_owned();
    let often = [
        all.several("upcoming of a brand", |number| upcoming(crowd, number))?,
        all.several("month of a brand", |number| format!("{}&month={month}", newest(crowd, number)))?,
        all.several("newest of a brand", |number| newest(crowd, number))?,
        all.several("by host", |number| format!("host_id=host-{}", number % crowd.hosts))?,
        all.several("by community", |number| format!("community_id=community-{}", number % crowd.communities))?,
    ];
    let mixed = often.iter().flat_map(|class| class.questions.clone()).collect();
    let seldom = [
        all.several("by category", |number| format!("category=category-{}", number % CATEGORIES))?,
        all.one("by status", "status=cancelled")?,
        all.one("by kind", "kind=office_hours")?,
        all.one(DEEP_AND_FIRST[1], "")?,
        all.one("upcoming of all brands", "upcoming=true")?,
        all.one("month of all brands", &format!("month={month}"))?,
    ];
    Ok([all.class("mixed, 20 rows", mixed)].into_iter().chain(often).chain(seldom).collect())
}

/// What is answered without a page: that it is as it was, or that it was badly asked.
fn without_a_page(all: &Caller, crowd: Crowd, server: &Server) -> Result<[Class; 3], Failure> {
    let known = all.one("304", &newest(crowd, 0))?;
    let answer = http::get(&server.address, &known.questions[0].path(), &all.token)?;
    let tag = answer.header("etag").ok_or_else(|| Failure::because("a list has no tag"))?.to_owned();
    let forged = Caller { token: format!("{}x", all.token), scope: BrandScope::All };
    let unseen = Question { query: upcoming(crowd, 0), statement: None };
    Ok([
        Class { headers: vec![bearer(&all.token), ("If-None-Match", tag)], ..known },
        Class {
            is_refused: true,
            ..all.class("refused query", vec![Question { query: "limit=0".to_owned(), statement: None }])
        },
        Class { is_refused: true, ..forged.class("refused token", vec![unseen]) },
    ])
}

fn bearer(token: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {token}"))
}

fn brands(crowd: Crowd, number: u32) -> Vec<String> {
    (0..number).map(|brand| format!("brand-{}", brand * crowd.brands / number)).collect()
}

/// The cursor of the page that so many lie before.
fn deep_cursor(server: &Server, token: &str) -> Result<String, Failure> {
    let (mut cursor, mut left) = (String::new(), DEEP);
    loop {
        let answer = http::get(&server.address, &format!("{LIST}?{cursor}"), token)?;
        let next = answer.body["next_cursor"]
            .as_str()
            .ok_or_else(|| Failure::because(format!("the list ends before page {DEEP}, with {}", answer.status())))?;
        left -= 1;
        if left == 0 {
            return Ok(next.to_owned());
        }
        cursor = format!("cursor={next}");
    }
}
