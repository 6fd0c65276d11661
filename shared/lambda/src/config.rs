//! Configuration: what a function is told by its environment, read in one place.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::{Clock, Timestamp};

type Variables = dyn Fn(&str) -> Option<String>;

/// What a function starts from. A Lambda reads it from the process; a test makes its own.
pub struct Config {
    variable: Box<Variables>,
    /// The clock that everything in the function is handed.
    pub clock: Clock,
}

/// Why a function cannot start: the whole environment is useless, so it ends with one clear line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template does not set a variable that the function needs.
    #[error("the environment variable {0} is missing or empty")]
    Missing(&'static str),
}

impl Config {
    /// A configuration from any source of variables.
    pub fn new(variable: impl Fn(&str) -> Option<String> + 'static, clock: Clock) -> Self {
        Self { variable: Box::new(variable), clock }
    }

    /// The process's own.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn from_process() -> Self {
        let clock = Clock::new(|| {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
        });
        Self::new(|name| std::env::var(name).ok(), clock)
    }

    /// A variable that the template must set.
    pub fn required(&self, name: &'static str) -> Result<String, StartError> {
        (self.variable)(name).filter(|value| !value.is_empty()).ok_or(StartError::Missing(name))
    }
}

/// What a function may touch: its first parameter, connected once at cold start.
///
/// The type says the function's reach. A function that takes a `Store` builds no queue client and links none.
#[expect(async_fn_in_trait, reason = "functions run on one thread, so no future needs to be Send")]
pub trait Connect: Sized {
    /// Connects to what the configuration names.
    async fn connect(config: &Config) -> Result<Self, StartError>;
}

impl Connect for () {
    async fn connect(_: &Config) -> Result<Self, StartError> {
        Ok(())
    }
}

macro_rules! connect_together {
    ($($part:ident)*) => {
        impl<$($part: Connect),*> Connect for ($($part,)*) {
            async fn connect(config: &Config) -> Result<Self, StartError> {
                Ok(($($part::connect(config).await?,)*))
            }
        }
    };
}

connect_together! { A B }
connect_together! { A B C }
connect_together! { A B C D }
