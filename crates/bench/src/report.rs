//! What was measured, as a table.

use std::fmt::Write;

use crate::Arguments;
use crate::classes::DEEP_AND_FIRST;
use crate::measure::Figures;
use crate::startup::Starts;

pub(crate) fn report(arguments: &Arguments, figures: &[Figures], memory: f64, starts: &Starts) -> String {
    let Arguments { sessions, few, rounds, seconds, .. } = arguments;
    let mut text = format!(
        "{sessions} sessions with two registrations each; medians of {rounds} rounds of {seconds} s, 16 connections.\n\n\
         | query | requests/s | to pgbench | Postgres CPU to pgbench's | to that with {few} sessions | server CPU to \
         Postgres's | server CPU, µs | Postgres CPU, µs | p50, ms | p99, ms |\n|---|---|---|---|---|---|---|---|---|---|\n"
    );
    for row in figures {
        let _infallible = writeln!(text, "{}", line(row));
    }
    if let Some(depth) = depth(figures) {
        let _infallible = writeln!(text, "\nPostgres CPU of page 1,000 to that of page 1: {depth:.2}.");
    }
    let _infallible = write!(
        text,
        "\nPeak memory of the server: {memory:.1} MiB. From its start to the first answer: {:.0} ms on Postgres, {:.0} ms on \
         SQLite.\n",
        starts.postgres, starts.sqlite
    );
    text
}

/// The ratio of a deep page to the first one.
fn depth(figures: &[Figures]) -> Option<f64> {
    let cpu = |name: &str| figures.iter().find(|row| row.name == name).map(|row| row.database_cpu);
    let [deep, first] = DEEP_AND_FIRST.map(cpu);
    Some(deep? / first?)
}

fn line(row: &Figures) -> String {
    let Figures { name, per_second, median, late, server_cpu, database_cpu, limit, growth } = row;
    let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    let ratios = [
        limit.map(|limit| limit.rate_ratio),
        limit.map(|limit| limit.cpu_ratio),
        *growth,
        limit.map(|_| server_cpu / database_cpu),
    ];
    let ratios = ratios.map(ratio).join(" | ");
    let row = format!("{per_second:.0} | {ratios} | {server_cpu:.0} | {database_cpu:.0} | {median:.2} | {late:.2}");
    format!("| {name} | {row} |")
}
