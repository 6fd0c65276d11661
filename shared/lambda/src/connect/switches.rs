//! Switches: parameters of the deployment that turn parts of the shop off.

use std::str::FromStr;

use super::reach::Connect;
use crate::{Config, StartError};

/// Whether the shop takes orders now.
pub struct CheckoutSwitch(pub Switch);

/// Which parts of the chain are switched on. The workers of the others get no messages, and the sweeper sends
/// them no reminders.
pub struct ChainSwitches {
    /// Whether money is taken and refunded.
    pub payments: Switch,
    /// Whether mails are sent.
    pub mails: Switch,
}

/// A switch of the deployment. Work that is switched off waits and is not lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// The part works.
    On,
    /// The part waits.
    Off,
}

impl FromStr for Switch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err("it must be on or off"),
        }
    }
}

impl Connect for CheckoutSwitch {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self(config.parsed("CHECKOUT")?))
    }
}

impl Connect for ChainSwitches {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self { payments: config.parsed("PAYMENTS")?, mails: config.parsed("MAILS")? })
    }
}
