//! The reach of a function, connected part by part.

use std::time::Duration;

use table::Table;

use crate::{Config, StartError};

/// The reach of a function: its first parameter, connected once at cold start.
///
/// The type lists everything that the function can touch. A function that takes only a `Table` builds no
/// queue client and links none.
#[expect(async_fn_in_trait, reason = "functions run on one thread, so no future needs to be Send")]
pub trait Connect: Sized {
    /// A reach older than this is connected again before the next request, because it holds something that
    /// may change while an environment lives. `None` means never.
    const STALE_AFTER: Option<Duration> = None;

    /// Connects according to the configuration.
    async fn connect(config: &Config) -> Result<Self, StartError>;

    /// The table, if the function reaches it. Rate limits need it.
    fn table(&self) -> Option<&Table> {
        None
    }
}

impl Connect for () {
    async fn connect(_: &Config) -> Result<Self, StartError> {
        Ok(())
    }
}

/// The shortest of these times.
const fn sooner(mut times: &[Option<Duration>]) -> Option<Duration> {
    let mut soonest: Option<Duration> = None;
    while let [time, rest @ ..] = times {
        soonest = match (soonest, *time) {
            (Some(known), Some(time)) if known.as_nanos() <= time.as_nanos() => Some(known),
            (known, None) => known,
            (_, time) => time,
        };
        times = rest;
    }
    soonest
}

macro_rules! connect_together {
    ($($part:ident)*) => {
        impl<$($part: Connect),*> Connect for ($($part,)*) {
            const STALE_AFTER: Option<Duration> = sooner(&[$($part::STALE_AFTER),*]);

            async fn connect(config: &Config) -> Result<Self, StartError> {
                Ok(($($part::connect(config).await?,)*))
            }

            #[allow(non_snake_case, reason = "a part is named by its type")]
            fn table(&self) -> Option<&Table> {
                let ($($part,)*) = self;
                None$(.or_else(|| $part.table()))*
            }
        }
    };
}

connect_together! { A B }
connect_together! { A B C }
connect_together! { A B C D }
