//! The measurements: server and database by turns, round after round.

use crate::Arguments;
use crate::classes::Class;
use crate::failure::Failure;
use crate::pgbench::{self, Limit};
use crate::processes::{cpu, cpu_of_family};
use crate::subject::Subject;
use crate::{say, wrk};

/// What was found of a class; each number is the median of the rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) name: &'static str,
    pub(crate) per_second: f64,
    /// In milliseconds.
    pub(crate) median: f64,
    pub(crate) late: f64,
    /// CPU time of a request in microseconds: of the server, and of Postgres.
    pub(crate) server_cpu: f64,
    pub(crate) database_cpu: f64,
    /// Where the class asks the database something.
    pub(crate) limit: Option<OfLimit>,
    /// The CPU time of Postgres as a ratio to that beside few sessions: the median of those of the rounds. None: few
    /// sessions have no answer, or the database is not asked.
    pub(crate) growth: Option<f64>,
}

/// The ratio to what the database does by itself: the median of those of the rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfLimit {
    pub(crate) rate_ratio: f64,
    pub(crate) cpu_ratio: f64,
}

/// One round of one class.
struct Round {
    load: crate::load::Load,
    server_cpu: f64,
    database_cpu: f64,
    limit: Option<(Limit, f64)>,
    /// CPU time of Postgres beside few sessions.
    database_cpu_of_few: Option<f64>,
}

/// Measures the classes of the first, beside those of the second, which has few sessions.
pub(crate) fn measure(arguments: &Arguments, many: &Subject, few: &Subject) -> Result<Vec<Figures>, Failure> {
    let postmaster = postmaster(&arguments.database_url)?;
    // Statements are prepared, caches are warm.
    for Subject { server, classes, .. } in [many, few] {
        classes.iter().try_for_each(|class| wrk::run(class, &server.address, 1).map(drop))?;
    }
    let mut rounds: Vec<Vec<Round>> = many.classes.iter().map(|_| Vec::new()).collect();
    for number in 1..=arguments.rounds {
        for (class, rounds) in many.classes.iter().zip(&mut rounds) {
            say(&format!("round {number}: {}", class.name));
            rounds.push(round(arguments, many, few, class, postmaster)?);
        }
    }
    Ok(many.classes.iter().zip(rounds).map(|(class, rounds)| figures(class.name, &rounds)).collect())
}

fn round(
    arguments: &Arguments,
    many: &Subject,
    few: &Subject,
    class: &Class,
    postmaster: u32,
) -> Result<Round, Failure> {
    let server = &many.server;
    let (server_before, database_before) = (cpu(server.pid())?, cpu_of_family(postmaster)?);
    let load = wrk::run(class, &server.address, arguments.seconds)?;
    let server_cpu = each(server_before, cpu(server.pid())?, load.requests);
    let between = cpu_of_family(postmaster)?;
    let database_cpu = each(database_before, between, load.requests);
    let limit = pgbench::run(&arguments.pgbench, &many.site.database_url, class, arguments.seconds)?;
    let after = cpu_of_family(postmaster)?;
    let limit = limit.map(|limit| (limit, each(between, after, limit.transactions)));
    let same = few.class(class.name).filter(|_| limit.is_some());
    let database_cpu_of_few = same.map(|class| {
        let load = wrk::run(class, &few.server.address, arguments.seconds)?;
        Ok::<_, Failure>(each(after, cpu_of_family(postmaster)?, load.requests))
    });
    Ok(Round { load, server_cpu, database_cpu, limit, database_cpu_of_few: database_cpu_of_few.transpose()? })
}

/// The CPU time of a request, in microseconds.
fn each(before: f64, after: f64, requests: u32) -> f64 {
    (after - before) * 1_000_000.0 / f64::from(requests.max(1))
}

fn figures(name: &'static str, rounds: &[Round]) -> Figures {
    let of = |value: &dyn Fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    let ratio = |value: &dyn Fn(&Round, &(Limit, f64)) -> f64| {
        median(rounds.iter().filter_map(|round| Some(value(round, round.limit.as_ref()?))).collect())
    };
    let has_limit = rounds.iter().all(|round| round.limit.is_some());
    let growth =
        rounds.iter().map(|round| Some(round.database_cpu / round.database_cpu_of_few?)).collect::<Option<_>>();
    Figures {
        name,
        per_second: of(&|round| round.load.per_second),
        median: of(&|round| round.load.median),
        late: of(&|round| round.load.late),
        server_cpu: of(&|round| round.server_cpu),
        database_cpu: of(&|round| round.database_cpu),
        limit: has_limit.then(|| OfLimit {
            rate_ratio: ratio(&|round, (limit, _)| round.load.per_second / limit.per_second),
            cpu_ratio: ratio(&|round, (_, cpu)| round.database_cpu / cpu),
        }),
        growth: growth.map(median),
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The head of the server's processes, by its own word.
fn postmaster(url: &str) -> Result<u32, Failure> {
    let listening = url.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next());
    let port = listening.ok_or_else(|| Failure::because("the URL names no port"))?;
    let found = std::fs::read_dir("/proc")?.filter_map(Result::ok).find_map(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let words: Vec<_> = line.split(|byte| *byte == 0).collect();
        let is_server = words.first()?.ends_with(b"postgres") && words.contains(&format!("port={port}").as_bytes());
        if is_server { entry.file_name().to_str()?.parse().ok() } else { None }
    });
    found.ok_or_else(|| Failure::because("the server of the database does not run on this machine by `-c port=`"))
}
