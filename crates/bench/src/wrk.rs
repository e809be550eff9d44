//! Load on the server, by the generator `wrk`.

use std::io::Write;
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

use crate::classes::Class;
use crate::failure::Failure;
use crate::load::{CONNECTIONS, Load};

/// Sees to it that the generator is there.
pub(crate) fn is_there() -> Result<(), Failure> {
    let found = Command::new("wrk").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(_) => Ok(()),
        Err(_) => Err(Failure::because("wrk is not installed: install the package `wrk`")),
    }
}

/// Asks the questions of the class in turn for so many seconds.
pub(crate) fn run(class: &Class, address: &str, seconds: u32) -> Result<Load, Failure> {
    let mut script = NamedTempFile::new()?;
    script.write_all(text(class).as_bytes())?;
    let output = Command::new("wrk")
        .args(["-t1", "--latency", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "-s"])
        .arg(script.path())
        .arg(format!("http://{address}"))
        .output()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let load = read(&printed, class.is_refused);
    load.ok_or_else(|| Failure::because(format!("{}: wrk is not understood, or errs:\n{printed}", class.name)))
}

fn text(class: &Class) -> String {
    let paths: Vec<String> = class.questions.iter().map(|question| format!("{:?}", question.path())).collect();
    let headers: Vec<String> = class.headers.iter().map(|(name, value)| format!("[{name:?}] = {value:?}")).collect();
    format!(
        "local paths = {{ {} }}\nlocal headers = {{ {} }}\nlocal number = 0\n\
         request = function()\n  number = number % #paths + 1\n  return wrk.format(\"GET\", paths[number], headers)\nend\n",
        paths.join(", "),
        headers.join(", ")
    )
}

fn read(printed: &str, is_refused: bool) -> Option<Load> {
    let after = |label: &str| printed.lines().find_map(|line| line.trim().strip_prefix(label).map(str::trim));
    let requests: u32 =
        printed.lines().find_map(|line| line.trim().split_once(" requests in "))?.0.trim().parse().ok()?;
    let refused = after("Non-2xx or 3xx responses:").map_or(Some(0), |number| number.parse::<u32>().ok())?;
    let is_as_expected = refused == if is_refused { requests } else { 0 } && after("Socket errors:").is_none();
    let load = Load {
        requests,
        per_second: after("Requests/sec:")?.parse().ok()?,
        median: milliseconds(after("50%")?)?,
        late: milliseconds(after("99%")?)?,
    };
    is_as_expected.then_some(load)
}

/// Such as `345.00us`, `1.20ms` or `1.01s`.
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1_000.0)];
    units.iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "Running 5s test @ http://127.0.0.1:1\n  1 threads and 16 connections\n  Thread Stats   Avg      \
        Stdev     Max   +/- Stdev\n    Latency     4.31ms    1.10ms  20.08ms   80.00%\n  Latency Distribution\n     50%    \
        4.10ms\n     75%    4.80ms\n     90%    5.60ms\n     99%  870.00us\n  18500 requests in 5.01s, 70.10MB \
        read\nRequests/sec:   3692.61\nTransfer/sec:     13.99MB\n";

    #[test]
    fn reads_what_the_generator_prints() {
        let load = read(PRINTED, false).unwrap();
        assert_eq!((load.requests, load.per_second, load.median, load.late), (18_500, 3692.61, 4.1, 0.87));
    }

    #[test]
    fn takes_no_figure_of_answers_that_were_not_expected() {
        let refused = |number: u32| format!("{PRINTED}  Non-2xx or 3xx responses: {number}\n");
        assert!(read(&refused(1), false).is_none());
        assert!(read(PRINTED, true).is_none());
        assert!(read(&refused(18_500), true).is_some());
    }
}
