//! The sessions that are listed: a year around now, many brands, hosts and communities, most of them past and ended.

use std::io::{BufWriter, Write};

use live_domain::{Clock, SystemClock, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use time::Duration;

use crate::failure::Failure;
use crate::server::Site;

pub(crate) const CATEGORIES: u32 = 40;
const PEOPLE: u32 = 5_000;
const HALF_A_YEAR: i64 = 182 * 24 * 60;

/// The seed of everything that looks random: two runs load the same sessions, but for the time of day.
const SEED: u64 = 20_261_125;

/// How many brands, hosts and communities there are: so few that a month of a brand fills a page, however few sessions there
/// are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) brands: u32,
    pub(crate) hosts: u32,
    pub(crate) communities: u32,
}

impl Crowd {
    pub(crate) fn of(sessions: u32) -> Self {
        Self {
            brands: (sessions / 500).clamp(10, 200),
            hosts: (sessions / 50).clamp(10, 2_000),
            communities: (sessions / 100).clamp(10, 1_000),
        }
    }
}

/// Imports the sessions, and two registrations for each.
pub(crate) fn load(site: &Site, sessions: u32) -> Result<(), Failure> {
    site.import("sessions", |out| write_sessions(out, sessions))?;
    site.import("registrations", |out| write_registrations(out, sessions))?;
    // What the database would do in the background some time after such an import, it does now, and not while it is measured.
    for table in ["sessions", "registrations", "session_events"] {
        site.psql(&format!("ALTER TABLE {table} SET (autovacuum_enabled = false)"))?;
    }
    site.psql("VACUUM (ANALYZE)")?;
    site.psql("CHECKPOINT")
}

fn write_sessions(out: impl Write, sessions: u32) -> Result<(), Failure> {
    let Crowd { brands, hosts, communities } = Crowd::of(sessions);
    let (mut out, mut random, now) = (BufWriter::new(out), StdRng::seed_from_u64(SEED), SystemClock.now());
    for number in 0..sessions {
        let minutes = random.random_range(-HALF_A_YEAR..HALF_A_YEAR);
        let scheduled_at = now.later_by(Duration::minutes(minutes));
        let chance = random.random_range(0..1_000);
        let life = life(minutes, chance, scheduled_at);
        let (brand, host) = (random.random_range(0..brands), random.random_range(0..hosts));
        let (community, category) = (random.random_range(0..communities), random.random_range(0..CATEGORIES));
        let kind = if random.random_range(0..4) == 0 { "office_hours" } else { "live" };
        writeln!(
            out,
            r#"{{"id":"{id}","host_id":"host-{host}","brand_id":"brand-{brand}","community_id":"community-{community}","title":"Session {number}: what is new, and how to use it","kind":"{kind}","category":"category-{category}","scheduled_at":"{scheduled_at}","max_participants":100,"duration_minutes":60,"metadata":{{"language":"en","level":"beginner","tags":["a","b","c"],"room":{{"number":{number},"floor":3}}}},{life}}}"#,
            id = id(number),
        )?;
    }
    Ok(out.flush()?)
}

/// One in a thousand is live; of the others those to come are scheduled, those past mostly ended.
fn life(minutes: i64, chance: u32, scheduled_at: Timestamp) -> String {
    let end = scheduled_at.later_by(Duration::HOUR);
    match (minutes > -60, chance) {
        (_, 0) => format!(r#""status":"live","started_at":"{scheduled_at}","stream_call_id":"call-{chance}""#),
        (_, 1..50) => r#""status":"cancelled""#.to_owned(),
        (true, _) | (false, 50..70) => r#""status":"scheduled""#.to_owned(),
        (false, _) => format!(
            r#""status":"ended","started_at":"{scheduled_at}","ended_at":"{end}","recording_url":"https://video.example/recordings/{chance}""#
        ),
    }
}

fn write_registrations(out: impl Write, sessions: u32) -> Result<(), Failure> {
    let (mut out, mut random) = (BufWriter::new(out), StdRng::seed_from_u64(SEED + 1));
    for number in 0..sessions {
        let (id, first) = (id(number), random.random_range(0..PEOPLE));
        let second = (first + random.random_range(1..PEOPLE)) % PEOPLE;
        writeln!(out, r#"{{"session_id":"{id}","user_id":"person-{first}"}}"#)?;
        writeln!(out, r#"{{"session_id":"{id}","user_id":"person-{second}"}}"#)?;
    }
    Ok(out.flush()?)
}

/// Spread over the whole range, as ids of sessions that were made in any order are.
fn id(number: u32) -> String {
    let mixed = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let text = format!("{mixed:032x}");
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}
