//! Time and memory of this process.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The CPU time of this thread.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// How long calls took.
#[derive(Default)]
pub struct Times {
    wall: Vec<Duration>,
    cpu: Vec<Duration>,
}

impl Times {
    pub fn measure<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let (wall, before) = (Instant::now(), cpu());
        let result = call();
        self.cpu.push(cpu().saturating_sub(before));
        self.wall.push(wall.elapsed());
        result
    }

    pub fn wall(&self, percent: usize) -> Duration {
        percentile(&self.wall, percent)
    }

    pub fn cpu(&self, percent: usize) -> Duration {
        percentile(&self.cpu, percent)
    }

    pub fn cpu_of(&self, call: usize) -> Duration {
        self.cpu[call]
    }

    pub fn total(&self) -> Duration {
        self.wall.iter().sum()
    }

    pub fn cpu_mean(&self) -> Duration {
        self.cpu.iter().sum::<Duration>() / u32::try_from(self.cpu.len().max(1)).unwrap()
    }

    pub fn mean(&self) -> Duration {
        self.total() / u32::try_from(self.wall.len().max(1)).unwrap()
    }
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    let at = (times.len() * percent).div_ceil(100).max(1) - 1;
    times.get(at).copied().unwrap_or_default()
}

/// A line of `/proc/self/status` in MB: `VmRSS` or `VmHWM`.
pub fn memory(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|found| found.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
