//! What processes cost, as Linux counts it.

use std::fs;

use crate::failure::Failure;

/// Of the kernel's interface to programs, whatever it uses itself.
const TICKS_PER_SECOND: f64 = 100.0;

/// A process as `/proc/PID/stat` tells.
struct Stat {
    parent: u32,
    /// Its own time, in ticks.
    own: u64,
    /// That of its children that have ended.
    children: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name before may hold anything.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: number(11)? + number(12)?,
            children: number(13)? + number(14)?,
        })
    }
}

/// CPU time of a process, in seconds.
pub(crate) fn cpu(pid: u32) -> Result<f64, Failure> {
    Ok(seconds(stat(pid)?.own))
}

/// CPU time of a process and all of its children, those that have ended included, in seconds.
pub(crate) fn cpu_of_family(pid: u32) -> Result<f64, Failure> {
    loop {
        let head = stat(pid)?;
        let entries = fs::read_dir("/proc")?.filter_map(Result::ok);
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let children: u64 = pids.filter_map(Stat::of).filter(|stat| stat.parent == pid).map(|stat| stat.own).sum();
        // Who ended between the two looks is in neither.
        if stat(pid)?.children == head.children {
            return Ok(seconds(head.own + head.children + children));
        }
    }
}

fn stat(pid: u32) -> Result<Stat, Failure> {
    Stat::of(pid).ok_or_else(|| Failure::because(format!("process {pid} is gone")))
}

fn seconds(ticks: u64) -> f64 {
    let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
    f64::from(ticks) / TICKS_PER_SECOND
}

/// The most memory that a process had at once, in MiB.
pub(crate) fn peak_memory(pid: u32) -> Result<f64, Failure> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u32>().ok());
    kibibytes.map(|kibibytes| f64::from(kibibytes) / 1024.0).ok_or_else(|| Failure::because("no peak memory is told"))
}
