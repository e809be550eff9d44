//! The classes of queries that are measured, each with several questions, so that none is answered from one place alone.

use live_adapters::postgres::{self, Statement};
use live_app::http::cursor::{Binding, session as cursor};
use live_app::http::list_query::ListSessionsQuery;
use live_domain::{BrandScope, Clock, SessionScan, SystemClock, UpcomingGrace, Viewer};

use crate::data::{BRANDS, COMMUNITIES, HOSTS};
use crate::failure::Failure;
use crate::http;
use crate::server::{Server, Site, VIEWER};

/// How many questions there are to a class.
const QUESTIONS: u32 = 25;
const LIST: &str = "/v1/live/sessions";
/// How many pages lie before the deep one.
const DEEP: usize = 1_000;

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

    /// One that never comes to the database.
    fn without_statement(query: &str) -> Self {
        Self { query: query.to_owned(), statement: None }
    }
}

/// Every class.
pub(crate) fn classes(site: &Site, server: &Server) -> Result<Vec<Class>, Failure> {
    let brands = brands(10);
    let (all, ten) = (site.token(&[])?, site.token(&brands)?);
    let everything = BrandScope::All;
    let ten_brands =
        brands.iter().map(|brand| brand.parse()).collect::<Result<Vec<_>, _>>().map_err(Failure::because)?;
    let ten_brands = BrandScope::only(ten_brands).map_err(Failure::because)?;
    let several = |ask: &dyn Fn(u32) -> String| {
        (0..QUESTIONS).map(|number| Question::new(ask(number * 37), &everything)).collect::<Result<Vec<_>, _>>()
    };
    let month = SystemClock.now().to_string()[..7].to_owned();
    let upcoming = |number: u32| format!("brand_id=brand-{}&upcoming=true", number % BRANDS);
    let monthly = |number: u32| format!("brand_id=brand-{}&month={month}", number % BRANDS);
    let newest = |number: u32| format!("brand_id=brand-{}", number % BRANDS);
    let by_host = |number: u32| format!("host_id=host-{}", number % HOSTS);
    let by_community = |number: u32| format!("community_id=community-{}", number % COMMUNITIES);
    let with_limit = |limit: u8| several(&move |number| format!("{}&limit={limit}", upcoming(number)));
    let of = |name, questions| of_all(name, questions, &all);
    let mixed =
        [several(&upcoming)?, several(&monthly)?, several(&newest)?, several(&by_host)?, several(&by_community)?];
    let unfiltered = || vec![Question::new(String::new(), &everything)];
    let [first, third] = [several(&upcoming)?.swap_remove(0), several(&newest)?.swap_remove(0)];
    let tag = http::get(&server.address, &third.path(), &all)?;
    let tag = tag.header("etag").ok_or_else(|| Failure::because("a list has no tag"))?.to_owned();
    let deep = Question::new(format!("cursor={}", deep_cursor(server, &all)?), &everything)?;
    Ok(vec![
        of("mixed, 20 rows", mixed.concat()),
        of("upcoming of a brand", several(&upcoming)?),
        of("month of a brand", several(&monthly)?),
        of("newest of a brand", several(&newest)?),
        of("by host", several(&by_host)?),
        of("by community", several(&by_community)?),
        of("unfiltered", unfiltered().into_iter().collect::<Result<_, _>>()?),
        of("upcoming of all brands", vec![Question::new("upcoming=true".to_owned(), &everything)?]),
        of("1,000 pages deep", vec![deep]),
        of("limit 1", with_limit(1)?),
        of("limit 100", with_limit(100)?),
        of_all("ten brands' newest", vec![Question::new(String::new(), &ten_brands)?], &ten),
        of_all("ten brands' upcoming", vec![Question::new("upcoming=true".to_owned(), &ten_brands)?], &ten),
        Class { headers: [bearer(&all), ("If-None-Match", tag)].into(), ..of("304", vec![third]) },
        Class { is_refused: true, ..of("refused query", vec![Question::without_statement("limit=0")]) },
        Class {
            is_refused: true,
            headers: vec![bearer(&format!("{all}x"))],
            ..of("refused token", vec![Question { statement: None, ..first }])
        },
    ])
}

fn of_all(name: &'static str, questions: Vec<Question>, token: &str) -> Class {
    Class { name, questions, headers: vec![bearer(token)], is_refused: false }
}

fn bearer(token: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {token}"))
}

fn brands(number: u32) -> Vec<String> {
    (0..number).map(|brand| format!("brand-{}", brand * 7)).collect()
}

/// The cursor of the page that so many lie before.
fn deep_cursor(server: &Server, token: &str) -> Result<String, Failure> {
    let (mut cursor, mut left) = (String::new(), DEEP);
    loop {
        let answer = http::get(&server.address, &format!("{LIST}?{cursor}"), token)?;
        let next = answer.body["next_cursor"].as_str().ok_or_else(|| {
            Failure::because(format!("the list ends before page {DEEP}, with {}: load more sessions", answer.status()))
        })?;
        left -= 1;
        if left == 0 {
            return Ok(next.to_owned());
        }
        cursor = format!("cursor={next}");
    }
}
