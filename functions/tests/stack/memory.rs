//! The memory of functions that hash passwords.

use super::people::{Shop, options};

const LOGINS: usize = 1000;
/// The most memory of its own that a process of `login` may hold after the hashes, of its 512 MB. The pages
/// of its program come on top: about 6 MB for the shipped binary, 34 MB for the development program, which
/// has all functions.
const MOST_MB: u64 = 32;

/// `cargo memory`: each login takes 19 MiB for a moment. The other functions that hash use the same code.
#[test]
#[ignore = "takes a minute or two"]
fn a_thousand_logins_keep_no_more_memory_than_one() {
    let shop = Shop::open(options("memory"));
    let ann = shop.register("ann");
    for login in 1..=LOGINS {
        assert_eq!(shop.try_log_in(&ann.email).status, 200);
        if login == 1 || login % 100 == 0 {
            println!("{login} logins: {}", shown(&shop));
        }
    }
    let own = pids(&shop).into_iter().map(|pid| kilobytes(pid, "RssAnon")).max().unwrap() / 1024;
    assert!(own <= MOST_MB, "{own} MB");
}

fn pids(shop: &Shop) -> Vec<u32> {
    let running = shop.stack.functions_running().unwrap();
    running.into_iter().filter(|(_, name)| name == "login").map(|(pid, _)| pid).collect()
}

/// The kernel's figures of each process of `login`.
fn shown(shop: &Shop) -> String {
    let fields = ["VmRSS", "RssAnon", "RssFile", "VmHWM"];
    let of = |pid| fields.map(|field| format!("{field} {} MB", kilobytes(pid, field) / 1024)).join(", ");
    pids(shop).into_iter().map(of).collect::<Vec<_>>().join("; ")
}

/// A line of `/proc/…/status`, in KiB.
fn kilobytes(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
}
