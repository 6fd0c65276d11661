//! The rate limits, through the gateway and under each function's own role.

use super::people::{Shop, options};

/// The requests of one report.
const LIMIT: u32 = 10;

#[test]
fn a_caller_over_the_limit_is_told_when_to_retry() {
    let shop = Shop::open(options("limits").parameter("PublicPerMinute", LIMIT));
    let browser = shop.anyone().with("origin", "http://localhost:5173");
    // Counting begins again if a minute ends in between.
    let refused = (0..3 * LIMIT).map(|_| browser.get("/categories")).find(|answer| answer.status != 200);
    let refused = refused.expect("a limit");
    refused.refused(429, &[("RATE_LIMITED", None)]);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=120).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit-policy"), r#""public";q=10;w=60"#);
    assert_eq!(refused.header("ratelimit"), format!(r#""public";r=0;t={wait}"#));
    let exposed = refused.header("access-control-expose-headers");
    for name in ["retry-after", "ratelimit", "ratelimit-policy"] {
        assert!(exposed.split(',').any(|header| header.trim() == name), "{name}: {exposed}");
    }
}
