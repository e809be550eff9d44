//! What was measured, as a table.

use std::fmt::Write;

use crate::Arguments;
use crate::measure::Figures;
use crate::startup::Starts;

pub(crate) fn report(arguments: &Arguments, figures: &[Figures], memory: f64, starts: &Starts) -> String {
    let Arguments { sessions, rounds, seconds, .. } = arguments;
    let mut text = format!(
        "{sessions} sessions with two registrations each; medians of {rounds} rounds of {seconds} s, 16 connections.\n\n\
         | query | requests/s | to pgbench | Postgres CPU to pgbench's | server CPU to Postgres's | server CPU, µs | \
         Postgres CPU, µs | p50, ms | p99, ms |\n|---|---|---|---|---|---|---|---|---|\n"
    );
    for row in figures {
        let _infallible = writeln!(text, "{}", line(row));
    }
    let _infallible = write!(
        text,
        "\nPeak memory of the server: {memory:.1} MiB. From its start to the first answer: {:.0} ms on Postgres, {:.0} ms on \
         SQLite.\n",
        starts.postgres, starts.sqlite
    );
    text
}

fn line(row: &Figures) -> String {
    let Figures { name, per_second, median, late, server_cpu, database_cpu, limit } = row;
    let ratios = match limit {
        Some(limit) => format!("{:.2} | {:.2} | {:.2}", limit.rate_ratio, limit.cpu_ratio, server_cpu / database_cpu),
        None => "– | – | –".to_owned(),
    };
    let row = format!("{per_second:.0} | {ratios} | {server_cpu:.0} | {database_cpu:.0} | {median:.2} | {late:.2}");
    format!("| {name} | {row} |")
}
