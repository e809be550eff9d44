//! What the database can do by itself: `pgbench` runs the statements of the adapter, prepared, as the adapter has them.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use tempfile::NamedTempFile;

use crate::classes::Class;
use crate::failure::Failure;
use crate::load::CONNECTIONS;

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) transactions: u32,
    pub(crate) per_second: f64,
}

/// Runs the statements of the class at random for so many seconds; none: the class has none.
pub(crate) fn run(program: &Path, url: &str, class: &Class, seconds: u32) -> Result<Option<Limit>, Failure> {
    let mut command = Command::new(program);
    command.args(["-n", "-M", "prepared", "-j", "1", "-c", &CONNECTIONS.to_string(), "-T", &seconds.to_string()]);
    let mut scripts = Vec::new();
    for (number, statement) in class.questions.iter().filter_map(|question| question.statement.as_ref()).enumerate() {
        let mut script = NamedTempFile::new()?;
        let mut text = statement.text.clone();
        // From the last on: `$1` is a part of `$10`.
        for (index, value) in statement.values.iter().enumerate().rev() {
            let (place, variable) = (format!("${}", index + 1), format!("v{number}_{index}"));
            // It has no variables that are NULL.
            let Some(value) = value else {
                text = text.replace(&place, "NULL::text");
                continue;
            };
            text = text.replace(&place, &format!(":{variable}"));
            command.arg("-D").arg(format!("{variable}={value}"));
        }
        writeln!(script, "{text};")?;
        command.arg("-f").arg(script.path());
        scripts.push(script);
    }
    if scripts.is_empty() {
        return Ok(None);
    }
    // The settings that the adapter makes on its connections.
    let output = command.arg(url).env("PGOPTIONS", live_adapters::postgres::request_options()).output()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let limit = if output.status.success() { read(&printed) } else { None };
    let complaint = || format!("{}: pgbench failed:\n{printed}{}", class.name, String::from_utf8_lossy(&output.stderr));
    limit.map(Some).ok_or_else(|| Failure::because(complaint()))
}

fn read(printed: &str) -> Option<Limit> {
    let after = |label: &str| printed.lines().find_map(|line| line.strip_prefix(label).map(str::trim));
    let failed = after("number of failed transactions:").is_none_or(|failed| failed.starts_with("0 "));
    let limit = Limit {
        transactions: after("number of transactions actually processed:")?.parse().ok()?,
        per_second: after("tps =")?.split_whitespace().next()?.parse().ok()?,
    };
    failed.then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_pgbench_prints() {
        let printed = "number of transactions actually processed: 31250\nnumber of failed transactions: 0 \
                       (0.000%)\nlatency average = 2.5 ms\ntps = 6250.125 (without initial connection time)\n";
        let limit = read(printed).unwrap();
        assert_eq!((limit.transactions, limit.per_second), (31_250, 6250.125));
    }
}
